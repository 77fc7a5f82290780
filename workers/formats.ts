// A result in another format than JSON.
import type { AnyJobType, Format } from "./job-type.js";

/** A format that is made of the bytes of a result's JSON, without its values. */
export function formatOfJson(ofJson: (json: Uint8Array) => Iterable<Uint8Array>): Format<unknown> {
  return Object.assign((result: unknown) => ofJson(Buffer.from(JSON.stringify(result))), { ofJson });
}

/** The result whose JSON this is in one of its type's formats. Throws when the type has no such format. */
export function formatted(type: AnyJobType, mediaType: string, json: Buffer): Iterable<string | Uint8Array> {
  const format = type.formats?.[mediaType];
  if (!format) throw new Error(`${type.name} has no format ${mediaType}`);
  return format.ofJson?.(json) ?? format(JSON.parse(json.toString()));
}
