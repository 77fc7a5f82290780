// The addition network: how fast it learns and answers beside NumPy and C, and what the service makes of that.
import os from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { describeMachine, versionOf } from "./report.js";
import { measureKernels } from "./rnn-kernels.js";
import { measureService } from "./rnn-service.js";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    folder: { type: "string", default: join(os.tmpdir(), "abacus-bench") },
  },
});

const rounds = Number(values.rounds);
const { versions, pairsOfC } = await measureKernels(resolve(values.folder, "peers"), rounds);
await measureService(rounds, pairsOfC);
console.log(
  describeMachine([...versions, ...["bullmq", "piscina", "fastify"].map((name) => versionOf(name))]),
);
