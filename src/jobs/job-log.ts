// A job's log: what it did, in sentences. The entries of its record hold what its job type said, and those changes
// of state that the record itself does not tell of: all of it is put into words here.
import type { Redis } from "ioredis";
import { entriesKey, jobKey } from "../redis/keys.js";
import { hasEnded, type JobRecord, readRecord, SUMMARY_FIELDS } from "./record.js";

export interface LogLine {
  /** Of the entry: grows from line to line, not always by one. */
  number: number;
  /** Milliseconds. */
  time: number;
  message: string;
}

export interface JobLog {
  lines: LogLine[];
  /** How many of the job's oldest entries are no longer kept. */
  dropped: number;
}

/** An entry as it is kept: `state` with the state's name, or `log` with a sentence of the job type's own. */
interface Entry {
  number: number;
  time: number;
  kind: string;
  text: string;
}

type Stored = [id: string, [kind: string, value: string]];

/** The log after the entry `after`; `undefined` when the account has no such job. */
export async function readLog(
  redis: Redis,
  account: string,
  id: string,
  after: number,
): Promise<JobLog | undefined> {
  const key = entriesKey(id);
  const answers = await redis
    .multi()
    .hmgetBuffer(jobKey(id), ...SUMMARY_FIELDS)
    .xrange(key, `(${after}-0`, "+")
    // what the first of them followed
    .xrevrange(key, `${after}-0`, "-", "COUNT", 1)
    .xinfo("STREAM", key)
    .exec();
  const [[, fields], [, stored], [, before], [, info]] = answers as [
    [Error | null, (Buffer | null)[]],
    [Error | null, Stored[]],
    [Error | null, Stored[]],
    // an error when there are no entries
    [Error | null, unknown[] | undefined],
  ];
  const job = readRecord(id, SUMMARY_FIELDS, fields);
  if (job?.account !== account) return undefined;
  const entries = stored.map(entryOf);
  return {
    lines: inWords(job, before[0] && entryOf(before[0]), entries, after),
    dropped: info ? droppedOf(info) : 0,
  };
}

function entryOf([id, [kind, value]]: Stored): Entry {
  const space = value.indexOf(" ");
  const time = Number(value.slice(0, space));
  return { number: Number.parseInt(id, 10), time, kind, text: value.slice(space + 1) };
}

/** Redis before 7 does not say how many entries there were. */
function droppedOf(info: unknown[]): number {
  const field = (name: string) => Number(info[info.indexOf(name) + 1]);
  return info.includes("entries-added") ? field("entries-added") - field("length") : 0;
}

/** Clocks of different machines may differ so much; a worker that was lost is missed later. Milliseconds. */
const CLOCKS = 1000;

const isState = (entry: Entry | undefined, ...states: string[]) =>
  entry?.kind === "state" && states.includes(entry.text);

/** The log after `after`: `entries` are the job's last, `previous` is the one before them. */
function inWords(job: JobRecord, previous: Entry | undefined, entries: Entry[], after: number): LogLine[] {
  const { number, createdAt, startedAt, finishedAt } = job;
  const last = entries.at(-1) ?? previous;
  // an attempt that ended within moments has no entry
  const isTold = isRunning(last) && last.time > (startedAt ?? 0) - CLOCKS;
  const isUntold = hasEnded(job.state) && startedAt !== null && !isTold;
  let attempt =
    job.attempts - (isUntold ? 1 : 0) - entries.filter((entry) => isState(entry, "active")).length;
  let before = previous;
  const lines = entries.map((entry): LogLine => {
    if (isState(entry, "active")) attempt++;
    const message = entry.kind === "log" ? entry.text : changeInWords(entry, before, attempt);
    before = entry;
    return { number: entry.number, time: entry.time, message };
  });
  lines.unshift({ number: 1, time: createdAt, message: `Accepted into the ${job.lane} lane.` });
  if (isUntold) lines.push({ number: number - 1, time: startedAt, message: begun(job.attempts, last) });
  if (finishedAt !== null) lines.push({ number, time: finishedAt, message: ended(job, finishedAt) });
  return lines.filter((line) => line.number > after);
}

function isRunning(entry: Entry | undefined): entry is Entry {
  return entry?.kind === "log" || isState(entry, "active");
}

function changeInWords(entry: Entry, before: Entry | undefined, attempt: number): string {
  if (isState(entry, "active")) return begun(attempt, before);
  if (isState(entry, "queued"))
    return isRunning(before)
      ? "Put back into its lane: its worker stops."
      : "Queued again, to be tried once more.";
  return `${capital(entry.text)}.`; // of an ending that a retry took back, no more is known
}

function begun(attempt: number, before: Entry | undefined): string {
  if (attempt <= 1) return "Begun.";
  return `Begun again (attempt ${attempt})${isRunning(before) ? ": its worker was lost" : ""}.`;
}

function ended({ state, startedAt, error }: JobRecord, finishedAt: number): string {
  const when = startedAt === null ? "before it was begun" : `after ${duration(finishedAt - startedAt)}`;
  const { detail } = (JSON.parse(error) ?? {}) as { detail?: string };
  return `${capital(state)} ${when}${detail === undefined ? "" : `: ${detail.replace(/[.]$/, "")}`}.`;
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

/** `milliseconds` in words: 12 ms, 3.2 s. */
function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.max(0, milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
