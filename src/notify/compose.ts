import type { Duty, Titles } from "../duties/duty.ts";
import { needsSomebody, STAYS_TODO, staysCommands } from "../duties/gaps.ts";
import { causeInWords, many, monthInWords, sentence, spanInTable } from "../duties/words.ts";
import type { AnyGap } from "../gaps/gap.ts";
import { wordsOf } from "../gaps/words.ts";
import type { Instant, Interval } from "../lib/time.ts";
import { forPeople } from "../lib/zone.ts";
import type { Message, MessageFile, MessageItem } from "./define.ts";
import type { AtOnce, News } from "./due.ts";

/**
 * Notices in plain words: what, since when, is anything lost, do what, until when, who. Their reader has no manual at hand and no
 * time; no word here is one of cryptography or of this program's insides.
 */

/** Whose notices they are. */
export interface Letterhead {
  readonly organisation: string;
  readonly zone: string;
  readonly title: Titles;
}

/** What stands around the things of a digest. */
export interface Around {
  /** When Custody itself did not run, where that is a reason. */
  readonly silence: Interval | undefined;
  /** What was looked at, a sentence. */
  readonly looked: string;
  /** Why not everything could be looked at; a clause. */
  readonly unsure: string | undefined;
}

/** The daily digest. */
export function composeDigest(id: string, news: News, around: Around, head: Letterhead): Message {
  const { due, over, known, knownClocks, young } = news;
  const { silence, looked, unsure } = around;
  const needs = due.length === 1 ? "1 thing needs you" : `${due.length} things need you`;
  const ended = over.length === 1 ? "1 thing is over" : `${over.length} things are over`;
  const first = due[0]?.title ?? "";
  const subject =
    due.length === 0
      ? `nothing for you to do, ${ended}`
      : due.length === 1 && over.length === 0
        ? `${needs}: ${first}`
        : `${needs}${over.length > 0 ? `, ${ended}` : ""}`;
  const rest =
    unsure === undefined
      ? `Nothing else is wrong. ${looked}`
      : `${looked} What is written inside the evidence could not be looked up now (${unsure}), so there may be more.`;
  return {
    id,
    about: "digest",
    from: head.organisation,
    title: `Custody: ${subject}`,
    paragraphs: [
      ...(silence === undefined ? [] : [silenceInWords(silence, due.length > 0, head.zone)]),
      due.length === 0 ? "There is nothing for you to do." : `${sentence(needs)}`,
      ...(known === 0
        ? []
        : [
            `${known === 1 ? "1 thing that you were told before is" : `${known} things that you were told before are`} still open; what nobody has seen is told again once a week${knownClocks === 0 ? "" : ", a deadline once it has passed"}.`,
          ]),
      ...(young.length === 0 ? [] : [youngInWords(young)]),
      rest,
    ],
    items: [...due.map(itemOf), ...over.map((gap) => overItem(gap, head))],
    all: "custody status",
  };
}

const YOUNG_NAMED = 3;

function youngInWords(young: readonly Duty[]): string {
  const one = young.length === 1;
  const names = young.slice(0, YOUNG_NAMED).map(({ title }) => title);
  const rest = young.length > YOUNG_NAMED ? `; and ${young.length - YOUNG_NAMED} more` : "";
  return `${one ? "1 thing does" : `${young.length} things do`} not work just now and may mend by ${one ? "itself" : "themselves"}; you are told what to do if it lasts for a day. ${sentence(`${names.join("; ")}${rest}`)}`;
}

function silenceInWords({ from, to }: Interval, more: boolean, zone: string): string {
  const rest = more ? "; what is still missing stands below" : "";
  return `Custody itself was not running between ${forPeople(from, zone)} and ${forPeople(to, zone)}: the machine was off or asleep, or the program was stopped. What the sources still know of that time is fetched by itself${rest}.`;
}

/** A notice that cannot wait, or that what could not wait is over. */
export function composeAtOnce(
  { id, about, gap, quietUntil }: AtOnce,
  duty: Duty | undefined,
  head: Letterhead,
): Message {
  const item = about === "recovery" || duty === undefined ? overItem(gap, head) : itemOf(duty);
  const nothing = item.commands === undefined ? " There is nothing for you to do." : "";
  return {
    id,
    about,
    from: head.organisation,
    title: about === "urgent" ? `Custody, urgent: ${item.title}` : `Custody: ${item.title}`,
    paragraphs: [
      about === "urgent"
        ? "This cannot wait for the daily notice."
        : `You were told of this at once, so you are told at once that it is over.${nothing}`,
      ...(quietUntil === undefined
        ? []
        : [
            `If it comes and goes, you are told no more of it at once until ${forPeople(quietUntil, head.zone)}; the daily notice goes on, and \`custody gaps\` lists everything.`,
          ]),
    ],
    items: [item],
    all: "custody status",
  };
}

/** Deadlines that cannot wait, all that are new in one notice; `id` is the same for the same ones. */
export function composeClocks(id: string, duties: readonly Duty[], head: Letterhead): Message {
  const [first] = duties;
  const late = duties.filter(({ clock }) => clock?.late).length;
  const count = many(duties.length, "deadline");
  return {
    id,
    about: "urgent",
    from: head.organisation,
    title: `Custody, urgent: ${duties.length === 1 ? first?.title : `${count}${late === 0 ? "" : `, ${late} of them passed`}`}`,
    paragraphs: [
      "This cannot wait for the daily notice. You are told of a deadline when it is near, and once more when it has passed.",
    ],
    items: duties.map(itemOf),
    all: "custody status",
  };
}

function itemOf({ title, what, lost, todo, commands, places = [], more, until, who }: Duty): MessageItem {
  const mend = places.map(({ where, message }) => `${where}: ${message}`).join("; ");
  const rest = more === undefined ? "" : ` Also: ${more}.`;
  return {
    title,
    what: `${what}${mend === "" ? "" : ` ${mend}.`}${rest}`,
    ...(lost === undefined ? {} : { lost }),
    todo,
    ...(commands.length === 0 ? {} : { commands }),
    ...(until === undefined ? {} : { until }),
    ...(who === undefined ? {} : { who }),
  };
}

/** What has ended, and what remains of it. */
function overItem(gap: AnyGap, { zone, title }: Letterhead): MessageItem {
  const cause = causeInWords(gap.cause);
  const when = gap.closedAt === undefined ? "" : forPeople(gap.closedAt, zone);
  const name = title(gap.instance);
  if (gap.requirement === "cadence" && gap.backSince !== undefined) return backItem(gap, gap.backSince, name, zone);
  if (gap.requirement === "cadence") {
    return {
      title: `${name}: ${spanInTable(gap, zone)} is no longer missing`,
      what: `It was not collected in time (${cause}); all of it is here since ${when}.`,
      lost: "Nothing is lost. It stays marked as late.",
      todo: "There is nothing to do.",
    };
  }
  if (gap.requirement === "first") {
    return {
      title: `${name}: evidence comes in now`,
      what: `Its first evidence came on ${when}; from now on it is expected regularly.`,
      lost: "Nothing is known of the time before.",
      todo: "There is nothing to do.",
    };
  }
  const words = wordsOf(gap, zone, cause, name);
  return {
    title: `Over: ${words.title.charAt(0).toLowerCase()}${words.title.slice(1)}`,
    what: `That began on ${forPeople(gap.from, zone)} (${cause}), and is over since ${when}.`,
    todo: "There is nothing to do.",
  };
}

/** What is missing stays missing, but no more is. */
function backItem(gap: AnyGap, since: Instant, name: string, zone: string): MessageItem {
  const asks = needsSomebody(gap);
  return {
    title: `${name}: evidence comes in again`,
    what: `It does since ${forPeople(since, zone)}; before, from ${forPeople(gap.from, zone)} on, it was not collected (${causeInWords(gap.cause)}).`,
    lost: "What was missed meanwhile cannot be had any more; it stays a gap.",
    todo: asks ? STAYS_TODO : "There is nothing to do.",
    ...(asks ? { commands: staysCommands(gap.id) } : {}),
  };
}

/** What of a report a mail says itself. */
export interface ReportSummary {
  readonly period: Interval & { readonly label: string };
  /** Pieces of evidence that were expected, and how many of them are not there. */
  readonly expected: number;
  readonly holes: number;
  readonly gaps: number;
  readonly file: MessageFile;
  /** Too large to be attached: where it lies, and its SHA-256. */
  readonly kept?: { readonly path: string; readonly digest: string };
}

/** The monthly report. */
export function composeReport(id: string, report: ReportSummary, head: Letterhead): Message {
  const month = monthInWords(report.period.from, head.zone);
  const { expected, holes, gaps, file, kept } = report;
  const count =
    expected === 0
      ? "Nothing was expected in this month: no source was watched in it."
      : holes === 0
        ? `All of the ${many(expected, "piece")} of evidence that were expected are there.`
        : `Of ${many(expected, "piece")} of evidence that were expected, ${holes} ${holes === 1 ? "is" : "are"} missing or incomplete, in ${many(gaps, "gap")}.`;
  return {
    id,
    about: "report",
    from: head.organisation,
    title: `Custody: evidence report for ${month}`,
    paragraphs: [
      `The evidence report for ${month} is ready. ${count}`,
      ...(kept === undefined
        ? []
        : [
            `It is too large to be attached. It lies on the machine that runs Custody, at ${kept.path}; its checksum (SHA-256) is ${kept.digest}.`,
          ]),
      "Keep it where whoever runs Custody cannot change it, such as this mailbox: then nobody can rewrite the evidence behind it unnoticed. There is nothing else to do.",
    ],
    items: [],
    all: "custody status",
    ...(kept === undefined ? { files: [file] } : {}),
  };
}
