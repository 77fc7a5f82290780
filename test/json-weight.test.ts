// How much heap parsed JSON takes, estimated: held against what V8 really takes, in a thread.
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import t from "tap";
import { parseJson } from "../workers/json.js";
import { MOST_PER_BYTE, weightOf } from "../workers/json-weight.js";

const ITEMS = 200_000;
const list = (item: (at: number) => string) => Array.from({ length: ITEMS }, (_, at) => item(at)).join(",");

const texts: Record<string, string> = {
  integers: `[${list((at) => `${at % 100}`)}]`,
  decimals: `[${list((at) => `${at % 10}.5`)}]`,
  nulls: `[${list(() => "null")}]`,
  "equal texts": `[${list((at) => `"${at % 26}"`)}]`,
  "short texts": `[${list((at) => `"${at.toString(36)}"`)}]`,
  "long texts": `[${list((at) => `"a longer text, number ${at}"`)}]`,
  "wide texts": `[${list((at) => `"текст подлиннее, номер ${at}"`)}]`,
  records: `[${list((at) => `{"name":"x${at % 1000}","value":${at},"half":${at}.5,"none":null}`)}]`,
  "small records": `[${list((at) => `{"a":${at % 10}}`)}]`,
  "empty objects": `[${list(() => "{}")}]`,
  "empty arrays": `[${list(() => "[]")}]`,
  pairs: `[${list(() => "[5,7]")}]`,
  "keys of their own": `[${list((at) => `{"${at.toString(36)}":1}`)}]`,
  "one object of many keys": `{${list((at) => `"c${at}":[]`)}}`,
  "keys that are numbers": `[${list((at) => `{"${at % 10}":1}`)}]`,
};

/** Bytes of heap that a text's parsed value takes, in a thread that does nothing else. */
async function measure(text: string): Promise<number> {
  const program = `
    const { parentPort, workerData } = require("node:worker_threads");
    const { setFlagsFromString, getHeapStatistics } = require("node:v8");
    setFlagsFromString("--expose-gc");
    const collect = require("node:vm").runInNewContext("gc");
    const used = () => { collect(); return getHeapStatistics().used_heap_size; };
    const before = used();
    let value = JSON.parse(workerData);
    const after = used();
    parentPort.postMessage(after - before + (value === undefined));`;
  const worker = new Worker(program, { eval: true, workerData: text });
  const [bytes] = await once(worker, "message");
  await worker.terminate();
  return bytes;
}

t.test("no less than V8 takes, and no more than a few times as much", async (t) => {
  for (const [name, text] of Object.entries(texts)) {
    const weight = weightOf(Buffer.from(text));
    const heap = await measure(text);
    // half of what is estimated beside the text is for the arrays that columns are made of
    t.ok(weight > heap, `${name}: ${weight} > ${heap}`);
    t.ok(weight < 4 * heap + 4 * text.length, `${name}: ${weight}, not far above ${heap}`);
    t.ok(weight < MOST_PER_BYTE * Buffer.byteLength(text), name);
  }
});

t.test("blanks, escapes and what is no JSON", async (t) => {
  const weight = (text: string) => weightOf(Buffer.from(text)) - Buffer.byteLength(text);
  t.equal(weight('{ "a" : [ 1 , 2 ] }'), weight('{"a":[1,2]}'));
  t.equal(weight('["\\"\\\\", "a"]'), weight('["xxxx","a"]'), "an escaped quote does not end a text");
  for (const text of ["", '"', '"\\', "{", "[[[", "nonsense", '{"a"']) t.type(weight(text), "number");
});

t.test("nested too deeply: 400, before anything is parsed", async (t) => {
  const parse = (text: string) => parseJson(Buffer.from(text));
  const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
  t.ok(parse(nested(1000)));
  const tooDeep = {
    message: "the body is nested deeper than 1000 levels",
    problem: { status: 400, name: "invalid-input" },
  };
  t.throws(() => parse(nested(1001)), tooDeep);
  t.throws(() => parse("[".repeat(2000)), tooDeep, "also when it is never closed");
  t.strictSame(
    parse(`["${"[".repeat(2000)}", "\\"[["]`),
    ["[".repeat(2000), '"[['],
    "brackets in texts do not count",
  );
  t.strictSame((parse(`[${"[],".repeat(2000)}[]]`) as unknown[]).length, 2001, "one after the other neither");
});

t.test("too heavy for a thread: 413 there, and nothing of the kind on the event loop", async (t) => {
  const text = `[${"{},".repeat(1_000_000)}{}]`;
  t.equal((parseJson(Buffer.from(text)) as unknown[]).length, 1_000_001);
  const program = `
    const { parentPort, workerData } = require("node:worker_threads");
    import(workerData.module).then(({ parseJson }) => {
      try { parentPort.postMessage(parseJson(Buffer.from(workerData.text)).length); }
      catch (error) { parentPort.postMessage(error.problem); }
    });`;
  const module = new URL("../workers/json.js", import.meta.url).href;
  const parseIn = async (maxOldGenerationSizeMb: number) => {
    const worker = new Worker(program, {
      eval: true,
      workerData: { module, text },
      resourceLimits: { maxOldGenerationSizeMb },
    });
    const [answer] = await once(worker, "message");
    await worker.terminate();
    return answer;
  };
  t.match(await parseIn(32), { status: 413, name: "too-large", detail: /memory.*THREAD_MEMORY.*CSV/ });
  t.equal(await parseIn(256), 1_000_001);
});
