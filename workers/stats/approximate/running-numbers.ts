// A column of more numbers than fit the memory: exact sums, and a sketch of their quantiles.
import type { Address, Kernel } from "../kernel/kernel.js";
import { type CentralSums, centralSums, joinSums, readSums } from "../kernel/sums.js";
import { type PackedQuantiles, QuantileSketch } from "./quantile-sketch.js";
import { type ApproximateTexts, RunningTexts } from "./running-texts.js";

/** What is known of such a column's part, as it moves from thread to thread. */
export interface ApproximateNumbers {
  sums: CentralSums;
  quantiles: PackedQuantiles;
  zeros: number;
  negatives: number;
  /** At the full level: the numbers as texts of eight bytes. */
  values: ApproximateTexts | undefined;
  /** Numbers that may be nulls, which is known at the end, and how often each was seen. */
  aside: [value: number, count: number][];
}

/** Collects them while a part is read. */
export class RunningNumbers {
  private readonly kernel: Kernel;
  private readonly nullNumbers: ReadonlySet<number>;
  private readonly sketch: QuantileSketch;
  private readonly figures: Address;
  private zeros = 0;
  private negatives = 0;
  private readonly aside = new Map<number, number>();
  private seen = 0;
  /** At the full level: the different numbers, in the kernel's memory. */
  private readonly texts: Address | undefined;
  private readonly values: RunningTexts | undefined;

  /**
   * `scratch`: room in the kernel's memory. `about`: a number where many are. `textBytes`: what the different numbers may take;
   * none are kept when undefined.
   */
  constructor(
    kernel: Kernel,
    scratch: Address,
    about: number,
    nullNumbers: ReadonlySet<number>,
    textBytes: number | undefined,
  ) {
    this.figures = kernel.exports.openFigures(about, 4, 0);
    if (textBytes !== undefined) {
      this.texts = kernel.exports.newTexts();
      this.values = new RunningTexts(kernel, this.texts, textBytes);
    }
    this.kernel = kernel;
    this.nullNumbers = nullNumbers;
    this.sketch = new QuantileSketch((values) => {
      kernel.doubles(scratch, values.length).set(values);
      kernel.exports.sortNumbers(scratch, values.length);
      values.set(kernel.doubles(scratch, values.length));
    });
  }

  /** Bytes outside of the kernel's memory. */
  get memory(): number {
    return this.sketch.memory;
  }

  /** Takes the numbers at `from`, in the kernel's memory; they may be rearranged. */
  add(from: Address, length: number): void {
    const values = this.kernel.doubles(from, length);
    const count = this.nullNumbers.size > 0 ? this.setAside(values) : length;
    if (count === 0) return;
    const { exports } = this.kernel;
    const kept = values.subarray(0, count);
    exports.addNumbers(this.figures, from, count);
    this.sketch.add(kept);
    for (let at = 0; at < count; at++) {
      const value = kept[at]!;
      if (value === 0) this.zeros++;
      else if (value < 0) this.negatives++;
    }
    if (this.texts === undefined) return;
    exports.addDoubles(this.texts, from, count, this.seen, 0, 0);
    this.seen += count;
    this.values!.fit();
  }

  pack(): ApproximateNumbers {
    const { sketch, zeros, negatives } = this;
    const sums = readSums(this.kernel, this.figures, sketch.count);
    return {
      sums: centralSums(sums),
      quantiles: sketch.pack(),
      zeros,
      negatives,
      values: this.values?.pack(),
      aside: [...this.aside],
    };
  }

  /** Moves the others to the front and answers how many there are. */
  private setAside(values: Float64Array): number {
    let kept = 0;
    for (const value of values)
      if (this.nullNumbers.has(value)) this.aside.set(value, (this.aside.get(value) ?? 0) + 1);
      else values[kept++] = value;
    return kept;
  }
}

/** The same of numbers that are all equal. */
export function repeated(value: number, count: number): Joinable {
  const sketch = new QuantileSketch();
  const block = new Float64Array(Math.min(count, 65_536)).fill(value);
  for (let left = count; left > 0; left -= block.length) sketch.add(block.subarray(0, left));
  const sums = { count, min: value, max: value, sum: value * count, rest: 0, mean: value, meanRest: 0 };
  return {
    sums: { ...sums, squares: 0, cubes: 0, fourths: 0 },
    quantiles: sketch.pack(),
    zeros: value === 0 ? count : 0,
    negatives: value < 0 ? count : 0,
    aside: [],
  };
}

type Joinable = Omit<ApproximateNumbers, "values">;

/** Joins what is known of a column's parts, but for their different values. */
export function joinNumbers(parts: readonly Joinable[]): Joinable {
  const sketch = new QuantileSketch();
  let [{ sums, zeros, negatives }] = parts as [Joinable];
  const aside = new Map<number, number>();
  for (const [at, part] of parts.entries()) {
    sketch.merge(QuantileSketch.unpack(part.quantiles));
    for (const [value, count] of part.aside) aside.set(value, (aside.get(value) ?? 0) + count);
    if (at === 0) continue;
    sums = joinSums(sums, part.sums);
    zeros += part.zeros;
    negatives += part.negatives;
  }
  return { sums, quantiles: sketch.pack(), zeros, negatives, aside: [...aside] };
}
