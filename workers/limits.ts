// The limits that computations keep to. Configuration sets them; these are its defaults.

export interface Limits {
  /** Bytes of an upload, and of what a packed one unpacks to. */
  readonly uploadBytes: number;
  /** Columns of one table. */
  readonly columns: number;
  /** Bytes of one field. */
  readonly fieldBytes: number;
  /** iterations × binaryDim × hiddenDim² of one training. */
  readonly trainCost: number;
  /** samples × features of one set of samples. */
  readonly sampleCells: number;
}

export const DEFAULT_LIMITS: Limits = {
  uploadBytes: 4 * 2 ** 30,
  columns: 20_000,
  fieldBytes: 1_048_576,
  trainCost: 1e11,
  sampleCells: 10_000_000,
};
