// The job types that this process knows, by name.
import type { AnyJobType } from "../../workers/job-type.js";

export interface Registry {
  /** The module that says them, which each thread loads for itself. */
  readonly module: string;
  readonly types: readonly AnyJobType[];
  get(name: string): AnyJobType | undefined;
}

/** Loads a module that exports `jobTypes`. Throws when two types share a name or a path. */
export async function loadRegistry(
  module = new URL("../../workers/job-types.js", import.meta.url),
): Promise<Registry> {
  const { jobTypes } = (await import(module.href)) as { jobTypes: readonly AnyJobType[] };
  const byName = new Map(jobTypes.map((type) => [type.name, type]));
  const paths = new Set(jobTypes.map((type) => type.path));
  if (byName.size < jobTypes.length || paths.size < jobTypes.length)
    throw new Error("two job types have the same name or the same path");
  return { module: module.href, types: jobTypes, get: (name) => byName.get(name) };
}
