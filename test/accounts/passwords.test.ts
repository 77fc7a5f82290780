import { setImmediate } from "node:timers/promises";
import t from "tap";
import { createLine, hashPassword, SignInsBusyError, verifyPassword } from "../../src/accounts/passwords.js";

const unpadded = (bytes: Buffer) => bytes.toString("base64").replaceAll("=", "");

t.test("verifies RFC 7914's third test vector (section 12), written as a PHC string", async (t) => {
  const key = Buffer.from(
    "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2" +
      "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887",
    "hex",
  );
  const salt = unpadded(Buffer.from("SodiumChloride"));
  t.ok(await verifyPassword("pleaseletmein", `$scrypt$ln=14,r=8,p=1$${salt}$${unpadded(key)}`));
  t.notOk(await verifyPassword("pleaseletmeout", `$scrypt$ln=14,r=8,p=1$${salt}$${unpadded(key)}`));
  key[0]! ^= 1;
  t.notOk(await verifyPassword("pleaseletmein", `$scrypt$ln=14,r=8,p=1$${salt}$${unpadded(key)}`));
});

t.test("a hash says how it was made, and is salted", async (t) => {
  const [one, other] = await Promise.all([hashPassword("the same"), hashPassword("the same")]);
  // 16 bytes of salt are 22 digits of base64, 32 bytes of hash 43
  t.match(one, /^\$scrypt\$ln=15,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  t.not(one, other);
  t.ok(await verifyPassword("the same", one));
  t.notOk(await verifyPassword("the Same", one));
});

t.test("composed and decomposed characters are the same password (NFC)", async (t) => {
  t.ok(await verifyPassword("cafe\u0301 noir", await hashPassword("caf\u00e9 noir")));
});

t.test("nobody's password is never right", async (t) => {
  t.equal(await verifyPassword("", undefined), false);
});

t.test("a record in another form is an error, not a wrong password", async (t) => {
  for (const stored of [
    "",
    "plain",
    "$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA",
    "$scrypt$ln=15,r=8,p=1$c2FsdA$",
  ])
    await t.rejects(verifyPassword("whatever", stored), { message: /not in the form/ });
  const greedy = `$scrypt$ln=40,r=8,p=1$c2FsdHNhbHQ$${"A".repeat(43)}`;
  await t.rejects(verifyPassword("whatever", greedy), "more memory than one check may take");
});

t.test("a line runs a few at a time, in order, and refuses what is too much", async (t) => {
  const inLine = createLine({ running: 2, waiting: 2 });
  const started: number[] = [];
  const finish: (() => void)[] = [];
  const join = (n: number) =>
    inLine(async () => {
      started.push(n);
      await new Promise<void>((done) => finish.push(done));
      return n;
    });
  const all = [join(0), join(1), join(2), join(3)];
  await setImmediate();
  t.same(started, [0, 1]);
  await t.rejects(join(4), new SignInsBusyError());
  finish[0]!();
  t.equal(await all[0], 0);
  await setImmediate();
  t.same(started, [0, 1, 2], "one went, one came");
  const late = join(5);
  for (let n = 1; n < 5; n += 1) {
    finish[n]!();
    await setImmediate();
  }
  t.same(await Promise.all([...all, late]), [0, 1, 2, 3, 5]);
  t.same(started, [0, 1, 2, 3, 5]);
});

t.test("a task that fails gives its place back", async (t) => {
  const inLine = createLine({ running: 1, waiting: 1 });
  const failing = inLine(() => Promise.reject(new Error("broken")));
  const next = inLine(async () => "next");
  await t.rejects(failing, { message: "broken" });
  t.equal(await next, "next");
  t.equal(await inLine(async () => "and again"), "and again");
});
