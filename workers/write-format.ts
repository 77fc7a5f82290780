// What a pool is asked for besides steps: a file made of a result, or of a model.
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { formatted } from "./formats.js";
import type { AnyJobType, ModelReference } from "./job-type.js";
import { defaultModelJson, weightsJson } from "./model-answers.js";
import { summaryJson } from "./stats/summary-json.js";

/** Makes the result, of at most `inlineBytes` bytes or in the file `result`, into another format. */
interface ResultFormat {
  step: "format";
  of: "result";
  type: string;
  mediaType: string;
  /** The result's JSON: its bytes or the path of a file that holds them. */
  source: Uint8Array | string;
}

/** Makes JSON of what is known of a model only in a thread. */
type ModelFormat =
  | { step: "format"; of: "weights"; model: ModelReference }
  | { step: "format"; of: "default-model" };

/** Makes what the CherryPy tutorial answers of the result of a `stats` job. */
interface SummaryFormat extends Pick<ResultFormat, "step" | "source"> {
  of: "summary";
}

export type Format = ResultFormat | ModelFormat | SummaryFormat;

/** `target` is the path of the file that the answer goes to. */
export type FormatRequest = Format & { target: string };

/** `typeNamed` throws for a job type that this thread does not know. */
export function writeFormat(request: FormatRequest, typeNamed: (name: string) => AnyJobType): void {
  const pieces = format(request, typeNamed);
  const file = openSync(request.target, "w", 0o600);
  try {
    for (const piece of pieces) writeFileSync(file, piece);
  } finally {
    closeSync(file);
  }
}

function format(request: Format, typeNamed: (name: string) => AnyJobType): Iterable<string | Uint8Array> {
  if (request.of === "weights") return [weightsJson(request.model)];
  if (request.of === "default-model") return [defaultModelJson()];
  const { source } = request;
  const json = typeof source === "string" ? readFileSync(source) : Buffer.from(source);
  if (request.of === "summary") return summaryJson(JSON.parse(json.toString()));
  return formatted(typeNamed(request.type), request.mediaType, json);
}
