import type { Interval } from "../lib/time.ts";
import { daysBetween, monthOf, timeOn } from "./calendar.ts";
import type { Deed, Hands } from "./hands.ts";
import { ZONE } from "./settings.ts";
import { mishapsOf } from "./year.ts";

const DAY = 86_400_000;
/** Evidence of a month is in hand by then. */
const SIGNED_ON = 5;
/** Of this month the review is signed three weeks late. */
const LATE = 3;

/**
 * What comes back: gaps are answered every Monday, and sooner where the notice of one was read in the morning; every month alerts are
 * decided, and what was recorded is signed.
 */
export function routine(span: Interval): Deed[] {
  const deeds: Deed[] = [];
  const { alertsGone, registerGone } = mishapsOf(span);
  // The notice comes the night after the first day that was not collected.
  const isRead = (at: number) => [alertsGone, registerGone].some(({ from, to }) => at > from + 1.5 * DAY && at < to);
  for (const day of daysBetween(span.from, span.to, ZONE)) {
    const morning = timeOn(day, "09:05", ZONE);
    if (day.dayOfWeek === 1) deeds.push({ at: timeOn(day, "09:15", ZONE), by: "jonas", does: gapsOfTheWeek });
    else if (day.dayOfWeek < 6 && isRead(morning))
      deeds.push({ at: morning, by: "lena", does: (hands) => hands.gaps("acknowledge", READ) });
  }
  for (let month = 1; ; month += 1) {
    const first = monthOf(span.from, ZONE, month);
    const on = (day: number, time: string) => timeOn(first.with({ day }), time, ZONE);
    if (on(1, "00:00") > span.to) return deeds;
    const name = first.subtract({ months: 1 }).toString().slice(0, 7);
    deeds.push({
      at: on(SIGNED_ON, "09:30"),
      by: "jonas",
      async does(hands) {
        const before = on(1, "00:00");
        // What somebody tried at the sign-in page last week is left for the next look: what it was is not clear yet.
        const earlier = before - 7 * DAY;
        await hands.decide(
          { name: "ProbeFailed", before, decision: "false-positive", reason: ONE_PROBE },
          { name: "FailedSignIns", before: earlier, decision: "event-only", reason: MISTYPED },
          { severity: "info", before, decision: "event-only", reason: CAPACITY },
          { severity: "warning", before: earlier, decision: "event-only", reason: CAPACITY },
        );
      },
    });
    deeds.push({
      at: on(SIGNED_ON, "10:20"),
      by: "katrin",
      does: (hands) => hands.gaps("accept", STAYS, on(SIGNED_ON, "10:20") + 180 * DAY),
    });
    const signed = on(month === LATE ? SIGNED_ON + 21 : SIGNED_ON, "11:00");
    deeds.push({
      at: signed,
      by: "katrin",
      does: (hands) => hands.signMonth(name),
    });
  }
}

async function gapsOfTheWeek(hands: Hands): Promise<void> {
  await hands.gaps("acknowledge", SEEN);
  await hands.settle("Collected again; what was made up for stays marked as late.");
}

const READ = "The folder is not where it was; whoever moved it is asked to put it back.";
const SEEN = "Looked into; the cause is known, and it is collected again.";
const STAYS = "What was not written down at the source cannot come any more; nothing else shows the same time.";
const ONE_PROBE = "The probe asks from one place only; a second one was answered all the time.";
const MISTYPED = "People who mistyped their password; none was asked for more than twenty times.";
const CAPACITY = "Seen in the weekly look at capacity; felt by nobody.";
