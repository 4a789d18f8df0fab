/** Numbers that look random and follow from a word: the same word gives the same numbers on any machine. */
export interface Random {
  /** An integer, both ends included. */
  int(from: number, to: number): number;
  /** True this often, 0 to 1. */
  chance(probability: number): boolean;
  pick<A extends readonly [unknown, ...unknown[]]>(from: A): A[number];
}

/** mulberry32 over FNV-1a of the word. Good for stories, not for secrets. */
export function randomFrom(word: string): Random {
  let state = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(word)) state = Math.imul(state ^ byte, 0x01000193);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (from: number, to: number) => from + Math.floor(next() * (to - from + 1));
  return {
    int,
    chance: (probability) => next() < probability,
    pick: (from) => from[int(0, from.length - 1)],
  };
}
