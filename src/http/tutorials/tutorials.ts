// The routes of the documents that this project started from, in their own wire format. Nothing depends on them.
import type { FastifyInstance } from "fastify";
import { additionRoutes } from "./addition.js";
import type { ComputationDeps } from "./computation.js";
import { hourRoutes } from "./hours.js";
import { peopleRoutes } from "./people.js";
import { processingRoutes } from "./processing.js";
import type { RecordRoutesDeps } from "./record-answers.js";
import { sampleRoutes } from "./samples.js";
import { leadToSlash } from "./slashes.js";
import { todoRoutes } from "./todo.js";

export interface TutorialDeps extends ComputationDeps, RecordRoutesDeps {
  /** Classes of the samples, unless a request says. */
  classes: number;
}

export async function tutorialRoutes(app: FastifyInstance, deps: TutorialDeps): Promise<void> {
  processingRoutes(app, deps);
  additionRoutes(app, deps);
  sampleRoutes(app, deps);
  await todoRoutes(app, deps);
  peopleRoutes(app, deps);
  await hourRoutes(app, deps);
  leadToSlash(app, ["/resources/data", "/entry", "/entry/:id"]);
}
