// What each error becomes for the caller, and that what is not his affair stays inside.
import t from "tap";
import { SignInsBusyError } from "../../src/accounts/passwords.js";
import { HttpProblem, problemFor } from "../../src/http/problems.js";
import { AlreadyEnded } from "../../src/jobs/jobs.js";
import { InputError } from "../../workers/input-error.js";

const raised = (message: string, properties: object) => Object.assign(new Error(message), properties);

t.test("the document of each error", (t) => {
  const cases: [string, unknown, number, string][] = [
    ["its own", new HttpProblem(418, "teapot", "short and stout"), 418, "teapot"],
    ["a caller's mistake", InputError.impossible("/a", "is too large"), 422, "impossible-value"],
    ["a job that has ended", new AlreadyEnded("failed"), 409, "already-ended"],
    ["too many sign-ins", new SignInsBusyError(), 503, "unavailable"],
    [
      "Redis away",
      raised("connect ECONNREFUSED", { code: "ECONNREFUSED", syscall: "connect" }),
      503,
      "unavailable",
    ],
    ["Redis hanging", new Error("Command timed out"), 503, "unavailable"],
    ["Redis full", raised("OOM command not allowed", { name: "ReplyError" }), 503, "unavailable"],
    ["a full disk", raised("write", { code: "ENOSPC", syscall: "write" }), 507, "disk-full"],
    ["a full quota", raised("write", { code: "EDQUOT", syscall: "write" }), 507, "disk-full"],
    ["the framework's 4xx", raised("no", { statusCode: 400, code: "FST_ERR_BAD_URL" }), 400, "bad-request"],
    [
      "the framework's 415",
      raised("no", { statusCode: 415, code: "FST_ERR_CTP_INVALID_MEDIA_TYPE" }),
      415,
      "unsupported-media-type",
    ],
    ["the framework's 5xx", raised("inside", { statusCode: 500, code: "FST_ERR_X" }), 500, "internal-error"],
    [
      "a missing file",
      raised("inside", { code: "ENOENT", path: "/inside", syscall: "open" }),
      500,
      "internal-error",
    ],
    ["a defect", new TypeError("inside"), 500, "internal-error"],
    ["what is no error", "inside", 500, "internal-error"],
    ["nothing", undefined, 500, "internal-error"],
  ];
  for (const [name, error, status, problem] of cases) {
    const { document, headers } = problemFor(error);
    t.match(document, { type: `urn:abacus:problem:${problem}`, status, title: /\w/, detail: /\w/ }, name);
    t.equal("retry-after" in headers, status === 503 || status === 507, `${name}: whether to try again`);
    t.notOk(JSON.stringify(document).includes("inside"), `${name}: says nothing of the inside`);
  }
  t.end();
});

t.test("a caller's mistake keeps its errors", (t) => {
  const { document } = problemFor(InputError.impossible("/a", "is too large"));
  t.strictSame(document.errors, [{ path: "/a", message: "is too large" }]);
  t.equal(document.title, "The input holds an impossible value");
  t.end();
});
