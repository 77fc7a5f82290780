// Routes that word their errors in their own way: 401, 404 below their prefix, and 405 included.
import type { FastifyInstance } from "fastify";
import { refuseOtherMethods } from "./method-not-allowed.js";
import { type ErrorFormat, useErrors } from "./problems.js";

/** `add` adds the routes to the group, their paths being below `prefix`. */
export async function routeGroup(
  app: FastifyInstance,
  prefix: string,
  format: ErrorFormat,
  add: (group: FastifyInstance) => void,
): Promise<void> {
  await app.register(
    async (group) => {
      useErrors(group, format);
      const addRefusals = refuseOtherMethods(group);
      add(group);
      addRefusals();
    },
    { prefix },
  );
}
