// What stopped the reading of a table, as a sentence that says what is wrong and on which line.
import { InputError } from "../input-error.js";
import type { TaskContext } from "../job-type.js";
import { lineAt, tableBytes } from "./bytes.js";
import type { Encoding } from "./encoding.js";
import { type Layout, RECORD_BYTES, type ReadFailure } from "./parse/layout.js";

/** The mistake that `failure` is. Reads the file again up to the place, to count its lines. */
export async function inputErrorOf(
  failure: ReadFailure,
  { encoding, layout }: { encoding: Encoding; layout: Pick<Layout, "fields" | "memory"> },
  context: TaskContext,
): Promise<InputError> {
  const { kind, offset } = failure;
  const file = context.file!;
  if (kind === "memory") return tooMuchMemory(layout.memory);
  const line = await lineAt(tableBytes(file, encoding, context.limits), offset);
  switch (kind) {
    case "fields":
      return InputError.unreadable(
        `expected ${layout.fields} fields in line ${line}, saw ${failure.fields} (badRows=skip leaves such records out)`,
      );
    case "unclosed":
      return InputError.unreadable(`the quote that opens a field in line ${line} is never closed`);
    case "utf8":
      return InputError.unreadable(
        `not valid UTF-8: the byte at offset ${offset}${file.gzip ? " of the unpacked content" : ""} (line ${line}); ` +
          "if the text is in a Western European encoding, say encoding=windows-1252",
      );
    case "oversize-field":
      return InputError.unreadable(
        `FIELD_BYTES is ${context.limits.fieldBytes}: a field that begins in line ${line} is longer ` +
          "(a quote that is never closed makes such fields)",
      );
    case "oversize-record":
      return InputError.unreadable(
        `the record that begins in line ${line} is longer than ${RECORD_BYTES} bytes, the most that is read`,
      );
  }
}

/** The values of a table do not fit `memory` bytes. */
export function tooMuchMemory(memory: number): InputError {
  return new InputError({
    status: 413,
    name: "too-large",
    detail:
      `the columns' values take more than ${memory} bytes, the memory of this job (JOB_MEMORY, or the option memory): ` +
      "usecols describes fewer columns",
  });
}
