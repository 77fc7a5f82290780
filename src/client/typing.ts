// What the compiler knows of jobs: names, inputs and outputs as a registry's definitions say them.

import type { AnyJobType } from "../../workers/job-type.js";
import type { Static, TSchema } from "../../workers/typebox.js";
import type { modelSchema, weightsSchema } from "../http/openapi/models.js";
import type { anyJobSchema, logSchema } from "../http/schemas.js";

/** What the client needs of a job type's definition. */
export type Definition = Pick<AnyJobType, "name" | "path" | "accepts" | "input" | "output">;

/** The job types of a registry, such as `typeof jobTypes`. */
export type JobTypes = readonly Definition[];

export type NameOf<Types extends JobTypes> = Types[number]["name"];

type Named<Types extends JobTypes, Name> = Extract<Types[number], { name: Name }>;
type Said<Schema> = Schema extends TSchema ? Static<Schema> : never;

/** What a job of this name takes. With a file, its `options` alone. */
export type InputOf<Types extends JobTypes, Name> = Said<Named<Types, Name>["input"]>;

/** What a job of this name answers. */
export type OutputOf<Types extends JobTypes, Name> = Said<Named<Types, Name>["output"]>;

/** A job document. */
export type Job<Output = unknown> = Omit<Static<typeof anyJobSchema>, "result"> & {
  /** `null` until the job is completed, and when the result has more than 64 KiB: see `links.result`. */
  result: Output | null;
};

export interface Page {
  /** Newest first, and without their results. */
  jobs: Job[];
  nextCursor: string | null;
}

/** A trained network's document. */
export type Model = Static<typeof modelSchema>;

export interface ModelPage {
  /** Newest first; `default` is the last one of the last page. */
  models: Model[];
  nextCursor: string | null;
}

/** A model's weights, each matrix as a list of its rows: 2 × hiddenDim, hiddenDim × 1, hiddenDim × hiddenDim. */
export type Weights = Static<typeof weightsSchema>;

/** What a job did, in sentences. */
export type Log = Static<typeof logSchema>;
