// The processor: takes a job from its queue, has it computed in the pool, and writes how it ended.
import { setMaxListeners } from "node:events";
import { DelayedError, type Job, WaitingError } from "bullmq";
import type { Logger } from "pino";
import { InputError } from "../../workers/input-error.js";
import type { AnyJobType, ModelReference, Progress } from "../../workers/job-type.js";
import { type Models, nameTaken } from "../models/models.js";
import { isUnavailable } from "../redis/connections.js";
import { type Attempt, Beginning } from "./beginning.js";
import { completed, endingOf, failure, mishap } from "./endings.js";
import { identityOf, type JobData } from "./lanes.js";
import type { Notices } from "./notices.js";
import { problem, problemOf } from "./problems.js";
import { hasEnded, type JobIdentity, type OnEnded, type Progressed, type Standing } from "./record.js";
import type { Registry } from "./registry.js";
import { Reporter } from "./reporter.js";
import { isStored, type Run, type Runner, referTo, runSteps } from "./run.js";
import type { Ending, Finished, Transitions } from "./transitions.js";
import type { Webhooks } from "./webhooks.js";

/** Why a job's computation is stopped from outside. */
export type StopReason = "ended" | "timed-out" | "shutdown" | "lock-lost";

export interface ProcessorOptions {
  registry: Registry;
  transitions: Transitions;
  webhooks: Webhooks;
  onEnded: OnEnded;
  models: Models;
  notices: Notices;
  runner: Runner;
  logger: Logger;
  /** Seconds. */
  timeout: number;
  lostRetries: number;
}

/** A worker that does not know a job's type leaves it for one that does, and looks again after this. */
const UNKNOWN_DELAY = 1000;

export class Processor {
  private readonly options: ProcessorOptions;
  private readonly running = new Map<string, AbortController>();
  private stopping = false;

  constructor(options: ProcessorOptions) {
    this.options = options;
  }

  get runningIds(): string[] {
    return [...this.running.keys()];
  }

  /** Stops a job's computation at once, if it runs here. */
  stop(id: string, reason: StopReason): void {
    this.running.get(id)?.abort(reason);
  }

  /** From now on jobs are put back: those that arrive at once, those that run when `stop` reaches them. */
  refuse(): void {
    this.stopping = true;
  }

  /**
   * BullMQ's processor. A normal return means that the outcome stands, and says which it is; whatever throws
   * leaves the job in the queue.
   */
  readonly process = async (job: Job<JobData>, token?: string): Promise<Standing> => {
    const { registry, transitions, lostRetries } = this.options;
    const id = job.id as string;
    const { data } = job;
    const identity = identityOf(id, job.queueName, data);
    const type = registry.get(data.type);
    if (!type || type.version !== data.version) {
      await job.moveToDelayed(Date.now() + UNKNOWN_DELAY, token);
      throw new DelayedError();
    }
    if (this.stopping) return this.putBack(job, identity, token);
    if (job.stalledCounter > lostRetries) {
      const detail = `the worker that ran it crashed ${job.stalledCounter} times; LOST_RETRIES is ${lostRetries}`;
      return this.finish(identity, data, failure(problem("worker-lost", 500, detail)));
    }

    // known here before it starts, so that a cancellation right after the start finds it
    const controller = new AbortController();
    setMaxListeners(0, controller.signal); // every part of the job listens to it
    this.running.set(id, controller);
    const attempt = { startedAt: Date.now(), turn: job.priority, crashes: job.stalledCounter };
    const beginning = new Beginning(attempt, (begun) => transitions.start(identity, begun));
    try {
      if (identity.lane === "interactive" && job.stalledCounter === 0)
        beginning.tellLater(() => controller.abort("ended" satisfies StopReason));
      else {
        const started = await beginning.tell();
        if (started !== "started") return await this.yieldTo(started, id, data);
      }
      const ending = await this.compute(identity, type, data, beginning, controller);
      const untold = await beginning.untold();
      if (ending === "put back") return await this.putBack(job, identity, token);
      if (ending) return await this.finish(identity, data, ending, attempt, untold);
      const stands = await transitions.state(id);
      // it was taken for dead, or it was canceled and is to run again: it stays in its queue, and does
      if (!hasEnded(stands)) throw new Error("the job was stopped here and has not ended");
      return await this.yieldTo(stands, id, data);
    } finally {
      this.running.delete(id);
    }
  };

  /** How the job ends; `undefined` when that is no longer this process's to say. */
  private async compute(
    job: JobIdentity,
    type: AnyJobType,
    data: JobData,
    beginning: Beginning,
    controller: AbortController,
  ): Promise<Ending | "put back" | undefined> {
    const { transitions, runner, logger, timeout } = this.options;
    const reporter = new Reporter(job.id, transitions, logger, () => beginning.tell());
    let timer: NodeJS.Timeout | undefined;
    const run = {
      id: job.id,
      type,
      data,
      signal: controller.signal,
      // a job that waits in the pool's line behind one that hangs has not run yet
      onStart: () => {
        timer ??= setTimeout(() => controller.abort("timed-out" satisfies StopReason), timeout * 1000);
      },
      onProgress: (progress: Progress) => reporter.setProgress(progress),
      onSentence: (sentence: string) => reporter.addSentence(sentence),
    };
    try {
      const model = await this.prepare(job, run);
      const ended = await runSteps(runner, { ...run, model });
      await reporter.end();
      return endingOf(ended, reporter);
    } catch (error) {
      await reporter.end();
      await this.removeUnfinished(job.id);
      if (controller.signal.aborted) return this.stopped(controller.signal.reason as StopReason, timeout);
      controller.abort("ended" satisfies StopReason); // other parts of it may still run
      if (error instanceof InputError) return failure(problemOf(error.problem));
      if (isUnavailable(error)) throw error; // Redis's trouble is no failure of the job
      logger.error({ err: error, job: job.id }, "the job failed");
      return failure(mishap(error));
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Resolves the model that the input refers to. What a stored body refers to is known only now: so is the
   * name that its model shall have.
   */
  private async prepare(job: JobIdentity, run: Omit<Run, "model">): Promise<ModelReference | undefined> {
    const { runner, models, transitions } = this.options;
    const { type, data } = run;
    if (!isStored(data) || !(type.model || type.makes)) return this.resolve(job, data.model);
    const referred = await referTo(runner, run);
    if (referred.name !== undefined) {
      if (!(await models.reserve(job.account, referred.name, job.id))) throw nameTaken(referred.name);
      job.madeName = referred.name;
      await transitions.setMadeName(job);
    }
    return this.resolve(job, referred.model);
  }

  private async resolve(
    job: JobIdentity,
    reference: string | undefined,
  ): Promise<ModelReference | undefined> {
    return reference === undefined ? undefined : this.options.models.require(job.account, reference);
  }

  /** What cannot be removed is left to the sweeper. */
  private async removeUnfinished(id: string): Promise<void> {
    const { runner, logger } = this.options;
    await runner.files
      .removeUnfinished(id)
      .catch((error) => logger.warn({ err: error, job: id }, "an unfinished file was not removed"));
  }

  private stopped(reason: StopReason, timeout: number): Ending | "put back" | undefined {
    if (reason === "shutdown") return "put back";
    if (reason !== "timed-out") return undefined;
    return failure(problem("timed-out", 500, `it ran for more than ${timeout} s (JOB_TIMEOUT)`));
  }

  private async finish(
    job: JobIdentity,
    data: JobData,
    ending: Ending,
    attempt?: Attempt,
    untold?: Attempt,
  ): Promise<Standing> {
    const { transitions, webhooks, onEnded, notices, logger } = this.options;
    const now = Date.now();
    const tell = notices.decide(job.id);
    let ended: Progressed | undefined;
    let finished: Finished;
    try {
      finished = await transitions.finish(job, ending, now, untold);
      if (finished.stands === "finished" && ending.state === "completed" && attempt)
        ended = completed(ending, finished.written, attempt.startedAt, now);
    } finally {
      tell(ended);
    }
    const { stands, delivery } = finished;
    if (stands !== "finished") return this.yieldTo(stands, job.id, data);
    if (delivery > 0) await webhooks.announce(job.id, delivery);
    logger.info({ job: job.id, type: job.type, state: ending.state }, "job ended");
    onEnded({ ...job, state: ending.state, startedAt: attempt?.startedAt ?? null });
    return ending.state;
  }

  /** How the job ended was decided before, or elsewhere: what was computed here is nobody's. */
  private async yieldTo(stands: Standing, id: string, data: JobData): Promise<Standing> {
    const { transitions, webhooks, logger, runner } = this.options;
    logger.debug({ job: id, state: stands }, "the job's end was decided before");
    if (stands === "deleted") await runner.files.removeAll(id);
    else if (stands === "canceled") {
      await runner.files.removeComputed(id);
      await transitions.keepData(id, JSON.stringify(data));
    } else if (stands === "missing") {
      // it has expired; the model that it made may have a name, and stay
      await runner.files.remove("uploads", id);
      await runner.files.remove("results", id);
    }
    // whoever decided it may have been killed before this
    const delivery = await transitions.delivery(id);
    if (delivery > 0) await webhooks.announce(id, delivery);
    return stands;
  }

  private async putBack(job: Job<JobData>, identity: JobIdentity, token?: string): Promise<never> {
    await this.options.transitions.putBack(identity);
    await job.moveToWait(token);
    throw new WaitingError();
  }
}
