// Examples of job documents, made of the example that each job type's definition holds.
import type { AnyJobType } from "../../../workers/job-type.js";
import { exampleOf } from "./problems.js";

const ID = "01kf0e9r4b6m2x8c5v7n1q3w0t";
const CREATED = "2026-11-21T12:00:00.000Z";
const STARTED = "2026-11-21T12:00:00.250Z";
const ENDED = "2026-11-21T12:00:01.500Z";
/** A day after its end, as RETENTION is by default. */
const EXPIRES = "2026-11-22T12:00:01.500Z";

/** A file that any job type which takes one could be sent. */
export const CSV = "num1,num2\n1,4\n2,5\n3,6\n";

function queued(type: AnyJobType) {
  const self = `/v1/jobs/${ID}`;
  return {
    ...{ id: ID, type: type.name, label: null, state: "queued", progress: null, position: 3, attempts: 0 },
    ...{ createdAt: CREATED, startedAt: null, finishedAt: null, expiresAt: null },
    input: type.summarize(type.example.input),
    error: null,
    links: { self, events: `${self}/events`, cancel: `${self}/cancel` },
    result: null,
  };
}

function ended(type: AnyJobType, state: "completed" | "failed" | "canceled", result: unknown = null) {
  const job = queued(type);
  const { self, events } = job.links;
  return {
    ...{ ...job, state, position: null, attempts: 1 },
    ...{ startedAt: STARTED, finishedAt: ENDED, expiresAt: EXPIRES },
    links: { self, ...(state === "completed" && { result: `${self}/result` }), events },
    result,
  };
}

/** Values by name. */
export type Examples = Record<string, unknown>;
type Maker = (type: AnyJobType) => Examples;

/** The name of an example among those of all job types. */
export const exampleName = (type: AnyJobType, name: string) => `${type.name}.${name}`;

export const queuedJob: Maker = (type) => ({ [exampleName(type, "queued")]: queued(type) });
export const canceledJob: Maker = (type) => ({ [exampleName(type, "canceled")]: ended(type, "canceled") });
export const failedJob: Maker = (type) => ({
  [exampleName(type, "failed")]: { ...ended(type, "failed"), error: exampleOf("out-of-memory") },
});
export const completedJob: Maker = (type) => ({
  [exampleName(type, "completed")]: ended(type, "completed", type.example.output),
});
/** As a list shows it. */
export const listedJob = (type: AnyJobType) => ended(type, "completed");

export const activeJob: Maker = (type) => {
  const progress = { fraction: 0.42, stage: "computing", done: 42, total: 100, unit: "parts" };
  const job = { ...queued(type), state: "active", position: null, attempts: 1, startedAt: STARTED };
  return {
    [exampleName(type, "active")]: { ...job, progress: { ...progress, remainingSeconds: 1.7, detail: null } },
  };
};

/** Examples of several types in one. */
export const examplesOf = (types: readonly AnyJobType[], ...makers: Maker[]): Examples =>
  Object.assign({}, ...makers.flatMap((make) => types.map(make)));

/** A stream from its beginning to its end. */
export function eventsExample(type: AnyJobType): Examples {
  const [active] = Object.values(activeJob(type));
  const events: [number, string, unknown][] = [
    [1, "state", queued(type)],
    [7, "progress", active],
    [12, "completed", ended(type, "completed")],
  ];
  const texts = events.map(
    ([id, name, job]) => `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(job)}\n\n`,
  );
  return { [exampleName(type, "events")]: `retry: 2000\n\n${texts.join("")}` };
}
