import { isTold, joinAlike, windowInWords } from "../assess/nil-return.ts";
import { signerInWords } from "../assess/sign-off.ts";
import { NOUNS, RESULTS as RESULT_WORDS } from "../assess/vocabulary.ts";
import type { Titles } from "../duties/duty.ts";
import { lostBy } from "../duties/gaps.ts";
import { lookedInWords } from "../duties/looked.ts";
import { causeInWords, inTable, many, spanInTable } from "../duties/words.ts";
import { type AnyGap, gapsIn } from "../gaps/gap.ts";
import type { LevelRule } from "../gaps/level.ts";
import { wordsOf } from "../gaps/words.ts";
import type { Instant } from "../lib/time.ts";
import { dateForPeople } from "../lib/zone.ts";
import { freshnessOf } from "../slots/freshness.ts";
import type { History, InstanceHistory, RunRecord } from "../slots/history.ts";
import { expectationOf } from "../slots/plan.ts";
import { SLOT_STATES, slotsOf, tally } from "../slots/state.ts";
import type { PortalParts } from "./parts.ts";
import type { ReportFile } from "./reports.ts";
import type { Snapshot } from "./snapshot.ts";
import { type Cell, marked, type Table } from "./table.ts";
import { bytesInWords, FRESHNESS, NIL_STATES, OUTCOMES, RESULTS, STATES, TRIGGERS } from "./words.ts";

const NONE: Cell = { text: "–" };

/** Since when evidence is collected: the first success of any instance. */
export function watchingSince(history: History, zone: string): string | undefined {
  const firsts = [...history.instances.values()].flatMap((one) => one.firstSuccess ?? []);
  return firsts.length === 0 ? undefined : dateForPeople(Math.min(...firsts), zone);
}

/** A system in scope, with how it is watched. */
export interface SystemView {
  readonly system: string;
  readonly state: Cell;
  /** Every source of it has delivered. */
  readonly connected: boolean;
  readonly detail: string;
}

/** The systems in scope. One is connected when each of its collectors has delivered something; how fresh it is stands beside it. */
export function systemsIn(scope: PortalParts["scope"], snapshot: Snapshot, title: Titles): SystemView[] {
  return scope.map(({ system, sources, notConnected }) => {
    const fresh = (sources ?? []).map((id) => {
      const one = snapshot.history.instances.get(id);
      return { id, state: one === undefined ? "never" : freshnessOf(one, snapshot.now).state };
    });
    const silent = fresh.filter(({ state }) => state === "never").length;
    const detail = fresh.map(({ id, state }) => `${title(id)}: ${FRESHNESS[state][0]}`).join("; ");
    if (silent === fresh.length) {
      return {
        system,
        state: { text: "not connected", mark: "plain" },
        connected: false,
        detail: notConnected ?? detail,
      };
    }
    if (silent > 0) return { system, state: { text: "partly connected", mark: "unsure" }, connected: false, detail };
    const late = fresh.filter(({ state }) => state === "stale").length;
    if (late > 0) return { system, state: { text: "connected, out of date", mark: "unsure" }, connected: true, detail };
    return { system, state: { text: "connected", mark: "good" }, connected: true, detail };
  });
}

/** Each control with how many of its requirements have which result; there is no word for a control as a whole. */
export function controlTable(snapshot: Snapshot): Table {
  return {
    caption: "Controls, and how many of their requirements have which result",
    columns: ["Control", "Requirements"],
    empty: "Not available now.",
    rows: (snapshot.controls ?? []).map(({ id, plain, counts }) => [
      { text: plain, sub: id, href: `/controls#${id}` },
      { text: countsInWords(counts) },
    ]),
  };
}

function countsInWords(counts: Readonly<Record<(typeof RESULT_WORDS)[number], number>>): string {
  return RESULT_WORDS.filter((word) => counts[word] > 0)
    .map((word) => `${counts[word]} ${RESULTS[word][0]}`)
    .join(" · ");
}

export interface ControlView {
  readonly id: string;
  readonly plain: string;
  readonly title: string;
  readonly purpose: string;
  readonly counts: string;
  readonly table: Table;
}

/** Every requirement with its result and why. */
export function controlViews(snapshot: Snapshot): ControlView[] {
  return (snapshot.controls ?? []).map(({ id, title, plain, purpose, counts, requirements }) => ({
    id,
    plain,
    title,
    purpose,
    counts: countsInWords(counts),
    table: {
      caption: `Requirements of ${id}`,
      columns: ["Requirement", "Result", "Why", "Rests on"],
      empty: "None.",
      rows: requirements.map(({ text, result, reason, failing, basis, note }) => [
        { text },
        marked(RESULTS[result]),
        {
          text: reason,
          sub: failing
            .slice(0, 3)
            .map(({ id: which, what }) => [which, what].filter(Boolean).join(": "))
            .join("; "),
        },
        { text: basis === "recommended" ? "recommended only" : basis, sub: note },
      ]),
    },
  }));
}

/** What people can confirm, and have: month by month, newest first. */
export function nilTable({ nilReturns = [] }: Snapshot, zone: string): Table {
  return {
    caption: "Months in which nothing happened, and whether a person confirmed it",
    columns: ["Month", "Nothing happened?", "Why", "Confirmed by"],
    empty: "No source that could show that nothing happened has been watched for a whole month yet.",
    rows: joinAlike(nilReturns.filter(isTold))
      .reverse()
      .map(({ one: { window, over, state, reason, signed }, controls }) => [
        { text: windowInWords(window, zone), sub: `no ${NOUNS[over][0]} (${controls.join(" and ")})` },
        marked(NIL_STATES[state]),
        { text: reason },
        signed.length === 0
          ? NONE
          : {
              text: signed.map(signerInWords).join(", "),
              sub: `record ${signed.map(({ entry }) => entry).join(", ")}`,
            },
      ]),
  };
}

/** Every collector that something is or was expected of. */
export function collectorTable({ history, now, period }: Snapshot, title: Titles, zone: string): Table {
  return {
    caption: "Collectors, their last run and what was expected of them in the last year",
    columns: ["Collector", `Last run (${zone})`, `Seen up to (${zone})`, "Evidence", "Expected in the last year"],
    empty: "No collector is configured yet; custody sources lists what can be connected.",
    rows: [...history.instances.values()].map((one) => {
      const run = one.runs.at(-1);
      const fresh = freshnessOf(one, now);
      const expected = expectationOf(one, now);
      return [
        { text: title(one.id), sub: one.configured ? undefined : "no longer configured" },
        run === undefined ? NONE : { ...marked(OUTCOMES[run.outcome]), sub: inTable(run.at, zone) },
        fresh.coveredTo === undefined ? NONE : { text: inTable(fresh.coveredTo, zone) },
        expected === "expected" ? marked(FRESHNESS[fresh.state]) : { text: expected, mark: "plain" },
        { text: tallyInWords(one, period.from, now) },
      ];
    }),
  };
}

function tallyInWords(one: InstanceHistory, from: Instant, now: Instant): string {
  const counts = tally(slotsOf(one, { from, to: now + 1 }, now));
  const words = SLOT_STATES.filter((state) => counts[state] > 0).map((state) => `${counts[state]} ${STATES[state][0]}`);
  return words.join(" · ") || "nothing yet";
}

const GAP_STATES: Readonly<Record<AnyGap["state"], Cell>> = {
  open: { text: "open", mark: "bad" },
  accepted: { text: "accepted", mark: "unsure" },
  "closed-late": { text: "closed late", mark: "unsure" },
  closed: { text: "over", mark: "plain" },
};

/** All gaps, open ones first, newest first. */
export function gapTable(
  { history, conditions, now }: Snapshot,
  rules: readonly LevelRule[],
  title: Titles,
  zone: string,
): Table {
  const gaps = gapsIn(history, conditions, now, rules);
  const open = (gap: AnyGap) => (gap.state === "open" ? 0 : 1);
  gaps.sort((a, b) => open(a) - open(b) || b.from - a.from);
  return {
    caption: "Gaps: expected evidence that was not collected in time, and what was wrong with Custody itself",
    columns: ["Collector", `Missing (${zone})`, "State", "Why", "Lost?"],
    empty: "None. All evidence that was due has been collected in time.",
    rows: gaps.slice(0, 500).map((gap) => gapRow(gap, history, title, zone)),
  };
}

function gapRow(gap: AnyGap, history: History, title: Titles, zone: string): Cell[] {
  const name = title(gap.instance);
  const hole = gap.requirement === "cadence";
  return [
    { text: hole ? name : wordsOf(gap, zone, causeInWords(gap.cause), name).title, sub: gap.id },
    hole
      ? { text: spanInTable(gap, zone), sub: many(gap.slots.length, "piece") }
      : { text: `since ${inTable(gap.from, zone)}` },
    { ...GAP_STATES[gap.state], sub: gapNote(gap, zone) },
    { text: causeInWords(gap.cause) },
    {
      text:
        gap.state === "closed-late"
          ? "No: collected afterwards."
          : gap.state === "closed"
            ? "Over."
            : lostBy(gap, history.instances.get(gap.instance)),
    },
  ];
}

function gapNote(gap: AnyGap, zone: string): string | undefined {
  if (gap.closedAt !== undefined) return inTable(gap.closedAt, zone);
  if (gap.state === "accepted" && gap.acceptedUntil !== undefined) return `until ${inTable(gap.acceptedUntil, zone)}`;
  return gap.acknowledged ? `seen ${inTable(gap.acknowledged.at, zone)}` : undefined;
}

/** Runs before an entry, newest first, and the entry to go on from. */
export function runTable(
  history: History,
  title: Titles,
  zone: string,
  { limit, before = Number.POSITIVE_INFINITY }: { limit: number; before?: number },
): { readonly table: Table; readonly next: number | undefined } {
  const runs: { readonly id: string; readonly run: RunRecord }[] = [];
  for (const { id, runs: own } of history.instances.values()) {
    const end = own.findLastIndex((run) => run.index < before) + 1;
    for (const run of own.slice(Math.max(0, end - limit - 1), end)) runs.push({ id, run });
  }
  runs.sort((a, b) => b.run.index - a.run.index);
  const shown = runs.slice(0, limit);
  const table: Table = {
    caption: "Runs, newest first",
    columns: [`When (${zone})`, "Collector", "Outcome", "Found", "Record"],
    empty: "None yet.",
    rows: shown.map(({ id, run }) => [
      { text: inTable(run.at, zone), sub: TRIGGERS[run.trigger] },
      { text: title(id) },
      { ...marked(OUTCOMES[run.outcome]), sub: run.outcome === "collected" ? undefined : causeInWords(run.reason) },
      { text: many(run.facts, "fact"), sub: run.problems > 0 ? `${many(run.problems, "place")} to mend` : undefined },
      { text: String(run.index) },
    ]),
  };
  return { table, next: runs.length > limit ? shown.at(-1)?.run.index : undefined };
}

export function reportTable(reports: readonly ReportFile[], zone: string): Table {
  return {
    caption: "Reports to download",
    columns: ["Report", `Made (${zone})`, "Size"],
    empty: "None yet. To make one: custody report --period 2026-Q4 --out reports/2026-Q4.pdf",
    rows: reports.map(({ name, size, madeAt }) => [
      { text: name, href: `/reports/${encodeURIComponent(name)}` },
      { text: inTable(madeAt, zone) },
      { text: bytesInWords(size) },
    ]),
  };
}

/** What has been watched without fault, said so that nobody has to infer it from silence. */
export function restInWords(snapshot: Snapshot, duties: number, zone: string): string {
  const looked = lookedInWords(snapshot.history, snapshot.now, zone);
  if (snapshot.indexTrouble !== undefined) {
    return `${looked} What is written inside the evidence could not be looked up now (the index is not available: ${snapshot.indexTrouble}), so there may be places to mend that are not shown.`;
  }
  return `${duties === 0 ? "Nothing needs you today." : "Nothing else is wrong."} ${looked}`;
}
