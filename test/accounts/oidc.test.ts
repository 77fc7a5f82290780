// JWTs of a local issuer: what is taken, what is not, and what happens when the issuer is away.
import { CompactSign, SignJWT, UnsecuredJWT } from "jose";
import t from "tap";
import { createOidc, type OidcOptions } from "../../src/accounts/oidc.js";
import { AUDIENCE, claims, firstKey as first, makeKey, now, sign, startIssuer } from "../issuer.js";
import { until } from "../until.js";

const open = (issuer: string, options: Partial<OidcOptions> = {}) =>
  createOidc({ issuer, audience: AUDIENCE, ...options });

t.test("a valid token is the account of its subject, with the scopes that it names", async (t) => {
  const rsa = await makeKey("rsa", "RS256");
  const { issuer, asked } = await startIssuer(t, [first, rsa]);
  const oidc = open(issuer);
  t.strictSame(asked, [], "nobody is asked before the first token");
  const cases: [Record<string, unknown>, string, string[]][] = [
    [{}, "oidc:ada", ["jobs:read"]],
    [{ aud: ["other", AUDIENCE] }, "oidc:ada", ["jobs:read"]],
    [{ sub: "auth0|Zoë:1/2 *" }, "oidc:auth0|Zoë:1/2 *", ["jobs:read"]],
    [{ scope: "openid jobs:write email" }, "oidc:ada", ["jobs:write"]],
    [{ scope: undefined, scp: ["jobs:write", "x"] }, "oidc:ada", ["jobs:write"]],
    [{ scope: undefined, scp: "jobs:write admin" }, "oidc:ada", ["jobs:write", "admin"]],
    [{ scope: undefined, scopes: ["models:write", 7, null] }, "oidc:ada", ["models:write"]],
    [{ scope: undefined }, "oidc:ada", []],
    [{ scope: "Admin jobs:* *" }, "oidc:ada", []],
    [{ scope: { admin: true } }, "oidc:ada", []],
    [{ exp: now() - 5 }, "oidc:ada", ["jobs:read"]],
    [{ nbf: now() + 5 }, "oidc:ada", ["jobs:read"]],
  ];
  for (const [more, account, scopes] of cases) {
    const expected = { account, scopes: new Set(scopes) };
    t.same(await oidc.principal(await sign(claims(issuer, more))), expected, JSON.stringify(more));
  }
  t.same((await oidc.principal(await sign(claims(issuer), rsa)))?.account, "oidc:ada");
  t.strictSame(asked, ["/.well-known/openid-configuration", "/keys"], "keys are kept");
});

t.test("an issuer with a path, and one that ends in a slash", async (t) => {
  const { issuer, asked, state } = await startIssuer(t);
  for (const path of ["/", "/realms/one"]) {
    const named = issuer + path;
    state.description = { issuer: named };
    const oidc = open(named);
    // its description is not at the path that this issuer answers at, but it answers anything with its keys
    if (path === "/") t.ok(await oidc.principal(await sign(claims(named))), path);
    else await t.rejects(oidc.principal(await sign(claims(named))), { name: "IssuerUnavailableError" });
  }
  t.ok(asked.includes("/realms/one/.well-known/openid-configuration"));
});

t.test("what is not valid is nobody", async (t) => {
  const { issuer, asked } = await startIssuer(t);
  const oidc = open(issuer);
  const stranger = await makeKey("first");
  const valid = await sign(claims(issuer));
  const [head, body, signature] = valid.split(".") as [string, string, string];
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const publicBytes = new TextEncoder().encode(JSON.stringify(first.jwk));
  const hmac = (key: Uint8Array) =>
    new CompactSign(Buffer.from(JSON.stringify(claims(issuer))))
      .setProtectedHeader({ alg: "HS256", kid: "first" })
      .sign(key);
  const wrong: Record<string, string> = {
    "another issuer": await sign(claims(issuer, { iss: "https://other.example" })),
    "no issuer": await sign(claims(issuer, { iss: undefined })),
    "an issuer that begins alike": await sign(claims(issuer, { iss: `${issuer}/` })),
    "another audience": await sign(claims(issuer, { aud: "https://other.example" })),
    "no audience": await sign(claims(issuer, { aud: undefined })),
    expired: await sign(claims(issuer, { exp: now() - 60 })),
    "without an end": await sign(claims(issuer, { exp: undefined })),
    "not yet valid": await sign(claims(issuer, { nbf: now() + 60 })),
    "no subject": await sign(claims(issuer, { sub: undefined })),
    "an empty subject": await sign(claims(issuer, { sub: "" })),
    "a subject that is too long": await sign(claims(issuer, { sub: "x".repeat(256) })),
    "half a character as subject": await sign(claims(issuer, { sub: "\ud800" })),
    "a subject that is no text": await sign(claims(issuer, { sub: 7 })),
    "another key of the same name": await sign(claims(issuer), stranger),
    "an unknown key": await sign(claims(issuer), { ...first, kid: "unknown" }),
    unsigned: new UnsecuredJWT(claims(issuer)).encode(),
    "unsigned, in other letters": `${encode({ alg: "nOnE" })}.${body}.`,
    "no signature": `${head}.${body}.`,
    "an HMAC with the public key": await hmac(publicBytes),
    "another body": `${head}.${encode(claims(issuer, { sub: "eve" }))}.${signature}`,
    "another algorithm": `${encode({ alg: "RS256", kid: "first" })}.${body}.${signature}`,
    "an embedded key": await new SignJWT(claims(issuer))
      .setProtectedHeader({ alg: "ES256", jwk: stranger.jwk, kid: "first" })
      .sign(stranger.privateKey),
    "an unknown critical header": `${encode({ alg: "ES256", kid: "first", crit: ["x"], x: 1 })}.${body}.${signature}`,
    "no JWT": "abc.def.ghi",
    nothing: "",
  };
  for (const [what, jwt] of Object.entries(wrong)) t.equal(await oidc.principal(jwt), undefined, what);
  t.ok(await oidc.principal(valid));
  const before = asked.length;
  t.equal(await oidc.principal(wrong["another issuer"]!), undefined);
  t.equal(asked.length, before);
});

t.test("what cannot be valid is no reason to ask the issuer", async (t) => {
  const { issuer, asked } = await startIssuer(t);
  const oidc = open(issuer);
  const jwts = [
    await sign(claims(issuer, { iss: "https://other.example" })),
    new UnsecuredJWT(claims(issuer)).encode(),
    "abc.def.ghi",
  ];
  for (const jwt of jwts) t.equal(await oidc.principal(jwt), undefined);
  t.strictSame(asked, []);
});

t.test("keys are replaced", async (t) => {
  const { issuer, asked, state } = await startIssuer(t);
  const oidc = open(issuer, { cooldown: 0 });
  t.ok(await oidc.principal(await sign(claims(issuer))));
  const second = await makeKey("second", "EdDSA");
  state.keys = [second];
  t.ok(
    await oidc.principal(await sign(claims(issuer), second)),
    "the issuer is asked for a key that is unknown",
  );
  t.equal(await oidc.principal(await sign(claims(issuer))), undefined, "the key that it no longer has");

  const patient = open(issuer);
  await patient.principal(await sign(claims(issuer), second));
  const before = asked.length;
  for (let i = 0; i < 5; i += 1)
    t.equal(
      await patient.principal(await sign(claims(issuer), { ...first, kid: `made-up-${i}` })),
      undefined,
    );
  t.equal(asked.length, before, "but not by whoever makes up names");
});

t.test("many tokens at once ask once", async (t) => {
  const { issuer, asked } = await startIssuer(t);
  const oidc = open(issuer);
  const jwt = await sign(claims(issuer));
  const all = await Promise.all(Array.from({ length: 20 }, () => oidc.principal(jwt)));
  t.ok(all.every(Boolean));
  t.equal(asked.length, 2);
});

t.test("an issuer that is away is no reason to call a token wrong", async (t) => {
  const { issuer, asked, state, stop, start } = await startIssuer(t);
  const oidc = open(issuer, { pause: 200, timeout: 300, cooldown: 0 });
  const jwt = await sign(claims(issuer));
  const unavailable = {
    name: "IssuerUnavailableError",
    message: `the keys of the issuer ${issuer} cannot be had now`,
  };

  await stop();
  await t.rejects(oidc.principal(jwt), unavailable, "it does not listen");
  await start();
  await until("it is asked again", () => oidc.principal(jwt).catch(() => false as const));

  await stop();
  t.ok(await oidc.principal(jwt), "keys that are known are enough");
  const unknown = await sign(claims(issuer), { ...first, kid: "unknown" });
  await t.rejects(oidc.principal(unknown), unavailable, "nothing can be said of an unknown one");
  t.ok(await oidc.principal(jwt), "which is nobody else's concern");
  await start();

  const inUrl = `data:application/json,${encodeURIComponent(JSON.stringify({ keys: [first.jwk] }))}`;
  const changes: [string, Partial<typeof state>][] = [
    ["it has an error", { status: 500 }],
    ["it says to ask elsewhere", { status: 302 }],
    ["it never answers", { hangs: true }],
    ["it is another one", { description: { issuer: "https://other.example" } }],
    ["it has no keys", { description: { jwks_uri: undefined } }],
    ["its keys are not at an address like its own", { description: { jwks_uri: inUrl } }],
    [
      "its keys are none",
      { keys: [{ ...first, jwk: { kid: "first", alg: "ES256", kty: "EC", crv: "P-256" } }] },
    ],
  ];
  const healthy = { ...state };
  for (const [what, change] of changes) {
    Object.assign(state, healthy, change);
    await t.rejects(open(issuer, { timeout: 300 }).principal(jwt), unavailable, what);
  }
  Object.assign(state, healthy, { hangs: true });
  const paused = open(issuer, { timeout: 1000 });
  await t.rejects(paused.principal(jwt), unavailable);
  const before = asked.length;
  await t.rejects(paused.principal(jwt), unavailable);
  t.equal(asked.length, before, "it is left alone for a while, and nobody waits for it");
});
