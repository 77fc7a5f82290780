// Observers of jobs: each is told of every change that it can keep up with. Of a job the record is read once,
// however many observe it in this process, and whichever process runs it.
import { setTimeout as sleep } from "node:timers/promises";
import type { Notices } from "./notices.js";
import type { JobRecord } from "./record.js";

/** Called with the job as it is now; with `undefined` when there is no such job any more. */
export type Tell = (job: JobRecord | undefined) => void;

type Read = (id: string) => Promise<JobRecord | undefined>;

/** How long to wait before a record that could not be read is read again; milliseconds. */
const READ_AGAIN = 500;

export class Observers {
  private readonly notices: Notices;
  private readonly read: Read;
  private readonly observed = new Map<string, ObservedJob>();

  constructor(notices: Notices, read: Read) {
    this.notices = notices;
    this.read = read;
  }

  /** How many jobs are observed. */
  get size(): number {
    return this.observed.size;
  }

  /** `tell` hears how the job stands, at once or soon, and then of changes. Returns what stops it. */
  observe(id: string, tell: Tell): () => void {
    let job = this.observed.get(id);
    if (!job) {
      job = new ObservedJob(id, this.notices, this.read);
      this.observed.set(id, job);
    }
    const observed = job;
    observed.add(tell);
    return () => {
      if (observed.remove(tell) && this.observed.get(id) === observed) this.observed.delete(id);
    };
  }
}

class ObservedJob {
  private readonly id: string;
  private readonly read: Read;
  private readonly watching: Promise<() => Promise<void>>;
  private readonly observers = new Set<Tell>();
  /** What was read last, once something was. */
  private last: { job: JobRecord | undefined } | undefined;
  private reading = false;
  private news = false;

  constructor(id: string, notices: Notices, read: Read) {
    this.id = id;
    this.read = read;
    this.watching = notices.watch(id, this.look);
    // read when nothing can be missed any more; a connection that is closed has no news
    this.watching.then(this.look, ignore);
  }

  add(tell: Tell): void {
    this.observers.add(tell);
    if (this.last) tell(this.last.job);
  }

  /** Whether nobody is left. */
  remove(tell: Tell): boolean {
    if (!this.observers.delete(tell) || this.observers.size > 0) return false;
    this.watching.then((stop) => stop()).catch(ignore);
    return true;
  }

  /** What changes while the record is being read is read once more, and only once. */
  private readonly look = async (): Promise<void> => {
    this.news = true;
    if (this.reading) return;
    this.reading = true;
    while (this.news && this.observers.size > 0) {
      this.news = false;
      try {
        this.last = { job: await this.read(this.id) };
      } catch {
        // Redis is away, which its connection has logged
        this.news = true;
        await sleep(READ_AGAIN, undefined, { ref: false });
        continue;
      }
      for (const tell of [...this.observers]) tell(this.last.job);
    }
    this.reading = false;
  };
}

function ignore(): void {}
