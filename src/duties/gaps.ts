import { type AnyGap, stays } from "../gaps/gap.ts";
import { wordsOf } from "../gaps/words.ts";
import type { Instant } from "../lib/time.ts";
import { dateForPeople, forPeople, startOfDay, wallClock } from "../lib/zone.ts";
import type { InstanceHistory } from "../slots/history.ts";
import { inBoth } from "./clocks.ts";
import { type Duty, type People, whoFor } from "./duty.ts";
import { asFlag, causeInWords, many, monthInWords, sentence, spanInTable } from "./words.ts";

/** What gaps are said with. */
export interface GapSaying {
  readonly now: Instant;
  readonly zone: string;
  readonly people: People;
  title(instance: string): string;
  /** What the last run of the collector said, where it did not see everything. */
  detail(instance: string): string | undefined;
  /** What Custody found out about itself, where that says more than a code; by what is wrong. */
  condition?(requirement: string): string | undefined;
  /** Until when the rules ask for an answer, where they do. */
  answer?(gap: string): AnswerDue | undefined;
}

/** Until when somebody is to answer a gap that nobody has answered yet, and what was opened for it. */
export interface AnswerDue {
  readonly due: Instant | undefined;
  readonly late: boolean;
  /** In words: which rule says so. */
  readonly rule: string;
  /** Stays the same while it is the same time to answer. */
  readonly name: string;
  readonly incident: string | undefined;
}

/** The duty with what the rules say about it; `others` are gaps for which it stands as well. */
function withAnswer(duty: Duty, { answer, zone }: GapSaying, others: readonly string[] = []): Duty {
  const own = answer?.(duty.id);
  const late = [own, ...others.map((id) => answer?.(id))].flatMap((one) => (one?.late ? [one.name] : []));
  const again = late.length === 0 ? {} : { again: late };
  if (own === undefined) return { ...duty, ...again };
  const { due, rule, incident } = own;
  const by =
    due === undefined ? [] : [`answer by ${inBoth(due, zone)}${own.late ? ", which has passed" : ""} (${rule})`];
  const until = [...by, ...(duty.until === undefined ? [] : [duty.until])].join("; ");
  return {
    ...duty,
    ...again,
    what: incident === undefined ? duty.what : `${duty.what} As your rules ask, ${incident} was opened for it.`,
    ...(until === "" ? {} : { until }),
  };
}

/** Of one collector, the newest gaps are shown; the rest are on their own page. */
const GAPS_SHOWN = 2;
const DAY = 24 * 3_600_000;

/** Gaps that nobody has seen yet or that were accepted until a day that is over. */
export function needsSomebody(gap: AnyGap): boolean {
  return gap.state === "open" && gap.acknowledged === undefined;
}

/** What is to be done about holes in the evidence of one collector, newest first. `gaps` are its own, oldest first. */
export function holeDuties(one: InstanceHistory, gaps: readonly AnyGap[], saying: GapSaying): Duty[] {
  const open = gaps.filter((gap) => gap.requirement === "cadence" && needsSomebody(gap));
  const shown = open.slice(-GAPS_SHOWN).reverse();
  const rest = open.slice(0, -GAPS_SHOWN);
  return shown.map((gap, i) => {
    const duty = holeDuty(gap, one, saying, i === 0);
    if (i < shown.length - 1 || rest.length === 0) return withAnswer(duty, saying);
    const covers = rest.map(({ id }) => id);
    return withAnswer({ ...duty, more: `${many(rest.length, "older gap")} of this collector`, covers }, saying, covers);
  });
}

function holeDuty(gap: AnyGap, one: InstanceHistory, saying: GapSaying, newest: boolean): Duty {
  const { now, zone, people } = saying;
  const late = gap.slots.filter((slot) => slot.state === "late").length;
  const missing = gap.slots.length - late;
  const parts = gap.slots.every((slot) => slot.state === "partial") ? "only in part collected" : "not collected";
  const back = late > 0 ? ` ${many(late, "piece")} came in later.` : "";
  const ask = !stays(gap, one);
  // What the last run says is about this gap only while that goes on.
  const detail = newest && gap.slots.some((slot) => slot.due > now - DAY) ? saying.detail(one.id) : undefined;
  const said = detail === undefined ? "" : ` ${sentence(`The last attempt said: ${detail}`)}`;
  const pieces = `${many(missing, "piece")} of expected evidence ${missing === 1 ? "is" : "are"} missing`;
  if (newest && losesNow(gap, one)) {
    return {
      id: gap.id,
      title: `${saying.title(one.id)}: nothing comes in since ${forPeople(gap.from, zone)}`,
      what: `Known since ${forPeople(gap.opened, zone)}, and it goes on: ${causeInWords(gap.cause)}.${said} ${pieces} so far.`,
      lost: "Evidence is being lost now: this source only knows the present, and nothing brings back what it is not asked in time.",
      todo: "Mend what the last attempt says; Custody goes on asking by itself, or at once by the first command. Afterwards note with the second that you have seen what is missing:",
      commands: [`custody collect ${one.id}`, seenCommand(gap.id)],
      until: "at once",
      ...whoBoth(people),
    };
  }
  const who = whoFor(ask ? "operator" : "owner", people);
  return {
    id: gap.id,
    title: `${saying.title(one.id)}: ${spanInTable(gap, zone)} was ${parts}`,
    what: `Known since ${forPeople(gap.opened, zone)}: ${causeInWords(gap.cause)}.${said} ${pieces}.${back}`,
    lost: ask
      ? lostBy(gap, one)
      : `${lostBy(gap, one)} ${monthInWords(gap.from, zone)} stays incomplete for it, and reports say so.`,
    todo: ask
      ? "See that the source answers; Custody goes on trying by itself. Or ask again now for all of it, or note that you have seen it:"
      : STAYS_TODO,
    commands: ask ? [backfillCommand(gap, one, zone), seenCommand(gap.id)] : staysCommands(gap.id),
    until: untilMonthEnd(gap.from, now, zone, ask),
    ...(who === undefined ? {} : { who }),
  };
}

const seenCommand = (id: string): string => `custody gap ack ${id} --reason "…"`;

/** What somebody does about a hole that nothing fills. */
export const STAYS_TODO = "Note that you have seen it, or accept it with a reason until a date:";
export const staysCommands = (id: string): readonly string[] => [
  seenCommand(id),
  `custody gap accept ${id} --until DATE --reason "…"`,
];

/** While it may grow, up to now: the command is still right when somebody reads it a day later. */
function backfillCommand({ from, to }: AnyGap, { id, coveredTo }: InstanceHistory, zone: string): string {
  const end = coveredTo !== undefined && coveredTo > to ? ` --to ${asFlag(to, zone)}` : "";
  return `custody collect ${id} --backfill --from ${asFlag(from, zone)}${end}`;
}

/** Every further period is lost as well until somebody mends the source. */
function losesNow(gap: AnyGap, one: InstanceHistory): boolean {
  const run = one.runs.at(-1);
  if (one.record.mode !== "snapshot" || gap.backSince !== undefined || run === undefined) return false;
  return run.at >= gap.from && (run.outcome === "failed" || run.outcome === "unavailable");
}

/** Who mends it, and who then says that they have seen what is missing. */
function whoBoth(people: People): { who?: string } {
  const [mends, sees] = [whoFor("operator", people), whoFor("owner", people)];
  if (mends === undefined) return {};
  return { who: sees === undefined || sees === mends ? mends : `${mends}; afterwards ${sees}` };
}

/** The month to which it belongs is what somebody confirms one day. */
function untilMonthEnd(from: Instant, now: Instant, zone: string, canBeHad: boolean): string {
  const next = startOfDay(wallClock(from, zone).toPlainDate().with({ day: 1 }).add({ months: 1 }), zone);
  const when = now < next ? dateForPeople(next - 1, zone) : "as soon as you can";
  return canBeHad ? `${when}; without it ${monthInWords(from, zone)} cannot be confirmed complete` : when;
}

/** The same answer in one place: can what is missing still be had? */
export function lostBy(gap: AnyGap, one: InstanceHistory | undefined): string {
  if (gap.requirement !== "cadence") return wordsOf(gap, "UTC", "").lost;
  if (gap.cause === "retention") return "Lost: the source no longer holds it.";
  if (one?.record.mode === "window") return "Nothing is lost yet: the source can still be asked about that time.";
  if (one?.record.mode === "snapshot") return "Lost for that time: this source only knows the present.";
  return "Reports sent in that time are lost, unless their senders repeated them.";
}

/** What is to be done about a gap that has no periods: nothing ever came, or something is wrong with Custody itself. */
export function conditionDuty(gap: AnyGap, saying: GapSaying): Duty {
  const { instance } = gap;
  const detail = gap.requirement === "first" ? saying.detail(instance) : saying.condition?.(gap.requirement);
  const { title, what, lost, todo, commands } = wordsOf(
    gap,
    saying.zone,
    detail ?? causeInWords(gap.cause),
    saying.title(instance),
  );
  const grave = gap.requirement === "key" || gap.requirement === "integrity";
  const who = whoFor(grave ? "owner" : "operator", saying.people);
  const duty = {
    id: gap.id,
    title,
    what,
    lost,
    todo,
    commands,
    ...(grave ? { until: "at once" } : {}),
    ...(who === undefined ? {} : { who }),
  };
  return withAnswer(duty, saying);
}
