import type { NilState } from "../assess/nil.ts";
import type { ResultWord } from "../assess/vocabulary.ts";
import { CustodyError } from "../lib/errors.ts";
import { limitForPeople, untilForPeople, wallClock } from "../lib/zone.ts";
import type { SlotState } from "../slots/state.ts";
import type { AccountWording } from "./account-words.ts";
import type { Cell } from "./blocks.ts";
import type { CaseWording } from "./case-words.ts";
import type { Reconciled } from "./populations-shape.ts";

/** The prose of a report, kept apart from what decides where it stands. `{name}` in a text is filled from the model. */
export interface Wording {
  readonly title: string;
  readonly noOpinion: string;
  readonly operatorsWord: string;
  readonly beforeProof: string;
  readonly proofsEnded: string;
  readonly demo: string;
  readonly timesNote: string;
  readonly check: readonly string[];
  readonly holesNone: string;
  readonly holesNothing: string;
  readonly holesSome: string;
  readonly silent: string;
  /** Said of time in which nothing was expected of a source. */
  readonly unwatched: string;
  readonly unwatchedSentence: string;
  /** Where something was expected and the rest of the period was not watched. */
  readonly holesElse: string;
  readonly watchedNothing: string;
  readonly watchedToCome: string;
  /** The box of page 1 of a log that is not what was signed, and the line on every page. */
  readonly brokenTitle: string;
  readonly brokenPage: string;
  readonly broken: string;
  readonly brokenUnproven: string;
  readonly brokenDo: string;
  readonly notJudged: string;
  readonly asRecordsSay: string;
  /** Of a register from which files are missing that were lawfully deleted. */
  readonly erased: string;
  readonly erasedCover: string;
  readonly holds: string;
  readonly holdsNone: string;
  readonly keys: string;
  readonly coverageIntro: string;
  readonly gapsIntro: string;
  readonly gapsNone: string;
  readonly gap: string;
  readonly controlsIntro: string;
  /** Above what the reasons of several requirements have in common. */
  readonly remarks: string;
  readonly rules: {
    readonly none: string;
    readonly intro: string;
    readonly others: string;
    readonly gone: string;
    readonly notes: string;
    readonly clauses: string;
    readonly choices: string;
    readonly noChoices: string;
    readonly holidaysUnknown: string;
    readonly laws: string;
  };
  readonly populations: {
    readonly intro: string;
    readonly reconciled: { readonly [R in Reconciled]: string };
    /** Of the checks, which look at every record. */
    readonly everything: string;
    readonly noSamples: string;
    readonly replay: string;
    readonly replayed: {
      readonly same: string;
      readonly different: string;
      readonly unknown: string;
      readonly undrawn: string;
    };
  };
  readonly performance: {
    readonly noRules: string;
    readonly none: string;
    readonly intro: string;
    readonly misses: string;
    readonly unnoticed: string;
  };
  readonly registerIntro: string;
  readonly nilNoSource: string;
  /** Where the register is kept in the log itself; `{since}`. */
  readonly nilOwn: string;
  readonly mistakenIntro: string;
  readonly nilProven: string;
  readonly nilUnproven: string;
  readonly nilUnconfirmed: string;
  readonly nilConfirmed: string;
  readonly nilReturnsIntro: string;
  readonly nilReturnsNone: string;
  readonly signOffsIntro: string;
  readonly signOffsNone: string;
  readonly nilStates: { readonly [S in NilState]: string };
  readonly cases: CaseWording;
  readonly alertsIntro: string;
  readonly alertsNone: string;
  readonly jobsNone: string;
  readonly reviewsNone: string;
  readonly problemsIntro: string;
  readonly problemsNone: string;
  readonly importedIntro: string;
  readonly importedNone: string;
  readonly uploadsNone: string;
  readonly integrity: readonly string[];
  readonly notVerified: string;
  readonly unreadable: string;
  readonly disposed: string;
  readonly steps: readonly { readonly text: string; readonly code?: readonly string[] }[];
  readonly limits: readonly string[];
  readonly glossary: readonly { readonly term: string; readonly meaning: string }[];
  readonly indexIntro: string;
  readonly fontsIntro: string;
  readonly unprintable: string;
  readonly rightToLeft: string;
  readonly results: { readonly [R in ResultWord]: { readonly word: string; readonly meaning: string } };
  readonly slotStates: { readonly [S in SlotState]: { readonly word: string; readonly meaning: string } };
  /** Why a run did not see everything: closed codes of the collector and of the errors. */
  readonly reasons: Readonly<Record<string, string>>;
  readonly bases: Readonly<Record<string, string>>;
  readonly account: AccountWording;
  readonly gapStates: Readonly<Record<string, string>>;
}

/** Fills `{name}`; a name without a value is a mistake of ours. */
export function fill(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{([a-zA-Z]+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined)
      throw new CustodyError("BUG", `the wording names {${name}}, which the report does not have`);
    return String(value);
  });
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;
const two = (n: number): string => String(n).padStart(2, "0");

/** `2026-11-20T16:40:10Z (17:40:10 Europe/Berlin, +01:00)`; the local date too where it is another day. */
export function moment(at: string, zone: string): string {
  const { time, offset } = localParts(at, zone);
  return `${at.replace(/\.\d+Z$/, "Z")} (${time} ${zone}, ${offset})`;
}

/** The same in two lines, for tables: UTC, and the organisation's clock to the minute below it. */
export function momentCell(at: string | null, zone: string): Cell {
  if (at === null) return [{ text: "–" }];
  const { time, offset } = localParts(at, zone);
  return [
    { text: at.replace("T", " ").replace(/\.\d+Z$/, "Z") },
    { text: `${time.replace(/:\d\d$/, "")} ${offset}`, style: "muted" },
  ];
}

/** Time of day, with the date where it is another day than in UTC, and the offset. */
function localParts(at: string, zone: string): { readonly time: string; readonly offset: string } {
  const w = wallClock(Date.parse(at), zone);
  const time = `${two(w.hour)}:${two(w.minute)}:${two(w.second)}`;
  const date = `${w.year}-${two(w.month)}-${two(w.day)}`;
  return { time: date === at.slice(0, 10) ? time : `${w.day} ${MONTHS[w.month - 1]} ${time}`, offset: w.offset };
}

/** `20 Nov 2026, 17:40` by the organisation's clock; at midnight only the date. */
export function localTime(at: string, zone: string): string {
  const w = wallClock(Date.parse(at), zone);
  const date = `${w.day} ${MONTHS[w.month - 1]} ${w.year}`;
  return w.hour === 0 && w.minute === 0 && w.second === 0 ? date : `${date}, ${two(w.hour)}:${two(w.minute)}`;
}

/** Until when something is to be done: `by the end of 13 Nov 2026`, else as any other time. */
export const localLimit = (due: string, zone: string): string =>
  limitForPeople(Date.parse(due), zone, () => localTime(due, zone));

/** Until when something holds: `the end of 13 Nov 2026`, else as any other time. */
export const localUntil = (end: string, zone: string): string =>
  untilForPeople(Date.parse(end), zone, () => localTime(end, zone));

/** The same as a limit for tables: UTC, and the limit by the organisation's clock below it. */
export function limitCell(due: string | null, zone: string): Cell {
  const [utc, local] = momentCell(due, zone);
  if (due === null || utc === undefined) return [{ text: "–" }];
  const limit = localLimit(due, zone);
  return [utc, ...(limit.startsWith("by ") ? [{ text: limit, style: "muted" as const }] : local ? [local] : [])];
}

/** `1 Jul 2026 to 1 Oct 2026 (excluded)`, or one date for one local day. */
export function localSpan(span: { readonly from: string; readonly to: string }, zone: string): string {
  const from = wallClock(Date.parse(span.from), zone);
  const to = wallClock(Date.parse(span.to), zone);
  const midnight = (w: typeof from) => w.hour === 0 && w.minute === 0 && w.second === 0 && w.millisecond === 0;
  if (midnight(from) && midnight(to)) {
    const last = to.toPlainDate().subtract({ days: 1 });
    const first = from.toPlainDate();
    const text = (d: typeof last) => `${d.day} ${MONTHS[d.month - 1]} ${d.year}`;
    return first.equals(last) ? text(first) : `${text(first)} to ${text(last)}`;
  }
  return `${localTime(span.from, zone)} to ${localTime(span.to, zone)}`;
}

/** Integers with a thin grouping that no locale decides: 12,345. */
export function count(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** `1 gap`, `2 gaps`. */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** Entry numbers in a readable length: all up to eight, else the first and last and how many. */
export function entryList(entries: readonly number[]): string {
  if (entries.length === 0) return "–";
  if (entries.length <= 8) return entries.join(", ");
  return `${entries.slice(0, 3).join(", ")} … ${entries.at(-1)} (${entries.length} records)`;
}
