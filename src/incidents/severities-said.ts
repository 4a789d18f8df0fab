import { type GivenSeverity, labelOf, type RegisterAct } from "./incident.ts";

/** A severity that a record gave. */
export interface SaidSeverity {
  readonly severity: string;
  readonly entry: number;
}

/**
 * Severities that were said and that the course of an incident shows no more, or not where it begins: those that a correction
 * took away, and the one that was recorded first where one that was recorded later is dated before it. `settled` is the course.
 */
export function severitiesSaid(history: readonly RegisterAct[], settled: readonly GivenSeverity[]): SaidSeverity[] {
  const saidBy = (act: RegisterAct): SaidSeverity[] => {
    const severity = act.known === "open" || act.known === "classify" ? labelOf(act, "severity") : null;
    return severity === null ? [] : [{ severity, entry: act.index }];
  };
  const inOrder = (said: readonly SaidSeverity[]) => [...said].sort((a, b) => a.entry - b.entry);
  const told = new Set(settled.map(({ severity }) => severity));
  const taken = inOrder(history.flatMap(({ replaced }) => replaced.flatMap(saidBy)));
  const [recorded] = inOrder(history.flatMap(saidBy));
  const displaced = recorded !== undefined && settled[0] !== undefined && recorded.severity !== settled[0].severity;
  return [...taken.filter(({ severity }) => !told.has(severity)), ...(displaced ? [recorded] : [])];
}
