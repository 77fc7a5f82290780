import t from "tap";
import { createSignIns } from "../../src/accounts/sign-ins.js";

t.test("fingerprints tell pairs apart and mean nothing in another process", async (t) => {
  const signIns = createSignIns();
  t.equal(signIns.fingerprint("ada", "secret"), signIns.fingerprint("ada", "secret"));
  t.not(signIns.fingerprint("ada", "secret"), signIns.fingerprint("adas", "ecret"));
  t.not(signIns.fingerprint("1", "1:x"), signIns.fingerprint("11", ":x"));
  t.not(signIns.fingerprint("ada", "secret"), createSignIns().fingerprint("ada", "secret"));
});

t.test("a success counts for one version only", async (t) => {
  const signIns = createSignIns();
  t.notOk(signIns.knows("pair", "v1"));
  signIns.remember("pair", "v1");
  t.ok(signIns.knows("pair", "v1"));
  t.notOk(signIns.knows("pair", "v2"));
  signIns.remember("pair", "v2");
  t.notOk(signIns.knows("pair", "v1"));
});

t.test("when it is full, the one used longest ago goes", async (t) => {
  const signIns = createSignIns(2);
  signIns.remember("a", "v");
  signIns.remember("b", "v");
  t.ok(signIns.knows("a", "v"), "a is used again");
  signIns.remember("c", "v");
  t.same(
    ["a", "b", "c"].map((pair) => signIns.knows(pair, "v")),
    [true, false, true],
  );
});

t.test("by default a thousand are kept", async (t) => {
  const signIns = createSignIns();
  for (let n = 0; n <= 1000; n += 1) signIns.remember(String(n), "v");
  t.notOk(signIns.knows("0", "v"));
  t.ok(signIns.knows("1", "v"));
  t.ok(signIns.knows("1000", "v"));
});

t.test("equal checks at the same time are one, and are not shared afterwards", async (t) => {
  const signIns = createSignIns();
  let checks = 0;
  const check = async () => {
    checks += 1;
    return true;
  };
  t.same(await Promise.all([1, 2, 3].map(() => signIns.share("pair", "v1", check))), [true, true, true]);
  t.equal(checks, 1);
  await Promise.all([signIns.share("pair", "v1", check), signIns.share("pair", "v2", check)]);
  t.equal(checks, 3);
  const failing = () => Promise.reject(new Error("busy"));
  await t.rejects(signIns.share("pair", "v1", failing), { message: "busy" });
  t.equal(await signIns.share("pair", "v1", check), true);
});
