// What AWS Lambda does with the function, in a process of its own: the module is loaded, and then its handler is
// given one event after another. Each line of standard input is an event, each line of standard output the answer.
import { createInterface } from "node:readline";

/** A module that exports `handler`. */
const module = process.argv[2] ?? "../src/lambda.js";
const { handler } = (await import(module)) as {
  handler: (event: unknown, context: object) => Promise<unknown>;
};
if (handler.length > 2) throw new Error("Node 24 on Lambda refuses handlers that take a callback");

process.stdout.write("started\n");
for await (const line of createInterface({ input: process.stdin })) {
  const answer = await handler(JSON.parse(line), { functionName: "abacus" }).catch((error: Error) => ({
    errorType: error.name,
    errorMessage: error.message,
  }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
