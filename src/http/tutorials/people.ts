// The people of a Flask-RESTful tutorial: put as JSON in a form's field, got and deleted by their ids.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { InputError } from "../../../workers/input-error.js";
import { parseJson } from "../../../workers/json.js";
import Type from "../../../workers/typebox.js";
import { validate } from "../../../workers/validation.js";
import { type Fields, KINDS, type StoredRecord } from "../../records/kinds.js";
import { JSON_TYPE } from "../job-replies.js";
import { FIELDS_BODY, FORM_BODY } from "../media-types.js";
import { type Answer, describe, json } from "../openapi/operation.js";
import { readSmallBody } from "../small-bodies.js";
import {
  BODY_PROBLEMS,
  documentOf,
  existing,
  idOf,
  idParams,
  idSchema,
  READS,
  type RecordRoutesDeps,
  WRITES,
} from "./record-answers.js";

const PETER = { name: "peter", locale: "NYC", age: 42 };

const formSchema = Type.Object(
  {
    data: Type.String({
      description: "A JSON object: `name` and `locale` are texts, `age` an integer from 0; all are required.",
      examples: [JSON.stringify(PETER)],
    }),
  },
  { $id: "PersonForm", additionalProperties: false, description: "The form's only field." },
);
const form = { schema: formSchema, examples: { "person.form": { data: JSON.stringify(PETER) } } };
const readSchema = Type.Object({ data: KINDS.people });

const personSchema = Type.Object(
  { id: idSchema, ...KINDS.people.properties },
  { $id: "Person", description: "A person." },
);
const person = (description: string): Answer => ({
  description,
  content: json(personSchema, { person: { id: 1, ...PETER } }),
});

/** The person in a form. Throws InputError (400), also for what has the right type and cannot be. */
async function readPerson(request: FastifyRequest, reply: FastifyReply): Promise<Fields<"people">> {
  const { data } = await readSmallBody(request, reply, formSchema, [FIELDS_BODY, FORM_BODY]);
  try {
    const read = { data: parseJson(Buffer.from(data)) };
    validate(readSchema, read);
    return read.data as Fields<"people">;
  } catch (error) {
    throw error instanceof InputError ? inData(error) : error;
  }
}

function inData({ problem }: InputError): InputError {
  const detail = problem.detail.replace(/^the body/, "/data");
  return new InputError({
    ...problem,
    status: 400,
    name: problem.errors ? "invalid-input" : problem.name,
    detail,
  });
}

export function peopleRoutes(app: FastifyInstance, { records }: RecordRoutesDeps): void {
  const answer = (reply: FastifyReply, person: StoredRecord) =>
    reply.type(JSON_TYPE).send(documentOf(person));

  const put = describe({
    ...{ operationId: "put-person", tags: ["Tutorials"], summary: "Adds a person", reads: ["Expect"] },
    body: {
      ...{ description: "The person, as JSON in a field of a form.", required: true },
      content: { [FIELDS_BODY]: form, [FORM_BODY]: form },
    },
    answers: { 200: person("The person, with the id by which it can be asked for.") },
    problems: [...BODY_PROBLEMS, "unsupported-media-type", "too-many-records"],
  });
  app.put("/resources/data/", { config: WRITES, schema: put }, async (request, reply) => {
    return answer(reply, await records.create("people", await readPerson(request, reply)));
  });

  const get = describe({
    ...{ operationId: "get-person", tags: ["Tutorials"], summary: "A person", params: idParams },
    answers: { 200: person("The person.") },
    problems: ["not-found"],
  });
  app.get("/resources/data/:id", { config: READS, schema: get }, async (request, reply) => {
    const found = await records.find("people", idOf(request));
    return answer(reply, existing(found, "person", request));
  });

  const remove = describe({
    ...{ operationId: "delete-person", tags: ["Tutorials"], summary: "Removes a person", params: idParams },
    answers: { 200: person("The person that was removed.") },
    problems: ["not-found"],
  });
  app.delete("/resources/data/:id", { config: WRITES, schema: remove }, async (request, reply) => {
    const found = await records.remove("people", idOf(request));
    return answer(reply, existing(found, "person", request));
  });
}
