import type { Instant, Interval } from "../lib/time.ts";
import { DECISIONS, type DecisionWord } from "./decision.ts";
import type { EventState } from "./fold.ts";

/** Events counted: of what each source told, how much was decided in which way, and what still waits. */

/** True for an event that was open at any time in the period, or came in during it. */
export function isInPeriod({ when, precision, endsAt, lasting }: EventState, period: Interval, asOf: Instant): boolean {
  if (when >= period.to) return false;
  if (when + precision > period.from) return true;
  if (endsAt === null) return lasting && asOf >= period.from;
  return endsAt > period.from;
}

export type ByDecision = Readonly<Record<DecisionWord, number>>;

/** One source's account. `told` is the sum of `byPerson`, `byRule` and `undecided`, always. */
export interface Account {
  readonly instance: string;
  readonly told: number;
  readonly byPerson: ByDecision;
  readonly byRule: ByDecision;
  readonly undecided: number;
  /** Of all of these, how many somebody has to look at again. */
  readonly again: number;
}

const none = (): Record<DecisionWord, number> =>
  Object.fromEntries(DECISIONS.map((word) => [word, 0])) as Record<DecisionWord, number>;

/** One account for each source that told of anything, or that is named in `able`: by its id. A source that told nothing has an account of nothing. */
export function reconcile(events: Iterable<EventState>, able: Iterable<string> = []): Account[] {
  const blank = () => ({ told: 0, byPerson: none(), byRule: none(), undecided: 0, again: 0 });
  const accounts = new Map([...able].map((instance) => [instance, blank()]));
  for (const { instance, decided, again } of events) {
    const account = accounts.get(instance) ?? blank();
    accounts.set(instance, account);
    account.told++;
    if (again.length > 0) account.again++;
    if (decided === undefined) account.undecided++;
    else (decided.by.type === "rule" ? account.byRule : account.byPerson)[decided.decision]++;
  }
  return [...accounts]
    .map(([instance, account]) => ({ instance, ...account }))
    .sort((a, b) => (a.instance < b.instance ? -1 : 1));
}

/** Undecided events of one severity. */
export interface Backlog {
  /** In the source's own word; null where it gives none. */
  readonly severity: string | null;
  readonly count: number;
  readonly oldest: EventState;
  /** Of the oldest, in milliseconds. */
  readonly age: number;
}

/** What nobody has decided yet, by severity, whatever has waited longest first. */
export function backlogOf(events: Iterable<EventState>): Backlog[] {
  const found = new Map<string | null, { count: number; oldest: EventState; age: number }>();
  for (const event of events) {
    const { severity, age } = event;
    if (age === undefined) continue;
    const own = found.get(severity);
    if (own === undefined) found.set(severity, { count: 1, oldest: event, age });
    else {
      own.count++;
      if (event.when < own.oldest.when) Object.assign(own, { oldest: event, age });
    }
  }
  return [...found]
    .map(([severity, own]) => ({ severity, ...own }))
    .sort((a, b) => b.age - a.age || ((a.severity ?? "") < (b.severity ?? "") ? -1 : 1));
}
