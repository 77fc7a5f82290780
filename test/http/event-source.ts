// Reads server-sent events as they come, over a connection of its own, for tests.
import { once } from "node:events";
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { AUTHORIZATION, type Json } from "../service.js";
import type { Teardown } from "../workplace.js";

export interface SourceEvent {
  id: number;
  type: string;
  job: Json;
  /** Milliseconds. */
  at: number;
}

export interface EventSource {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly response: IncomingMessage;
  /** What has come so far. */
  readonly events: SourceEvent[];
  /** When comments came; milliseconds. */
  readonly comments: number[];
  /** As sent, in milliseconds. */
  readonly retry: number | undefined;
  readonly hasEnded: boolean;
  /** Resolves when the answer is whole; rejects when it was cut. */
  readonly ended: Promise<void>;
  close(): void;
}

/** Asks for `path`; an answer that is no stream has no events. */
export async function openEvents(
  t: Teardown,
  url: string,
  path: string,
  { headers = {}, method = "GET" }: { headers?: Record<string, string>; method?: string } = {},
): Promise<EventSource> {
  const asked = request(url + path, {
    method,
    headers: { authorization: AUTHORIZATION, ...headers },
    agent: new Agent({ keepAlive: false }),
  });
  t.teardown(() => asked.destroy());
  const answered = once(asked, "response");
  asked.end();
  const [response] = (await answered) as [IncomingMessage];
  asked.on("error", () => {}); // it was closed
  const source = {
    events: [] as SourceEvent[],
    comments: [] as number[],
    retry: undefined as number | undefined,
  };
  let text = "";
  let hasEnded = false;
  const take = (block: string) => {
    if (block.startsWith(":")) source.comments.push(Date.now());
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
    const retry = field("retry");
    if (retry !== undefined) source.retry = Number(retry);
    const data = field("data");
    if (data === undefined) return;
    source.events.push({
      id: Number(field("id")),
      type: field("event") ?? "",
      job: JSON.parse(data),
      at: Date.now(),
    });
  };
  response.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) take(block);
  });
  const ended = new Promise<void>((resolve, reject) => {
    response.once("end", () => {
      hasEnded = true;
      resolve();
    });
    response.once("error", reject);
  });
  ended.catch(() => {}); // whoever cares awaits it
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    response,
    events: source.events,
    comments: source.comments,
    get retry() {
      return source.retry;
    },
    get hasEnded() {
      return hasEnded;
    },
    ended,
    close: () => void asked.destroy(),
  };
}
