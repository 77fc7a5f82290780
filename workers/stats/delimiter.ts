// Finds a file's delimiter from its first records.
import { Found, RecordScanner } from "./parse/record-scanner.js";

/** In the order of preference among those that give as many fields. */
const CANDIDATES = [",", ";", "\t", "|"].map((letter) => letter.charCodeAt(0));
/** Records that are looked at. */
const RECORDS = 20;

/**
 * The candidate that gives all of the first records of `head`, from `start` on, the same number of fields,
 * two or more; the one with most fields; a comma when there is none. `whole`: nothing follows `head`;
 * otherwise undefined when a candidate has not seen its records and `sure` is asked for.
 */
export function findDelimiter(
  head: Uint8Array,
  start: number,
  whole: boolean,
  fieldBytes: number,
  sure: boolean,
): number | undefined {
  let best = CANDIDATES[0]!;
  let most = 1;
  for (const delimiter of CANDIDATES) {
    const { fields, settled } = fieldsPerRecord(
      head,
      start,
      whole,
      new RecordScanner(delimiter, 0, fieldBytes),
    );
    if (!settled && sure) return undefined;
    if (fields <= most) continue;
    best = delimiter;
    most = fields;
  }
  return best;
}

/** The number of fields that all of the first records have, 0 when they differ; `settled` when more bytes would not change it. */
function fieldsPerRecord(
  head: Uint8Array,
  start: number,
  whole: boolean,
  scanner: RecordScanner,
): { fields: number; settled: boolean } {
  let fields = 0;
  let records = 0;
  for (let at = start; at < head.length && records < RECORDS; at = scanner.next) {
    const found = scanner.scan(head, at, head.length, whole);
    if (found === Found.blank) continue;
    if (found === Found.incomplete) return { fields, settled: false };
    if (found !== Found.record) return { fields: 0, settled: true };
    if (records++ > 0 && scanner.fields !== fields) return { fields: 0, settled: true };
    fields = scanner.fields;
  }
  return { fields, settled: whole || records === RECORDS };
}
