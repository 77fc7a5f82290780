// Files and options that nobody would send on purpose, in real threads; scripts/fuzz runs many more of them.
import t from "tap";
import { type FuzzInput, FuzzInputs } from "./fuzz-inputs.js";
import { EXACT, fuzz } from "./fuzz-run.js";

const INPUTS = 1250;

t.test("each ends in statistics or in a sentence", async (t) => {
  const inputs = new FuzzInputs(1);
  const inputAt = (index: number) => inputs.at(index);
  const { ends, failures } = await fuzz({ folder: t.testdir(), inputAt, from: 0, to: INPUTS });
  t.strictSame(failures, []);
  const described = ends.get(EXACT) ?? 0;
  t.ok(described > INPUTS / 2.5, `${described} ended in statistics`);
  t.ok(ends.size > 12, `${ends.size} different ends`);
});

/** Inputs of longer runs that ended in neither. */
const FOUND: Record<string, Pick<FuzzInput, "options"> & { content: string }> = {
  "equal numbers so large that bins around them have no width": {
    content: "a\n9223372036854775808\n",
    options: { level: "full" },
  },
  "equal numbers at the end of a double's range": {
    content: "a,b\n1.7976931348623157e308,-1.7976931348623157e308\n",
    options: { level: "full" },
  },
  "nothing after a header that is large enough to be divided": {
    content: `${"a".repeat(600_000)},${"b".repeat(600_000)}\n`,
    options: {},
  },
};

t.test("inputs that were found", async (t) => {
  const inputs = Object.values(FOUND).map(({ content, options }) => ({
    ...{ content: Buffer.from(content), options, cut: undefined },
  }));
  const inputAt = (index: number) => inputs[index]!;
  const { ends, failures } = await fuzz({ folder: t.testdir(), inputAt, from: 0, to: inputs.length });
  const names = Object.keys(FOUND);
  t.strictSame(
    failures.map(({ index, error }) => [names[index], error]),
    [],
  );
  t.equal(ends.get(EXACT), inputs.length);
});
