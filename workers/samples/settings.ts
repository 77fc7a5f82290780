// What determines a set of samples, to the last bit: the parameters of scikit-learn's `make_classification`.

export interface Settings {
  readonly samples: number;
  readonly features: number;
  readonly informative: number;
  readonly redundant: number;
  readonly repeated: number;
  readonly classes: number;
  readonly clustersPerClass: number;
  /** Shares of the classes; the last one's may be left out. `null`: equal shares. */
  readonly weights: readonly number[] | null;
  /** The share of samples whose class is drawn anew. Below 0 nothing is drawn for that. */
  readonly flipY: number;
  readonly classSep: number;
  readonly hypercube: boolean;
  /** For all features, or for each. `null`: drawn. */
  readonly shift: number | readonly number[] | null;
  readonly scale: number | readonly number[] | null;
  readonly shuffle: boolean;
  /** An integer in [0, 2³²). */
  readonly seed: number;
}

/** scikit-learn's, but for the seed, of which it has none. */
export const DEFAULTS: Settings = {
  samples: 100,
  features: 20,
  informative: 2,
  redundant: 2,
  repeated: 0,
  classes: 2,
  clustersPerClass: 2,
  weights: null,
  flipY: 0.01,
  classSep: 1,
  hypercube: true,
  shift: 0,
  scale: 1,
  shuffle: true,
  seed: 0,
};

/** How many clusters there are. */
export const clustersOf = ({ classes, clustersPerClass }: Settings): number => classes * clustersPerClass;
