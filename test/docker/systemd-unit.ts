// Reads a unit file of systemd, as far as ours use its syntax: sections, and settings that may be said repeatedly.
import { readFileSync } from "node:fs";

/** By section and name, what was said, in order. */
export type Unit = Record<string, Record<string, string[]>>;

export function readUnit(file: string): Unit {
  const unit: Unit = {};
  let section: Record<string, string[]> = {};
  for (const line of readFileSync(file, "utf8").split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const heading = /^\[(\w+)\]$/.exec(line)?.[1];
    const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (heading !== undefined) {
      section = unit[heading] ??= {};
    } else if (name !== undefined && value !== undefined) {
      section[name] ??= [];
      section[name].push(value);
    } else {
      throw new Error(`${file}: ${line}`);
    }
  }
  return unit;
}

/** The variables of the `Environment=` lines, none of which has quotes. */
export function environmentOf({ Service }: Unit): Record<string, string> {
  const words = (Service?.Environment ?? []).flatMap((line) => line.split(" "));
  return Object.fromEntries(words.map((word) => word.split("=", 2) as [string, string]));
}

/** What a setting that is said once is set to. */
export function only(unit: Unit, section: string, name: string): string {
  const [value, ...others] = unit[section]?.[name] ?? [];
  if (value === undefined || others.length > 0) throw new Error(`${name} is not there once`);
  return value;
}
