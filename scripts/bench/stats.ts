// Column statistics: how fast they are beside what people use instead, and what they keep to meanwhile.
import os from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { measureBounds } from "./stats-bounded.js";
import { measureSmall } from "./stats-small.js";
import { printTable } from "./stats-table.js";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    scale: { type: "string", default: "1" },
    folder: { type: "string", default: join(os.tmpdir(), "abacus-bench") },
    small: { type: "boolean", default: false },
    bounded: { type: "boolean", default: false },
  },
});

const folder = resolve(values.folder);
const scale = Number(values.scale);
if (values.small) await measureSmall();
else if (values.bounded) await measureBounds({ folder, scale });
else await printTable({ folder, scale, rounds: Number(values.rounds) });
