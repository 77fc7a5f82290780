// A stream of events to a client that reads slowly, or not at all.
import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import t, { type Test } from "tap";
import { type EventStream, EventStreams } from "../../src/http/event-stream.js";
import { until } from "../until.js";

interface Opened {
  streams: EventStreams;
  stream: EventStream;
  response: IncomingMessage;
  stopping: AbortController;
}

/** A stream of what `next` gives, over real sockets. */
async function open(t: Test, next: () => string | undefined, interval?: number): Promise<Opened> {
  const stopping = new AbortController();
  const streams = new EventStreams(stopping.signal, interval);
  let stream: EventStream | undefined;
  const server = createServer((_request, answer) => {
    stream = streams.create(next);
    answer.on("close", () => stream?.destroy()); // as Fastify does
    stream.pipe(answer);
  }).listen(0, "127.0.0.1");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  const asked = request({ port: (server.address() as AddressInfo).port, agent: false }).end();
  asked.on("error", () => {}); // what it is cut off by
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  return { streams, stream: stream as EventStream, response, stopping };
}

/** A source of numbers, as events of a kilobyte, that tells which was taken last. */
function numbers() {
  const source = { now: 0, taken: 0, made: 0 };
  const next = () => {
    if (source.taken === source.now) return undefined;
    source.taken = source.now;
    source.made++;
    return `data: ${String(source.now).padEnd(1000)}\n\n`;
  };
  return { source, next };
}

t.test("what a client does not read is never made, and it gets the newest", async (t) => {
  const { source, next } = numbers();
  const { stream, response } = await open(t, next);
  response.pause();
  const tell = () => {
    source.now++;
    stream.wake();
  };
  await until("the sockets are full", async () => {
    const { made } = source;
    for (let i = 0; i < 2000; i++) {
      tell();
      await new Promise(setImmediate);
    }
    return source.made === made;
  });
  const { made } = source;
  for (let i = 0; i < 100_000; i++) tell();
  for (let i = 0; i < 2000; i++) stream.comment();
  t.equal(source.made, made, "100,000 more changes, and no event");
  t.ok(stream.readableLength < 2000, `${stream.readableLength} characters wait here`);

  let text = "";
  response.setEncoding("utf8").on("data", (chunk) => {
    text += chunk;
  });
  response.resume();
  stream.finish();
  await once(response, "end");
  t.equal(Number(/data: (\d+) *\n\n$/.exec(text)?.[1]), source.now, "the last one is there");
  t.equal(source.made, made + 1);
});

t.test("an end without an event; comments; nothing is left", async (t) => {
  const { streams, stream, response, stopping } = await open(t, () => undefined, 20);
  let text = "";
  response.setEncoding("utf8").on("data", (chunk) => {
    text += chunk;
  });
  await until("several comments", () => text.split(":\n\n").length > 3);
  t.match(text, /^retry: [12]\d{3}\n\n(:\n\n)+$/);
  t.equal(streams.size, 1);
  stopping.abort();
  await once(response, "end");
  await until("it is forgotten", () => streams.size === 0);
  stream.comment();
  stream.wake();
});

t.test("a client that goes away", async (t) => {
  const { streams, stream, response } = await open(t, () => undefined, 20);
  response.destroy();
  await until("it is forgotten", () => streams.size === 0);
  stream.wake();
  stream.finish();
});
