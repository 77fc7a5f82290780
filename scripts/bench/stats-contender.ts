// Who describes a file, and whether two that did agree: nobody is timed for a wrong answer.

/** By column, then by pandas' name of the figure. A figure that is not there is not one of the contender's. */
export type Figures = Record<string, Record<string, unknown>>;

export interface Contender {
  /** With its version. */
  readonly versions: string;
  /** Describes a file; seconds until the result was complete. */
  describe(path: string): Promise<{ seconds: number; figures: Figures }>;
  close(): Promise<void>;
}

const COUNTS = ["count", "unique", "freq"];
const VALUES = ["min", "25%", "50%", "75%", "max", "std"];
/** Relative. */
const TOLERANCE = 1e-9;

/** Throws when a figure that both have differs, or when they have none in common. */
export function assertAgreement(name: string, theirs: Figures, ours: Figures): void {
  let compared = 0;
  for (const [column, figures] of Object.entries(theirs))
    for (const [figure, value] of Object.entries(figures)) {
      const own = ours[column]?.[figure];
      if (typeof value !== "number" || typeof own !== "number") continue;
      compared++;
      if (Math.abs(value - own) > allowed(figure, own, ours[column]?.std))
        throw new Error(`${figure} of ${column} is ${value} by ${name}, and ${own} by Abacus`);
    }
  if (compared < Object.keys(ours).length) throw new Error(`${name} gave ${compared} figures to compare`);
}

/** The mean of values on both sides of zero is known in terms of their spread. */
function allowed(figure: string, own: number, std: unknown): number {
  if (COUNTS.includes(figure)) return 0;
  if (VALUES.includes(figure)) return TOLERANCE * Math.abs(own);
  return TOLERANCE * Math.max(Math.abs(own), typeof std === "number" ? std : 0);
}
