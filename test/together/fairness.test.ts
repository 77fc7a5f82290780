// One account's flood of jobs delays another's single job by no more than the jobs that run already.
import t from "tap";
import { createAccounts } from "../../src/accounts/accounts.js";
import { fixtureRegistry } from "../fixture-registry.js";
import { type Json, PASSWORD, startTestService } from "../service.js";
import { until } from "../until.js";

const FLOOD = 5000;
/** Of a running job of the flood; seconds. */
const SECONDS = 0.5;

const registry = await fixtureRegistry();
const front = await startTestService(t, { registry, roles: { http: true, work: false } });
const redis = front.redis.connect();
await createAccounts(redis).add("ann", PASSWORD);
const ANN = { authorization: `Basic ${Buffer.from(`ann:${PASSWORD}`).toString("base64")}` };

t.test("5,000 queued jobs of one account, then one of another", async (t) => {
  for (let sent = 0; sent < FLOOD; sent += 100)
    await Promise.all(
      Array.from({ length: 100 }, () => front.post("/v1/test/grind?label=flood", { seconds: SECONDS })),
    );
  t.equal(await redis.zcard("{abacus}:outstanding"), FLOOD);
  await startTestService(t, {
    registry,
    beside: front,
    roles: { http: false, work: true },
    env: { THREADS: "2" },
  });
  const started = async () => redis.zcard("{abacus}:jobs:admin:state:completed");
  await until("some of the flood have run", async () => (await started()) >= 2);

  const submitted = Date.now();
  const { body } = await front.post("/v1/test/grind", { seconds: 0 }, { ...ANN, prefer: "wait=60" });
  t.match(body, { state: "completed" });
  const began = Date.parse(body.startedAt);
  const newest = "label=flood&state=completed&limit=100";
  const flood: Json = await (await front.request(`/v1/jobs?${newest}`)).json();
  const between = flood.jobs.filter(
    ({ startedAt }: Json) => Date.parse(startedAt) > submitted && Date.parse(startedAt) < began,
  );
  t.ok(between.length <= 2, `${between.length} of the flood began in between, on 2 threads`);
  t.ok(flood.jobs.length < 50, `${flood.jobs.length} of the flood had ended`);
  const response = await front.request("/v1/jobs/cancel?label=flood", { method: "POST" });
  t.ok(((await response.json()) as Json).canceled > FLOOD - 200);
});
