/** A place in the evidence that could not be read, as far as that is known. */
export interface Place {
  /** Left out where all are of one source. */
  readonly instance?: string;
  readonly entry?: number;
  /** File and line, row, or JSON path. */
  readonly where?: string;
}

/** Each place once, as it was seen last: however often it was looked at, and however much is wrong with it. */
export function places<P extends Place>(problems: readonly P[]): P[] {
  const once = new Map<string, P>();
  for (const [i, problem] of problems.entries()) {
    const { instance, entry, where } = problem;
    once.set(JSON.stringify(where === undefined ? [instance, entry, i] : [instance, where]), problem);
  }
  return [...once.values()];
}

/** How many places these are: the one number that is told of them, wherever it is told. */
export function countPlaces(problems: readonly Place[]): number {
  return places(problems).length;
}
