// The registry: every job type that this service knows, a line each.
import { rnnAdd } from "./jobs/rnn-add.js";
import { rnnTrain } from "./jobs/rnn-train.js";
import { samples } from "./jobs/samples.js";
import { stats } from "./jobs/stats.js";

export const jobTypes = [stats, rnnTrain, rnnAdd, samples] as const;
