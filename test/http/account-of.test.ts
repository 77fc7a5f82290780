// Whose things a route shows: one's own, or with the scope `admin` those of the account that the query names.
import { fastify } from "fastify";
import t from "tap";
import type { Scope } from "../../src/accounts/scopes.js";
import { accountOf, accountQuery, authenticate } from "../../src/http/authentication.js";
import { useErrors } from "../../src/http/problems.js";
import Type from "../../workers/typebox.js";
import { validate } from "../../workers/validation.js";

const app = fastify();
useErrors(app);
authenticate(app, [
  {
    name: "basic",
    isUsed: () => true,
    async principal({ headers }) {
      const [account = "", ...scopes] = (headers.authorization ?? "").split(" ");
      return { account, scopes: new Set(scopes as Scope[]) };
    },
  },
]);
app.get("/", { config: { scope: "jobs:read" } }, async (request) => ({ account: accountOf(request) }));
t.teardown(() => app.close());

const ask = (authorization: string, query = "") =>
  app.inject({ url: `/${query}`, headers: { authorization } });

t.test("one's own, and others' for admins", async (t) => {
  const cases: [string, string, string][] = [
    ["ann jobs:read", "", "ann"],
    ["ann jobs:read", "?account=ann", "ann"],
    ["root admin", "", "root"],
    ["root admin", "?account=ann", "ann"],
    ["root admin", "?account=oidc%3Aada%2F1", "oidc:ada/1"],
  ];
  for (const [who, query, account] of cases) t.same((await ask(who, query)).json(), { account }, who + query);
});

t.test("no other account is looked at without the scope", async (t) => {
  for (const query of ["?account=admin", "?account=nobody", "?account=Ann"]) {
    const response = await ask("ann jobs:read jobs:write models:write", query);
    t.equal(response.statusCode, 403);
    t.match(response.json(), {
      type: "urn:abacus:problem:forbidden",
      detail: "this needs the scope admin to look at another account",
    });
  }
});

t.test("the parameter", (t) => {
  const schema = Type.Object(accountQuery, { additionalProperties: false });
  validate(schema, {});
  validate(schema, { account: `oidc:${"x".repeat(255)}` });
  t.throws(() => validate(schema, { account: "" }), { name: "InputError", problem: { status: 422 } });
  t.throws(() => validate(schema, { account: "x".repeat(301) }), {
    name: "InputError",
    problem: { status: 422 },
  });
  t.end();
});
