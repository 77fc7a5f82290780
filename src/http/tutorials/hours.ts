// The hours service of a Django REST framework tutorial: entries, in the shapes and words of that framework's 3.14.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { InputError } from "../../../workers/input-error.js";
import Type, { type TSchema } from "../../../workers/typebox.js";
import { KINDS } from "../../records/kinds.js";
import { JSON_TYPE } from "../job-replies.js";
import { FIELDS_BODY, FORM_BODY, JSON_BODY } from "../media-types.js";
import { type Answer, describe, json } from "../openapi/operation.js";
import { HttpProblem } from "../problems.js";
import { routeGroup } from "../route-group.js";
import { readValue } from "../small-bodies.js";
import { readEntry } from "./entry-fields.js";
import { hoursErrors } from "./error-formats.js";
import {
  BODY_PROBLEMS,
  documentOf,
  existing,
  idOf,
  idParams,
  idSchema,
  listOf,
  READS,
  type RecordRoutesDeps,
  WRITES,
} from "./record-answers.js";

const { user, title } = KINDS.entries.properties;
const entrySchema = Type.Object(
  { id: idSchema, user, title },
  { $id: "Entry", description: "What somebody worked on." },
);
const listSchema = Type.Array(entrySchema, { $id: "EntryList", description: "All entries, by their ids." });
const loose = { additionalProperties: true };
const inputSchema = Type.Object(
  { user, title },
  { ...loose, $id: "EntryInput", description: "All fields of an entry." },
);
const changesSchema = Type.Object(
  { user: Type.Optional(user), title: Type.Optional(title) },
  { ...loose, $id: "EntryChanges", description: "Fields of an entry." },
);

const FIELDS = { user: 1, title: "Wrote the report" };
const EXAMPLE = { id: 1, ...FIELDS };
const entry = (description: string): Answer => ({
  description,
  content: json(entrySchema, { entry: EXAMPLE }),
});

function bodyOf(schema: TSchema, name: string, example: object) {
  const content = { schema, examples: { [name]: example } };
  return {
    description:
      "As JSON or as a form. White space around the title is left out, unknown fields are ignored.",
    required: true,
    content: { [JSON_BODY]: content, [FIELDS_BODY]: content, [FORM_BODY]: content },
  };
}

const described = { tags: ["Tutorials"] as ["Tutorials"], errors: hoursErrors };
const WRITE_PROBLEMS = [...BODY_PROBLEMS, "unsupported-media-type"] as const;

/** What was sent. Throws HttpProblem (400) for what cannot be read: that is no mistake of a field. */
function readBody(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  return readValue(request, reply).catch((error: unknown) => {
    throw error instanceof InputError ? new HttpProblem(400, "malformed-json", error.message) : error;
  });
}

export async function hourRoutes(app: FastifyInstance, { records }: RecordRoutesDeps): Promise<void> {
  await routeGroup(app, "/entry/", hoursErrors, (group) => {
    const list = describe({
      ...described,
      ...{ operationId: "list-entries", summary: "All entries, by their ids" },
      answers: { 200: { description: "The entries.", content: json(listSchema, { entries: [EXAMPLE] }) } },
    });
    group.get("", { config: READS, schema: list }, (_request, reply) =>
      reply.type(JSON_TYPE).send(listOf(records.list("entries"), "[", "]")),
    );

    const create = describe({
      ...described,
      ...{ operationId: "create-entry", summary: "Adds an entry", reads: ["Expect"] },
      body: bodyOf(inputSchema, "entry.input", FIELDS),
      answers: { 201: entry("The entry.") },
      problems: [...WRITE_PROBLEMS, "too-many-records"],
    });
    group.post("", { config: WRITES, schema: create }, async (request, reply) => {
      const created = await records.create("entries", readEntry(await readBody(request, reply)));
      return reply.code(201).type(JSON_TYPE).send(documentOf(created));
    });

    const get = describe({
      ...described,
      ...{ operationId: "get-entry", summary: "An entry", params: idParams },
      answers: { 200: entry("The entry.") },
      problems: ["not-found"],
    });
    group.get(":id/", { config: READS, schema: get }, async (request, reply) => {
      const id = idOf(request);
      return reply
        .type(JSON_TYPE)
        .send(documentOf(existing(await records.find("entries", id), "entry", request)));
    });

    async function change(request: FastifyRequest, reply: FastifyReply, partial: boolean) {
      const id = idOf(request);
      existing(await records.find("entries", id), "entry", request); // whatever the body is
      const sent = readEntry(await readBody(request, reply), partial);
      const changed = await records.update("entries", id, (before) => ({ ...before, ...sent }));
      return reply.type(JSON_TYPE).send(documentOf(existing(changed, "entry", request)));
    }
    const put = describe({
      ...described,
      ...{
        operationId: "put-entry",
        summary: "Gives an entry other fields",
        params: idParams,
        reads: ["Expect"],
      },
      body: bodyOf(inputSchema, "entry.input", FIELDS),
      answers: { 200: entry("The entry as it is now.") },
      problems: [...WRITE_PROBLEMS, "not-found"],
    });
    group.put(":id/", { config: WRITES, schema: put }, (request, reply) => change(request, reply, false));
    const patch = describe({
      ...described,
      ...{
        operationId: "change-entry",
        summary: "Changes fields of an entry",
        params: idParams,
        reads: ["Expect"],
      },
      body: bodyOf(changesSchema, "entry.changes", { title: FIELDS.title }),
      answers: { 200: entry("The entry as it is now.") },
      problems: [...WRITE_PROBLEMS, "not-found"],
    });
    group.patch(":id/", { config: WRITES, schema: patch }, (request, reply) => change(request, reply, true));

    const remove = describe({
      ...described,
      ...{ operationId: "delete-entry", summary: "Deletes an entry", params: idParams },
      answers: { 204: { description: "It is gone." } },
      problems: ["not-found"],
    });
    group.delete(":id/", { config: WRITES, schema: remove }, async (request, reply) => {
      const id = idOf(request);
      existing(await records.remove("entries", id), "entry", request);
      return reply.code(204).send();
    });
  });
}
