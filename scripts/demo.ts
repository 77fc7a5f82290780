// `npm run demo`: what Abacus does, shown by its own client on a service that is started for it and stopped after it.
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { type Client, createClient } from "../src/client/client.js";
import type { Job, OutputOf } from "../src/client/typing.js";
import { jobTypes } from "../workers/job-types.js";
import { figuresTables } from "./demo/figures-table.js";
import { startOwnService } from "./demo/own-service.js";
import { type ProgressBar, progressBar } from "./demo/progress-bar.js";

type Abacus = Client<typeof jobTypes>;

/** Beside the sources: the build copies no data. */
const PENGUINS = fileURLToPath(new URL("../../scripts/demo/penguins.csv", import.meta.url));

/** Five times the tutorial's: long enough for a bar that moves, a second or two. */
const ITERATIONS = 50_000;

const say = (line = "") => void process.stdout.write(`${line}\n`);

/** Everything that is under way ends when `stopped` is aborted. */
async function demo(stopped: AbortSignal): Promise<void> {
  say("Starting a service of its own on a free port");
  const service = await startOwnService();
  try {
    const over = AbortSignal.any([stopped, service.ended]);
    const address = await Promise.race([service.ready(), rejected(over)]);
    say(`  it listens on ${address.url}`);
    const client = createClient({ ...address, types: jobTypes });
    await describePenguins(client, over);
    const model = await trainNetwork(client, over);
    await addNumbers(client, model, over);
  } catch (error) {
    throw await service.stop().then(
      () => error,
      (end) => both(error as Error, end),
    );
  }
  await service.stop();
  sayWhereToLook();
}

function rejected(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** A request that failed, and the service that ended meanwhile and so is the reason. */
function both(failure: Error, end: Error): Error {
  return failure.message === end.message ? failure : new Error(`${failure.message}; ${end.message}`);
}

async function describePenguins(client: Abacus, signal: AbortSignal): Promise<void> {
  say("\nColumn statistics of a CSV file: Palmer penguins (Horst, Hill, Gorman 2020; CC0)");
  const upload = progressBar("uploading", "bytes");
  const job = await client
    .submit("stats", {}, { file: PENGUINS, signal, onUpload: upload.update })
    .finally(upload.finish);
  const bytes = ({ source }: OutputOf<typeof jobTypes, "stats">) => source?.bytes ?? 0;
  const result = await watched(client, job, progressBar("computing", "bytes"), bytes, signal);
  say(`  ${result.rows} rows, ${result.columns.length} columns\n`);
  say(figuresTables(result));
}

/** The id of the model. */
async function trainNetwork(client: Abacus, signal: AbortSignal): Promise<string> {
  say("\nTraining a small recurrent network to add numbers bit by bit");
  const job = await client.submit("rnn.train", { iterations: ITERATIONS }, { signal });
  const bar = progressBar("training", "iterations");
  const { model, errors } = await watched(client, job, bar, ({ model }) => model.iterations, signal);
  say(`  error ${errors[0]?.toFixed(3)} at the start, ${errors.at(-1)?.toFixed(3)} at the end`);
  say(`  right sums: ${(100 * model.accuracy).toFixed(1)}% of ${model.accuracyPairs.toLocaleString("en")}`);
  return model.id;
}

async function addNumbers(client: Abacus, model: string, signal: AbortSignal): Promise<void> {
  say("\nAdding two numbers with the network");
  const job = await client.submit("rnn.add", { a: 5, b: 7, model }, { wait: 60, signal });
  const result = resultIn(job);
  if (!("predicted" in result)) throw new Error("the answer to one addition is not an addition");
  const { a, b, predicted, sum } = result;
  say(`${a} + ${b} = ${predicted}`);
  if (predicted !== sum) throw new Error(`the network says ${predicted} where ${sum} is right`);
}

/** The result when the job has ended, its progress drawn until then. `whole`: how much was to be done. */
async function watched<Output>(
  client: Abacus,
  job: Job<Output>,
  bar: ProgressBar,
  whole: (result: Output) => number,
  signal: AbortSignal,
): Promise<Output> {
  try {
    const ended = await client.wait(job, { signal, onProgress: ({ progress }) => draw(bar, progress) });
    const result = resultIn(ended);
    bar.update(whole(result), whole(result));
    return result;
  } finally {
    bar.finish();
  }
}

/** Throws what a job that is not completed says of itself. */
function resultIn<Output>({ type, state, result, error }: Job<Output>): Output {
  if (state === "completed" && result !== null) return result;
  throw new Error(`the job ${type} is ${state}: ${error?.detail ?? "it has no result"}`);
}

function draw(bar: ProgressBar, progress: Job["progress"]): void {
  if (!progress) return;
  const error = progress.detail?.error;
  bar.update(progress.done, progress.total, typeof error === "number" ? `error ${error.toFixed(3)}` : "");
}

function sayWhereToLook(): void {
  say("\nEverything is stopped and removed. Where to look next");
  say("  npm start    a service that stays, at http://127.0.0.1:8080");
  say("  /docs        its API in the browser: http://127.0.0.1:8080/docs");
  say("  README.md    how to use it, and its settings");
}

const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => {
    process.exitCode = 128 + constants.signals[signal];
    stopped.abort(new Error(`stopped by ${signal}`));
  });
// whoever reads may go away first, as `head` does
process.stdout.on("error", (error) => stopped.abort(error));

demo(stopped.signal).catch((error: Error) => {
  process.stderr.write(`demo: ${error.message}\n`);
  process.exitCode ??= 1;
});
