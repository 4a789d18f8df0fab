import { boundsOf } from "../calendar/bounds.ts";
import type { Calendar } from "../calendar/calendar.ts";
import { judgeEvery } from "../calendar/gaps.ts";
import { clocksOf } from "../calendar/severity.ts";
import { lastOf, type Stamp } from "../calendar/stamp.ts";
import { lengthForPeople } from "../lib/length.ts";
import { type Instant, parseDuration } from "../lib/time.ts";
import { anyHolds } from "../policy/condition.ts";
import { channelOf, type Policy } from "../policy/policy.ts";
import type { PolicyTimeline } from "../policy/timeline.ts";
import {
  assignmentsOf,
  caseView,
  closedWithout,
  type Incident,
  isOver,
  precisionOf,
  reaches,
  severitiesOf,
  stampOf,
} from "./case.ts";
import {
  areRules,
  backNote,
  calendarOf,
  gravest,
  rulesForClock,
  timeForPeople,
  verdictWord,
  writtenTerm,
} from "./clock.ts";
import type { Verdict } from "./judgement.ts";
import { type TargetVerdict, unknownSeverity } from "./targets.ts";

/** Whether those who must be kept informed were told often enough, by the organisation's own rules. */

export type Updates = Policy["updates"][string];

/** Judges one rhythm of updates of an incident, named as the rules name it (`public`). */
export function judgeUpdates(
  incident: Incident,
  name: string,
  policies: PolicyTimeline,
  asOf: Instant,
  { tellsMessages = true }: { readonly tellsMessages?: boolean } = {},
): TargetVerdict {
  const ruleIn = (policy: Policy) => (Object.hasOwn(policy.updates, name) ? policy.updates[name] : undefined);
  const rules = rulesForClock(
    policies,
    incident,
    (policy) => {
      const rule = ruleIn(policy);
      return rule && stampOf(incident, rule.from);
    },
    asOf,
  );
  if (!areRules(rules)) {
    const { ref, word, what } = rules;
    return { rule: "applies", verdict: { word, what, policy: ref }, clocks: [], policy: ref };
  }
  const { policy, ref, start } = rules;
  const rule = ruleIn(policy);
  const none = (which: TargetVerdict["rule"]): TargetVerdict => ({
    rule: which,
    verdict: { word: "skip", policy: ref },
    clocks: [],
    policy: ref,
  });
  if (rule === undefined) return none("none");
  const about = rule.when === undefined ? "yes" : anyHolds(rule.when, caseView(incident, policy, asOf));
  const severities = severitiesOf(incident, policy);
  const isAbout = severities.given.some(({ level }) => Object.hasOwn(rule.terms, level));
  if (about === "no") return none("elsewhere");
  if (severities.unknown.length === 0 && severities.given.length > 0 && !isAbout) return none("elsewhere");
  const whole = (verdict: Verdict): TargetVerdict => ({
    rule: "applies",
    verdict: { ...verdict, what: `${verdict.what ?? ""}${backNote(ref)}`, policy: ref },
    clocks: [],
    policy: ref,
  });
  if (about === "unknown")
    return whole({ word: "unclear", what: "whether your rules are about this incident is not recorded" });
  if (!tellsMessages) return whole({ word: "no_data", what: "its source tells of no messages at all" });
  if (start === undefined) {
    // What did not begin yet can still begin.
    const begins = isOver(incident) || stampOf(incident, rule.to) !== undefined;
    return whole(
      begins
        ? { word: "no_data", what: "when its updates begin is not recorded" }
        : { word: "open", what: "its updates have not begun yet" },
    );
  }
  const levels = policy.severities.map(({ label }) => ({ level: label, term: termFor(rule, label)?.term }));
  const { clocks } = clocksOf(start, assignmentsOf(severities, start), levels);
  const verdicts: Verdict[] = clocks.flatMap(({ level, start: from }) => {
    const written = termFor(rule, level);
    return written === undefined ? [] : [judgeOne({ incident, rule, policy, level, from, written, asOf })];
  });
  const unknown = unknownSeverity(severities);
  return whole(gravest([...verdicts, ...(unknown === undefined ? [] : [unknown])]) ?? { word: "skip" });
}

function termFor(rule: Updates, level: string) {
  return Object.hasOwn(rule.terms, level) ? writtenTerm(rule.terms[level]) : undefined;
}

function judgeOne(of: {
  incident: Incident;
  rule: Updates;
  policy: Policy;
  level: string;
  from: Stamp;
  written: NonNullable<ReturnType<typeof writtenTerm>>;
  asOf: Instant;
}): Verdict {
  const { incident, rule, policy, level, from, written, asOf } = of;
  const events = updatesOf(incident, rule, policy);
  const calendar = calendarOf(policy, rule.calendar);
  const end = stampOf(incident, rule.to);
  const grace = parseDuration(rule.grace) ?? 0;
  const course = { from, events, asOf, over: isOver(incident), calendar, term: written.term, grace };
  // Closed without its end: what was missed while it was open is not made undone by leaving that out.
  const closed = end === undefined ? closedWithout(incident, rule.to) : undefined;
  const toClosing = closed && judgeEvery({ ...course, to: closed });
  const found = toClosing?.word === "not_met" ? toClosing : judgeEvery({ ...course, to: end });
  const { longest, due } = found;
  const where = `on ${rule.channels.join(" or ")}`;
  const count = events.length === 1 ? "1 update" : `${events.length} updates`;
  const silence = longest === undefined ? "" : `; longest silence ${lengthForPeople(longest.to - longest.from)}`;
  const says =
    written.term.op === "at-once" ? `your rules set no number (${level})` : `your rules say ${written.text} (${level})`;
  const next =
    due === undefined
      ? ""
      : `; next one due by ${timeForPeople((due.at ?? due.earliest) - (due.exclusive ? 1 : 0), policy.zone)}`;
  const base = {
    level,
    target: written.text,
    ...boundsOf(due),
    took: longest === undefined ? undefined : longest.to - longest.from,
  };
  const running = stampOf(incident, rule.to) === undefined && !isOver(incident);
  if (found.word === "no_target" && rule.atLeastOne) {
    const asks = `your rules ask for one at least (${level})`;
    const { possible, certain } = withinOf(events, from, stampOf(incident, rule.to), calendar);
    if (possible === 0) {
      const outside = events.length === 0 ? "" : ` while they are asked for (${count} before or after that)`;
      return running
        ? { ...base, word: "open", what: `no update ${where} yet${outside}; ${asks}` }
        : { ...base, word: "bad", what: `no update ${where}${outside}; ${asks}` };
    }
    if (certain === 0) {
      const what = `${count} ${where}, and whether while they are asked for is not recorded exactly enough; ${asks}`;
      return { ...base, word: "unclear", what };
    }
    if (!running) return { ...base, word: "ok", what: `${count} ${where}${silence}; ${asks}` };
  }
  const word = verdictWord(found.word);
  const left = found === toClosing ? ", counted until it was closed, as when it was over is not recorded" : "";
  const why = ["ok", "no_target"].includes(word) ? "" : `: ${found.reason}${left}`;
  return { ...base, word, what: `${count} ${where}${why}${silence}${next}; ${says}` };
}

/**
 * How many updates can lie, and how many surely lie, between where they begin to be asked for and the end. The one that says
 * that it is over belongs to the end, and comes after it.
 */
function withinOf(events: readonly Update[], from: Stamp, to: Stamp | undefined, calendar: Calendar) {
  const last = (stamp: Stamp) => lastOf(stamp, calendar);
  const isBefore = (at: Instant, { saysOver }: Update, end: Instant | undefined) =>
    saysOver || end === undefined || at <= end;
  const possible = events.filter((one) => last(one) >= from.at && isBefore(one.at, one, to && last(to)));
  const certain = possible.filter((one) => one.at >= last(from) && isBefore(last(one), one, to?.at));
  return { possible: possible.length, certain: certain.length };
}

interface Update extends Stamp {
  /** It told that the incident is resolved. */
  readonly saysOver: boolean;
}

/** The messages that count, in any order. */
function updatesOf(incident: Incident, { channels, audience }: Updates, policy: Policy): Update[] {
  return incident.messages.flatMap((message, i) => {
    const channel = channelOf(policy, message.channel);
    if (message.at === null || channel === undefined || !channels.includes(channel)) return [];
    if (audience !== undefined && !reaches(message.audience, audience, channel, policy)) return [];
    const saysOver = message.purpose === "resolution";
    return [{ at: message.at, precision: precisionOf(incident, `messages.${i}`), saysOver }];
  });
}
