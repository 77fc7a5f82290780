// A process of the service that also knows the tests' job types: `node process-with-fixtures.js serve|api|worker`.
import { type ROLES, run } from "../src/commands/run.js";
import { fixtureRegistry } from "./fixture-registry.js";

const command = process.argv[2] as keyof typeof ROLES;
await run(command, await fixtureRegistry());
