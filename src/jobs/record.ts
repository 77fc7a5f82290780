// A job's record as Redis holds it.
export const STATES = ["queued", "active", "completed", "failed", "canceled"] as const;
/** `deleted` is never shown: to an observer such a job does not exist. */
export type JobState = (typeof STATES)[number] | "deleted";

/** The state in which a record stands; `missing` when there is no record. */
export type Standing = JobState | "missing";

export function hasEnded(state: Standing): boolean {
  return state !== "queued" && state !== "active";
}

/** What the indexes of a job are made of. */
export interface JobIdentity {
  id: string;
  account: string;
  type: string;
  lane: string;
  label: string | null;
  /** Milliseconds. */
  createdAt: number;
  /** The name that a training reserved for its model, known at the latest when it starts; else "". */
  madeName: string;
}

/** Hears of each job whose end was decided here. `startedAt` (milliseconds) is `null` for one that never began. */
export type OnEnded = (
  job: Pick<JobIdentity, "type" | "createdAt"> & { state: JobState; startedAt: number | null },
) => void;

/** What is read of a record, in this order; the first two are what `find` itself looks at. */
export const FIELDS = [
  "state",
  "lane",
  "account",
  "type",
  "label",
  "madeName",
  "createdAt",
  "startedAt",
  "finishedAt",
  "expiresAt",
  "attempts",
  "number",
  "progress",
  "input",
  "error",
  "resultBytes",
  "result",
] as const;

/** Without the result, for pages of many jobs. */
export const SUMMARY_FIELDS = FIELDS.slice(0, -1);

type Field = (typeof FIELDS)[number];

/** A job as its record says. `progress`, `input`, `error` and `result` are JSON that nobody here parses. */
export interface JobRecord extends JobIdentity {
  state: JobState;
  startedAt: number | null;
  finishedAt: number | null;
  expiresAt: number | null;
  attempts: number;
  /** Of the last entry: grows with every change. */
  number: number;
  /** 1 for the next in its lane; `null` for one that does not wait. */
  position: number | null;
  progress: string;
  input: string;
  error: string;
  /** Bytes of the result; `null` when there is none. */
  resultBytes: number | null;
  /** The result itself, when it is small enough to be kept in the record. */
  result: Buffer | null;
}

/** What changes of a record while its job waits, runs and ends. */
export type Progressed = Omit<JobRecord, keyof JobIdentity | "input">;

/** The record of a job. Each property by its name: V8 makes such objects ten times faster. */
export function recordOf(job: JobIdentity, input: string, now: Progressed): JobRecord {
  const { id, account, type, lane, label, createdAt, madeName } = job;
  const { state, startedAt, finishedAt, expiresAt, attempts, number, position } = now;
  const { progress, error, resultBytes, result } = now;
  return {
    id,
    account,
    type,
    lane,
    label,
    createdAt,
    madeName,
    state,
    startedAt,
    finishedAt,
    expiresAt,
    attempts,
    number,
    position,
    progress,
    input,
    error,
    resultBytes,
    result,
  };
}

/** Reads what `transitions.find` answers for `fields`; `undefined` when there is no such job. */
export function readRecord(
  id: string,
  fields: readonly Field[],
  found: (Buffer | null)[],
): JobRecord | undefined {
  const text = (field: Field) => found[fields.indexOf(field)]?.toString() ?? null;
  const number = (field: Field) => {
    const value = text(field);
    return value === null ? null : Number(value);
  };
  const state = text("state") as JobState | null;
  if (state === null || state === "deleted") return undefined;
  const rank = found[fields.length];
  return {
    id,
    state,
    lane: text("lane") ?? "",
    account: text("account") ?? "",
    type: text("type") ?? "",
    label: text("label"),
    madeName: text("madeName") ?? "",
    createdAt: number("createdAt") ?? 0,
    startedAt: number("startedAt"),
    finishedAt: number("finishedAt"),
    expiresAt: number("expiresAt"),
    attempts: number("attempts") ?? 0,
    number: number("number") ?? 0,
    position: rank ? Number(rank.toString()) : null,
    progress: text("progress") ?? "null",
    input: text("input") ?? "null",
    error: text("error") ?? "null",
    resultBytes: number("resultBytes"),
    result: found[fields.indexOf("result")] ?? null,
  };
}
