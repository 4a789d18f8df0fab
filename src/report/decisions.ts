import { bulkOf } from "../events/bulk.ts";
import { DECISIONS, type Decision, type DecisionWord, deciderInWords } from "../events/decision.ts";
import type { EventState } from "../events/fold.ts";
import { backlogOf, isInPeriod, reconcile } from "../events/reconcile.ts";
import { type BoundRule, ruleKey, standingOfRule } from "../events/rules.ts";
import { isProven } from "../evidence/proof.ts";
import { OWN_REGISTER } from "../incidents/register.ts";
import { type Instant, type Interval, iso } from "../lib/time.ts";
import type { EventsInput } from "./cases-input.ts";
import { clean, cleanOrNull } from "./clean.ts";
import { isoOrNull } from "./coverage.ts";
import type {
  ByDecision,
  ChangedRow,
  DecisionRow,
  EventDecisions,
  IntakeRuleRow,
  LagRow,
  UndecidedRow,
} from "./decisions-shape.ts";
import type { ReportInput } from "./input.ts";
import { byText, groupedBy, sortedBy } from "./order.ts";
import { sheetTime } from "./sheet-timeline.ts";

/** What was decided about the events of a period: by whom or by which rule, how soon, and what still waits. */

/** Rows of a list in the report; how many there are is always said, and each event is in the evidence. */
const LISTED = 5_000;

const none = (): Record<DecisionWord, number> =>
  Object.fromEntries(DECISIONS.map((word) => [word, 0])) as Record<DecisionWord, number>;

const EMPTY: EventDecisions = {
  events: 0,
  known: false,
  sources: [],
  people: [],
  lags: [],
  rules: [],
  decisions: [],
  decidedByPeople: 0,
  undecided: [],
  undecidedTotal: 0,
  backlog: [],
  changed: [],
  repeated: 0,
  again: [],
  bulk: { burst: null, late: null, bursts: [], lateShare: null, together: 0, each: 0, median: null },
  troubles: [],
};

/** `able` are the sources that could have told of an event. */
export function decisionsOf(
  { events: given, period, asOf }: Pick<ReportInput, "events" | "period" | "asOf">,
  able: readonly string[],
): EventDecisions {
  if (given === undefined) return EMPTY;
  const { log, names, limits, troubles } = given;
  const events = log.events.filter((event) => isInPeriod(event, period, asOf));
  const byPeople = events.filter(({ decided }) => decided?.by.type === "person");
  const waiting = events.filter(({ decided }) => decided === undefined);
  const together = byPeople.filter(({ decided }) => (decided?.together ?? 1) > 1);
  const bulk = bulkOf(log.events, limits, period);
  const changed = events.flatMap((event) => changedRows(event, names));
  const mine = new Set(events.map(({ event }) => event));
  return {
    events: events.length,
    known: true,
    sources: reconcile(events, able).map((account) => ({ ...account, instance: clean(account.instance) })),
    people: peopleOf(byPeople, names),
    lags: lagsOf(events),
    rules: ruleRows(given, events, period, asOf),
    decisions: byPeople.slice(0, LISTED).map((event) => decisionRow(event, event.decided as Decision, names)),
    decidedByPeople: byPeople.length,
    undecided: waiting.slice(0, LISTED).map(undecidedRow),
    undecidedTotal: waiting.length,
    backlog: backlogOf(waiting).map(({ severity, count, oldest, age }) => ({
      severity: cleanOrNull(severity),
      count,
      oldest: iso(oldest.when),
      age,
    })),
    changed: changed.filter((row) => !row.same).map(({ same: _, ...row }) => row),
    repeated: changed.filter(({ same }) => same).length,
    again: events
      .filter(({ again, decided }) => decided !== undefined && again.length > 0)
      .slice(0, LISTED)
      .map(({ event, instance, again }) => ({
        event: clean(event),
        instance: clean(instance),
        why: again.map((why) => clean(why)),
      })),
    bulk: {
      burst: limits.burst ?? null,
      late: limits.late ?? null,
      bursts: bulk.bursts.map(({ by, from, to, ...rest }) => ({
        ...rest,
        by: clean(names.get(by) ?? by, 120),
        from: iso(from),
        to: iso(to),
        entries: [...rest.entries],
      })),
      lateShare: bulk.late === undefined ? null : { ...bulk.late, from: iso(bulk.late.from) },
      together: together.length,
      each: together.filter(({ decided }) => decided?.each).length,
      median: middleOf(exactLags(together)),
    },
    troubles: sortedBy(
      // Of what concerns an event, only that of the period; of what concerns none, everything.
      troubles.filter(({ event }) => event === undefined || mine.has(event)),
      ({ index }) => index,
      ({ words }) => words,
    ).map(({ index, words }) => ({ entry: index, text: clean(words, 600) })),
  };
}

const isProvenPerson = ({ by }: Decision): boolean =>
  by.type === "person" && isProven({ type: "person", ...(by.auth === undefined ? {} : { auth: by.auth as "token" }) });

function peopleOf(events: readonly EventState[], names: ReadonlyMap<string, string>): EventDecisions["people"] {
  const groups = groupedBy(events, ({ decided }) => (decided?.by.type === "person" ? decided.by.id : ""));
  const rows = [...groups].map(([id, of]) => {
    const decisions: Record<DecisionWord, number> = none();
    for (const { decided } of of) if (decided !== undefined) decisions[decided.decision] += 1;
    return {
      name: clean(names.get(id) ?? id, 120),
      decisions: decisions as ByDecision,
      unproven: of.filter(({ decided }) => decided !== undefined && !isProvenPerson(decided)).length,
    };
  });
  return sortedBy(rows, ({ name }) => name);
}

/** How long each waited until it was decided, the shortest first, as far as that is known exactly. */
const exactLags = (events: readonly EventState[]): number[] =>
  events.flatMap(({ lag }) => (lag !== undefined && lag.least === lag.most ? [lag.least] : [])).sort((a, b) => a - b);

const middleOf = (sorted: readonly number[]): number | null => sorted[Math.floor(sorted.length / 2)] ?? null;

function lagsOf(events: readonly EventState[]): LagRow[] {
  const decided = events.filter((event) => event.decided !== undefined);
  const groups = groupedBy(decided, ({ kind, decided: one }) => JSON.stringify([kind, one?.by.type ?? ""]));
  const rows = [...groups].map(([key, of]): LagRow => {
    const [kind, by] = JSON.parse(key) as [string, LagRow["by"]];
    const exact = exactLags(of);
    const at = (place: number) => exact[Math.min(place, exact.length - 1)] ?? null;
    return {
      kind,
      by,
      exact: exact.length,
      inexact: of.length - exact.length,
      median: middleOf(exact),
      p90: at(Math.ceil(exact.length * 0.9) - 1),
      worst: exact.at(-1) ?? null,
    };
  });
  return sortedBy(
    rows,
    ({ kind }) => kind,
    ({ by }) => by,
  );
}

/** The rules that bound at any time of the period, or decided about one of its events. */
function ruleRows(
  { rules, log }: EventsInput,
  events: readonly EventState[],
  period: Interval,
  asOf: Instant,
): IntakeRuleRow[] {
  const decided = new Map<string, { readonly bound: BoundRule; count: number }>();
  for (const { decided: one } of events) {
    if (one?.by.type !== "rule") continue;
    const { bound } = one.by;
    const known = decided.get(ruleKey(bound));
    if (known === undefined) decided.set(ruleKey(bound), { bound, count: 1 });
    else known.count += 1;
  }
  const now = new Map(rules.at(asOf).map((bound) => [ruleKey(bound), bound]));
  const starts = [
    period.from,
    ...rules.sets.map(({ start }) => start).filter((at) => at > period.from && at < period.to),
  ];
  const held = starts
    .flatMap((at) => rules.at(at))
    .filter(({ from, until }) => from === undefined || (from < period.to && until > period.from));
  const all = new Map([
    ...held.map((bound) => [ruleKey(bound), bound] as const),
    ...[...decided].map(([key, { bound }]) => [key, bound] as const),
    ...[...log.uses].flatMap(([key, { bound }]) => (decided.has(key) ? [[key, bound] as const] : [])),
  ]);
  const rows = [...all].map(([key, bound]): IntakeRuleRow => {
    const { rule, set, from, until } = bound;
    return {
      id: clean(rule.id),
      version: clean(rule.version),
      decision: rule.decision,
      reason: clean(rule.reason, 700),
      owner: clean(rule.owner),
      approvedBy: cleanOrNull(rule.approvedBy),
      from: isoOrNull(from),
      until: iso(until),
      reviewed: cleanOrNull(rule.reviewedAt),
      policy: clean(set.policy),
      entry: set.entry,
      standing: now.has(key) ? standingOfRule(bound, asOf) : "replaced",
      decided: decided.get(key)?.count ?? 0,
    };
  });
  return sortedBy(
    rows,
    ({ id }) => id,
    ({ entry }) => entry,
    ({ version }) => version,
  );
}

function decisionRow(event: EventState, decided: Decision, names: ReadonlyMap<string, string>): DecisionRow {
  const { at, precision, decision, incident, duplicateOf, reason, together, each, index, logged } = decided;
  return {
    ...named(event),
    began: sheetTime(event.when, event.precision),
    decision,
    incident: cleanOrNull(incident),
    duplicateOf: cleanOrNull(duplicateOf),
    decided: sheetTime(at, precision),
    by: clean(deciderInWords(decided, names), 120),
    proven: isProvenPerson(decided),
    reason: cleanOrNull(reason),
    together,
    each,
    entry: index ?? null,
    logged: isoOrNull(logged),
  };
}

const named = ({ event, instance, title }: EventState) => ({
  event: clean(event),
  instance: clean(instance),
  title: clean(title, 200),
});

function undecidedRow(event: EventState): UndecidedRow {
  const { id, severity, when, precision, age = 0, again, wordings, newest } = event;
  return {
    ...named(event),
    id: clean(id, 120),
    severity: cleanOrNull(severity),
    began: sheetTime(when, precision),
    age,
    why: again.map((why) => clean(why)),
    entry: wordings[0]?.seen.entry ?? newest.entry,
  };
}

/** Each decision that was replaced, with the one that was recorded next, and whether that says the same. */
function changedRows(
  { event, instance, past }: EventState,
  names: ReadonlyMap<string, string>,
): (ChangedRow & { readonly same: boolean })[] {
  const counting = past.filter((one) => one.void === undefined);
  return counting.flatMap((one, i) => {
    if (one.supersededAt === undefined) return [];
    const next = counting[i + 1];
    return [
      {
        event: clean(event),
        instance: clean(instance),
        was: one.decision,
        wasEntry: one.index ?? null,
        became: next?.decision ?? null,
        becameEntry: next?.index ?? null,
        at: iso(one.supersededAt),
        by: next === undefined ? null : clean(deciderInWords(next, names), 120),
        reason: cleanOrNull(next?.reason),
        corrected: one.corrected,
        same: next?.decision === one.decision && next.incident === one.incident && next.duplicateOf === one.duplicateOf,
      },
    ];
  });
}

/** The sources that can tell of alerts, and our own register of reports where it has one. */
export function eventSources(input: Pick<ReportInput, "history" | "about" | "events">): string[] {
  const able = [...input.history.instances.values()]
    .filter(({ record }) => input.about(record.use)?.facts.includes("alert"))
    .map(({ id }) => id);
  const reports = (input.events?.log.reports.length ?? 0) > 0 ? [OWN_REGISTER] : [];
  return [...able, ...reports].sort(byText);
}
