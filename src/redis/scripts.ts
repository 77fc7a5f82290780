// Lua scripts over a connection: defined on it once, and run by their names.
import type { Redis } from "ioredis";

type Argument = string | number;

/** What it returns runs one of the scripts; with `Buffer` behind its name, for a reply of bytes instead of text. */
export function defineScripts<Name extends string>(redis: Redis, scripts: Readonly<Record<Name, string>>) {
  for (const [name, lua] of Object.entries<string>(scripts))
    if (!(name in redis)) redis.defineCommand(name, { lua });
  const commands = redis as unknown as Record<string, (...args: Argument[]) => Promise<unknown>>;
  return <Reply>(name: Name | `${Name}Buffer`, keys: string[], ...args: Argument[]) =>
    (commands[name] as (typeof commands)[string])(keys.length, ...keys, ...args) as Promise<Reply>;
}
