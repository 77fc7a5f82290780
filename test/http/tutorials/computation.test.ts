// A tutorial's request as a job: what becomes of it when the job does not simply complete.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { type Json, startTestService } from "../../service.js";
import { until } from "../../until.js";

/** Nobody computes; an account may have one job. */
const service = await startTestService(t, {
  roles: { http: true, work: false },
  env: { ACCOUNT_JOBS: "1", RATE_LIMIT: "4" },
});
const uploads = () => readdirSync(join(service.dataDir, "uploads"));

function upload(): Promise<Response> {
  const form = new FormData();
  form.set("file", new Blob(["a,b\n1,2\n"]), "a.csv");
  return service.request("/ml", { method: "POST", body: form });
}

async function waitingJob(): Promise<Json> {
  return until("the job waits", async () => {
    const { jobs } = (await (await service.request("/v1/jobs?state=queued")).json()) as Json;
    return jobs[0];
  });
}

t.test("canceled: there is no result", async (t) => {
  const answered = upload();
  const job = await waitingJob();
  t.match(job, { type: "stats", input: { file: { name: "a.csv" } } });
  await service.request(`/v1/jobs/${job.id}/cancel`, { method: "POST" });
  const answer = await answered;
  t.equal(answer.status, 409);
  t.match(await answer.json(), { detail: "the job was canceled before it had a result" });
  await service.request(`/v1/jobs/${job.id}`, { method: "DELETE" });
});

t.test("refused: nothing is kept; not ended: the job is shown", async (t) => {
  const answered = service.request("/RNNaddition?number1=5&number2=7", { method: "POST" });
  const job = await waitingJob();
  t.equal((await upload()).status, 429, "the account has its one job");
  t.strictSame(uploads(), []);
  const limited = await service.request("/sample_producer");
  t.equal(limited.status, 429);
  t.equal((await service.request("/sample_producer")).status, 429, "RATE_LIMIT counts these, too");
  const stopped = service.service.stop(0);
  const answer = await answered;
  t.equal(answer.status, 202);
  t.equal(answer.headers.get("location"), `/v1/jobs/${job.id}`);
  t.match(await answer.json(), { id: job.id, type: "rnn.add", state: "queued" });
  await stopped;
});
