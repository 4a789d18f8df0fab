import { caseView, rulesOf } from "../assess/case.ts";
import { differenceInWords } from "../assess/one-case.ts";
import { wordsAbout } from "../assess/one-id.ts";
import { recordName } from "../events/name.ts";
import type { Instant } from "../lib/time.ts";
import { anyHolds } from "../policy/condition.ts";
import { type CaseFields, type CaseRecords, caseRecords } from "./cases-input.ts";
import { clean, cleanOrNull } from "./clean.ts";
import { isoOrNull } from "./coverage.ts";
import {
  alsoRows,
  asRulesSpell,
  begun,
  type CaseSeverities,
  caseSeverities,
  type IncidentCase,
  isIncident,
  policyUse,
  recordsOf,
  type Seen,
  toldBy,
} from "./incident-case.ts";
import { type Beside, isAbout, reviewsOfCase } from "./incidents.ts";
import type { ReportInput } from "./input.ts";
import type { Duty } from "./notifications.ts";
import { sortedBy } from "./order.ts";
import { actionRows, evidenceRows, linkRows, uploadRows, waiverRows } from "./sheet-beside.ts";
import { type ClockSetting, clockOfDuty, clockSetting, policyClocks } from "./sheet-clocks.ts";
import {
  closingOf,
  escalationRows,
  measureRows,
  messageRows,
  peopleRows,
  personalDataOf,
  severityRows,
} from "./sheet-said.ts";
import { timelineOf } from "./sheet-timeline.ts";
import type { BriefSheet, IncidentSheet, IncidentSheets } from "./sheets-shape.ts";

/** Which incidents have a sheet of their own, and what is on it. */

/** Of the severities of the rules, so many of the worst have one in any case. */
const WORST = 2;

export interface ChosenCase {
  readonly one: IncidentCase;
  readonly because: string;
  readonly severities: CaseSeverities;
}

/** The incidents that have a sheet, the worst first, each with the reason. */
export function chosenCases(all: readonly IncidentCase[], input: Pick<ReportInput, "asOf"> & CaseFields): ChosenCase[] {
  const { asOf } = input;
  const cases = caseRecords(input);
  const chosen = all.flatMap((one): ChosenCase[] => {
    const severities = caseSeverities(one, cases.policies, asOf);
    const because = reasonFor(one, severities, cases, asOf);
    return because === undefined ? [] : [{ one, because, severities }];
  });
  return sortedBy(
    chosen,
    ({ severities }) => severities.rank ?? Number.MAX_SAFE_INTEGER,
    ({ one }) => begun(one.told) ?? 0,
    ({ one }) => one.told.fact.id,
    ({ one }) => one.told.instance,
  );
}

function reasonFor(
  { told: { fact }, own }: IncidentCase,
  { peak, unknown, rank }: CaseSeverities,
  { policies }: CaseRecords,
  asOf: Instant,
): string | undefined {
  const rules = rulesOf(policies, fact, asOf);
  if (!("policy" in rules)) {
    if (rules.word !== "no_data")
      return "the text of the rules that counted is gone, so nothing says which severities were the worst";
    // Of a record of a source the register and the notifications have all that is known, as long as nothing judges it.
    return own === undefined ? undefined : "no rules of the organisation say which severities are the worst";
  }
  const { policy, ref } = rules;
  if (rank !== undefined && rank < WORST)
    return `${clean(peak ?? "", 80)} is one of the ${WORST} worst severities of the rules (${clean(ref.name)} ${clean(ref.version)})`;
  if (unknown.length > 0)
    return `its severity "${clean(unknown[0] ?? "", 80)}" is none of the rules, so it may be one of the worst`;
  if (peak === null) return "no severity of it is recorded, so it may be one of the worst";
  if (fact.personalData === "yes" || fact.breaches.length > 0) return "personal data was concerned";
  if (policy.review !== undefined && anyHolds(policy.review.required, caseView(fact, policy, asOf)) === "yes")
    return "the rules ask for a review of it";
  return undefined;
}

/** The sheets of a period. */
export function incidentSheets(
  input: ReportInput,
  all: readonly IncidentCase[],
  chosen: readonly ChosenCase[],
  beside: Beside,
  duties: ReadonlyMap<IncidentCase, readonly Duty[]>,
): IncidentSheets {
  const { asOf } = input;
  const cases = caseRecords(input);
  const reviews = beside.reviews.map(({ fact }) => fact);
  const clocks = clockSetting(all.flatMap(recordsOf), reviews, cases.policies, asOf);
  const whole = new Set(chosen.map(({ one }) => one));
  const lesser = sortedBy(
    all.filter((one) => !whole.has(one)),
    ({ told }) => begun(told) ?? 0,
    ({ told }) => told.fact.id,
    ({ told }) => told.instance,
  ).map((one): ChosenCase => ({ one, because: "", severities: caseSeverities(one, cases.policies, asOf) }));
  const words = wordsOf(input, [...chosen, ...lesser]);
  const setting = { input, cases, beside, clocks, words };
  const sheet = (one: ChosenCase) => sheetOf(one, duties.get(one.one) ?? [], setting);
  return {
    incidents: all.length,
    without: lesser.length,
    rows: chosen.map(sheet),
    brief: lesser.map((one) => briefOf(sheet(one))),
  };
}

/** Told in a few lines: what was due and what came of it, and the records of all the rest. */
function briefOf(sheet: IncidentSheet): BriefSheet {
  const { id, title, told, place, byCustody, policy, clocks } = sheet;
  return { id, title, told, place, byCustody, policy, clocks, entries: recordsOfSheet(sheet) };
}

function recordsOfSheet(sheet: IncidentSheet): number[] {
  const { severities, people, escalations, messages, measures, reviews, also, timeline } = sheet;
  const told = [...severities, ...people, ...escalations, ...messages, ...measures, ...reviews, ...timeline];
  const { actions, evidence, uploads, links, waivers, troubles } = sheet;
  const all = [
    sheet.told.entry,
    ...also.map(({ entry }) => entry),
    ...told.map((one) => one.told.entry),
    ...timeline.flatMap(({ replaced }) => replaced.map(({ entry }) => entry)),
    ...[...actions, ...evidence, ...uploads, ...links, ...waivers, ...troubles].map(({ entry }) => entry),
    ...(sheet.personalData === null ? [] : [sheet.personalData.told.entry]),
    ...(sheet.closing?.closed ? [sheet.closing.closed.entry] : []),
  ];
  return [...new Set(all)].sort((a, b) => a - b);
}

const identity = ({ instance, fact }: Seen) => JSON.stringify([instance, fact.id]);

/** What sources told of the chosen ones, in the order of the log. */
function wordsOf(
  { facts }: Pick<ReportInput, "facts">,
  chosen: readonly ChosenCase[],
): (seen: Seen) => readonly Seen[] {
  const found = new Map<string, Seen[]>();
  for (const { one } of chosen) for (const seen of recordsOf(one)) found.set(identity(seen), []);
  for (const one of facts) if (isIncident(one)) found.get(identity(one))?.push(one);
  for (const own of found.values())
    own.sort((a, b) => a.entry - b.entry || (a.position ?? 0) - (b.position ?? 0) || a.ordinal - b.ordinal);
  return (seen) => wordsAbout(seen, found.get(identity(seen)) ?? []);
}

interface Setting {
  readonly input: ReportInput;
  readonly cases: CaseRecords;
  readonly beside: Beside;
  readonly clocks: ClockSetting;
  readonly words: (seen: Seen) => readonly Seen[];
}

function sheetOf({ one, because, severities }: ChosenCase, duties: readonly Duty[], setting: Setting): IncidentSheet {
  const { input, cases, beside, clocks, words } = setting;
  const {
    asOf,
    organisation: { zone },
    uploads,
  } = input;
  const { told, own } = one;
  const { fact } = told;
  const { names, policies } = cases;
  const mine = isAbout(one);
  const rules = rulesOf(policies, fact, asOf);
  const ids = recordsOf(one).flatMap((seen) => [seen.fact.id, recordName("incident", seen.fact.id)]);
  return {
    id: clean(fact.id),
    title: clean(fact.title),
    told: toldBy(told),
    place: cleanOrNull(one.place),
    also: alsoRows(one),
    because,
    byCustody: fact.origin === "custody",
    policy: policyUse(rules.ref),
    status: cleanOrNull(fact.status),
    severityFirst: cleanOrNull(severities.first),
    severityPeak: cleanOrNull(severities.peak),
    nature: cleanOrNull(fact.nature),
    type: cleanOrNull(own?.impact.type),
    detectedBy: cleanOrNull(fact.detectedBy),
    tags: fact.tags.map((tag) => clean(tag, 80)),
    impact: {
      confidentiality: cleanOrNull(fact.impact?.confidentiality),
      integrity: cleanOrNull(fact.impact?.integrity),
      availability: cleanOrNull(fact.impact?.availability),
      affected: fact.affected,
    },
    supplier: cleanOrNull(fact.supplier),
    ticket: cleanOrNull(own?.ticket),
    cause: cleanOrNull(fact.cause, 700),
    causeKey: cleanOrNull(fact.causeKey),
    reopened: fact.reopened,
    personalData: personalDataOf(one, names),
    timeline: timelineOf(one, words, names, zone),
    severities: severityRows(one, names, (word) => asRulesSpell(word, told, policies, asOf)),
    people: peopleRows(one, names),
    escalations: escalationRows(one, names),
    messages: messageRows(one),
    measures: measureRows(one),
    actions: actionRows(beside.actions.filter((action) => mine(action.fact.incident))),
    reviews: reviewsOfCase(one, beside).map((review) => ({
      id: clean(review.fact.id),
      title: clean(review.fact.title),
      author: cleanOrNull(review.fact.author),
      date: isoOrNull(review.fact.date),
      precision: review.fact.precision?.date ?? 1,
      approvedBy: cleanOrNull(review.fact.approvedBy),
      approved: isoOrNull(review.fact.approvedAt),
      empty: review.fact.empty.map((heading) => clean(heading, 80)),
      told: toldBy(review),
    })),
    evidence: evidenceRows(beside.evidence.filter((item) => mine(item.fact.incident))),
    uploads: uploadRows(uploads.filter(({ incident }) => mine(incident ?? null))),
    links: linkRows(one, cases.links),
    waivers: waiverRows(cases.waivers, new Set(ids), names),
    closing: closingOf(
      one,
      cases,
      reviewsOfCase(one, beside).map((review) => review.fact),
    ),
    clocks: [...policyClocks(told, clocks), ...duties.map(({ row }) => clockOfDuty(row))],
    troubles: [
      ...(own?.troubles ?? []).map(({ index, text }) => ({ entry: index, text: clean(text, 600) })),
      ...(fact.differing ?? []).map((one) => ({
        entry: one.told[0]?.entry ?? told.entry,
        text: clean(differenceInWords(one), 600),
      })),
    ],
  };
}
