// Uploads that unpack to a thousand times their size: each fails by a limit, in words, and harms its own job alone.

import { gzipSync } from "node:zlib";
import t from "tap";
import { whileHealthy } from "../health-probe.js";
import { residentMemory } from "../process-usage.js";
import { startProcess } from "../processes.js";
import { startRedis } from "../redis-server.js";
import { makeWorkplace } from "../workplace.js";

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const UPLOAD_BYTES = 24 * MIB;
const JOB_MEMORY = 16 * MIB;

/** gzip of `start` and then `piece` over and over, `bytes` of it unpacked: many members, which are one file. */
function bomb(start: string, piece: string, bytes = 4 * GIB): Blob {
  const block = gzipSync(piece.repeat(Math.ceil((16 * MIB) / piece.length)), { level: 9 });
  return new Blob([gzipSync(start), ...Array.from({ length: bytes / (16 * MIB) }, () => block)]);
}

t.test("a few megabytes that are many gigabytes", async (t) => {
  const redis = await startRedis(t, { appendonly: true });
  const workplace = await makeWorkplace(t);
  const env = {
    REDIS_URL: redis.path,
    LOG_LEVEL: "error",
    THREADS: "2",
    UPLOAD_BYTES: String(UPLOAD_BYTES),
    JOB_MEMORY: String(JOB_MEMORY),
  };
  const serve = await startProcess(t, workplace, "serve", { env, fixtures: true });
  const unpacked = {
    status: 413,
    detail: new RegExp(`unpacks to more than ${UPLOAD_BYTES} bytes.*UPLOAD_BYTES`),
  };
  const field = { status: 422, detail: /^FIELD_BYTES is 1048576/ };
  const bombs: [name: string, upload: Blob, query: string, error: object][] = [
    ["blank lines", bomb("a\n", "\n"), "", unpacked],
    ["nothing but blank lines", bomb("", "\n"), "", unpacked],
    ["one text over and over", bomb("a\n", "x\n"), "", unpacked],
    ["nulls", bomb("a,b,c,d,e,f,g,h\n", ",,,,,,,\n"), "", unpacked],
    ["records that are skipped", bomb("a\n", "1,1\n"), "?badRows=skip", unpacked],
    ["another encoding", bomb("a\n", "1\n"), "?encoding=gbk", unpacked],
    ["numbers", bomb("a\n", "1\n"), "", unpacked],
    ["a field without end", bomb("", "\0"), "", field],
    ["a quote without end", bomb('a\n"', "x\n"), "", field],
    ["members without content", new Blob([gzipSync("a\n1\n"), ...Array(100_000).fill(gzipSync(""))]), "", {}],
  ];
  const before = residentMemory(serve.pid);
  const jobs = await whileHealthy(t, workplace, serve, async () => {
    const ids: string[] = [];
    for (const [name, upload, query] of bombs) {
      t.ok(upload.size < 10 * MIB, `${name}: ${upload.size} bytes`);
      let body: Blob | FormData = upload;
      const headers: Record<string, string> = { "content-type": "text/csv" };
      if (query === "") {
        body = new FormData();
        body.append("file", upload, "bomb.csv.gz");
        delete headers["content-type"];
      }
      const answer = await serve.request(`/v1/stats${query}`, { method: "POST", headers, body });
      t.equal(answer.status, 202, name);
      ids.push(answer.body.id);
    }
    // the other lane has threads of its own
    const { status, body } = await serve.post("/v1/rnn/additions", { a: 5, b: 7 }, { prefer: "wait=10" });
    t.match({ status, body }, { status: 200, body: { result: { sum: 12 } } });
    // and a job that comes behind them has its turn
    const behind = await serve.submit("/v1/test/grind", { seconds: 0, value: "behind" });
    t.match(await serve.ended(behind, 60), { state: "completed", result: "behind" });
    return Promise.all(ids.map((id) => serve.ended(id, 60)));
  });
  for (const [at, [name, , , error]] of bombs.entries()) {
    const job = jobs[at];
    t.match(job, { attempts: 1, state: "status" in error ? "failed" : "completed" }, name);
    if ("status" in error) t.match(job.error, error, name);
    t.comment(`${name}: ${Date.parse(job.finishedAt) - Date.parse(job.startedAt)} ms`);
  }
  const grown = residentMemory(serve.pid) - before;
  t.ok(grown < 12 * JOB_MEMORY, `memory grew by ${Math.round(grown / MIB)} MiB`);
  t.equal(serve.stderr(), "");
});
