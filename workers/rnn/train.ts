// Training: random sums shown to the network one after the other, and the record of how it got on.
import { InputError } from "../input-error.js";
import { MersenneTwister } from "../random/mt19937.js";
import { KernelLearner } from "./kernel/learner.js";
import { type Dimensions, drawWeights, type Weights } from "./network.js";
import { ErrorCurve, RecentIterations } from "./record.js";

/** What determines a trained network, to the last bit. */
export interface Settings extends Dimensions {
  /** The factor of each update. */
  readonly alpha: number;
  readonly iterations: number;
  /** An integer in [0, 2³²). */
  readonly seed: number;
}

/** One iteration, as the network stood before it. */
export interface LogEntry {
  iteration: number;
  /** Σ |y_t − o_t| over the B bits. */
  error: number;
  a: number;
  b: number;
  predicted: number;
  sum: number;
}

export interface Training {
  weights: Weights;
  /** The generator that the training drew from, for drawing on. */
  generator: MersenneTwister;
  /** The iterations ⌊i·n/10⌋, i = 0 … 9, without repeats. */
  log: LogEntry[];
  /** Means of ⌈n/500⌉ consecutive iterations' errors; of what is left for the last one. */
  errors: number[];
  /** Of the training loop alone. */
  seconds: number;
}

/** How a training is doing after `done` iterations; mean error and share of right sums of the recent ones. */
export interface TrainingProgress {
  done: number;
  error: number;
  accuracy: number;
}

/** Two numbers of one bit less than their sum: integers in [0, 2^(B−1)), a first. */
export function drawPair(generator: MersenneTwister, binaryDim: number): [a: number, b: number] {
  return [generator.integerOfBits(binaryDim - 1), generator.integerOfBits(binaryDim - 1)];
}

/**
 * Trains a network from its seed. `onProgress` is called about once a millisecond. Throws InputError
 * (422, `diverged`) at the first iteration that leaves a weight that is not a finite number.
 */
export function train(settings: Settings, onProgress?: (progress: TrainingProgress) => void): Training {
  const { binaryDim, alpha, iterations, seed } = settings;
  const generator = new MersenneTwister(seed);
  const most = iterationsAtOnce(settings);
  const learner = new KernelLearner(drawWeights(generator, settings), alpha, most);
  const logged = loggedIterations(iterations);
  const log: LogEntry[] = [];
  const curve = new ErrorCurve(iterations);
  const recent = new RecentIterations();
  const start = performance.now();
  for (let done = 0; done < iterations; ) {
    const count = Math.min(most, iterations - done);
    for (let k = 0; k < count; k++) learner.show(k, ...drawPair(generator, binaryDim));
    const learned = learner.learn(count);
    if (learned < count) throw diverged(done + learned, alpha);
    for (let k = 0; k < count; k++) {
      const { a, b, predicted, error } = learner.example(k);
      const iteration = done + k;
      if (logged.has(iteration)) log.push({ iteration, error, a, b, predicted, sum: a + b });
      curve.add(error);
      recent.add(error, predicted === a + b);
    }
    done += count;
    onProgress?.({ done, error: recent.error, accuracy: recent.accuracy });
  }
  const seconds = (performance.now() - start) / 1000;
  return { weights: learner.weights(), generator, log, errors: curve.means(), seconds };
}

function loggedIterations(iterations: number): Set<number> {
  return new Set(Array.from({ length: 10 }, (_, i) => Math.floor((i * iterations) / 10)));
}

/**
 * Iterations between two reports. An iteration's B steps take about H² multiplications three times
 * over, and H + 1 exponentials that cost like sixteen each: 2,000,000 of these are about a millisecond.
 */
function iterationsAtOnce({ binaryDim, hiddenDim }: Dimensions): number {
  const work = binaryDim * (hiddenDim + 16) * (hiddenDim + 1);
  return Math.min(1024, Math.ceil(2_000_000 / work));
}

function diverged(iteration: number, alpha: number): InputError {
  const message = `the weights diverged at iteration ${iteration}: they are no longer finite numbers; try a smaller alpha than ${alpha}`;
  return new InputError({
    status: 422,
    name: "diverged",
    detail: message,
    errors: [{ path: "/alpha", message }],
  });
}
