// Every process of a service is replaced by another while clients submit: each request is answered, no job is lost.
import { type IncomingMessage, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { type ServiceProcess, startProcess } from "../processes.js";
import { startRedis } from "../redis-server.js";
import { AUTHORIZATION, type Json } from "../service.js";
import { until } from "../until.js";
import { makeWorkplace, type Teardown } from "../workplace.js";

const CLIENTS = 4;

interface Reply {
  status: number | undefined;
  body: Json;
}

/** One connection for each request, as a proxy that must not send a POST twice makes them. */
async function post(url: string, path: string, body: object): Promise<Reply> {
  const headers = { authorization: AUTHORIZATION, "content-type": "application/json" };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(url + path, { method: "POST", agent: false, headers }, resolve);
    sent.on("error", reject).end(JSON.stringify(body));
  });
  let text = "";
  for await (const part of response.setEncoding("utf8")) text += part;
  return { status: response.statusCode, body: JSON.parse(text) };
}

/** Sends a request to one of the fronts; to another one when nobody listens there any more. */
async function balance(fronts: readonly string[], path: string, body: object): Promise<Reply> {
  for (const url of fronts)
    try {
      return await post(url, path, body);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ECONNREFUSED") throw error;
    }
  throw new Error("no front listens");
}

function startLoad(t: Teardown, fronts: readonly string[]) {
  const accepted: string[] = [];
  const wrong: unknown[] = [];
  let over = false;
  const clients = Array.from({ length: CLIENTS }, async (_, client) => {
    for (let i = 0; !over; i += 1) {
      const long = client === 0;
      const path = long ? "/v1/test/grind" : "/v1/test/echo";
      await balance(fronts, path, { seconds: long ? 0.2 : 0.01, value: i }).then(
        (reply) => (reply.status === 202 ? accepted.push(reply.body.id) : wrong.push(reply)),
        (error) => wrong.push(error),
      );
      await sleep(long ? 300 : 30); // less than the workers can take, on a busy machine, too
    }
  });
  const stop = async () => {
    over = true;
    await Promise.all(clients);
  };
  t.teardown(stop);
  return { accepted, wrong, stop };
}

t.test("workers, then fronts, one after the other", async (t) => {
  const redis = await startRedis(t, { appendonly: true });
  const workplace = await makeWorkplace(t);
  const env = { REDIS_URL: redis.path, LOG_LEVEL: "error" };
  const start = (command: "api" | "worker") => startProcess(t, workplace, command, { env, fixtures: true });
  const [front, ...workers] = await Promise.all([start("api"), start("worker"), start("worker")]);
  const fronts = [front.url];
  const load = startLoad(t, fronts);
  const goesOn = async () => {
    const before = load.accepted.length;
    await until("jobs are accepted", () => load.accepted.length > before + 30);
  };
  const ends = async (old: ServiceProcess) =>
    t.same(await old.end("SIGTERM"), { code: 0, signal: null }, "it ends in order");

  for (const old of workers) {
    await goesOn();
    await start("worker");
    await ends(old);
    // a job that is accepted only now is computed by those who remain
    const { id } = (await front.post("/v1/test/echo", { seconds: 0, value: null })).body;
    t.equal((await front.ended(id)).state, "completed", "jobs are completed meanwhile");
  }
  await goesOn();
  const next = await start("api");
  fronts.push(next.url);
  await ends(front);
  fronts.shift();
  await goesOn();
  await load.stop();

  t.same(load.wrong, [], `each of ${load.accepted.length} requests is answered with 202`);
  const jobs: Json[] = [];
  for (const id of load.accepted) jobs.push(await next.ended(id));
  t.same(
    jobs.filter(({ state, attempts }) => state !== "completed" || attempts !== 1),
    [],
    "each job completes, and is computed once",
  );
});
