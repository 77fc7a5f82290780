// The most frequent of many values.

export interface Top<Value> {
  value: Value;
  count: number;
  /** Where it stands in the order of first sight. */
  rank: number;
}

/** Keeps the `most` values of the highest counts, of equal ones those that were seen first. */
export class Tops<Value> {
  private readonly most: number;
  private readonly kept: Top<Value>[] = [];

  constructor(most: number) {
    this.most = most;
  }

  /** Whether a value of this count and rank is among them so far. */
  takes(count: number, rank: number): boolean {
    if (this.kept.length < this.most) return true;
    const last = this.kept[this.most - 1]!;
    return count > last.count || (count === last.count && rank < last.rank);
  }

  add(value: Value, count: number, rank: number): void {
    let at = this.kept.length;
    while (at > 0 && isBehind(this.kept[at - 1]!, count, rank)) at--;
    this.kept.splice(at, 0, { value, count, rank });
    if (this.kept.length > this.most) this.kept.pop();
  }

  /** The most frequent first. */
  sorted(): Top<Value>[] {
    return this.kept;
  }
}

function isBehind(top: { count: number; rank: number }, count: number, rank: number): boolean {
  return top.count < count || (top.count === count && top.rank > rank);
}
