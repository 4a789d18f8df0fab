import { readActs } from "../acts/acting.ts";
import { recordHeld } from "../acts/holding.ts";
import { oncePerIncident } from "../acts/linking.ts";
import { reviewFacts } from "../acts/reviewing.ts";
import { publish } from "../daemon/mirroring.ts";
import type { FactOf } from "../evidence/fact.ts";
import { momentForPeople } from "../incidents/moment.ts";
import { lengthForPeople } from "../lib/length.ts";
import { iso } from "../lib/time.ts";
import { dateForPeople } from "../lib/zone.ts";
import { unprovenWords } from "../people.ts";
import { clean } from "../report/clean.ts";
import { linksOf } from "../reviews/links.ts";
import { newestOf } from "../reviews/propose.ts";
import { type Times, trendsOf } from "../reviews/trends.ts";
import { readLedger } from "../views/gathering.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { parsePeriod } from "./moment.ts";
import { approveAny, withdrawAny } from "./review.ts";
import { listAny, showAny } from "./review-show.ts";

interface Flags extends GlobalFlags {
  readonly date?: string;
  readonly participants?: string;
  readonly title?: string;
  readonly text?: string;
  readonly incident?: string[];
  readonly file?: string[];
  readonly value?: string[];
  readonly id?: string;
  readonly corrects?: string;
  readonly reason?: string;
  readonly yes?: boolean;
  readonly period?: string;
}

/** `custody activity record TYPE`: an exercise, a training, a review of something else than an incident. */
export function record(flags: Flags, type: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { date, participants, title, text, incident, file, value, id, corrects } = flags;
    const held = {
      type,
      date,
      participants,
      title,
      text,
      incidents: incident,
      files: file,
      values: value,
      id,
      corrects,
    };
    const recorded = await recordHeld(custody, held);
    await publish(custody, output.note);
    const when = momentForPeople(recorded.moment, custody.config.organisation.zone);
    output.line(`${recorded.id}: ${type.replaceAll("-", " ")} of ${when} (record ${recorded.entry}).`);
    output.line(
      `What is to be done after it: custody action open --activity ${recorded.id} --owner NAME --due DATE TITLE`,
    );
    const unproven = unprovenWords(recorded.by);
    if (unproven !== undefined) output.line(unproven);
    output.object({ ok: true, id: recorded.id, entry: recorded.entry, at: iso(recorded.moment.at) });
    return 0;
  });
}

export const list = (flags: Flags) => listAny(flags, false);
export const show = (flags: Flags, id: string) => showAny(flags, id, false);
export const approve = (flags: Flags, id: string) => approveAny(flags, id, false);
export const withdraw = (flags: Flags, id: string) => withdrawAny(flags, id, false);

/** `custody trends`: how many incidents of which kind, how long they took, what came back. */
export function trends(flags: Flags): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { zone } = custody.config.organisation;
    const period = flags.period === undefined ? undefined : parsePeriod(flags.period, zone);
    const acts = await readActs(custody);
    const { facts } = await readLedger(custody, acts.seen.size);
    const incidents = oncePerIncident(facts, linksOf(acts.acts)).map(({ fact }) => fact as FactOf<"incident">);
    const actions = newestOf([...facts, ...reviewFacts(acts.acts, acts.names)]).flatMap(({ fact }) =>
      fact.kind === "action" ? [fact] : [],
    );
    const found = trendsOf(incidents, actions, zone, period);
    output.line(
      `${found.n} incident${found.n === 1 ? "" : "s"}${flags.period === undefined ? "" : ` in ${flags.period}`}, each counted once, by when it was noticed.`,
    );
    for (const { quarter, severity, nature, detectedBy, n } of found.counts) {
      const words = [severity ?? "no severity", nature ?? "nature not said", detectedBy ?? "not said how noticed"];
      output.line(`  ${quarter}  ${String(n).padStart(4)}  ${words.map((word) => clean(word, 40)).join(", ")}`);
    }
    for (const { severity, notice, respond, resolve } of found.times) {
      const name = severity === null ? "all" : clean(severity, 40);
      output.line(`Time until noticed, ${name}: ${timesInWords(notice)}`);
      output.line(`Time to respond, ${name}: ${timesInWords(respond)}`);
      output.line(`Time to resolve, ${name}: ${timesInWords(resolve)}`);
    }
    const { n: opened, atOnce, notice, respond, resolve } = found.byCustody;
    if (opened > 0) {
      output.line(`Custody itself opened ${opened} of all these, for gaps; they are in none of these times.`);
      output.line(`Time until such a gap was noticed: ${timesInWords(notice)}`);
      const once =
        atOnce === 0 ? "" : `; ${atOnce} answered in the moment in which they were noticed, which is no length`;
      output.line(`Time to respond from then on: ${timesInWords(respond)}${once}`);
      output.line(`Time to resolve from then on: ${timesInWords(resolve)}`);
    }
    for (const { causeKey, incidents: ids, firstClosed, repeats, before, later } of found.causes) {
      const done =
        firstClosed === null
          ? "nothing was done about it yet"
          : `first action done ${dateForPeople(firstClosed, zone)}`;
      const again = [
        ...(repeats.length > 0
          ? [`AGAIN within 12 months after that: ${repeats.map((id) => clean(id, 60)).join(", ")}`]
          : []),
        ...(before.length > 0 ? [`before that: ${before.map((id) => clean(id, 60)).join(", ")}`] : []),
        ...(later.length > 0 ? [`later: ${later.map((id) => clean(id, 60)).join(", ")}`] : []),
      ];
      output.line(`Cause ${clean(causeKey, 60)}: ${ids.length} incidents; ${done}; ${again.join("; ")}.`);
    }
    if (found.withoutCause > 0)
      output.line(
        `${found.withoutCause} have no cause by name (\`custody incident cause\`), so nobody can say whether they repeat.`,
      );
    if (found.undated.length > 0)
      output.line(`${found.undated.length} in no quarter: nobody wrote down when they were noticed.`);
    output.object({
      ok: true,
      period: period === undefined ? null : { from: iso(period.from), to: iso(period.to) },
      zone,
      ...found,
    });
    return 0;
  });
}

function timesInWords({ n, mean, median, p90, worst, worstId, inexact, unknown, invalid }: Times): string {
  const rest = [
    ...(inexact > 0 ? [`${inexact} known too inexactly`] : []),
    ...(unknown > 0 ? [`${unknown} without both times`] : []),
    ...(invalid > 0 ? [`${invalid} with the end before the beginning`] : []),
  ];
  const left = rest.length === 0 ? "" : `; not counted: ${rest.join(", ")}`;
  if (n === 0 || mean === null || median === null || p90 === null || worst === null) return `none to count${left}`;
  return `${n} counted, mean ${lengthForPeople(mean)}, median ${lengthForPeople(median)}, nine of ten within ${lengthForPeople(p90)}, longest ${lengthForPeople(worst)} (${clean(worstId ?? "", 60)})${left}`;
}
