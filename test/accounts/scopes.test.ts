import t from "tap";
import {
  commonScopes,
  formatScopes,
  hasScope,
  NEW_ACCOUNT_SCOPES,
  parseScopes,
  type Scope,
} from "../../src/accounts/scopes.js";

const principal = (...scopes: Scope[]) => ({ account: "ada", scopes: new Set(scopes) });

t.test("admin implies every scope, and no other scope implies any", async (t) => {
  const cases: [Scope[], Scope, boolean][] = [
    [["jobs:read"], "jobs:read", true],
    [["jobs:read"], "jobs:write", false],
    [["jobs:write"], "jobs:read", false],
    [["jobs:read", "jobs:write", "models:write"], "admin", false],
    [["admin"], "models:write", true],
    [["admin"], "admin", true],
    [[], "jobs:read", false],
  ];
  for (const [held, asked, expected] of cases)
    t.equal(hasScope(principal(...held), asked), expected, `${held.join(" ") || "none"} asks ${asked}`);
});

t.test("what two sets of scopes have in common, with what admin implies", async (t) => {
  const cases: [Scope[], Scope[], Scope[]][] = [
    [["jobs:read", "jobs:write"], ["jobs:write", "models:write"], ["jobs:write"]],
    [["jobs:read"], ["jobs:write"], []],
    [["admin"], ["jobs:read"], ["jobs:read"]],
    [
      ["admin", "jobs:read"],
      ["jobs:read", "models:write"],
      ["jobs:read", "models:write"],
    ],
    [["admin"], ["admin"], ["jobs:read", "jobs:write", "models:write", "admin"]],
    [[], ["admin"], []],
  ];
  for (const [one, other, both] of cases) {
    t.strictSame([...commonScopes(new Set(one), new Set(other))], both);
    t.strictSame([...commonScopes(new Set(other), new Set(one))], both);
  }
});

t.test("a new account may do everything but administer", async (t) => {
  t.same(NEW_ACCOUNT_SCOPES, ["jobs:read", "jobs:write", "models:write"]);
});

t.test("stored scopes come back, without repetition and without what is not known here", async (t) => {
  t.equal(formatScopes(["jobs:read", "admin", "jobs:read"]), "jobs:read admin");
  t.same([...parseScopes("jobs:read admin")], ["jobs:read", "admin"]);
  t.same([...parseScopes("jobs:read reports:write")], ["jobs:read"]);
  t.same([...parseScopes("")], []);
});
