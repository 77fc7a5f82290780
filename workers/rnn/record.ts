// What a training remembers of its iterations: the error curve, and how the latest ones went.

/** Points of an error curve at most. */
const CURVE_POINTS = 500;

/** The means of each ⌈n/500⌉ consecutive iterations' errors. */
export class ErrorCurve {
  readonly #length: number;
  readonly #means: number[] = [];
  #sum = 0;
  #count = 0;

  constructor(iterations: number) {
    this.#length = Math.ceil(iterations / CURVE_POINTS);
  }

  add(error: number): void {
    this.#sum += error;
    if (++this.#count === this.#length) this.#close();
  }

  /** Ends the curve: its last point may be the mean of fewer iterations. */
  means(): number[] {
    if (this.#count > 0) this.#close();
    return this.#means;
  }

  #close(): void {
    this.#means.push(this.#sum / this.#count);
    this.#sum = 0;
    this.#count = 0;
  }
}

/** As many as give accuracy in whole per cent. */
export const RECENT = 100;

/** Mean error and share of right sums of the latest 100 iterations. */
export class RecentIterations {
  readonly #errors = new Float64Array(RECENT);
  readonly #right = new Uint8Array(RECENT);
  #count = 0;

  add(error: number, right: boolean): void {
    const slot = this.#count++ % RECENT;
    this.#errors[slot] = error;
    this.#right[slot] = right ? 1 : 0;
  }

  get error(): number {
    return this.#errors.reduce((sum, error) => sum + error, 0) / this.#kept;
  }

  get accuracy(): number {
    return this.#right.reduce((sum, right) => sum + right, 0) / this.#kept;
  }

  get #kept(): number {
    return Math.min(this.#count, RECENT);
  }
}
