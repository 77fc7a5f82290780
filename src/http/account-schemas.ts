// The shapes of what accounts are made of, as bodies and answers have them.
import Type from "../../workers/typebox.js";
import { PASSWORD_BYTES } from "../accounts/rules.js";
import { SCOPES, type Scope } from "../accounts/scopes.js";

export const scopesSchema = (description: string, options: { minItems?: number } = {}) =>
  Type.Array(Type.Enum([...SCOPES] as Scope[]), {
    ...options,
    description: `${description} \`admin\` implies all others.`,
    examples: [["jobs:read", "jobs:write"]],
  });

export const accountNameSchema = Type.String({
  description: "The account's name: 1 to 64 lower-case letters, digits and `. _ @ -`.",
  examples: ["ann"],
});

export const passwordSchema = Type.String({
  description: `${PASSWORD_BYTES.min} to ${PASSWORD_BYTES.max} bytes in UTF-8.`,
  examples: ["correct horse battery staple"],
});
