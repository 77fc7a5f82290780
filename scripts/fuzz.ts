// Column statistics of many files that nobody would send on purpose: prints how they end, and keeps what ends badly.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type FuzzInput, FuzzInputs } from "../test/stats/fuzz-inputs.js";
import { type FuzzFailure, fuzz } from "../test/stats/fuzz-run.js";

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    index: { type: "string" },
  },
});

const seed = Number(values.seed);
const from = Number(values.index ?? 0);
const to = values.index === undefined ? Number(values.inputs) : from + 1;
const inputs = new FuzzInputs(seed);
const folder = await mkdtemp(join(tmpdir(), "abacus-fuzz-"));

/** Says what went wrong, how to see it again, and where the input is. */
async function report({ index, error }: FuzzFailure, { content, options, cut }: FuzzInput): Promise<void> {
  const path = join(tmpdir(), `abacus-fuzz-${seed}-${index}`);
  await writeFile(path, content);
  console.log(`\n${error}\nscripts/fuzz --seed ${seed} --index ${index}: ${path}, ${content.length} bytes`);
  console.log(JSON.stringify({ options, cut }));
}

const began = performance.now();
try {
  const { ends, failures } = await fuzz({
    ...{ folder, inputAt: (index) => inputs.at(index), from, to, onFailure: report },
    onEnd(ended) {
      if (ended % 10_000 === 0) console.log(`${ended} of ${to - from}`);
    },
  });
  const milliseconds = (performance.now() - began) / (to - from);
  console.log(
    `\n${to - from} inputs with seed ${seed}, ${milliseconds.toFixed(2)} ms each; failures: ${failures.length}`,
  );
  for (const [end, count] of [...ends].sort((a, b) => b[1] - a[1])) console.log(`${count}\t${end}`);
  process.exitCode = failures.length > 0 ? 1 : 0;
} finally {
  await rm(folder, { recursive: true });
}
