// Reading server-sent events, by the rules and the examples of HTML, 9.2.5 and 9.2.6.
import t from "tap";
import { type Resumption, readEvents } from "../../src/client/event-stream.js";

async function* chunksOf(text: string, length: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function read(text: string, length = text.length, lastEventId = "") {
  const resumption: Resumption = { lastEventId, retry: 1000 };
  const events: [id: string, type: string, data: string][] = [];
  for await (const { id, type, data } of readEvents(chunksOf(text, length), resumption))
    events.push([id, type, data]);
  return { events, resumption };
}

const TEXTS: Record<string, [text: string, events: [id: string, type: string, data: string][]]> = {
  "several lines of data": ["data: YHOO\ndata: +2\ndata: 10\n\n", [["", "message", "YHOO\n+2\n10"]]],
  "comment, id, and an id that is taken back": [
    ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
    [
      ["1", "message", "first event"],
      ["", "message", "second event"],
      ["", "message", " third event"],
    ],
  ],
  "an event that is not whole": [
    "data\n\ndata\ndata\n\ndata:",
    [
      ["", "message", ""],
      ["", "message", "\n"],
    ],
  ],
  types: [
    "event: add\ndata: 1\n\nevent: remove\ndata: 2\n\ndata: 3\n\nevent: none\n\ndata: 4\n\n",
    [
      ["", "add", "1"],
      ["", "remove", "2"],
      ["", "message", "3"],
      ["", "message", "4"],
    ],
  ],
  "CRLF, CR, and letters of several bytes": [
    "id: ä\r\nevent: x\r\ndata: é\r\ndata: è\r\n\r\ndata: 2\r\rdata: 3\n\n",
    [
      ["ä", "x", "é\nè"],
      ["ä", "message", "2"],
      ["ä", "message", "3"],
    ],
  ],
  "a byte order mark, unknown fields, an id with NUL": [
    "\ufeffdata: 1\nunknown: x\nid: a\0b\n\n",
    [["", "message", "1"]],
  ],
};

for (const [name, [text, expected]] of Object.entries(TEXTS))
  t.test(name, async (t) => {
    for (let length = 1; length <= Buffer.byteLength(text); length++)
      t.strictSame((await read(text, length)).events, expected, `in pieces of ${length} bytes`);
  });

t.test("how it would go on", async (t) => {
  t.strictSame((await read("retry: 20\nid: 7\ndata: x\n\n")).resumption, { lastEventId: "7", retry: 20 });
  t.strictSame((await read("retry: soon\nid: 7\ndata: x\n")).resumption, { lastEventId: "", retry: 1000 });
  const { events, resumption } = await read("data: x\n\n", 1, "5");
  t.strictSame(events, [["5", "message", "x"]]);
  t.equal(resumption.lastEventId, "5");
});
