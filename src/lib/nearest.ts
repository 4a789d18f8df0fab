/** The known word that a mistyped one most likely means; undefined when none is close. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: { word: string; distance: number } | undefined;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (best === undefined || distance < best.distance) best = { word: candidate, distance };
  }
  return best !== undefined && best.distance <= Math.max(2, Math.floor(word.length / 3)) ? best.word : undefined;
}

/** What to add to a message about a mistyped word; empty when no known word is close. */
export function didYouMean(word: string, known: readonly string[]): string {
  const hint = nearest(word, known);
  return hint === undefined ? "" : `; did you mean "${hint}"?`;
}

/** The known word that this one is with a letter or two wrong; undefined where it may well be a word of its own. */
export function misspelt(word: string, known: readonly string[]): string | undefined {
  if (word.length < 5 || known.some((one) => one.toLowerCase() === word.toLowerCase())) return undefined;
  const allowed = word.length < 8 ? 1 : 2;
  return known.find((one) => editDistance(word.toLowerCase(), one.toLowerCase()) <= allowed);
}

/** Levenshtein; inputs are keys and names, so quadratic time is no concern once they are cut. */
function editDistance(a: string, b: string): number {
  const [s, t] = [a.slice(0, 100), b.slice(0, 100)];
  let row = Array.from({ length: t.length + 1 }, (_, i) => i);
  for (let i = 1; i <= s.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= t.length; j += 1) {
      next[j] = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (s[i - 1] === t[j - 1] ? 0 : 1),
      );
    }
    row = next;
  }
  return row[t.length] ?? 0;
}
