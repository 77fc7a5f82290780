// The peer in C: the addition network as one writes it down, float64, one thread. gcc -O3 -march=native.
//
// Reads lines "train B H ALPHA ITERATIONS SEED" and "ask PAIRS", the latter for the network trained last. Prints
// the seconds, then what tells whether the answer is right: the sum of all errors and all weights; the right sums.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LANES 8 // partial sums of a dot product, which the compiler may not reorder by itself

static uint32_t state[624];
static int position;

static void seed_generator(uint32_t seed) {
  state[0] = seed;
  for (int i = 1; i < 624; i++) state[i] = 1812433253u * (state[i - 1] ^ (state[i - 1] >> 30)) + i;
  position = 624;
}

static uint32_t next_word(void) {
  if (position == 624) {
    for (int i = 0; i < 624; i++) {
      uint32_t y = (state[i] & 0x80000000u) | (state[(i + 1) % 624] & 0x7fffffffu);
      state[i] = state[(i + 397) % 624] ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfu : 0);
    }
    position = 0;
  }
  uint32_t y = state[position++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}

static double next_double(void) {
  uint32_t high = next_word() >> 5, low = next_word() >> 6;
  return (high * 67108864.0 + low) / 9007199254740992.0;
}

static int B, H;
static double *synapse0, *synapse1, *synapseH, *update0, *update1, *updateH;
static double *hidden, *delta, *next_delta, output[31];

static double *room(size_t count) {
  void *block = aligned_alloc(64, (count * sizeof(double) + 63) / 64 * 64);
  memset(block, 0, count * sizeof(double));
  return block;
}

static void draw(double *synapse, int count) {
  for (int k = 0; k < count; k++) synapse[k] = 2 * next_double() - 1;
}

static void open_network(void) {
  double **all[] = {&synapse0, &synapse1, &synapseH, &update0, &update1, &updateH, &hidden, &delta, &next_delta};
  int sizes[] = {2 * H, H, H * H, 2 * H, H, H * H, (B + 1) * H, H, H};
  for (int k = 0; k < 9; k++) {
    free(*all[k]);
    *all[k] = room(sizes[k]);
  }
  draw(synapse0, 2 * H);
  draw(synapse1, H);
  draw(synapseH, H * H);
}

static double sigmoid(double z) { return 1 / (1 + exp(-z)); }

static int forward(int a, int b) {
  int predicted = 0;
  for (int t = 0; t < B; t++) {
    const double *restrict before = hidden + t * H;
    double *restrict here = hidden + (t + 1) * H;
    double x = (a >> t) & 1, y = (b >> t) & 1;
    for (int j = 0; j < H; j++) here[j] = x * synapse0[j] + y * synapse0[H + j];
    for (int i = 0; i < H; i++) {
      const double *restrict row = synapseH + i * H;
      double h = before[i];
      for (int j = 0; j < H; j++) here[j] += h * row[j];
    }
    double z = 0;
    for (int j = 0; j < H; j++) {
      here[j] = sigmoid(here[j]);
      z += here[j] * synapse1[j];
    }
    output[t] = sigmoid(z);
    if (output[t] > 0.5) predicted |= 1 << t;
  }
  return predicted;
}

static double dot(const double *restrict x, const double *restrict y) {
  double sums[LANES] = {0}, sum = 0;
  int j = 0;
  for (; j + LANES <= H; j += LANES)
    for (int k = 0; k < LANES; k++) sums[k] += x[j + k] * y[j + k];
  for (; j < H; j++) sum += x[j] * y[j];
  for (int k = 0; k < LANES; k++) sum += sums[k];
  return sum;
}

static void add_update(double *restrict synapse, double *restrict update, int count, double alpha) {
  for (int k = 0; k < count; k++) {
    synapse[k] += alpha * update[k];
    update[k] = 0;
  }
}

static double learn(int a, int b, double alpha) {
  forward(a, b);
  int sum = a + b;
  double error = 0;
  memset(next_delta, 0, H * sizeof(double));
  for (int t = B - 1; t >= 0; t--) {
    const double *restrict before = hidden + t * H, *restrict here = hidden + (t + 1) * H;
    double o = output[t], miss = ((sum >> t) & 1) - o, slope = miss * o * (1 - o);
    error += fabs(miss);
    for (int i = 0; i < H; i++) {
      delta[i] = (dot(next_delta, synapseH + i * H) + slope * synapse1[i]) * here[i] * (1 - here[i]);
      update1[i] += here[i] * slope;
    }
    if (t > 0) // before the first step all is 0
      for (int i = 0; i < H; i++) {
        double *restrict row = updateH + i * H, h = before[i];
        const double *restrict d = delta;
        for (int j = 0; j < H; j++) row[j] += h * d[j];
      }
    double x = (a >> t) & 1, y = (b >> t) & 1;
    for (int j = 0; j < H; j++) {
      update0[j] += x * delta[j];
      update0[H + j] += y * delta[j];
    }
    double *spare = delta;
    delta = next_delta;
    next_delta = spare;
  }
  add_update(synapse0, update0, 2 * H, alpha);
  add_update(synapse1, update1, H, alpha);
  add_update(synapseH, updateH, H * H, alpha);
  return error;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static void train(double alpha, int iterations, uint32_t seed) {
  seed_generator(seed);
  open_network();
  uint32_t mask = (1u << (B - 1)) - 1;
  double errors = 0, began = now();
  for (int i = 0; i < iterations; i++) {
    int a = next_word() & mask, b = next_word() & mask;
    errors += learn(a, b, alpha);
  }
  double seconds = now() - began, weights = 0;
  for (int k = 0; k < 2 * H; k++) weights += synapse0[k];
  for (int k = 0; k < H; k++) weights += synapse1[k];
  for (int k = 0; k < H * H; k++) weights += synapseH[k];
  printf("%.9f %.17g %.17g\n", seconds, errors, weights);
}

static void ask(int pairs) {
  uint32_t mask = (1u << (B - 1)) - 1;
  int *numbers = malloc(2 * sizeof(int) * pairs);
  for (int k = 0; k < 2 * pairs; k++) numbers[k] = next_word() & mask;
  int right = 0;
  double began = now();
  for (int k = 0; k < pairs; k++) {
    int a = numbers[2 * k], b = numbers[2 * k + 1];
    right += forward(a, b) == a + b;
  }
  printf("%.9f %d\n", now() - began, right);
  free(numbers);
}

int main(void) {
  char line[256];
  double alpha;
  int count;
  unsigned seed;
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("gcc %s\n", __VERSION__);
  while (fgets(line, sizeof line, stdin))
    if (sscanf(line, "train %d %d %lf %d %u", &B, &H, &alpha, &count, &seed) == 5) train(alpha, count, seed);
    else if (sscanf(line, "ask %d", &count) == 1) ask(count);
  return 0;
}
