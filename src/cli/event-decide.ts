import { createInterface } from "node:readline/promises";
import { type Deciding, decisionProblems, openEvents, recordDecision } from "../acts/deciding.ts";
import { publish } from "../daemon/mirroring.ts";
import { DECISIONS, type DecisionWord } from "../events/decision.ts";
import type { EventState } from "../events/fold.ts";
import { backlogOf } from "../events/reconcile.ts";
import { type Moment, momentOrProblem } from "../incidents/moment.ts";
import { CustodyError, messageOf } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { unprovenWords } from "../people.ts";
import { clean } from "../report/clean.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { type ChoiceFlags, choiceOf, requireNone } from "./event-choice.ts";
import { decisionLine, manyEvents, titleOf } from "./event-words.ts";
import type { Output } from "./output.ts";

interface Flags extends GlobalFlags, ChoiceFlags {
  readonly decision?: string;
  readonly incident?: string;
  readonly of?: string;
  readonly reason?: string;
  readonly at?: string;
  readonly each?: boolean;
  readonly yes?: boolean;
}

const NOTHING = "Nothing was recorded.";
/** Events that are listed before they are decided; the others are counted. */
const LISTED = 20;

/** `custody event decide EVENT… DECISION`, or a filter and `--decision`: what somebody decided, with the reason. */
export function decide(flags: Flags, ...args: string[]): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { zone } = custody.config.organisation;
    const { word, texts, problems } = readArguments(args, flags.decision);
    output.progress("reading …");
    const deciding = await openEvents(custody);
    const choice = choiceOf(flags, deciding);
    problems.push(...choice.problems);
    const at = momentOf(flags.at, zone, custody.clock.now(), problems);
    const isFilter = choice.words !== "";
    if (isFilter && texts.length > 0)
      problems.push("events are named, and a filter is given; either the one or the other");
    if (!isFilter && texts.length === 0)
      problems.push("which event? Name it, or give a filter such as --source and --name");
    if (isFilter && flags.period !== undefined) problems.push("--period is for lists; give --from and --until");
    const found = texts.flatMap((text) => named(deciding, text, problems));
    const of = flags.of === undefined ? undefined : named(deciding, flags.of, problems)[0];
    const events = isFilter && problems.length === 0 ? deciding.log.events.filter(choice.matches) : [...new Set(found)];
    const open = isFilter ? events.filter(({ decided }) => decided === undefined) : events;
    const request = {
      events: open,
      decision: word ?? ("event-only" as const),
      incident: flags.incident,
      duplicateOf: of,
      reason: flags.reason ?? "",
      at,
      chosen: isFilter ? choice.words : undefined,
      each: flags.each ?? false,
    };
    const isMistyped = flags.of !== undefined && of === undefined;
    problems.push(
      ...decisionProblems(deciding, request).filter((one) => !(isMistyped && one.startsWith("--of is missing"))),
    );
    requireNone(problems, NOTHING);
    if (open.length === 0) {
      const decided =
        events.length === 0
          ? ""
          : `; ${manyEvents(events.length)} that it matches ${events.length === 1 ? "is" : "are"} decided already`;
      output.line(`Nothing undecided matches${decided}. ${NOTHING}`);
      output.object({ ok: true, decided: [], entries: [] });
      return 0;
    }
    preview(deciding, request, events.length - open.length, output);
    if ((isFilter || open.length > 1) && !(await isConfirmed(flags, open.length))) {
      output.line(NOTHING);
      output.object({ ok: false, decided: [], entries: [] });
      return 1;
    }
    const { entries, by } = await recordDecision(custody, deciding, request);
    await publish(custody, output.note);
    output.line(
      `Decided: ${manyEvents(open.length)}, ${entries.length === 1 ? "record" : "records"} ${entries.length > 4 ? `${entries[0]} to ${entries.at(-1)}` : entries.join(", ")}.`,
    );
    if (open.length > 1)
      output.line(
        flags.each
          ? "The records say that they were decided together, and that you looked at each."
          : "The records say that they were decided together and not each looked at.",
      );
    const unproven = unprovenWords(by);
    if (unproven !== undefined) output.line(unproven);
    output.object({ ok: true, decided: open.map(({ event }) => event), entries, together: open.length });
    return 0;
  });
}

function readArguments(args: readonly string[], flag: string | undefined) {
  const problems: string[] = [];
  const isWord = (text: string | undefined): text is DecisionWord =>
    (DECISIONS as readonly string[]).includes(text ?? "");
  const last = args.at(-1);
  const texts = isWord(last) ? args.slice(0, -1) : [...args];
  const word = flag ?? (isWord(last) ? last : undefined);
  if (isWord(last) && flag !== undefined && flag !== last)
    problems.push(`two decisions are given: ${last} and --decision ${flag}`);
  if (word === undefined) {
    const hint = last === undefined ? "" : didYouMean(last, DECISIONS);
    problems.push(`which decision? Expected ${DECISIONS.join(", ")} behind the events, or --decision${hint}`);
  } else if (!isWord(word))
    problems.push(`--decision ${word}: expected ${DECISIONS.join(", ")}${didYouMean(word, DECISIONS)}`);
  return { word: isWord(word) ? word : undefined, texts, problems };
}

function named(deciding: Deciding, text: string, problems: string[]): EventState[] {
  try {
    return [deciding.find(text)];
  } catch (thrown) {
    problems.push(messageOf(thrown));
    return [];
  }
}

function momentOf(text: string | undefined, zone: string, now: number, problems: string[]): Moment | undefined {
  const read = text === undefined ? undefined : momentOrProblem(text, zone, now);
  if (typeof read !== "string") return read;
  problems.push(`--at: ${read}`);
  return undefined;
}

function preview(
  { names, zone }: Deciding,
  { events, decision, chosen, each }: Parameters<typeof recordDecision>[2],
  leftAlone: number,
  output: Output,
): void {
  if (events.length > 1 || chosen !== undefined) {
    output.line(
      `${manyEvents(events.length)} ${events.length === 1 ? "is" : "are"} decided as ${decision}${chosen === undefined ? "" : ` (${chosen})`}:`,
    );
    for (const { severity, count } of backlogOf(events))
      output.line(
        `  ${count} undecided ${severity === null ? "without a severity" : `of severity ${clean(severity, 20)}`}`,
      );
    if (leftAlone > 0) output.line(`  ${leftAlone} more match and are decided already; they are left alone`);
  }
  for (const event of events.slice(0, LISTED)) {
    output.line(`  ${event.event}  ${titleOf(event)}`);
    if (event.decided !== undefined)
      output.line(`      it takes the place of: ${decisionLine(event.decided, names, zone)}`);
  }
  if (events.length > LISTED) output.line(`  … and ${events.length - LISTED} more`);
  if (events.length > 1 && !each)
    output.line("They will be recorded as decided together and not each looked at; --each says that you did.");
}

async function isConfirmed({ yes, json }: Flags, count: number): Promise<boolean> {
  if (yes) return true;
  if (json || !process.stdin.isTTY || !process.stderr.isTTY) {
    throw new CustodyError(
      "USAGE",
      `${manyEvents(count)} at once: a confirmation is asked for on a terminal, and this is none`,
      {
        remedy: `Look at the list first, then add --yes. ${NOTHING}`,
      },
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`Decide this about ${manyEvents(count)}? yes or no: `)).trim());
  } finally {
    terminal.close();
  }
}
