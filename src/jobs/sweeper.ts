// Tidies what expiry leaves: index entries and files of jobs whose records are gone, and cut-off submissions.
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import { type FileKind, FileStore } from "../files/file-store.js";
import { expiryKey, jobKey, modelKey, outstandingKey, sweepLockKey } from "../redis/keys.js";
import { jobOfEntry } from "./index-entry.js";
import type { JobIdentity } from "./record.js";
import { transitions } from "./transitions.js";

export interface SweeperOptions {
  redis: Redis;
  files: FileStore;
  logger: Logger;
  /** Seconds. */
  interval: number;
}

/** Jobs or files that are asked about with one look at Redis. */
const BATCH = 500;
/** Expired jobs that are tidied up after at a time. */
const EXPIRED = 100;
/** A submission that is not in its queue after this was cut off between record and queue; milliseconds. */
const SUBMISSION = 60_000;
/** A file that nobody has written to for this long, and that no record knows, is nobody's; milliseconds. */
const ABANDONED = 300_000;

export interface Sweeper {
  /** One round; also for tests. */
  sweep(): Promise<void>;
  stop(): void;
}

/** Every process sweeps in turn: one round an interval among all. */
export function startSweeper(options: SweeperOptions): Sweeper {
  const { redis, files, logger, interval } = options;
  const steps = transitions(redis);

  async function sweepExpired(): Promise<void> {
    for (let kept = 0; ; ) {
      const entries = await redis.zrangebyscore(expiryKey, "-inf", Date.now(), "LIMIT", kept, EXPIRED);
      const tidied = await Promise.all(entries.map(tidy));
      kept += tidied.filter((isTidied) => !isTidied).length;
      if (entries.length < EXPIRED) return;
    }
  }

  /** False when the record is still there: by Redis's clock, which decides, the job has not expired. */
  async function tidy(entry: string): Promise<boolean> {
    const job = jobOfEntry(entry);
    const left = await steps.expire(job);
    if (left === "all") return false;
    await files.remove("uploads", job.id);
    await files.remove("results", job.id);
    if (left === "nothing") await files.remove("made", job.id);
    await redis.zrem(expiryKey, entry);
    return true;
  }

  /** Their clients were never told that they were accepted. */
  async function sweepCutOff(): Promise<void> {
    const before = Date.now() - SUBMISSION;
    for (let offset = 0; ; ) {
      const ids = await redis.zrangebyscore(outstandingKey, "-inf", before, "LIMIT", offset, BATCH);
      const orphans = ids.length > 0 ? await steps.orphans(ids) : [];
      for (const id of orphans) {
        const record = await redis.hgetall(jobKey(id));
        if (!(await steps.forget({ label: null, ...record, id } as unknown as JobIdentity, "cut off")))
          continue;
        logger.warn({ job: id }, "a submission was cut off and is removed");
        await redis.zrem(outstandingKey, id);
        await files.removeAll(id);
      }
      if (ids.length < BATCH) return;
      offset += ids.length - orphans.length;
    }
  }

  async function sweepFiles(): Promise<void> {
    const before = Date.now() - ABANDONED;
    for (const kind of FileStore.kinds) {
      let names: string[] = [];
      for await (const name of files.untouchedSince(kind, before)) {
        if (names.push(name) < BATCH) continue;
        await removeUnknown(kind, names);
        names = [];
      }
      await removeUnknown(kind, names);
    }
  }

  async function removeUnknown(kind: FileKind, names: string[]): Promise<void> {
    if (names.length === 0) return;
    const questions = redis.pipeline();
    for (const name of names) questions.exists(jobKey(name), modelKey(name));
    const answers = (await questions.exec()) ?? [];
    for (const [at, name] of names.entries()) {
      const [error, known] = answers[at] ?? [new Error("Redis left a question open")];
      if (error) throw error;
      // what is not whole has a name that no record has
      if (known === 0 || kind === "scratch") await files.remove(kind, name);
    }
  }

  async function sweep(): Promise<void> {
    await sweepExpired();
    await sweepCutOff();
    await sweepFiles();
  }

  async function round(): Promise<void> {
    const mine = await redis.set(sweepLockKey, "1", "PX", Math.max(1, Math.floor(interval * 900)), "NX");
    if (mine) await sweep();
  }

  let busy = false;
  const timer = setInterval(async () => {
    if (busy) return;
    busy = true;
    await round().catch((error) => logger.warn({ err: error }, "tidying was cut short"));
    busy = false;
  }, interval * 1000);
  timer.unref();
  return { sweep, stop: () => clearInterval(timer) };
}
