// What a kind of job is: said once, in one definition, from which the route with its validation, the
// OpenAPI entry, the queue's typing, the dispatch in the threads and the typed client are derived.

import type { AvroSchema } from "./avro.js";
import type { Limits } from "./limits.js";
import type { Static, TSchema } from "./typebox.js";

/** An uploaded file, as a step in a thread sees it. */
export interface SourceFile {
  /** Absolute path on this machine. */
  readonly path: string;
  /** The name the sender gave it; `null` when none was given. */
  readonly name: string | null;
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  /** True when the content begins with gzip's magic bytes. */
  readonly gzip: boolean;
}

/** A trained network that an input refers to. */
export interface ModelReference {
  /** The id of the training job, or `default`. */
  readonly id: string;
  readonly binaryDim: number;
  readonly hiddenDim: number;
  /** Absolute path of its weights; `null` for the default model, which each thread trains on first use. */
  readonly weights: string | null;
}

/**
 * How far a step is. The fraction and the time left are worked out from `done` of `total`. In a part, `done` and
 * numbers in `detail` are what this part has done itself and `total` is that of the whole round: they are added up.
 */
export interface Progress {
  stage: string;
  done: number;
  total: number;
  unit: string;
  /** What the job type's `detail` schema declares. */
  detail?: Record<string, unknown>;
  /** The detail that is to tell how many units all parts together do in a second. */
  rate?: string;
}

/** What a step may use besides its input. The same in `task`, `plan`, `part` and `merge`. */
export interface TaskContext<Input = unknown> {
  readonly job: {
    readonly id: string;
    /** ISO 8601, UTC. */
    readonly createdAt: string;
  };
  /** The job's whole input. */
  readonly input: Input;
  /** The job's upload, for a type that accepts one and was sent one. */
  readonly file: SourceFile | undefined;
  /** What `model(input)` referred to, resolved. */
  readonly model: ModelReference | undefined;
  /** Bytes that this job's steps together may hold at a time, ArrayBuffers included. */
  readonly memory: number;
  readonly limits: Limits;
  /** How many parts can run at the same time. */
  readonly threads: number;
  /** May be called as often as is convenient: passed on about four times a second. */
  progress(progress: Progress): void;
  /** Adds a sentence to the job's log. */
  log(sentence: string): void;
}

/** How a computation ends: its result, and for a type that `makes` something, the bytes of that. */
export interface Answer<Output> {
  result: Output;
  artifact?: Uint8Array;
}

/** How one with a long result ends: with its JSON, each piece of which is used up before the next is asked for. */
export interface LongAnswer {
  json: Iterable<string | Uint8Array>;
}

export type End<Output> = Answer<Output> | LongAnswer;

/** One step that computes the whole job in one thread. */
export interface WholeTask<Input, Output> {
  task(input: Input, context: TaskContext<Input>): End<Output> | Promise<End<Output>>;
}

/**
 * Steps that let one job use several threads. `plan` divides the work, or answers at once when it is
 * small; each part runs in any free thread; `merge` gets the results in the order of the parts and
 * ends the job or asks for a further round. Parts and results go from thread to thread by structured
 * clone: put what is large into an ArrayBuffer, which is moved, or name a range of the file.
 */
export interface SplitTask<Input, Output, Part, PartResult> {
  plan(input: Input, context: TaskContext<Input>): Round<Output, Part> | Promise<Round<Output, Part>>;
  part(part: Part, context: TaskContext<Input>): PartResult | Promise<PartResult>;
  merge(
    results: PartResult[],
    context: TaskContext<Input>,
  ): Round<Output, Part> | Promise<Round<Output, Part>>;
}

export type Round<Output, Part> = Answer<Output> | { parts: Part[] };

/** A method's type, whose parameter is compared loosely, so that every job type is an AnyJobType. */
type Make<Output> = { make(result: Output): Iterable<string | Uint8Array> }["make"];

/** Makes a format of a result; where the values of a long one would take too much, of the bytes of its JSON. */
export type Format<Output> = Make<Output> & { ofJson?(json: Uint8Array): Iterable<string | Uint8Array> };

export interface JobTypeProperties<Name extends string, Input, Output> {
  /** The public name, as in a job document's `type`. */
  name: Name;
  /** Raised when the meaning of the input changes: a worker leaves jobs of a version it does not know to others. */
  version: number;
  /** Where it is submitted: `POST path`. */
  path: string;
  /** One line for the API documentation. */
  summary: string;
  /** Longer, in Markdown. */
  description?: string;
  /** `json`: a JSON body. `file`: an upload, whose form fields (or query) are the input's `options`. */
  accepts: readonly ("json" | "file")[];
  input: TSchema;
  output: TSchema;
  /** What a request without a body asks for; unless said, an input without fields. */
  whenEmpty?: Input;
  /** The schema of `progress.detail`. */
  detail?: TSchema;
  /** For the API documentation and the tests. */
  example: { input: Input; output: Output };
  /** An estimate of the work, about bytes of input: decides the lane. */
  cost(
    input: Input,
    file: Pick<SourceFile, "bytes" | "gzip"> | undefined,
    model?: Pick<ModelReference, "binaryDim" | "hiddenDim">,
  ): number;
  /** What the job document shows as `input`: what was asked, without the data. */
  summarize(input: Input): Record<string, unknown>;
  /**
   * Throws InputError for values that have the right types but cannot be, or lack what is in no file either. Runs
   * before anything is accepted.
   */
  check?(input: Input, model: ModelReference | undefined, limits: Limits, hasFile?: boolean): void;
  /** The input that a stored body stands for which was sent without the names that the input has. Throws InputError. */
  ofBare?(body: unknown): Input;
  /** Reads a stored body as it is usual more quickly than JSON.parse and validation do; else `undefined`. */
  read?(body: Uint8Array): Input | undefined;
  /** The id or name of the model that the input refers to. */
  model?(input: Input): string;
  /** What a completed job leaves behind under its id, its bytes being the answer's `artifact`. */
  makes?: "model";
  /** Media type → the result in that format, in pieces. Runs in a thread. */
  formats?: Record<string, Format<Output>>;
  /** The schema of its format `application/avro`, for a type that has it. */
  avro?: AvroSchema;
}

export type JobType<
  Name extends string = string,
  Input extends TSchema = TSchema,
  Output extends TSchema = TSchema,
> = JobTypeProperties<Name, Static<Input>, Static<Output>> & {
  input: Input;
  output: Output;
} & (WholeTask<Static<Input>, Static<Output>> | SplitTask<Static<Input>, Static<Output>, unknown, unknown>);

/** Any job type, where the types of its input and output do not matter. */
export type AnyJobType = JobTypeProperties<string, unknown, unknown> &
  (WholeTask<unknown, unknown> | SplitTask<unknown, unknown, unknown, unknown>);

/** Says a job type. Returns its argument: what it adds is the checking of types. */
export function defineJobType<const Name extends string, Input extends TSchema, Output extends TSchema>(
  definition: JobType<Name, Input, Output>,
): JobType<Name, Input, Output> {
  return definition;
}
