import t from "tap";
import { checkName, checkPassword, isAccountName } from "../../src/accounts/rules.js";

t.test("names", async (t) => {
  for (const name of ["a", "7", "ada", "ada.lovelace", "ada@example.org", "a_b-c", "a".repeat(64)])
    t.ok(isAccountName(name), name);
  for (const name of [
    "",
    "a".repeat(65),
    "Ada",
    ".ada",
    "-a",
    "a b",
    "a:b",
    "ä",
    "ada\n",
    "\ud800",
    "oidc:1",
  ])
    t.notOk(isAccountName(name), JSON.stringify(name));
  t.throws(() => checkName("Ada"), { name: "AccountError", reason: "name", message: /1 to 64 lower-case/ });
});

t.test("passwords have 8 to 1024 bytes of UTF-8", async (t) => {
  checkPassword("12345678");
  checkPassword("ä".repeat(4)); // 2 bytes each (RFC 3629)
  checkPassword("x".repeat(1024));
  checkPassword("ä".repeat(512));
  t.throws(() => checkPassword("1234567"), { reason: "password", message: /this one has 7$/ });
  t.throws(() => checkPassword(""), { message: /this one has 0$/ });
  t.throws(() => checkPassword("x".repeat(1025)), { message: /8 to 1024 bytes.* this one has more$/ });
  t.throws(() => checkPassword(`${"ä".repeat(512)}x`), { name: "AccountError", reason: "password" });
});

t.test("passwords hold no control characters, and messages hold no passwords", async (t) => {
  for (const character of ["\t", "\n", "\r", "\0", "\x7f", "\x85"])
    try {
      checkPassword(`correct${character}horse`);
      t.fail(`${JSON.stringify(character)} went through`);
    } catch (error) {
      t.match(error, { name: "AccountError", reason: "password", message: /control characters/ });
      t.notMatch(String(error), /correct|horse/);
    }
  checkPassword("with spaces, ünïcode and 🔑");
});
