// The accounts' shares in the deliveries under way, so that receivers that hang do not hold up other accounts'.

/** How much the last delivery of an account counts in the average of how long its deliveries take. */
const WEIGHT = 0.3;
/** For how long one is put off; milliseconds. */
const LEAST = 50;
const MOST = 60_000;

interface Share {
  /** When those that are under way began. */
  readonly began: Set<{ at: number }>;
  /** How long one takes; milliseconds. */
  average: number;
  /** When the last of those that were put off returns. */
  lineEnd: number;
}

/**
 * At most `most` of each account are under way in this process. One more is put off for as long as the account's line
 * is likely to need to get that far, so that thousands do not return all the time to find no room. Times are
 * milliseconds.
 */
export class Shares {
  private readonly most: number;
  private readonly shares = new Map<string, Share>();

  constructor(most: number) {
    this.most = most;
  }

  /** For one that may begin what is to be called at its end, for another the time for which it is to be put off. */
  begin(account: string, now = performance.now()): ((now?: number) => void) | number {
    const share = this.shares.get(account) ?? { began: new Set(), average: 0, lineEnd: now };
    this.shares.set(account, share);
    if (share.began.size >= this.most) return this.putOff(share, now);
    const entry = { at: now };
    share.began.add(entry);
    return (end = performance.now()) => {
      share.began.delete(entry);
      share.average += WEIGHT * (end - entry.at - share.average);
      if (share.began.size === 0) this.shares.delete(account);
    };
  }

  private putOff(share: Share, now: number): number {
    const ages = [...share.began].map(({ at }) => now - at);
    const meanAge = ages.reduce((sum, age) => sum + age, 0) / ages.length;
    // those that hang have told nothing yet but that they take longer than they have taken
    const each = Math.max(share.average, meanAge) / this.most;
    share.lineEnd = Math.min(Math.max(share.lineEnd, now) + each, now + MOST);
    return Math.max(LEAST, share.lineEnd - now);
  }
}
