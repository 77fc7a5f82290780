// The tests' job types beside the project's own, as a registry.
import { loadRegistry, type Registry } from "../src/jobs/registry.js";

export function fixtureRegistry(): Promise<Registry> {
  return loadRegistry(new URL("./fixture-job-types.js", import.meta.url));
}
