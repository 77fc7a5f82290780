/* A peer of column statistics: a plain reader of numbers in C, in one thread. No quotes, no texts, no types.
   Says its version; then, for each line with a path: "done" when all is computed, and the figures by column. */
#include <fcntl.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
  const char *name;
  size_t name_length, count, capacity;
  double *values;
  double mean, std, min, max, quartiles[3];
} Column;

static void die(const char *what) {
  fprintf(stderr, "stats-c: %s\n", what);
  exit(1);
}

/* Exact in 64 bits of mantissa: 5^27 < 2^64. */
static long double powers[28];

/* A field that ends in ',', '\n' or 0; moves *at to its end.
   A mantissa of up to 19 digits times or by an exact power of ten is rounded correctly to 64 bits; rounding that to
   53 is correct too, unless the 11 bits in between are next to a half. Then, and for other exponents: strtod. */
static double number(const char **at) {
  const char *start = *at, *p = start;
  int negative = *p == '-';
  p += negative || *p == '+';
  uint64_t mantissa = 0;
  int digits = 0, exponent = 0;
  for (; (unsigned)(*p - '0') < 10; p++, digits++) mantissa = mantissa * 10 + (unsigned)(*p - '0');
  if (*p == '.')
    for (p++; (unsigned)(*p - '0') < 10; p++, digits++, exponent--) mantissa = mantissa * 10 + (unsigned)(*p - '0');
  if (digits == 0) die("not a number");
  if (*p == 'e' || *p == 'E') {
    int sign = p[1] == '-', written = 0;
    for (p += 1 + (sign || p[1] == '+'); (unsigned)(*p - '0') < 10; p++)
      if (written < 10000) written = written * 10 + (*p - '0');
    exponent += sign ? -written : written;
  }
  if (*p != ',' && *p != '\n' && *p != 0) die("not a number");
  *at = p;
  if (digits <= 19 && exponent >= -27 && exponent <= 27) {
    if (mantissa < 1ull << 53 && exponent >= -22 && exponent <= 0) {
      double value = (double)mantissa / (double)powers[-exponent];
      return negative ? -value : value;
    }
    long double wide = mantissa;
    wide = exponent < 0 ? wide / powers[-exponent] : wide * powers[exponent];
    uint64_t bits;
    memcpy(&bits, &wide, sizeof bits);
    unsigned tail = bits & 0x7ff;
    if (tail < 0x3ff || tail > 0x401) return negative ? -(double)wide : (double)wide;
  }
  return strtod(start, NULL);
}

static void push(Column *column, double value) {
  if (column->count == column->capacity) {
    column->capacity = column->capacity ? column->capacity * 2 : 1024;
    column->values = realloc(column->values, column->capacity * sizeof(double));
    if (!column->values) die("no memory");
  }
  column->values[column->count++] = value;
}

/* Hoare's: afterwards values[k] is the one that sorting would put there, none before it is larger, none after less. */
static void quickselect(double *values, ptrdiff_t low, ptrdiff_t high, ptrdiff_t k) {
  while (low < high) {
    double a = values[low], b = values[low + (high - low) / 2], c = values[high];
    double pivot = a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
    ptrdiff_t i = low, j = high;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (pivot < values[j]) j--;
      if (i <= j) {
        double swap = values[i];
        values[i++] = values[j];
        values[j--] = swap;
      }
    }
    if (k <= j) high = j;
    else if (k >= i) low = i;
    else return;
  }
}

static void describe(Column *column) {
  ptrdiff_t n = (ptrdiff_t)column->count;
  double *values = column->values;
  if (n == 0) return;
  double sums[4] = {0}, squares[4] = {0}, min = values[0], max = values[0];
  for (ptrdiff_t i = 0; i < n; i++) {
    sums[i & 3] += values[i];
    min = values[i] < min ? values[i] : min;
    max = values[i] > max ? values[i] : max;
  }
  double mean = (sums[0] + sums[1] + sums[2] + sums[3]) / n;
  for (ptrdiff_t i = 0; i < n; i++) squares[i & 3] += (values[i] - mean) * (values[i] - mean);
  column->mean = mean;
  column->std = sqrt((squares[0] + squares[1] + squares[2] + squares[3]) / (n - 1));
  column->min = min;
  column->max = max;
  /* the middle first: it bounds the others */
  ptrdiff_t half = (n - 1) / 2;
  for (int turn = 0; turn < 3; turn++) {
    int quartile = (int[]){1, 0, 2}[turn];
    double place = (n - 1) * 0.25 * (quartile + 1);
    ptrdiff_t k = (ptrdiff_t)place;
    quickselect(values, turn == 2 ? half : 0, turn == 1 ? half : n - 1, k);
    double value = values[k];
    if (place > k) {
      double next = values[k + 1];
      for (ptrdiff_t i = k + 2; i < n; i++) next = values[i] < next ? values[i] : next;
      value += (next - value) * (place - k);
    }
    column->quartiles[quartile] = value;
  }
}

int main(void) {
  powers[0] = 1;
  for (int i = 1; i < 28; i++) powers[i] = powers[i - 1] * 10;
  printf("gcc %s\n", __VERSION__);
  fflush(stdout);

  char path[4096];
  char *text = NULL;
  size_t capacity = 0;
  while (fgets(path, sizeof path, stdin)) {
    path[strcspn(path, "\n")] = 0;
    int file = open(path, O_RDONLY);
    struct stat status;
    if (file < 0 || fstat(file, &status) < 0) die("cannot be read");
    size_t size = (size_t)status.st_size;
    if (size + 1 > capacity) text = realloc(text, capacity = size + 1);
    if (!text) die("no memory");
    for (size_t got = 0; got < size;) {
      ssize_t some = read(file, text + got, size - got);
      if (some <= 0) die("cannot be read");
      got += (size_t)some;
    }
    close(file);
    text[size] = 0;

    size_t columns_count = 1;
    for (const char *p = text; *p && *p != '\n'; p++) columns_count += *p == ',';
    Column *columns = calloc(columns_count, sizeof(Column));
    const char *p = text;
    for (size_t i = 0; i < columns_count; i++, p++) {
      columns[i].name = p;
      columns[i].name_length = strcspn(p, ",\n");
      p += columns[i].name_length;
    }
    while (*p)
      for (size_t i = 0; i < columns_count; i++) {
        if (*p != ',' && *p != '\n') push(&columns[i], number(&p));
        if (*p != (i + 1 < columns_count ? ',' : '\n')) die("a record has another number of fields");
        p++;
      }
    for (size_t i = 0; i < columns_count; i++) describe(&columns[i]);
    puts("done");
    fflush(stdout);

    for (size_t i = 0; i < columns_count; i++) {
      Column *c = &columns[i];
      printf("%c\"%.*s\":{\"count\":%zu,\"mean\":%.17g,\"std\":%.17g,\"min\":%.17g,\"max\":%.17g,", i ? ',' : '{',
             (int)c->name_length, c->name, c->count, c->mean, c->std, c->min, c->max);
      printf("\"25%%\":%.17g,\"50%%\":%.17g,\"75%%\":%.17g}", c->quartiles[0], c->quartiles[1], c->quartiles[2]);
      free(c->values);
    }
    puts("}");
    fflush(stdout);
    free(columns);
  }
}
