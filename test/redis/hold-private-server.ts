// A process that holds the private server until it is killed, or whoever started it is gone.
// Arguments: the data directory and the purpose. It prints one line of JSON.
import { pino } from "pino";
import { startPrivateServer } from "../../src/redis/private-server.js";

const [dataDir = "", purpose] = process.argv.slice(2);
try {
  const server = await startPrivateServer({
    dataDir,
    purpose: purpose === "account" ? "account" : "serve",
    fsync: "everysec",
    memory: 64 << 20,
    logger: pino({ level: "silent" }),
  });
  process.stdout.write(`${JSON.stringify({ path: server.path, adopted: server.adopted })}\n`);
  process.stdin.on("end", () => server.stop()).resume();
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: (error as Error).message })}\n`);
}
