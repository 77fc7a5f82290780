// The sample producer of the Lambda tutorial: scikit-learn's samples, whatever the method.
import { readFileSync } from "node:fs";
import { METHODS } from "node:http";
import t, { type Test } from "tap";
import { closeTo } from "../../samples/close-to.js";
import { AUTHORIZATION, type Json, startTestService } from "../../service.js";
import { connectTo } from "../raw-connection.js";

const service = await startTestService(t);
const other = await startTestService(t, { env: { N_CLASSES: "3" }, beside: service });
const impossible = await startTestService(t, { env: { N_CLASSES: "5" }, beside: service });

const read = (name: string) => JSON.parse(readFileSync(`test/fixtures/samples/${name}.json`, "utf8"));
const made: { name: string; columns: Json }[] = read("made");
/** What scikit-learn 1.2.1 makes. */
const expectedOf = (classes: number): Json =>
  classes === 2
    ? read("tutorial").columns
    : made.find(({ name }) => name.startsWith(`sample_producer, ${classes} class`))?.columns;

async function areSamples(t: Test, answer: Response, classes: number): Promise<void> {
  t.equal(answer.status, 200);
  const { target, ...features } = (await answer.json()) as Json;
  const expected = expectedOf(classes);
  t.strictSame(Object.keys(features), ["vec_0", "vec_1"]);
  t.strictSame(target, expected.target);
  for (const name of ["vec_0", "vec_1"]) closeTo(t, features[name], expected[name], name);
}

t.test("the number of classes is the query's, else the setting's", async (t) => {
  await areSamples(t, await service.request("/sample_producer"), 2);
  for (const classes of [1, 2, 3, 4])
    await areSamples(t, await service.request(`/sample_producer?N_CLASSES=${classes}`), classes);
  await areSamples(t, await other.request("/sample_producer"), 3);
  await areSamples(t, await other.request("/sample_producer?N_CLASSES=4"), 4);
});

t.test("any method will do", async (t) => {
  const raw = await connectTo(t, service.url);
  const answers = new Set<string>();
  for (const method of METHODS.filter((method) => method !== "CONNECT" && method !== "HEAD")) {
    raw.send(
      `${method} /sample_producer HTTP/1.1\r\nhost: x\r\nauthorization: ${AUTHORIZATION}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}`,
    );
    const { status, body } = await raw.response();
    t.equal(status, 200, `${method}: ${body.slice(0, 100)}`);
    answers.add(body);
  }
  t.equal(answers.size, 1);
  const head = await service.request("/sample_producer", { method: "HEAD" });
  t.equal(head.status, 200);
});

t.test("classes that cannot be are 400", async (t) => {
  for (const text of ["5", "0", "-1", "2.5", "two", "", "1e0"]) {
    const answer = await service.request(`/sample_producer?N_CLASSES=${text}`);
    t.equal(answer.status, 400, text);
    t.match(await answer.json(), {
      type: "urn:abacus:problem:invalid-input",
      detail: `N_CLASSES is ${JSON.stringify(text)}: it must be a whole number from 1 to 4`,
    });
  }
  const refused = await impossible.request("/sample_producer");
  t.equal(refused.status, 400);
  t.match(await refused.json(), { detail: /^the setting N_CLASSES is "5": it must be/ });
  t.equal((await impossible.request("/sample_producer?N_CLASSES=2")).status, 200);
});

t.test("without an account nothing is made", async (t) => {
  const answer = await service.request("/sample_producer", { headers: { authorization: "" } });
  t.equal(answer.status, 401);
});
