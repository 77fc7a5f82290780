// ALLOW_IPS: who may ask at all, by the address that a request comes from.
import type { FastifyInstance } from "fastify";
import { addressesOf } from "../address-ranges.js";
import { HttpProblem } from "./problems.js";

/** Probes come from wherever the platform has them, and learn nothing but whether the process is well. */
const PROBES = new Set(["/healthz", "/readyz"]);

export function allowAddresses(app: FastifyInstance, ranges: readonly string[]): void {
  const isAllowed = addressesOf(ranges);
  app.addHook("onRequest", async ({ ip, routeOptions }) => {
    if (isAllowed(ip) || PROBES.has(routeOptions.url ?? "")) return;
    throw new HttpProblem(403, "address-not-allowed", `requests from ${ip} are not allowed`);
  });
}
