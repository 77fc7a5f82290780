// The client follows a job's events to their end, over broken lines and services that start anew.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import t, { type Test } from "tap";
import { ApiError } from "../../src/client/api-error.js";
import { createClient } from "../../src/client/client.js";
import type { JobEvent } from "../../src/client/events.js";
import { jobTypes } from "../fixture-job-types.js";
import { fixtureRegistry } from "../fixture-registry.js";
import { PASSWORD, startTestService } from "../service.js";

const service = await startTestService(t, { registry: await fixtureRegistry() });
const client = createClient({ url: service.url, account: "admin", password: PASSWORD, types: jobTypes });

async function all(events: AsyncIterable<JobEvent>): Promise<JobEvent[]> {
  const list: JobEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

/** The status of the ApiError that a promise is rejected with. */
async function refusal(promise: Promise<unknown>): Promise<number> {
  const error = await promise.then(
    () => new Error("it was not rejected"),
    (error: unknown) => error,
  );
  if (error instanceof ApiError) return error.status;
  throw error;
}

const types = (events: JobEvent[]) => events.map(({ type }) => type);

t.test("from the beginning to the end, and again", async (t) => {
  const { id } = await client.submit("test.grind", { seconds: 0.8 });
  const events = await all(client.events(id));
  t.match(types(events), ["state"]);
  t.ok(types(events).includes("progress"));
  t.equal(types(events).at(-1), "completed");
  t.match(events.at(-1)?.job, { id, state: "completed", result: null });
  t.strictSame(types(await all(client.events(id))), ["completed"], "whoever comes late");
  const last = events.at(-1)?.id ?? "";
  t.strictSame(await all(client.events(id, { lastEventId: last })), [], "whoever knows");
});

t.test("no such job, one that is deleted meanwhile, and enough of it", async (t) => {
  t.equal(await refusal(all(client.events("nothing"))), 404);
  const { id } = await client.submit("test.grind", {});
  for await (const { type } of client.events(id)) if (type === "progress") break; // which ends the request
  const reason = new Error("enough");
  const abort = new AbortController();
  const given = (async () => {
    for await (const _ of client.events(id, { signal: abort.signal })) abort.abort(reason);
  })();
  await t.rejects(given, reason);
  const followed = refusal(all(client.events(id)));
  await client.remove(id);
  t.equal(await followed, 404);
});

t.test("sentences, and those after one", async (t) => {
  const { id } = await client.submit("test.echo", {}, { wait: 30 });
  const { logs, dropped } = await client.logs(id);
  t.match(
    logs.map(({ message }) => message),
    ["Accepted into the interactive lane.", "Begun.", /^Completed/],
  );
  t.equal(dropped, 0);
  t.strictSame((await client.logs(id, { after: logs[1]?.number ?? 0 })).logs, logs.slice(2));
  t.equal(await refusal(client.logs("nothing")), 404);
});

type Answer = (answer: ServerResponse, request: IncomingMessage) => void;

/** A service that answers as told, one answer after the other, and what it was asked. */
async function scripted(t: Test, answers: Answer[]) {
  const known: (string | undefined)[] = [];
  const server = createServer((request, answer) => {
    known.push(request.headers["last-event-id"] as string | undefined);
    answers[known.length - 1]?.(answer, request);
  }).listen(0, "127.0.0.1");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { known, client: createClient({ url, account: "a", password: "b", types: jobTypes }) };
}

const event = (id: number, state: string) => `id: ${id}\nevent: state\ndata: {"state":"${state}"}\n\n`;
const stream = (text: string): Answer => {
  return (answer) => void answer.setHeader("content-type", "text/event-stream").write(text);
};

t.test("it goes on where it was, whatever befell the line", async (t) => {
  const { known, client } = await scripted(t, [
    (answer) => {
      stream(`retry: 1\n\n${event(1, "queued")}`)(answer, {} as IncomingMessage);
      setImmediate(() => answer.end()); // the service stops
    },
    (_answer, request) => void request.socket.destroy(), // it is away
    (answer) => void answer.writeHead(503).end("a proxy says so"),
    (answer) => {
      answer.write(`${event(2, "active")}id: 3\ndata: {"half`);
      setTimeout(() => answer.destroy(), 50); // the line breaks
    },
    (answer) => void answer.end(event(4, "completed")),
  ]);
  const events = await all(client.events("x"));
  t.strictSame(
    events.map(({ id, job }) => [id, job.state]),
    [
      ["1", "queued"],
      ["2", "active"],
      ["4", "completed"],
    ],
  );
  t.strictSame(known, [undefined, "1", "1", "1", "2"]);
});

t.test("the end is known already when it comes again", async (t) => {
  const { known, client } = await scripted(t, [
    (answer) => void answer.end(`retry: 1\n\n${event(1, "queued")}`),
    (answer) => void answer.writeHead(204).end(),
  ]);
  t.equal((await all(client.events("x"))).length, 1);
  t.equal(known.length, 2);
});

t.test("a service that was never there, and one that refuses", async (t) => {
  const { client } = await scripted(t, [
    (_answer, request) => void request.socket.destroy(),
    (answer) => void answer.end(`retry: 1\n\n${event(1, "queued")}`),
    (answer) => void answer.writeHead(401).end("no"),
  ]);
  await t.rejects(all(client.events("x")), { message: /was not answered/ });
  t.equal(await refusal(all(client.events("x"))), 401);
});
