// What a `stats` job says in its log: what a person would look at first when the figures seem wrong.
import type { SourceFile } from "../job-type.js";
import type { OpenedTable } from "./open-table.js";

export function foundSentence({ bytes, gzip }: SourceFile, table: OpenedTable): string {
  const { encoding, newline, names, layout } = table;
  const delimiter = JSON.stringify(String.fromCharCode(layout.delimiter));
  const wanted = layout.columns.length < names.length ? `, of which ${layout.columns.length} are wanted` : "";
  return (
    `Found ${counted(bytes, "byte")}${gzip ? " of gzip" : ""}: ${encoding.name}, delimiter ${delimiter}, ` +
    `line ends ${JSON.stringify(newline)}, ${counted(names.length, "column")}${wanted}.`
  );
}

/** `parts` were begun in the middle of a record. */
export function againSentence(parts: number): string {
  return `Reading ${counted(parts, "part")} again, from where the part before has ended.`;
}

/** `skipped`: records that were left out. */
export function readSentence(rows: number, parts: number, skipped: number): string {
  const leftOut = skipped > 0 ? `; left out ${counted(skipped, "record")} with too many fields` : "";
  return `Read ${counted(rows, "row")} in ${counted(parts, "part")}${leftOut}.`;
}

/** `memory`: what the values of all columns may take. */
export function estimatesSentence(columns: number, memory: number): string {
  return `The values take more than ${counted(memory, "byte")}: ${counted(columns, "column")} described by estimates.`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
