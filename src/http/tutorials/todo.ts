// The to-do list of Miguel Grinberg's "Designing a RESTful API with Python and Flask" (2013).
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import Type, { type Static, type TSchema } from "../../../workers/typebox.js";
import { validate } from "../../../workers/validation.js";
import { FIRST_TASKS, KINDS, type StoredRecord } from "../../records/kinds.js";
import { JSON_TYPE } from "../job-replies.js";
import { JSON_BODY } from "../media-types.js";
import { type Answer, describe, json } from "../openapi/operation.js";
import { HttpProblem, problemFor } from "../problems.js";
import { routeGroup } from "../route-group.js";
import { ANY_FIELDS, readSmallBody } from "../small-bodies.js";
import { todoErrors } from "./error-formats.js";
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

const { title, description, done } = KINDS.tasks.properties;
const taskSchema = Type.Object(
  { id: idSchema, title, description, done },
  { $id: "Task", description: "A task." },
);
const answerSchema = Type.Object({ task: taskSchema }, { $id: "TaskAnswer", description: "One task." });
const listSchema = Type.Object(
  { tasks: Type.Array(taskSchema, { description: "By their ids." }) },
  { $id: "TaskList", description: "All tasks." },
);
const removedSchema = Type.Object({ result: Type.Literal(true) }, { $id: "TaskRemoved" });

const newTask = Type.Object(
  { title, description: Type.Optional(description), done: Type.Optional(done) },
  {
    ...{ $id: "NewTask", additionalProperties: true },
    description:
      "The task that is wanted: without `description` that is empty, and `done` is false whatever is sent.",
  },
);
const changes = Type.Object(
  { title: Type.Optional(title), description: Type.Optional(description), done: Type.Optional(done) },
  { $id: "TaskChanges", additionalProperties: true, description: "What is to be another." },
);

const EXAMPLES = FIRST_TASKS.map((task, at) => ({ id: at + 1, ...task }));
const one = (text: string, name: string, changed: object = {}): Answer => ({
  description: text,
  content: json(answerSchema, { [name]: { task: { ...EXAMPLES[0], ...changed } } }),
});
const bodyOf = (text: string, schema: TSchema, name: string, example: object) => ({
  ...{ description: text, required: true },
  content: json(schema, { [name]: example }),
});
const described = { tags: ["Tutorials"] as ["Tutorials"], errors: todoErrors };

/** Whatever is wrong with a body is 400 here, fields that nobody asked for being ignored. */
async function readTask<Schema extends TSchema>(
  request: FastifyRequest,
  reply: FastifyReply,
  schema: Schema,
): Promise<Static<Schema>> {
  if (request.headers["content-type"] === undefined)
    throw wrong(`the Content-Type is missing: a task is sent as ${JSON_BODY}`);
  try {
    const fields = await readSmallBody(request, reply, ANY_FIELDS);
    if (Object.keys(fields).length === 0) throw wrong("the body is empty, or an object without fields");
    validate(schema, fields);
    return fields as Static<Schema>;
  } catch (error) {
    const { status, message } = problemFor(error);
    throw status === 415 || status === 422 ? wrong(message) : error;
  }
}

function wrong(detail: string): HttpProblem {
  return new HttpProblem(400, "invalid-input", detail);
}

export async function todoRoutes(app: FastifyInstance, { records }: RecordRoutesDeps): Promise<void> {
  const answer = (reply: FastifyReply, task: StoredRecord) =>
    reply.type(JSON_TYPE).send(`{"task":${documentOf(task)}}`);

  await routeGroup(app, "/todo/api/v1.0", todoErrors, (group) => {
    const list = describe({
      ...described,
      ...{ operationId: "list-tasks", summary: "All tasks, by their ids" },
      answers: {
        200: { description: "The tasks.", content: json(listSchema, { tasks: { tasks: EXAMPLES } }) },
      },
    });
    group.get("/tasks", { config: READS, schema: list }, (_request, reply) =>
      reply.type(JSON_TYPE).send(listOf(records.list("tasks"), '{"tasks":[', "]}")),
    );

    const create = describe({
      ...described,
      ...{ operationId: "create-task", summary: "Adds a task", reads: ["Expect"] },
      body: bodyOf("The task.", newTask, "task.input", { title: "Read a book", description: "Any" }),
      answers: { 201: one("The task.", "task.new", { id: 3, title: "Read a book", description: "Any" }) },
      problems: [...BODY_PROBLEMS, "too-many-records"],
    });
    group.post("/tasks", { config: WRITES, schema: create }, async (request, reply) => {
      const { title, description = "" } = await readTask(request, reply, newTask);
      return answer(reply.code(201), await records.create("tasks", { title, description, done: false }));
    });

    const get = describe({
      ...described,
      ...{ operationId: "get-task", summary: "A task", params: idParams },
      answers: { 200: one("The task.", "task") },
      problems: ["not-found"],
    });
    group.get("/tasks/:id", { config: READS, schema: get }, async (request, reply) => {
      const id = idOf(request);
      return answer(reply, existing(await records.find("tasks", id), "task", request));
    });

    const change = describe({
      ...described,
      ...{ operationId: "change-task", summary: "Changes the fields of a task that are sent" },
      ...{ params: idParams, reads: ["Expect"] },
      body: bodyOf("The fields.", changes, "task.changes", { done: true }),
      answers: { 200: one("The task as it is now.", "task.changed", { done: true }) },
      problems: [...BODY_PROBLEMS, "not-found"],
    });
    group.put("/tasks/:id", { config: WRITES, schema: change }, async (request, reply) => {
      const id = idOf(request);
      existing(await records.find("tasks", id), "task", request); // whatever the body is
      const sent = await readTask(request, reply, changes);
      const task = await records.update("tasks", id, (before) => ({
        title: sent.title ?? before.title,
        description: sent.description ?? before.description,
        done: sent.done ?? before.done,
      }));
      return answer(reply, existing(task, "task", request));
    });

    const remove = describe({
      ...described,
      ...{ operationId: "delete-task", summary: "Deletes a task", params: idParams },
      answers: {
        200: {
          description: "It is gone.",
          content: json(removedSchema, { "task.deleted": { result: true } }),
        },
      },
      problems: ["not-found"],
    });
    group.delete("/tasks/:id", { config: WRITES, schema: remove }, async (request, reply) => {
      const id = idOf(request);
      existing(await records.remove("tasks", id), "task", request);
      return reply.type(JSON_TYPE).send('{"result":true}');
    });
  });
}
