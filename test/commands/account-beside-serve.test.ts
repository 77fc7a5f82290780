// `abacus account` beside a running `serve`, on the same private Redis.
import t from "tap";
import { runToEnd, startProcess } from "../processes.js";
import { isAlive, makeWorkplace } from "../workplace.js";

const PASSWORD = "staple battery horse correct";

t.test("an account that is added can sign in at once, and sees its own jobs only", async (t) => {
  const workplace = await makeWorkplace(t);
  const serve = await startProcess(t, workplace, "serve");
  const redis = (await workplace.redisPid()) as number;
  const ada = { authorization: `Basic ${Buffer.from(`ada:${PASSWORD}`).toString("base64")}` };
  t.equal((await serve.request("/v1/jobs", { headers: ada })).status, 401, "not yet");

  const added = await runToEnd(t, workplace, ["account", "add", "ada"], { stdin: `${PASSWORD}\n` });
  t.match(added, { code: 0, stdout: "Added the account ada.\n", stderr: "" });
  t.ok(isAlive(redis), "the Redis of serve goes on");
  t.equal((await serve.request("/readyz")).status, 200);

  const addition = { a: 5, b: 7 };
  const theirs = await serve.submit("/v1/rnn/additions", addition);
  const { status, body } = await serve.post("/v1/rnn/additions", addition, { ...ada, prefer: "wait=30" });
  t.equal(status, 200);
  t.match(body, { state: "completed", result: { sum: 12 } });

  const see = async (path: string, init = {}) =>
    (await serve.request(path, { ...init, headers: ada })).status;
  t.equal(await see(`/v1/jobs/${body.id}`), 200);
  t.equal(await see(`/v1/jobs/${theirs}`), 404);
  t.equal(await see(`/v1/jobs/${theirs}/result`), 404);
  t.equal(await see(`/v1/jobs/${theirs}/cancel`, { method: "POST" }), 404);
  t.equal(await see(`/v1/jobs/${theirs}`, { method: "DELETE" }), 404);
  const list = await serve.request("/v1/jobs", { headers: ada });
  t.same(
    list.body.jobs.map(({ id }: { id: string }) => id),
    [body.id],
  );
  t.match(await serve.ended(theirs), { state: "completed" });

  const twice = await runToEnd(t, workplace, ["account", "add", "ada"], { stdin: `${PASSWORD}\n` });
  t.match(twice, { code: 1, stdout: "", stderr: "there is already an account ada\n" });
  const removed = await runToEnd(t, workplace, ["account", "remove", "ada"]);
  t.equal(removed.code, 0);
  t.equal(await see("/v1/jobs"), 401, "no longer");
});
