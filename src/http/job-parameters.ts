// What the query of any submission may say of the job: how urgent it is, when it may begin, how long it is kept.
import Type, { type Static } from "../../workers/typebox.js";

/** Seconds of 30 days. */
const MONTH = 2_592_000;

export const jobParameters = {
  priority: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 10,
      default: 5,
      description: "1 (first) … 10: how urgent it is among the account's own jobs.",
      examples: [1],
    }),
  ),
  delay: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: MONTH,
      default: 0,
      description: "Seconds before which it does not begin.",
      examples: [3600],
    }),
  ),
  ttl: Type.Optional(
    Type.Number({
      minimum: 60,
      maximum: MONTH,
      description: "Seconds that its outcome is kept; `RETENTION` (a day unless set) without it.",
      examples: [600],
    }),
  ),
  label: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description:
        "What the account calls it, and others: lists can be filtered by it, and many canceled at once.",
      examples: ["nightly"],
    }),
  ),
};

const schema = Type.Object(jobParameters);
export type JobParameters = Static<typeof schema>;

/** A query that has been checked, taken apart: the job's parameters, and all else, which are options of a raw file. */
export function splitQuery(query: unknown): { parameters: JobParameters; options: Record<string, unknown> } {
  const entries = Object.entries(query as Record<string, unknown>);
  const isParameter = ([name]: [string, unknown]) => Object.hasOwn(jobParameters, name);
  return {
    parameters: Object.fromEntries(entries.filter(isParameter)),
    options: Object.fromEntries(entries.filter((entry) => !isParameter(entry))),
  };
}
