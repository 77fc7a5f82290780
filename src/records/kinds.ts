// What the services of the tutorials keep: the fields of each kind of record, and the records that there are at first.
import Type, { type Static } from "../../workers/typebox.js";

/** What a number holds exactly, in JSON and in a script of Redis. */
export const LAST_ID = Number.MAX_SAFE_INTEGER;

/** Characters. */
const LINE = 1000;
const TEXT = 10_000;

const strict = { additionalProperties: false };

export const KINDS = {
  tasks: Type.Object(
    {
      title: Type.String({
        maxLength: LINE,
        description: "What is to be done.",
        examples: ["Buy groceries"],
      }),
      description: Type.String({
        maxLength: TEXT,
        description: "More about it.",
        examples: ["Milk, Cheese, Pizza"],
      }),
      done: Type.Boolean({ description: "Whether it is done." }),
    },
    strict,
  ),
  people: Type.Object(
    {
      name: Type.String({ maxLength: LINE, description: "The person's name.", examples: ["peter"] }),
      locale: Type.String({ maxLength: LINE, description: "Where the person is.", examples: ["NYC"] }),
      age: Type.Integer({
        ...{ minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
        ...{ description: "In years.", examples: [42] },
      }),
    },
    strict,
  ),
  entries: Type.Object(
    {
      user: Type.Integer({
        ...{ minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
        ...{ description: "The number of who worked.", examples: [1] },
      }),
      title: Type.String({
        ...{ minLength: 1, maxLength: 200 },
        ...{ description: "What on.", examples: ["Wrote the report"] },
      }),
    },
    strict,
  ),
};

export type Kind = keyof typeof KINDS;
export type Fields<K extends Kind> = Static<(typeof KINDS)[K]>;

export interface StoredRecord {
  id: number;
  /** A JSON object that has members. */
  fields: string;
}

/** The tasks that a new service begins with. */
export const FIRST_TASKS: Fields<"tasks">[] = [
  { title: "Buy groceries", description: "Milk, Cheese, Pizza, Fruit, Tylenol", done: false },
  { title: "Learn Python", description: "Need to find a good Python tutorial on the web", done: false },
];
