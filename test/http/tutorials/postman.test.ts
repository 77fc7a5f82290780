// docs/tutorials.postman_collection.json: the tutorials' requests, run by newman.
import t from "tap";
import {
  checkCollection,
  failuresOf,
  passes,
  readCollection,
  runCollection,
} from "../../postman-collection.js";
import { untilReady } from "../../processes.js";
import { startTestService } from "../../service.js";

const collection = readCollection("docs/tutorials.postman_collection.json");
/** Fewer assertions than this were never run: the collection holds more. */
const LEAST_ASSERTIONS = 90;

const service = await startTestService(t);
await untilReady(service);

t.test("it is a collection that can be imported alone", async (t) =>
  checkCollection(t, collection, "Abacus: the tutorials' requests"),
);

t.test("every request and every assertion passes, once and again", async (t) => {
  await passes(t, collection, service, LEAST_ASSERTIONS);
  await passes(t, collection, service, LEAST_ASSERTIONS);
});

t.test("an answer that is wrong is noticed", async (t) => {
  // another addition than the one whose answer is known
  const text = JSON.stringify(collection.document).replaceAll('"value":"7"', '"value":"8"');
  const summary = await runCollection(JSON.parse(text), service, { folder: "RNN addition" });
  t.match(failuresOf(summary), [/^Add by the query: The answer is/, /^Add by a form: The answer is/]);
});
