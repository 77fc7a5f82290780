// Validation: what is wrong with a value, where, and whether its shape (400) or its range (422) is.
import t from "tap";
import { InputError } from "../workers/input-error.js";
import Type from "../workers/typebox.js";
import { validate } from "../workers/validation.js";

const schema = Type.Object(
  {
    count: Type.Integer({ minimum: 1 }),
    mode: Type.Optional(Type.Union([Type.Literal("fast"), Type.Literal("slow")])),
    kind: Type.Optional(Type.Enum(["a", "b"])),
    "a/b": Type.Optional(Type.Array(Type.String())),
    shift: Type.Optional(Type.Union([Type.Number(), Type.Array(Type.Number()), Type.Null()])),
  },
  { additionalProperties: false },
);

function problemOf(value: unknown) {
  try {
    validate(schema, value);
    return undefined;
  } catch (error) {
    if (error instanceof InputError) return error.problem;
    throw error;
  }
}

const cases: [string, unknown, number, { path: string; message: string }[]][] = [
  ["a missing field", {}, 400, [{ path: "/count", message: "is required" }]],
  ["an unknown field", { count: 1, size: 2 }, 400, [{ path: "/size", message: "is not a known field" }]],
  ["a wrong type", { count: "1" }, 400, [{ path: "/count", message: "must be integer" }]],
  ["no object", [], 400, [{ path: "", message: "must be object" }]],
  ["a fraction", { count: 1.5 }, 422, [{ path: "/count", message: "must be integer" }]],
  ["out of range", { count: 0 }, 422, [{ path: "/count", message: "must be >= 1" }]],
  [
    "no choice of a union",
    { count: 1, mode: "x" },
    422,
    [{ path: "/mode", message: "must be one of fast, slow" }],
  ],
  ["no choice of an enum", { count: 1, kind: "x" }, 422, [{ path: "/kind", message: "must be one of a, b" }]],
  [
    "no type of a union",
    { count: 1, shift: "x" },
    400,
    [{ path: "/shift", message: "must be number or array or null" }],
  ],
  [
    "inside one of the types of a union",
    { count: 1, shift: [1, "x"] },
    400,
    [{ path: "/shift/1", message: "must be number" }],
  ],
  [
    "a name that must be escaped",
    { count: 1, "a/b": [1] },
    400,
    [{ path: "/a~1b/0", message: "must be string" }],
  ],
];

for (const [name, value, status, errors] of cases)
  t.test(name, async (t) => {
    const problem = problemOf(value);
    t.equal(problem?.status, status);
    t.same(problem?.errors, errors);
  });

t.test("what fits passes", async (t) => {
  t.equal(problemOf({ count: 1, mode: "slow", kind: "a", "a/b": ["x"] }), undefined);
});

t.test("as many mistakes are told as a person would read", async (t) => {
  t.equal(problemOf({ count: 1, "a/b": new Array(1000).fill(1) })?.errors?.length, 8);
});
