// The most frequent of more texts than fit the memory, with a bound of their counts' error that always holds.

/** Texts that are kept: no count is wrong by more than the number of all values divided by it. */
const CAPACITY = 4096;

/** Different texts with their hashes and counts. */
export interface CountedTexts {
  hashes: ArrayLike<number>;
  counts: ArrayLike<number>;
  textAt(at: number): Uint8Array;
}

/** As it moves from thread to thread. */
export interface PackedFrequent {
  uncertainty: number;
  hashes: number[];
  counts: number[];
  texts: Uint8Array[];
}

interface Kept {
  text: Uint8Array;
  hash: number;
  count: number;
}

/**
 * Misra and Gries' summary (Finding repeated elements, 1982), which can be merged as Agarwal and others (Mergeable
 * Summaries, 2012) show: when there are more texts than it keeps, all counts fall by the greatest of those that go.
 */
export class FrequentTexts {
  /** By how much counts may be too low. */
  uncertainty = 0;
  /** By hash: few texts share one. */
  private readonly byHash = new Map<number, Kept[]>();
  private size = 0;

  add(texts: CountedTexts): void {
    const { hashes, counts } = texts;
    const strangers: number[] = [];
    for (let at = 0; at < hashes.length; at++) {
      const same = this.byHash.get(hashes[at]!);
      const known = same?.find(({ text }) => equal(text, texts.textAt(at)));
      if (known) known.count += counts[at]!;
      else strangers.push(at);
    }
    const lost = this.excess(strangers.map((at) => counts[at]!));
    if (lost > 0) this.lower(lost);
    for (const at of strangers)
      if (counts[at]! > lost) this.keep(texts.textAt(at), hashes[at]!, counts[at]! - lost);
  }

  merge({ uncertainty, hashes, counts, texts }: PackedFrequent): void {
    this.uncertainty += uncertainty;
    this.add({ hashes, counts, textAt: (at) => texts[at]! });
  }

  pack(): PackedFrequent {
    const kept = this.top(Number.POSITIVE_INFINITY);
    return {
      uncertainty: this.uncertainty,
      hashes: kept.map(({ hash }) => hash),
      counts: kept.map(({ count }) => count),
      texts: kept.map(({ text }) => text),
    };
  }

  /** The most frequent ones. */
  top(most: number): Kept[] {
    return [...this.byHash.values()]
      .flat()
      .sort((a, b) => b.count - a.count)
      .slice(0, most);
  }

  /** The greatest count that has no place beside greater ones; 0 when all have one. */
  private excess(counts: number[]): number {
    if (this.size + counts.length <= CAPACITY) return 0;
    const all = Float64Array.from([
      ...this.top(Number.POSITIVE_INFINITY).map(({ count }) => count),
      ...counts,
    ]);
    return all.sort()[all.length - CAPACITY - 1]!;
  }

  private lower(lost: number): void {
    this.uncertainty += lost;
    for (const [hash, same] of this.byHash) {
      const left = same.filter((kept) => {
        kept.count -= lost;
        return kept.count > 0;
      });
      this.size -= same.length - left.length;
      if (left.length > 0) this.byHash.set(hash, left);
      else this.byHash.delete(hash);
    }
  }

  private keep(text: Uint8Array, hash: number, count: number): void {
    const kept = { text: text.slice(), hash, count };
    this.size++;
    const same = this.byHash.get(hash);
    if (same) same.push(kept);
    else this.byHash.set(hash, [kept]);
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}
