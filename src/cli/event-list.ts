import { openEvents } from "../acts/deciding.ts";
import type { EventState } from "../events/fold.ts";
import { backlogOf, reconcile } from "../events/reconcile.ts";
import { OWN_REGISTER } from "../incidents/register.ts";
import { iso } from "../lib/time.ts";
import { forPeople } from "../lib/zone.ts";
import { clean } from "../report/clean.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { type ChoiceFlags, choiceOf, requireNone } from "./event-choice.ts";
import { accountLine, decisionLine, decisionRecord, eventLines, eventRecord, waitInWords } from "./event-words.ts";

interface Flags extends GlobalFlags, ChoiceFlags {
  readonly undecided?: boolean;
  readonly again?: boolean;
  readonly number?: string;
}

const SHOWN = 50;

/** `custody event list`: what each source told and what became of it, what waits, and the events themselves, oldest first. */
export function list(flags: Flags): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    output.progress("reading …");
    const deciding = await openEvents(custody);
    const { zone, names, log } = deciding;
    const choice = choiceOf(flags, deciding);
    const most = flags.number === undefined ? SHOWN : Number(flags.number);
    const problems = [...choice.problems];
    if (!Number.isInteger(most) || most < 0) problems.push(`--number ${flags.number}: expected how many, such as 50`);
    requireNone(problems, "Nothing is written by this command.");
    const chosen = log.events.filter(choice.matches);
    const able = choice.words === "" || flags.period !== undefined ? [...deciding.sources, OWN_REGISTER] : [];
    const accounts = reconcile(
      chosen,
      able.filter((id) => flags.source === undefined || flags.source === id),
    );
    const backlog = backlogOf(chosen);
    const wanted = chosen.filter(
      ({ decided, again }) =>
        (!flags.undecided && !flags.again) ||
        (flags.undecided === true && decided === undefined) ||
        (flags.again === true && again.length > 0),
    );
    const shown = wanted.slice(0, most);

    for (const account of accounts) output.line(accountLine(account));
    if (accounts.length === 0) output.line("No event matches, and no source tells of alerts.");
    for (const { severity, count, oldest, age } of backlog)
      output.line(
        `Undecided, ${severity === null ? "without a severity" : `severity ${clean(severity, 20)}`}: ${count}, the oldest for ${waitInWords(age)} (${oldest.event})`,
      );
    output.line();
    for (const event of shown) for (const line of eventLines(event, names, zone)) output.line(line);
    if (wanted.length > shown.length)
      output.line(
        `… and ${wanted.length - shown.length} more; \`--number\` shows more, \`--period\` and \`--source\` fewer.`,
      );
    for (const { index, words } of deciding.troubles.slice(0, SHOWN)) output.line(`Record ${index}: ${clean(words)}.`);
    if (deciding.troubles.length > SHOWN)
      output.line(`… and ${deciding.troubles.length - SHOWN} more records that do not fit.`);
    if (backlog.length > 0)
      output.line('`custody event decide EVENT… event-only --reason "…"` decides; `--help` says more.');
    output.object({
      ok: true,
      asOf: iso(deciding.now),
      accounts,
      backlog: backlog.map(({ severity, count, oldest, age }) => ({ severity, count, oldest: oldest.event, age })),
      total: wanted.length,
      events: shown.map((event) => eventRecord(event, names)),
      troubles: deciding.troubles,
    });
    return 0;
  });
}

/** `custody event show EVENT`: everything that is known of one event. */
export function show(flags: GlobalFlags, text: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const deciding = await openEvents(custody);
    const { zone, names } = deciding;
    const event = deciding.find(text);
    for (const line of eventLines(event, names, zone)) output.line(line);
    for (const line of detailLines(event, zone)) output.line(`    ${line}`);
    const before = event.past.filter((one) => one.index !== event.decided?.index);
    if (before.length > 0) output.line("Decided before:");
    for (const one of before) {
      const became =
        one.void !== undefined
          ? `counts for nothing: ${one.void}`
          : `${one.corrected ? "corrected" : "superseded"} ${forPeople(one.supersededAt ?? 0, zone)}`;
      output.line(`    ${decisionLine(one, names, zone)}`);
      output.line(`        ${clean(became)}.`);
    }
    const { byRule, decided } = event;
    if (byRule !== undefined && byRule !== decided)
      output.line(`By the rules alone it would be ${decisionLine(byRule, names, zone)}.`);
    const duplicates = deciding.log.events.filter((one) => one.decided?.duplicateOf === event.event);
    if (duplicates.length > 0)
      output.line(
        `Its duplicates: ${duplicates
          .slice(0, 20)
          .map((one) => one.event)
          .join(", ")}${duplicates.length > 20 ? `, and ${duplicates.length - 20} more` : ""}.`,
      );
    output.object({
      ok: true,
      ...eventRecord(event, names),
      labels: event.labels,
      past: event.past.map((one) => ({
        ...decisionRecord(one, names),
        void: one.void ?? null,
        supersededAt: one.supersededAt === undefined ? null : iso(one.supersededAt),
        corrected: one.corrected,
      })),
      byRule: byRule === undefined ? null : decisionRecord(byRule, names),
      duplicates: duplicates.length,
      entry: event.newest.entry,
      item: event.newest.item,
    });
    return 0;
  });
}

function detailLines(
  { id, state, endsAt, labels, newest, wordings, lag, linked, kind }: EventState,
  zone: string,
): string[] {
  const { fact } = newest;
  return [
    ...(kind === "event"
      ? []
      : [`its source calls it ${clean(id, 200)}; told in record ${newest.entry}, file ${newest.item}`]),
    ...(fact.kind === "event" && fact.acknowledgedAt !== null
      ? [`whoever reported it was answered ${forPeople(fact.acknowledgedAt, zone)}`]
      : []),
    ...(state === null
      ? []
      : [`state: ${clean(state, 40)}${endsAt === null ? "" : `, over since ${forPeople(endsAt, zone)}`}`]),
    ...Object.entries(labels)
      .slice(0, 50)
      .map(([name, value]) => `${clean(name, 60)} = ${clean(value, 200)}`),
    ...(wordings.length > 1 ? [`its source told of it differently ${wordings.length} times`] : []),
    ...(linked.length > 0 ? [`linked to ${linked.join(", ")}`] : []),
    ...(lag === undefined
      ? []
      : [
          `decided ${lag.most - lag.least < 60_000 ? waitInWords(lag.most) : `${waitInWords(lag.least)} to ${waitInWords(lag.most)}`} after it began`,
        ]),
  ];
}
