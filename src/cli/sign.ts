import { createInterface } from "node:readline/promises";
import {
  type HumanRequirement,
  openSigning,
  queriesOf,
  type Signing,
  type SignRequest,
  signAll,
} from "../acts/signing.ts";
import { countResults } from "../assess/assess.ts";
import { countInWords, NIL_RETURN } from "../assess/nil.ts";
import {
  claimInWords,
  isTold,
  joinAlike,
  type NilReturn,
  windowAsFlag,
  windowInWords,
  windowsOf,
} from "../assess/nil-return.ts";
import { type SignOff, signerInWords } from "../assess/sign-off.ts";
import { NOUNS } from "../assess/vocabulary.ts";
import type { Custody } from "../custody.ts";
import { publish } from "../daemon/mirroring.ts";
import { CustodyError } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { fromIso, type Instant, type Interval, iso } from "../lib/time.ts";
import { dateForPeople, forPeople, wallClock } from "../lib/zone.ts";
import { personFor } from "../people.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { parsePeriod } from "./moment.ts";
import type { Output } from "./output.ts";

interface Flags extends GlobalFlags {
  readonly month?: string;
  readonly period?: string;
  readonly requirement?: string[];
  readonly note?: string;
  readonly yes?: boolean;
}

const MAX_NOTE = 4_000;
/** Months that the list goes back. */
const MONTHS_LISTED = 12;

/** `custody sign [WHAT]`: what can be confirmed and has been; or confirms it. */
export function sign(flags: Flags, what?: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    if (what === undefined) return list(custody, flags, output);
    // Before anything is looked at: it may take a while.
    const person = personFor(custody.config, "sign-off");
    const window = windowOf(flags, what, custody);
    if ((flags.note?.length ?? 0) > MAX_NOTE) throw new CustodyError("USAGE", `--note: at most ${MAX_NOTE} characters`);
    const signing = await openSigning(custody);
    const requests =
      what === NIL_RETURN
        ? await nilRequests(custody, signing, window, flags, output)
        : humanRequests(custody, signing, what, window, flags);
    if (typeof requests === "number") return requests;
    const begun = fromIso(signing.found.genesis.at);
    if (window.to <= begun)
      output.note(
        `This log began on ${dateForPeople(begun, custody.config.organisation.zone)}, after all of that time: it saw nothing of it as it happened.`,
      );
    for (const { statement } of requests) for (const line of statement.trimEnd().split("\n")) output.line(line);
    output.line();
    const as = `${person?.name} (${person?.role})`;
    if (!(await isConfirmed(flags, as))) {
      output.line("Nothing was signed.");
      output.object({ ok: false, signed: [] });
      return 1;
    }
    const entries = await signAll(custody, signing, requests);
    await publish(custody, output.note);
    output.line(`Signed as ${as}: ${entries.map((index) => `record ${index}`).join(", ")}.`);
    output.object({
      ok: true,
      signed: requests.map(({ subject, window: { from, to }, requirements }, i) => ({
        entry: entries[i],
        subject,
        window: { from: iso(from), to: iso(to) },
        requirements,
      })),
    });
    return 0;
  });
}

function windowOf({ month, period }: Flags, what: string, { config, clock }: Custody): Interval {
  const { zone } = config.organisation;
  const text = month ?? period;
  if (text === undefined || (month !== undefined && period !== undefined)) {
    const last = wallClock(clock.now(), zone).toPlainDate().with({ day: 1 }).subtract({ days: 1 });
    throw new CustodyError("USAGE", "for which time? expected --month or --period", {
      remedy: `For example \`custody sign ${what} --month ${last.toString().slice(0, 7)}\`.`,
    });
  }
  if (month !== undefined && !/^\d{4}-\d\d$/.test(month))
    throw new CustodyError("USAGE", `--month ${month}: expected a month such as 2026-10`);
  const { from, to } = parsePeriod(text, zone);
  if (to > clock.now()) {
    throw new CustodyError("USAGE", `${windowInWords({ from, to }, zone)} is not over yet`, {
      remedy: "Only what has passed can be confirmed. Nothing was signed.",
    });
  }
  return { from, to };
}

/** What is to be signed where nothing happened; the exit code where nothing can be, which is then said. */
export async function nilRequests(
  custody: Custody,
  signing: Signing,
  window: Interval,
  { requirement, note }: Pick<Flags, "requirement" | "note">,
  output: Output,
): Promise<SignRequest[] | number> {
  const { zone } = custody.config.organisation;
  const all = signing.nilReturns(window);
  const ids = [...new Set(all.map((one) => one.requirement))];
  const unknown = requirement?.find((id) => !ids.includes(id));
  if (unknown !== undefined) {
    throw new CustodyError("USAGE", `--requirement: there is no nil return ${unknown}${didYouMean(unknown, ids)}`, {
      remedy: `There are ${ids.join(", ") || "none in this catalogue"}.`,
    });
  }
  const chosen = all.filter((one) => requirement === undefined || requirement.includes(one.requirement));
  const open = chosen.filter(({ state }) => state === "confirmable");
  const against = chosen.filter(({ state }) => state === "refused" || state === "withdrawn" || state === "running");
  if (open.length === 0 || against.length > 0) {
    for (const alike of joinAlike(chosen)) output.line(`${claimInWords(alike, zone)}: ${alike.one.reason}.`);
    const confirmed = against.length === 0 && chosen.some(({ state }) => state === "confirmed");
    if (confirmed) output.line("Everything that can be confirmed of this time is.");
    else {
      const rest = open.length > 0 ? open.map((one) => ` --requirement ${one.requirement}`).join("") : "";
      output.line("Nothing was signed.");
      if (rest !== "")
        output.line(
          `What does hold can be confirmed by itself: \`custody sign ${NIL_RETURN} ${windowAsFlag(window, zone)}${rest}\`.`,
        );
    }
    output.object({ ok: confirmed, signed: [], nilReturns: chosen.map(inRecords) });
    return confirmed ? 0 : 1;
  }
  const windows = new Map<string, NilReturn[]>();
  for (const one of open) {
    const key = `${one.window.from} ${one.window.to}`;
    windows.set(key, [...(windows.get(key) ?? []), one]);
  }
  // One for each month: that something happened in one of them takes nothing from the others.
  return Promise.all(
    [...windows.values()].map(async (own) => ({
      subject: NIL_RETURN,
      window: (own[0] as NilReturn).window,
      requirements: own.map((one) => one.requirement),
      statement: await nilStatement(custody, signing, own, note),
    })),
  );
}

async function nilStatement(
  custody: Custody,
  signing: Signing,
  own: readonly NilReturn[],
  note: string | undefined,
): Promise<string> {
  const { zone, name } = custody.config.organisation;
  const [{ window }] = own as [NilReturn];
  const lines = [
    `Nil return of ${name} for ${windowInWords(window, zone)}`,
    spanInWords(window, zone),
    "",
    "I have looked at what follows and confirm that nothing of it happened in this time.",
  ];
  for (const { one, requirements, controls } of joinAlike(own)) {
    const { over, text, sources } = one;
    lines.push("", `No ${NOUNS[over][0]} (${controls.join(" and ")}; ${requirements.join(", ")}): ${text}`);
    for (const { instance, use, slots, covered, late, total, runs, moments } of sources) {
      const after = late > 0 ? `, ${late} of them late` : "";
      const only = moments === undefined ? "" : `; it knows only the present, seen at ${moments} moments`;
      lines.push(
        `  ${instance} (${use}): ${covered} of ${slots} pieces of expected evidence came${after}; none found in this time; ${countInWords(total, over)}${only}.`,
      );
      lines.push(
        `    Asked in ${runs.length} ${runs.length === 1 ? "run" : "runs"}${runs.length > 0 ? `, records ${runs[0]} to ${runs.at(-1)}` : ""}.`,
      );
      const queries = await queriesOf(custody, signing, instance, runs);
      if (queries.length > 0) lines.push("    What was asked or read, also where it tells of another time:");
      for (const query of queries) lines.push(`    ${query}`);
    }
  }
  return finish(lines, signing, note);
}

/** By the clock of the organisation; the record itself has its times in UTC. */
const spanInWords = ({ from, to }: Interval, zone: string) =>
  `From ${forPeople(from, zone)} up to, not including, ${forPeople(to, zone)}.`;

function finish(lines: readonly string[], { seen, found }: Signing, note: string | undefined): string {
  const remark = note === undefined ? [] : ["", `Remark: ${note}`];
  return `${[
    ...lines,
    ...remark,
    "",
    `Seen: the first ${seen.size} records of the log ${found.genesis.origin}, fingerprint ${seen.root}.`,
  ].join("\n")}\n`;
}

/** What is to be signed of a subject. Throws USAGE for one that there is not, and for a time that is too short for it. */
export function humanRequests(
  custody: Custody,
  signing: Signing,
  subject: string,
  window: Interval,
  { note, requirement }: Pick<Flags, "requirement" | "note">,
): SignRequest[] {
  const { zone, name } = custody.config.organisation;
  if (requirement !== undefined)
    throw new CustodyError("USAGE", `--requirement is only for ${NIL_RETURN}`, { remedy: "Leave it out." });
  const own = signing.human.filter((one) => one.subject === subject);
  if (own.length === 0) {
    const known = [NIL_RETURN, ...new Set(signing.human.map((one) => one.subject))];
    throw new CustodyError("USAGE", `there is nothing called ${subject} to sign${didYouMean(subject, known)}`, {
      remedy: `There is ${known.join(", ")}.`,
    });
  }
  for (const { freshness } of own) {
    const [first] = windowsOf({ freshness }, window, zone);
    if (first === undefined || freshness === "on-event" || isWhole(freshness, window, zone)) continue;
    throw new CustodyError(
      "USAGE",
      `${subject} is signed ${freshness}: ${windowInWords(window, zone)} holds no whole such period`,
      {
        remedy: "Name a longer --period, such as 2026-Q3 or 2026. Nothing was signed.",
      },
    );
  }
  const lines = [
    `${subject.replaceAll("-", " ")} of ${name} for ${windowInWords(window, zone)}`,
    spanInWords(window, zone),
    "",
    "I have looked at it and sign:",
    ...own.map(({ id, text, control }) => `  ${text} (${id}, ${control})`),
    "",
    "What the records showed then, requirements by result:",
    ...signing.controls(window).map(({ id, requirements }) => {
      const part = (isMeant: (basis: string) => boolean) =>
        Object.entries(countResults(requirements.filter(({ basis }) => isMeant(basis))))
          .flatMap(([word, n]) => (n > 0 ? [`${n} ${word.replaceAll("_", " ")}`] : []))
          .join(", ");
      // The same numbers as of `controls` and the report, which leave out what is recommended only unless asked.
      const asked = part((basis) => basis !== "recommended");
      const more = part((basis) => basis === "recommended");
      return `  ${id}: ${asked === "" ? "none" : asked}${more === "" ? "" : `; recommended only: ${more}`}`;
    }),
  ];
  const requirements = own.map(({ id }) => id);
  return [{ subject, window, requirements, statement: finish(lines, signing, note) }];
}

/** True where a whole period of the cadence lies in the window. */
function isWhole(freshness: Parameters<typeof windowsOf>[0]["freshness"], window: Interval, zone: string): boolean {
  const [first] = windowsOf({ freshness }, window, zone);
  // A window without one stands for itself; a longer one around it tells the two apart.
  const wide = { from: window.from - 400 * DAY, to: window.to + 400 * DAY };
  return windowsOf({ freshness }, wide, zone).some(({ from, to }) => from === first?.from && to === first.to);
}

const DAY = 86_400_000;

async function isConfirmed({ yes, json }: Flags, as: string): Promise<boolean> {
  if (yes) return true;
  if (json || !process.stdin.isTTY || !process.stderr.isTTY) {
    throw new CustodyError("USAGE", "a confirmation is asked for on a terminal, and this is none", {
      remedy: "Look at it first, then add --yes. Nothing was signed.",
    });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`Confirm this as ${as}? yes or no: `)).trim());
  } finally {
    terminal.close();
  }
}

async function list(custody: Custody, flags: Flags, output: Output): Promise<number> {
  const { zone } = custody.config.organisation;
  const signing = await openSigning(custody);
  const named = flags.month ?? flags.period;
  const now = Math.max(signing.found.history.asOf, custody.clock.now());
  const period = named === undefined ? lastMonths(now, zone) : parsePeriod(named, zone);
  const nils = signing.nilReturns(period).filter(isTold);
  for (const alike of joinAlike(nils))
    output.line(`${claimInWords(alike, zone)}: ${STATES[alike.one.state]}\n  ${alike.one.reason}.`);
  if (nils.length === 0) output.line("No source that could show that nothing happened was watched in this time.");
  const meets = ({ window }: SignOff) => window.from < period.to && window.to > period.from;
  const counting = signing.signOffs.filter(meets);
  const empty = signing.void.filter(meets);
  output.line();
  for (const one of counting) output.line(signedLine(one, zone));
  for (const one of empty) output.line(`${signedLine(one, zone)}\n  does not count: ${one.why}`);
  if (counting.length + empty.length === 0) output.line("Nobody has signed anything about this time.");
  const subjects = [...new Set(signing.human.map(({ subject }) => subject))];
  output.line();
  output.line("What `custody sign WHAT --month MONTH` signs, how often, and the newest time that can be signed now:");
  const whats = whatCanBeSigned(signing.human, custody.clock.now(), zone);
  for (const one of whats)
    output.line(`  ${one.subject}  ${one.often}, ${one.next ?? "no such time is over yet"}: ${one.means}`);
  output.object({
    ok: true,
    nilReturns: nils.map(inRecords),
    signOffs: counting.map(signedRecord),
    void: empty.map((one) => ({ ...signedRecord(one), why: one.why })),
    subjects: [NIL_RETURN, ...subjects],
    words: whats,
  });
  return 0;
}

/** Each word that can be signed: what whoever signs says by it, how often that is asked, and of which time it can be said now. */
export function whatCanBeSigned(human: readonly HumanRequirement[], now: Instant, zone: string) {
  const month = lastWhole("monthly", now, zone);
  const subjects = [...new Set(human.map(({ subject }) => subject))];
  return [
    { subject: NIL_RETURN, often: "monthly", next: month, means: "nothing happened that the sources would have shown" },
    ...subjects.map((subject) => {
      const own = human.filter((one) => one.subject === subject);
      const rhythms = [...new Set(own.map(({ freshness }) => freshness))];
      return {
        subject,
        often: rhythms.map((one) => (one === "on-event" ? "when there is a reason" : one)).join(" and "),
        next: lastWhole(rhythms[0] ?? "on-event", now, zone) ?? null,
        means: own.map(({ text, id }) => `${text.replace(/\.$/, "")} (${id})`).join("; "),
      };
    }),
  ];
}

/** The flag of the newest whole period of a rhythm that is over; of what has none, the last month. */
function lastWhole(freshness: HumanRequirement["freshness"], now: Instant, zone: string): string | null {
  const rhythm = freshness === "on-event" ? "monthly" : freshness;
  const all = windowsOf({ freshness: rhythm }, { from: now - 800 * DAY, to: now }, zone);
  const whole = all.findLast(({ from, to }) => to <= now && isWhole(rhythm, { from, to }, zone));
  return whole === undefined ? null : windowAsFlag(whole, zone);
}

const STATES: Readonly<Record<NilReturn["state"], string>> = {
  confirmed: "confirmed",
  withdrawn: "WITHDRAWN",
  confirmable: "can be confirmed",
  occupied: "nothing to confirm",
  refused: "CANNOT BE CONFIRMED",
  running: "not over yet",
  unwatched: "not watched",
};

function lastMonths(now: Instant, zone: string): Interval {
  const first = wallClock(now, zone).toPlainDate().with({ day: 1 });
  const start = (day: typeof first) => day.toZonedDateTime(zone).epochMilliseconds;
  return { from: start(first.subtract({ months: MONTHS_LISTED })), to: start(first.add({ months: 1 })) };
}

const signedLine = (one: SignOff, zone: string) =>
  `record ${one.entry}  ${one.subject}  ${windowInWords(one.window, zone)}  ${signerInWords(one)}, ${dateForPeople(one.at, zone)}`;

const signedRecord = ({ entry, at, subject, window, requirements, seen, by }: SignOff) => ({
  entry,
  at: iso(at),
  subject,
  window: { from: iso(window.from), to: iso(window.to) },
  requirements,
  seen,
  by,
});

/** A claim as `--json` has it. */
export function inRecords({ requirement, over, window, state, reason, holes, sources, signed }: NilReturn) {
  return {
    requirement,
    over,
    window: { from: iso(window.from), to: iso(window.to) },
    state,
    reason,
    holes: holes.map(({ from, to, ...rest }) => ({ ...rest, from: iso(from), to: iso(to) })),
    sources,
    signed: signed.map(signedRecord),
  };
}
