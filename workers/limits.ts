// The limits that computations keep to. Configuration sets them; these are its defaults.

export interface Limits {
  /** Columns of one table. */
  readonly columns: number;
  /** Bytes of one field. */
  readonly fieldBytes: number;
  /** iterations × binaryDim × hiddenDim² of one training. */
  readonly trainCost: number;
}

export const DEFAULT_LIMITS: Limits = { columns: 20_000, fieldBytes: 1_048_576, trainCost: 1e11 };
