// The typed client: each job type of a registry under its name, with its own input and result.
import { type Address, connect } from "./connection.js";
import { type EventsOptions, followEvents, type JobEvent } from "./events.js";
import { addressOf, type SubmitOptions, submission } from "./submission.js";
import type {
  InputOf,
  Job,
  JobTypes,
  Log,
  Model,
  ModelPage,
  NameOf,
  OutputOf,
  Page,
  Weights,
} from "./typing.js";
import { type WaitOptions, waitForEnd } from "./wait.js";

export interface ClientOptions<Types extends JobTypes> extends Address {
  /** The definitions, as the registry exports them: `jobTypes`. */
  types: Types;
}

interface Cancelable {
  signal?: AbortSignal | undefined;
}

export interface PageQuery extends Cancelable {
  /** Jobs or models of a page at most, 1 … 100; 20 by default. */
  limit?: number;
  /** `nextCursor` of a page: begins after it. */
  cursor?: string;
}

export interface JobsQuery<Types extends JobTypes> extends PageQuery {
  state?: Job["state"];
  type?: NameOf<Types>;
  label?: string;
}

/** Every method throws ApiError for an answer that is an error, and Error when there is no answer. */
export interface Client<Types extends JobTypes> {
  /** Submits a job. It comes back as accepted, or with `wait` and done in time as ended. */
  submit<Name extends NameOf<Types>>(
    name: Name,
    input: InputOf<Types, Name>,
    options?: SubmitOptions,
  ): Promise<Job<OutputOf<Types, Name>>>;
  job(id: string, options?: Cancelable): Promise<Job>;
  /** Waits for the end of a job, given by its id or as `submit` gave it, which keeps the type of its result. */
  wait<Output = unknown>(job: string | Job<Output>, options?: WaitOptions): Promise<Job<Output>>;
  /**
   * The job's events as they happen; the last one, with which they end, tells of the job's end. When the line
   * breaks or the service starts anew, they go on where they were.
   */
  events(id: string, options?: EventsOptions): AsyncGenerator<JobEvent, void, void>;
  /** What the job did, in sentences: after the one with the number `after`, or all. */
  logs(id: string, options?: Cancelable & { after?: number }): Promise<Log>;
  /**
   * The result of a completed job of the type `name`, whatever its size. Throws ApiError with the job's own
   * problem when it failed, 409 when it has no result, and TypeError when it is of another type.
   */
  result<Name extends NameOf<Types>>(
    name: Name,
    id: string,
    options?: Cancelable,
  ): Promise<OutputOf<Types, Name>>;
  /** The result in a format of its type, such as `text/csv`, not yet read: `text()` it, or stream its `body`. */
  resultAs(id: string, mediaType: string, options?: Cancelable): Promise<Response>;
  /** Throws ApiError (409) for a job that has ended. */
  cancel(id: string, options?: Cancelable): Promise<Job>;
  /** Cancels the account's jobs with this label that have not ended. How many there were. */
  cancelAll(label: string, options?: Cancelable): Promise<number>;
  /** Lets a failed or canceled job run again. Throws ApiError (409) for any other. */
  retry(id: string, options?: Cancelable): Promise<Job>;
  /** Cancels the job if need be and forgets it, its result and its upload. */
  remove(id: string, options?: Cancelable): Promise<void>;
  /** The account's jobs, newest first, page by page. */
  jobs(query?: JobsQuery<Types>): AsyncGenerator<Page, void, void>;
  /** The account's models, newest first, page by page; `default` comes last. */
  models(query?: PageQuery): AsyncGenerator<ModelPage, void, void>;
  /** A model, by id or name. */
  model(model: string, options?: Cancelable): Promise<Model>;
  modelWeights(model: string, options?: Cancelable): Promise<Weights>;
  /** Deletes a model with its weights, and frees its name. Throws ApiError (403) for `default`. */
  removeModel(model: string, options?: Cancelable): Promise<void>;
}

export function createClient<const Types extends JobTypes>(options: ClientOptions<Types>): Client<Types> {
  const send = connect(options);
  const types = new Map(options.types.map((type) => [type.name, type]));

  /** The pages of a list, one after the other. */
  async function* pages<Page extends { nextCursor: string | null }>(
    path: string,
    { signal, cursor, ...filters }: PageQuery,
  ): AsyncGenerator<Page, void, void> {
    for (let next: string | null | undefined = cursor; next !== null; ) {
      const query = Object.entries({ ...filters, cursor: next }).filter(([, value]) => value !== undefined);
      const search = new URLSearchParams(query.map(([name, value]): [string, string] => [name, `${value}`]));
      const page = (await (await send(`${path}?${search}`, { signal })).json()) as Page;
      yield page;
      next = page.nextCursor;
    }
  }

  async function job(id: string, { signal }: Cancelable = {}): Promise<Job> {
    return (await send(pathOf(id), { signal })).json() as Promise<Job>;
  }

  return {
    job,

    async submit(name, input, options = {}) {
      const type = types.get(name);
      if (!type) throw new TypeError(`there is no job type ${name}`);
      const over = new AbortController();
      try {
        const request = await submission(type, input, options, over.signal);
        const response = await send(addressOf(type, options), request);
        return (await response.json()) as Job<OutputOf<Types, typeof name>>;
      } finally {
        over.abort();
      }
    },

    async wait<Output>(job: string | Job<Output>, options: WaitOptions = {}) {
      const id = typeof job === "string" ? job : job.id;
      return (await waitForEnd(send, pathOf(id), options)) as Job<Output>;
    },

    events: (id, options = {}) => followEvents(send, pathOf(id), options),

    async logs(id, { after = 0, signal } = {}) {
      return (await send(`${pathOf(id)}/logs?after=${after}`, { signal })).json() as Promise<Log>;
    },

    async result(name, id, { signal } = {}) {
      const found = await job(id, { signal });
      if (found.type !== name) throw new TypeError(`the job ${id} is of the type ${found.type}, not ${name}`);
      if (found.result !== null) return found.result as OutputOf<Types, typeof name>;
      // a job without a result has no such link, and its address says why
      const response = await send(found.links.result ?? `${pathOf(id)}/result`, { signal });
      return (await response.json()) as OutputOf<Types, typeof name>;
    },

    resultAs: (id, mediaType, { signal } = {}) =>
      send(`${pathOf(id)}/result`, { headers: { accept: mediaType }, signal }),

    async cancel(id, { signal } = {}) {
      const response = await send(`${pathOf(id)}/cancel`, { method: "POST", signal });
      return (await response.json()) as Job;
    },

    async cancelAll(label, { signal } = {}) {
      const query = new URLSearchParams({ label });
      const response = await send(`/v1/jobs/cancel?${query}`, { method: "POST", signal });
      return ((await response.json()) as { canceled: number }).canceled;
    },

    async retry(id, { signal } = {}) {
      const response = await send(`${pathOf(id)}/retry`, { method: "POST", signal });
      return (await response.json()) as Job;
    },

    async remove(id, { signal } = {}) {
      await send(pathOf(id), { method: "DELETE", signal });
    },

    jobs: (query = {}) => pages<Page>("/v1/jobs", query),

    models: (query = {}) => pages<ModelPage>(MODELS, query),

    async model(model, { signal } = {}) {
      return (await send(`${MODELS}/${encodeURIComponent(model)}`, { signal })).json() as Promise<Model>;
    },

    async modelWeights(model, { signal } = {}) {
      const response = await send(`${MODELS}/${encodeURIComponent(model)}/weights`, { signal });
      return (await response.json()) as Weights;
    },

    async removeModel(model, { signal } = {}) {
      await send(`${MODELS}/${encodeURIComponent(model)}`, { method: "DELETE", signal });
    },
  };
}

const MODELS = "/v1/rnn/models";

function pathOf(id: string): string {
  return `/v1/jobs/${encodeURIComponent(id)}`;
}
