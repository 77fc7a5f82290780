// Texts of queries and forms: what each type takes, and what stays a text for the schema to refuse.
import t from "tap";
import { readTexts } from "../../src/http/text-values.js";
import Type from "../../workers/typebox.js";

const schema = Type.Object({
  integer: Type.Optional(Type.Integer()),
  number: Type.Optional(Type.Number()),
  flag: Type.Optional(Type.Boolean()),
  text: Type.Optional(Type.String()),
  choice: Type.Optional(Type.Enum(["a", "b"])),
  numbers: Type.Optional(Type.Array(Type.Number())),
  texts: Type.Optional(Type.Array(Type.String())),
});

t.test("one text", (t) => {
  const cases: [string, string, unknown][] = [
    ["integer", "5", 5],
    ["integer", "-5", -5],
    ["integer", "1.5", 1.5], // the schema's to refuse: not cut to 1
    ["integer", "", ""], // not 0
    ["integer", " 5", " 5"],
    ["integer", "0x10", "0x10"],
    ["integer", "five", "five"],
    ["number", ".5", 0.5],
    ["number", "5.", 5],
    ["number", "1e-3", 0.001],
    ["number", "Infinity", "Infinity"],
    ["number", "NaN", "NaN"],
    ["number", "1e", "1e"],
    ["flag", "true", true],
    ["flag", "False", false],
    ["flag", "1", true],
    ["flag", "0", false],
    ["flag", "yes", "yes"],
    ["flag", "toString", "toString"],
    ["text", "5", "5"],
    ["text", "true", "true"],
    ["choice", "a", "a"],
    ["numbers", "1", [1]],
    ["texts", "1", ["1"]],
    ["unknown", "1", "1"],
    ["toString", "1", "1"],
  ];
  for (const [name, text, expected] of cases)
    t.strictSame(readTexts(schema, [[name, text]]), { [name]: expected }, `${name}=${text}`);
  t.end();
});

t.test("repeated fields are lists where lists belong, and a mistake elsewhere", (t) => {
  const fields: [string, string][] = [
    ["texts", "a"],
    ["numbers", "1"],
    ["texts", "b"],
  ];
  t.strictSame(readTexts(schema, fields), { texts: ["a", "b"], numbers: [1] });
  for (const name of ["text", "unknown"]) {
    const twice: [string, string][] = [
      [name, "a"],
      [name, "a"],
    ];
    let mistake: unknown;
    try {
      readTexts(schema, twice, "/options");
    } catch (error) {
      mistake = error;
    }
    const errors = [{ path: `/options/${name}`, message: "is given more than once" }];
    t.match(mistake, { problem: { status: 400, errors } });
  }
  t.end();
});

t.test("__proto__ is a field like any other", (t) => {
  const read = readTexts(schema, [["__proto__", "1"]]);
  t.strictSame(Object.keys(read), ["__proto__"]);
  t.equal(Object.getPrototypeOf(read), Object.prototype);
  t.end();
});
