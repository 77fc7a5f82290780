// Names of columns, as pandas gives them: empty ones are named after their place, and no two are alike.

/**
 * `header` is the first record. An empty name becomes `Unnamed: 3`; the second `a` becomes `a.1`, skipping
 * names that exist; columns with a name of their own choose before the unnamed.
 */
export function columnNames(header: readonly string[]): string[] {
  const names = header.map((name, index) => (name === "" ? `Unnamed: ${index}` : name));
  const taken = new Set(names);
  /** By name: 0 when no column has it yet, else the number to try next. */
  const next = new Map<string, number>();
  const indices = names.map((_, index) => index);
  const named = indices.filter((index) => header[index] !== "");
  const unnamed = indices.filter((index) => header[index] === "");
  for (const index of [...named, ...unnamed]) {
    const wanted = names[index]!;
    let name = wanted;
    let number = next.get(wanted) ?? 0;
    while (number > 0) {
      next.set(wanted, number + 1);
      name = `${wanted}.${number}`;
      number = taken.has(name) ? number + 1 : (next.get(name) ?? 0);
    }
    names[index] = name;
    taken.add(name);
    next.set(name, number + 1);
  }
  return names;
}
