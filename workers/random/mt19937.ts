// NumPy's legacy random generator (`np.random.seed`, `RandomState`): MT19937 and what it draws.

/** Words of state, and the distance of the recurrence's middle term. */
const N = 624;
const M = 397;
const MATRIX_A = 0x9908b0df;

/**
 * The Mersenne Twister of Matsumoto and Nishimura (1998), seeded with one 32-bit integer by their
 * `init_genrand` of 2002, as `np.random.seed(seed)` does. Every number drawn equals NumPy's bit for bit.
 */
export class MersenneTwister {
  readonly #state = new Uint32Array(N);
  #position = N;

  /** `seed`: an integer in [0, 2³²). */
  constructor(seed: number) {
    const state = this.#state;
    state[0] = seed;
    for (let i = 1; i < N; i++) {
      const previous = state[i - 1]! ^ (state[i - 1]! >>> 30);
      state[i] = Math.imul(1812433253, previous) + i;
    }
  }

  /** The next output: an integer in [0, 2³²). */
  uint32(): number {
    if (this.#position === N) this.#twist();
    let y = this.#state[this.#position++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y >>> 0;
  }

  /** A float in [0, 1) with 53 random bits, from two outputs: `np.random.random()`. */
  float64(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** An integer in [0, 2^bits), 1 ≤ bits ≤ 32, from one output: `np.random.randint(2 ** bits)`. */
  integerOfBits(bits: number): number {
    return (this.uint32() & (0xffffffff >>> (32 - bits))) >>> 0;
  }

  /** Computes the next N words of state. */
  #twist(): void {
    const state = this.#state;
    for (let i = 0; i < N; i++) {
      const y = (state[i]! & 0x80000000) | (state[(i + 1) % N]! & 0x7fffffff);
      state[i] = state[(i + M) % N]! ^ (y >>> 1) ^ (y & 1 ? MATRIX_A : 0);
    }
    this.#position = 0;
  }
}
