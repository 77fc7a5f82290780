// What the benchmarks report alike: quantiles of what was measured, and the line that says on what it ran.
import { readFileSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";

/** Linear interpolation between order statistics, R's type 7. `fraction` is in [0, 1]. */
export function quantile(numbers: readonly number[], fraction: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * fraction;
  const [low, high] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0];
  return low + (high - low) * (place - Math.floor(place));
}

export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5);
}

/** The name and version of an installed package; benchmarks are started in the project's folder. */
export function versionOf(name: string, folder = "."): string {
  const file = join(folder, "node_modules", name, "package.json");
  return `${name} ${(JSON.parse(readFileSync(file, "utf8")) as { version: string }).version}`;
}

/** The date, the machine, and the versions of what was measured on it. */
export function describeMachine(versions: readonly string[]): string {
  const date = new Date().toISOString().slice(0, 10);
  const cores = `${os.availableParallelism()} cores of ${os.cpus()[0]?.model.trim()}`;
  return `${date}; ${cores}; ${[`Node ${process.version}`, ...versions].join(", ")}`;
}
