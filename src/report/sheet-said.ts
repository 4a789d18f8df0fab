import type { FactOf } from "../evidence/fact.ts";
import { NOT_APPLICABLE } from "../incidents/facts.ts";
import { labelOf, type RegisterIncident, textOf } from "../incidents/incident.ts";
import type { CaseRecords } from "./cases-input.ts";
import { clean, cleanOrNull } from "./clean.ts";
import { actedBy, type Names, nameOf } from "./doer.ts";
import { type IncidentCase, recordsOf, type Seen, toldBy } from "./incident-case.ts";
import { sortedBy } from "./order.ts";
import { ownRecord, sheetTime, timeOf } from "./sheet-timeline.ts";
import type { IncidentSheet, SheetTime } from "./sheets-shape.ts";

type Review = FactOf<"review">;

/** What the records of an incident say of its severity, its people, its messages and its decisions. */

const who = (id: string | null, names: Names) => (id === null ? null : nameOf(id, names));
/** By when it was; what has no time comes first, as the word of a source that gives none. */
const inTime = <T extends SheetTime & { readonly told: { readonly entry: number } }>(rows: readonly T[]): T[] =>
  sortedBy(
    rows,
    ({ at }) => (at === null ? 0 : Date.parse(at)),
    ({ told }) => told.entry,
  );
const byIndex = ({ history }: RegisterIncident) => new Map(history.map((act) => [act.index, act]));

/** Our own records tell of all of it; of a source only its newest word does. */
const sources = (one: IncidentCase): readonly Seen[] => (one.own === undefined ? recordsOf(one) : one.also);

/** A word that the rules spell otherwise is told in theirs, with how it was written beside it. */
export function severityRows(
  one: IncidentCase,
  names: Names,
  spelled: (word: string) => string = (word) => word,
): IncidentSheet["severities"] {
  const { own } = one;
  const acts = own && byIndex(own);
  const written = (word: string) => clean(spelled(word) === word ? word : `${spelled(word)} (written "${word}")`);
  return inTime([
    ...(own?.severities ?? []).map(({ at, precision, severity, by, reason, index }) => {
      const act = acts?.get(index);
      return {
        ...sheetTime(at, precision),
        severity: written(severity),
        by: act === undefined ? who(by, names) : actedBy(act.by, names),
        reason: cleanOrNull(reason, 700),
        told: ownRecord(index),
      };
    }),
    ...sources(one).flatMap((seen) => {
      const { fact } = seen;
      const told = toldBy(seen);
      if (fact.severities.length === 0)
        return fact.severity === null
          ? []
          : [{ ...sheetTime(null), severity: written(fact.severity), by: null, reason: null, told }];
      return fact.severities.map(({ at, severity, by, reason }, i) => ({
        ...timeOf(seen, at, `severities.${i}`),
        severity: written(severity),
        by: cleanOrNull(by),
        reason: cleanOrNull(reason, 700),
        told,
      }));
    }),
  ]);
}

export function peopleRows(one: IncidentCase, names: Names): IncidentSheet["people"] {
  return inTime([
    ...(one.own?.assignments ?? []).map(({ role, person, team, at, precision, index }) => ({
      ...sheetTime(at, precision),
      role: clean(role),
      who: who(person, names) ?? `${clean(team ?? "nobody")} (a team)`,
      told: ownRecord(index),
    })),
    ...sources(one).flatMap((seen) =>
      (["owner", "commander"] as const).flatMap((role) => {
        const holder = cleanOrNull(seen.fact[role]);
        if (holder === null) return [];
        const time = role === "commander" ? timeOf(seen, seen.fact.commanderAt, "commanderAt") : sheetTime(null);
        return [{ ...time, role, who: holder, told: toldBy(seen) }];
      }),
    ),
  ]);
}

export function escalationRows(one: IncidentCase, names: Names): IncidentSheet["escalations"] {
  return inTime([
    ...(one.own?.escalations ?? []).map(({ at, precision, from, to, fromPerson, toPerson, reason, index }) => ({
      ...sheetTime(at, precision),
      from: together(from, who(fromPerson, names)),
      to: together(to, who(toPerson, names)),
      reason: cleanOrNull(reason, 700),
      told: ownRecord(index),
    })),
    ...sources(one).flatMap((seen) =>
      seen.fact.escalations.map(({ at, from, to, reason }, i) => ({
        ...timeOf(seen, at, `escalations.${i}`),
        from: cleanOrNull(from),
        to: cleanOrNull(to),
        reason: cleanOrNull(reason, 700),
        told: toldBy(seen),
      })),
    ),
  ]);
}

/** A role and whoever has it. */
function together(role: string | null, person: string | null): string | null {
  const parts = [cleanOrNull(role), person].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(", ");
}

export function messageRows(one: IncidentCase): IncidentSheet["messages"] {
  const acts = one.own && byIndex(one.own);
  return inTime([
    ...(one.own?.messages ?? []).map(({ at, precision, channel, audience, purpose, reached, of, index }) => {
      const act = acts?.get(index);
      const to = act?.record.words.to;
      return {
        ...sheetTime(at, precision),
        channel: cleanOrNull(channel),
        audience: cleanOrNull(audience),
        purpose: cleanOrNull(purpose),
        reached,
        of,
        recipients: cleanOrNull(Array.isArray(to) ? to.join(", ") : typeof to === "string" ? to : null),
        text: act === undefined ? null : cleanOrNull(textOf(act, "text")),
        told: ownRecord(index),
      };
    }),
    ...sources(one).flatMap((seen) =>
      seen.fact.messages.map(({ at, channel, audience, purpose, reached, of }, i) => ({
        ...timeOf(seen, at, `messages.${i}`),
        channel: cleanOrNull(channel),
        audience,
        purpose,
        reached,
        of,
        recipients: null,
        text: null,
        told: toldBy(seen),
      })),
    ),
  ]);
}

export function measureRows(one: IncidentCase): IncidentSheet["measures"] {
  return inTime([
    ...(one.own?.measures ?? []).map(({ at, precision, measure, result, layer, reason, index }) => ({
      ...sheetTime(at, precision),
      measure: clean(layer === null ? measure : `${measure} (${layer})`),
      result,
      reason: cleanOrNull(reason),
      told: ownRecord(index),
    })),
    ...sources(one).flatMap((seen) =>
      seen.fact.measures.map((measure) => ({
        ...sheetTime(null),
        measure: clean(measure.startsWith(NOT_APPLICABLE) ? measure.slice(NOT_APPLICABLE.length) : measure),
        result: measure.startsWith(NOT_APPLICABLE) ? "not-applicable" : "done",
        reason: null,
        told: toldBy(seen),
      })),
    ),
  ]);
}

/** Whether personal data was concerned, as it stands; null where nobody said. */
export function personalDataOf(one: IncidentCase, names: Names): IncidentSheet["personalData"] {
  const { told, own } = one;
  const { personalData = null } = own ?? {};
  const others = one.also.filter(({ fact }) => fact.personalData !== null);
  // What another record of it says counts where ours says nothing, or says less.
  const isOurs = others.length === 0 || personalData?.decision === told.fact.personalData;
  if (own !== undefined && isOurs) {
    if (personalData === null) return null;
    const { decision, by, reason, index, at, precision } = personalData;
    const act = byIndex(own).get(index);
    // Whoever recorded it may have written that somebody else decided.
    const named = act !== undefined && labelOf(act, "by") !== null && act.by.id !== by;
    const recorder = act === undefined ? null : actedBy(act.by, names);
    return {
      ...sheetTime(at, precision),
      decision,
      by: named ? `${who(by, names)}, recorded by ${recorder}` : (recorder ?? who(by, names)),
      reason: cleanOrNull(reason, 700),
      told: ownRecord(index),
    };
  }
  if (told.fact.personalData === null) return null;
  const from = recordsOf(one).find(({ fact }) => fact.personalData === told.fact.personalData) ?? told;
  return {
    ...timeOf(told, told.fact.personalDataAt, "personalDataAt"),
    decision: told.fact.personalData,
    by: cleanOrNull(told.fact.personalDataBy),
    reason: null,
    told: toldBy(from),
  };
}

/** What our own record lacks and the incident does not: another record of it tells it. */
function toldBesides({ told: { fact }, also }: IncidentCase, reviews: readonly Review[]): ReadonlySet<string> {
  if (also.length === 0) return new Set();
  const isApproved = reviews.some((review) => review.approvedBy !== null && review.approvedAt !== null);
  return new Set([
    ...(fact.cause === null && fact.causeKey === null ? [] : ["cause"]),
    ...(isApproved ? ["review-approved"] : []),
  ]);
}

export function closingOf(
  one: IncidentCase,
  { closing, names }: CaseRecords,
  reviews: readonly Review[],
): IncidentSheet["closing"] {
  const { own } = one;
  if (own === undefined) return null;
  const asked = closing.get(own.id);
  const besides = toldBesides(one, reviews);
  return {
    needs: (asked?.needs ?? []).map((need) => clean(need)),
    open: (asked?.open ?? [])
      .filter(({ need }) => !besides.has(need))
      .map(({ need, text }) => ({ need: clean(need), text: clean(text) })),
    closed:
      own.closing === null
        ? null
        : {
            by: actedBy(own.closing.by, names),
            reason: cleanOrNull(own.closing.reason, 700),
            waived: own.closing.waived.map((need) => clean(need, 80)),
            waiver: cleanOrNull(own.closing.waiver, 700),
            entry: own.closing.index,
          },
  };
}
