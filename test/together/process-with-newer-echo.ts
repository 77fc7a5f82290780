// A process of the service whose `test.echo` has a further version than that of the others.
import { type ROLES, run } from "../../src/commands/run.js";
import { loadRegistry } from "../../src/jobs/registry.js";

const command = process.argv[2] as keyof typeof ROLES;
await run(command, await loadRegistry(new URL("./newer-job-types.js", import.meta.url)));
