// How the to-do list's and the hours' services word their errors.
import { STATUS_CODES } from "node:http";
import Type from "../../../workers/typebox.js";
import { JSON_BODY } from "../media-types.js";
import type { ErrorFormat } from "../problems.js";

/** Of these the tutorial says no more. */
const BARE: Record<number, string> = {
  401: "Unauthorized access",
  404: "Not found",
  405: "Method not allowed",
};

export const todoErrors: ErrorFormat = {
  name: "todo",
  mediaType: JSON_BODY,
  schema: Type.Object(
    {
      error: Type.String({ description: "What kind of mistake it is.", examples: ["Not found"] }),
      message: Type.Optional(Type.String({ description: "What is wrong, and where." })),
    },
    { $id: "TaskError", description: "What is wrong." },
  ),
  body({ status, detail }) {
    if (BARE[status] !== undefined) return { error: BARE[status] };
    const phrase = (STATUS_CODES[status] ?? "Error").toLowerCase();
    return { error: phrase.charAt(0).toUpperCase() + phrase.slice(1), message: detail };
  },
};

const byFieldSchema = Type.Record(Type.String(), Type.Array(Type.String()), {
  description: "Sentences about each field; those about the whole under `non_field_errors`.",
});

/** As Django REST framework 3.14 does: `rest_framework/exceptions.py` and `authentication.py`. */
export const hoursErrors: ErrorFormat = {
  name: "hours",
  mediaType: JSON_BODY,
  schema: Type.Union(
    [Type.Object({ detail: Type.String({ description: "What is wrong." }) }), byFieldSchema],
    {
      $id: "EntryError",
      description: "What is wrong.",
    },
  ),
  body({ status, detail, errors }, { method, headers }) {
    if (status === 400 && errors) return byField(errors);
    if (status === 401 && headers.authorization === undefined)
      return { detail: "Authentication credentials were not provided." };
    if (status === 401) return { detail: "Invalid username/password." };
    if (status === 404) return { detail: "Not found." };
    if (status === 405) return { detail: `Method "${method}" not allowed.` };
    const sent = headers["content-encoding"] ?? headers["content-type"] ?? "";
    if (status === 415) return { detail: `Unsupported media type "${sent}" in request.` };
    if (status === 400)
      return { detail: detail.replace(/^the body (is not JSON: )?/, "JSON parse error - ") };
    return { detail };
  },
};

function byField(errors: { path: string; message: string }[]): Record<string, string[]> {
  const fields: Record<string, string[]> = {};
  for (const { path, message } of errors) {
    const name = path.slice(1) || "non_field_errors";
    fields[name] = [...(fields[name] ?? []), message];
  }
  return fields;
}
