/** Order by UTF-16 code units: the same on every machine, unlike an order by locale. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Sorts a copy by these keys, the first one that differs decides. */
export function sortedBy<T>(rows: readonly T[], ...keys: readonly ((row: T) => string | number)[]): T[] {
  return [...rows].sort((a, b) => {
    for (const key of keys) {
      const [x, y] = [key(a), key(b)];
      const order = typeof x === "number" && typeof y === "number" ? x - y : byText(String(x), String(y));
      if (order !== 0) return order;
    }
    return 0;
  });
}

/** Groups in order of first appearance. */
export function groupedBy<T>(rows: Iterable<T>, key: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group) group.push(row);
    else groups.set(key(row), [row]);
  }
  return groups;
}
