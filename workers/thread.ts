// The threads' only entry: runs one step of one job and hands back its result as final JSON bytes.
import { readFileSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import { move, transferableSymbol, valueSymbol, workerData } from "piscina";
import { type Answered, type AnswerSettings, answer } from "./answer.js";
import { type Envelope, seal, unseal } from "./envelope.js";
import { InputError, type InputProblem } from "./input-error.js";
import type { AnyJobType, ModelReference, Progress, Round, SourceFile, TaskContext } from "./job-type.js";
import { parseJson } from "./json.js";
import type { Limits } from "./limits.js";
import { validate } from "./validation.js";
import { type FormatRequest, writeFormat } from "./write-format.js";

/** What a thread is asked to do. It crosses by structured clone, so it holds nothing large but envelopes. */
export interface StepRequest {
  type: string;
  /** `refer` only says what a stored body refers to, so that it can be resolved before the computation. */
  step: "refer" | "task" | "plan" | "part" | "merge";
  /** The part, or the results to merge. */
  envelopes?: Envelope[];
  /** Which part of its round this is, so that their progress can be added up. */
  part: number;
  job: { id: string; createdAt: string };
  /** The input, or the path of the JSON body that holds it; of a `bare` one the job type makes it. */
  input: { value: unknown } | StoredBody;
  file: SourceFile | undefined;
  model: ModelReference | undefined;
}

export interface StoredBody {
  body: string;
  bare: boolean;
}

/** What is the same for all steps of a pool, told to its threads once. */
export interface StepSettings extends AnswerSettings {
  limits: Limits;
  /** Bytes that the steps of a job together may hold. */
  memory: number;
  /** How many parts can run at the same time. */
  threads: number;
}

/** What the answer to `refer` holds. */
export interface Referred {
  /** The id or name of a model. */
  model: string | undefined;
  /** The name for what the job makes. */
  name: string | undefined;
}

export type StepReply = (
  | Answered
  /** The parts of the next round, or a part's result. */
  | { kind: "parts" | "part"; envelopes: Envelope[] }
  | { kind: "value"; value: unknown }
  | { kind: "mistake"; problem: InputProblem }
) & {
  /** How many sentences the step has told: they come by another way, and may come after the reply. */
  said?: number;
};

/** Steps that are so small that they cross together. */
export interface StepsRequest {
  step: "together";
  requests: StepRequest[];
}

/** News from a running step. */
export interface StepNews {
  id: string;
  part: number;
  progress?: Progress;
  sentence?: string;
}

/** Progress is passed on this often; milliseconds. */
const PROGRESS_INTERVAL = 250;

/** What a pool's threads are started with; a pool that runs no steps has no settings for them. */
export interface ThreadData {
  /** The module that says the job types. */
  registry: string;
  settings: StepSettings | undefined;
}

const { registry: module, settings } = workerData as ThreadData;
const registry: { jobTypes: readonly AnyJobType[] } = await import(module);
const types = new Map(registry.jobTypes.map((type) => [type.name, type]));

type Request = StepRequest | StepsRequest | FormatRequest | { step: "ping" };

export default async function run(request: Request): Promise<unknown> {
  if (request.step === "ping") return "pong";
  if (request.step === "together") return runTogether(request);
  if (request.step === "format") return writeFormat(request, typeNamed);
  const type = typeNamed(request.type);
  if (!settings) throw new Error("this pool runs no steps");
  const spoken = { said: 0 };
  const reply = await runStep(type, request, settings, spoken);
  if (spoken.said > 0) reply.said = spoken.said;
  if (!("envelopes" in reply)) return reply;
  return move({ [transferableSymbol]: reply.envelopes, [valueSymbol]: reply } as never);
}

function typeNamed(name: string): AnyJobType {
  const type = types.get(name);
  if (!type) throw new Error(`this thread does not know the job type ${name}`);
  return type;
}

/** One after the other; what one throws is its own affair. */
async function runTogether({ requests }: StepsRequest): Promise<unknown[]> {
  const replies: unknown[] = [];
  for (const request of requests)
    replies.push(
      await run(request).catch((error: unknown) => ({
        kind: "threw",
        message: error instanceof Error ? error.message : String(error),
      })),
    );
  return replies;
}

async function runStep(
  type: AnyJobType,
  request: StepRequest,
  settings: StepSettings,
  spoken: { said: number },
): Promise<StepReply> {
  try {
    if (request.step === "refer") return { kind: "value", value: refer(type, request) };
    const context = contextOf(type, request, settings, spoken);
    const { id } = request.job;
    if ("task" in type) return answer(type, id, await type.task(context.input, context), settings);
    const payload = request.envelopes?.map(unseal) ?? [];
    if (request.step === "part")
      return { kind: "part", envelopes: [seal(await type.part(payload[0], context))] };
    const round: Round<unknown, unknown> =
      request.step === "plan" ? await type.plan(context.input, context) : await type.merge(payload, context);
    return "parts" in round
      ? { kind: "parts", envelopes: round.parts.map(seal) }
      : answer(type, id, round, settings);
  } catch (error) {
    if (error instanceof InputError) return { kind: "mistake", problem: error.problem };
    throw error;
  }
}

/** A body that was stored unparsed, read when a step asks for it. */
function readBody(type: AnyJobType, { body: path, bare }: StoredBody): unknown {
  const body = readFileSync(path);
  const read = bare ? undefined : type.read?.(body);
  if (read !== undefined) return read;
  const value = parseJson(body);
  const input = bare && type.ofBare ? type.ofBare(value) : value;
  validate(type.input, input);
  return input;
}

function refer(type: AnyJobType, request: StepRequest): Referred {
  const input = "body" in request.input ? readBody(type, request.input) : request.input.value;
  return { model: type.model?.(input), name: type.makes && (input as { name?: string }).name };
}

function contextOf(
  type: AnyJobType,
  request: StepRequest,
  { limits, memory, threads }: StepSettings,
  spoken: { said: number },
): TaskContext {
  const { job, part, file, model } = request;
  let input: unknown = "value" in request.input ? request.input.value : undefined;
  let told = 0;
  let doneStage: string | undefined;
  const tell = (news: Omit<StepNews, "id" | "part">) =>
    parentPort?.postMessage({ id: job.id, part, ...news });
  return {
    job,
    get input() {
      if (input === undefined && "body" in request.input) {
        input = readBody(type, request.input);
        type.check?.(input, model, limits, false);
      }
      return input;
    },
    file,
    model,
    limits,
    memory,
    threads,
    progress(progress) {
      const now = Date.now();
      const isDone = progress.done >= progress.total;
      // the end of a stage is always told, and once: what a file has may be more than was expected
      if (now - told < PROGRESS_INTERVAL && !(isDone && progress.stage !== doneStage)) return;
      told = now;
      if (isDone) doneStage = progress.stage;
      tell({ progress });
    },
    log(sentence) {
      spoken.said++;
      tell({ sentence });
    },
  };
}
