// docs/tutorials.md: its lines, pasted as they stand, answer as it says. Only the address is the test's own.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import t from "tap";
import { untilReady } from "../../processes.js";
import { PASSWORD, startTestService } from "../../service.js";

const page = readFileSync("docs/tutorials.md", "utf8");
/** Lines for the shell, and what they print. */
const blocks = [...page.matchAll(/^```sh\n([^`]*)^```\n```text\n([^`]*)^```$/gm)].map(
  ([, lines = "", printed = ""]) => ({ lines, printed }),
);

t.test("every line does what the page says", async (t) => {
  const service = await startTestService(t);
  await untilReady(service);
  t.equal(blocks.length, 10);
  const without = [...page.matchAll(/^```sh\n/gm)].length - blocks.length;
  t.equal(without, 2, "but for the one that names the account and the one of the fixtures");
  for (const { lines, printed } of blocks) {
    const here = lines.replaceAll("http://127.0.0.1:8080", service.url);
    t.not(here, lines);
    const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", here], {
      env: { PATH: process.env.PATH, P: `admin:${PASSWORD}` },
    });
    // answers end without a line end
    t.equal(stdout.replaceAll("\n", ""), printed.replaceAll("\n", ""), lines);
  }
});
