import { type Instant, type Interval, iso } from "../lib/time.ts";
import { dateForPeople, wallClock } from "../lib/zone.ts";
import { parseCadence, windows } from "../slots/cadence.ts";
import { type AssessmentInput, assessControls } from "./assess.ts";
import type { Catalogue, Requirement } from "./catalogue.ts";
import { NIL_RETURN, type NilFinding, whenInWords } from "./nil.ts";
import { NOUNS } from "./vocabulary.ts";

/** The claim that nothing happened, of one requirement for one period of its own cadence (a month, as a rule). */
export interface NilReturn extends NilFinding {
  /** Id of the requirement, and what it asks for. */
  readonly requirement: string;
  readonly text: string;
  readonly control: string;
}

/**
 * Every claim of a period that nothing happened, one for each requirement of the kind nil and each whole period of its
 * cadence that has begun; a period shorter than that stands for itself. In order of time.
 */
export function nilReturnsOf(input: AssessmentInput): NilReturn[] {
  const { catalogue, period, asOf, histories } = input;
  const nils = onlyNil(catalogue);
  const zone = histories.zone ?? "UTC";
  const found: NilReturn[] = [];
  const spans = new Map<string, { readonly window: Interval; readonly ids: Set<string> }>();
  for (const requirement of nils.controls.flatMap(({ requirements }) => requirements)) {
    for (const window of windowsOf(requirement, period, zone)) {
      if (window.from >= asOf) continue;
      const key = `${window.from} ${window.to}`;
      const known = spans.get(key) ?? { window, ids: new Set() };
      spans.set(key, known);
      known.ids.add(requirement.id);
    }
  }
  for (const { window, ids } of [...spans.values()].sort((a, b) => a.window.from - b.window.from)) {
    for (const control of assessControls({ ...input, catalogue: nils, period: window })) {
      for (const { id, text, nil } of control.requirements) {
        if (nil !== undefined && ids.has(id)) found.push({ ...nil, requirement: id, text, control: control.id });
      }
    }
  }
  return found;
}

function onlyNil(catalogue: Catalogue): Catalogue {
  const controls = catalogue.controls.flatMap((control) => {
    const requirements = control.requirements.filter(({ check }) => check.kind === "nil");
    return requirements.length > 0 ? [{ ...control, requirements }] : [];
  });
  return { ...catalogue, controls };
}

/** The periods of a requirement's cadence that lie wholly in a period; the period itself where none does. */
export function windowsOf({ freshness }: Pick<Requirement, "freshness">, period: Interval, zone: string): Interval[] {
  if (freshness === "on-event") return [period];
  const whole: Interval[] = [];
  for (const { from, to } of windows(parseCadence(freshness, zone), period)) {
    if (from >= period.from && to <= period.to) whole.push({ from, to });
  }
  return whole.length > 0 ? whole : [period];
}

/** True where anything of it concerns somebody: it was watched, or a person has signed it. */
export function isTold({ sources, signed }: NilReturn): boolean {
  return signed.length > 0 || sources.some(({ slots }) => slots > 0);
}

/** Claims that stand alike: the same of the same time, asked for by more than one control. */
export interface Alike {
  readonly one: NilReturn;
  readonly requirements: readonly string[];
  readonly controls: readonly string[];
}

/** Joins what differs only in the control that asks for it, in the order of the first of each. */
export function joinAlike(returns: readonly NilReturn[]): Alike[] {
  const found = new Map<string, NilReturn[]>();
  for (const one of returns) {
    const { over, window, state, reason, signed, sources } = one;
    const entries = signed.map(({ entry }) => entry);
    const key = JSON.stringify([over, window.from, window.to, state, reason, entries, sources]);
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  return [...found.values()].map((own) => ({
    one: own[0] as NilReturn,
    requirements: own.map(({ requirement }) => requirement),
    controls: [...new Set(own.map(({ control }) => control))],
  }));
}

/** `October 2026, no alert (A.5.25 and A.8.16)`. */
export function claimInWords({ one: { window, over }, controls }: Alike, zone: string): string {
  return `${windowInWords(window, zone)}, no ${NOUNS[over][0]} (${controls.join(" and ")})`;
}

/** `October 2026` for a whole month, else its days. */
export function windowInWords({ from, to }: Interval, zone: string): string {
  const [first, next] = [wallClock(from, zone), wallClock(to, zone)];
  const isMonth =
    first.day === 1 &&
    first.hour + first.minute === 0 &&
    first.add({ months: 1 }).epochMilliseconds === next.epochMilliseconds;
  if (isMonth) return `${MONTHS[first.month - 1]} ${first.year}`;
  return `${dateForPeople(from, zone)} to ${dateForPeople(to - 1, zone)}`;
}

const MONTHS = "January February March April May June July August September October November December".split(" ");

/** The flags by which commands are told of a period. */
export function windowAsFlag({ from, to }: Interval, zone: string): string {
  const [first, next] = [wallClock(from, zone), wallClock(to, zone)];
  const day = first.toPlainDate().toString();
  if (first.day === 1 && first.add({ months: 1 }).epochMilliseconds === next.epochMilliseconds)
    return `--month ${day.slice(0, 7)}`;
  return `--period ${day}..${wallClock(to - 1, zone).toPlainDate()}`;
}

/** Something that a person must do about nil returns, ready to be shown. */
export interface NilDuty {
  /** Stays the same for the same thing: for notices. */
  readonly id: string;
  readonly window: Interval;
  readonly kind: "confirm" | "withdrawn";
  readonly title: string;
  readonly what: string;
  readonly todo: string;
  readonly commands: readonly string[];
}

/**
 * What is for a person to do: confirm what can be confirmed and is not yet, all requirements of a period at once; and look
 * at what was confirmed and holds no more. Oldest first. Pure.
 */
export function nilReturnsDue(returns: readonly NilReturn[], zone: string, now: Instant): NilDuty[] {
  const periods = new Map<string, NilReturn[]>();
  for (const one of returns) {
    const key = `${one.window.from} ${one.window.to}`;
    periods.set(key, [...(periods.get(key) ?? []), one]);
  }
  return [...periods.values()].flatMap((own) => [...toConfirm(own, zone), ...withdrawn(own, zone, now)]);
}

function toConfirm(own: readonly NilReturn[], zone: string): NilDuty[] {
  const open = own.filter(({ state }) => state === "confirmable");
  const [first] = open;
  if (first === undefined) return [];
  const { window } = first;
  const when = windowInWords(window, zone);
  const what = [...new Set(open.map(({ over }) => NOUNS[over][0]))].join(" and no ");
  // One that cannot be confirmed would keep the others from it.
  const blocked = own.some(({ state }) => state === "refused" || state === "withdrawn");
  const only = blocked ? open.map(({ requirement }) => ` --requirement ${requirement}`).join("") : "";
  return [
    {
      id: `nil-${iso(window.from)}-${iso(window.to)}`,
      window,
      kind: "confirm",
      title: `${when}: confirm that nothing happened`,
      what: `No ${what} was seen in ${when}, and all evidence that was expected of it has come. It counts once a person has confirmed it.`,
      todo: "Look at what it rests on and confirm it:",
      commands: [`custody sign ${NIL_RETURN} ${windowAsFlag(window, zone)}${only}`],
    },
  ];
}

/** Reports say for ever that a claim was withdrawn; it is for a person to do for so long. */
const WITHDRAWN_FOR = 92 * 86_400_000;

function withdrawn(own: readonly NilReturn[], zone: string, now: Instant): NilDuty[] {
  return own
    .filter(
      ({ state, signed, window }) => state === "withdrawn" && signed.length > 0 && now < window.to + WITHDRAWN_FOR,
    )
    .map((one) => ({
      id: `nil-withdrawn-${one.requirement}-${iso(one.window.from)}`,
      window: one.window,
      kind: "withdrawn",
      title: `${windowInWords(one.window, zone)}: a confirmation holds no more`,
      what: `That there was no ${NOUNS[one.over][0]} ${whenInWords(one.window, zone)} was confirmed, but: ${one.reason}.`,
      todo: "Reports say so already. See what it is about:",
      commands: [`custody sign`],
    }));
}
