/**
 * A pure reading of texts that reads each of the last few once in a process. What it gives is shared, and therefore frozen all
 * through; what is thrown is not kept.
 */
export function readOnce<T>(read: (text: string) => T, texts = 8): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const found = frozen(read(text));
    known.set(text, found);
    for (const oldest of known.keys()) {
      if (known.size <= texts) break;
      known.delete(oldest);
    }
    return found;
  };
}

function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) frozen(inner);
  }
  return value;
}
