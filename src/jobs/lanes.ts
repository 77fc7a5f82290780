// The two lanes: a job goes by what it costs, so that a small one never waits behind a large one.
import type { Queue } from "bullmq";
import type { Redis } from "ioredis";
import type { SourceFile } from "../../workers/job-type.js";
import { openQueue } from "../redis/queue.js";
import type { JobIdentity } from "./record.js";

export const LANES = ["interactive", "batch"] as const;
export type Lane = (typeof LANES)[number];

/** What a job carries through the queue: references, never a file's content or a secret. */
export interface JobData {
  type: string;
  version: number;
  account: string;
  /** Milliseconds. */
  createdAt: number;
  label: string | null;
  /** The name that its model will have; "" for none. */
  madeName: string;
  /** The input; absent when the body was stored unparsed in the job's file. */
  input?: unknown;
  /** The job's file: an upload, or a JSON body. */
  file?: Omit<SourceFile, "path">;
  /** Whether that body lacks the names of the input: the job type's `ofBare` reads it. */
  bare?: boolean;
  /** The id of the model that the input refers to. */
  model?: string;
}

/** What the record's indexes are made of, of what the queue carries. */
export function identityOf(id: string, lane: string, data: JobData): JobIdentity {
  const { account, type, label, createdAt, madeName } = data;
  return { id, lane, account, type, label, createdAt, madeName };
}

/** Adding and removing; one connection serves both lanes. */
export type Queues = Record<Lane, Queue<JobData>>;

export function openQueues(producer: Redis): Queues {
  return { interactive: openQueue(producer, "interactive"), batch: openQueue(producer, "batch") };
}

/** A job whose input nobody has looked into yet is for the batch lane, whatever it may cost. */
export function laneOf(cost: number, interactiveCost: number): Lane {
  return cost <= interactiveCost ? "interactive" : "batch";
}
