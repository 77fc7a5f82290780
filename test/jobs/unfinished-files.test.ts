// A thread that is stopped while it writes a long result, or dies then, leaves nothing of it on the disk.
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { loadRegistry } from "../../src/jobs/registry.js";
import { type Json, startTestService, type TestService } from "../service.js";
import { until } from "../until.js";

const registry = await loadRegistry(new URL("./thread-job-types.js", import.meta.url));

const resultsOf = ({ dataDir }: TestService) => join(dataDir, "results");

/** A job that has written some of its result; its id. */
async function pouring(service: TestService): Promise<string> {
  const { body: job } = await service.post("/v1/test/pour", {});
  await until("it writes", () => {
    const name = readdirSync(resultsOf(service)).find((one) => one.startsWith(job.id));
    return name !== undefined && statSync(join(resultsOf(service), name)).size > 1_000_000;
  });
  return job.id;
}

const untilGone = (service: TestService, id: string) =>
  until("nothing of it is left", () => readdirSync(resultsOf(service)).every((one) => !one.startsWith(id)));

t.test("canceled, deleted, with a thread that dies, or put back", async (t) => {
  const service = await startTestService(t, { registry });
  const canceled = await pouring(service);
  const others = `${canceled}.another-process.part`;
  writeFileSync(join(resultsOf(service), others), "x");
  const call = (path: string, method: string) => service.request(`/v1/jobs/${path}`, { method });
  t.equal((await call(`${canceled}/cancel`, "POST")).status, 202);
  await until("of what it wrote nothing is left", () => readdirSync(resultsOf(service)).length === 1);
  t.same(readdirSync(resultsOf(service)), [others], "another process may compute the same job");

  const deleted = await pouring(service);
  t.equal((await call(deleted, "DELETE")).status, 204);
  await untilGone(service, deleted);

  const { body: job } = await service.post("/v1/test/pour", { pieces: 50 });
  t.match(await service.ended(job.id), { state: "failed", error: { status: 500 } });
  await untilGone(service, job.id);

  const putBack = await pouring(service);
  await service.service.stop(0);
  await untilGone(service, putBack);
  t.same(await service.redis.connect().hget(`{abacus}:job:${putBack}`, "state"), "queued");
});

t.test("stopped by JOB_TIMEOUT", async (t) => {
  const service = await startTestService(t, { registry, env: { THREADS: "1", JOB_TIMEOUT: "2" } });
  await until("its thread has started", async () => (await service.request("/readyz")).status === 200);
  const id = await pouring(service);
  const job: Json = await service.ended(id);
  t.match(job, { state: "failed", error: { type: "urn:abacus:problem:timed-out" } });
  await untilGone(service, id);
});
