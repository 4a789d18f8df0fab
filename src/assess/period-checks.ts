import type { Interval } from "../lib/time.ts";
import { dateForPeople } from "../lib/zone.ts";
import { parseCadence, windows } from "../slots/cadence.ts";
import { type AssessedSlot, type SlotState, tally } from "../slots/state.ts";
import { confirmedBy } from "./binding.ts";
import type { CheckOf } from "./catalogue.ts";
import { PERIOD, SLOT } from "./counted.ts";
import { heldAs } from "./held.ts";
import { type Circumstances, type Failing, type Judgement, plain, watchedWhen } from "./judgement.ts";
import { findNil } from "./nil.ts";
import { nilResult, overallOf } from "./nil-periods.ts";
import { counted } from "./vocabulary.ts";

/** Plain words for the states in which expected evidence did not come in time. */
const FAILED: Partial<Record<SlotState, string>> = {
  late: "came late",
  partial: "incomplete",
  failed: "failed",
  unavailable: "source unreachable",
  missed: "missed",
};

function failingSlot(slot: AssessedSlot): Failing {
  const cause = slot.reason === undefined ? {} : { cause: slot.reason };
  return { id: slot.id, instance: slot.instance, what: FAILED[slot.state] ?? slot.state, ...cause, entries: slot.runs };
}

export function checkSlots(_check: CheckOf<"slots">, circumstances: Circumstances): Judgement {
  const slots = circumstances.feeding.flatMap((f) => f.slots);
  const counts = tally(slots);
  const left = counts.open + counts.due;
  // What is not over yet can have failed nothing, so it is in no share.
  const over = slots.length - left;
  const failing = slots.filter((slot) => FAILED[slot.state] !== undefined).map(failingSlot);
  const inWords = Object.entries(FAILED).flatMap(([state, word]) => {
    const count = counts[state as SlotState];
    return count > 0 ? [`${count} ${word}`] : [];
  });
  const answer = (result: Judgement["result"], reason: string): Judgement => ({
    result,
    reason,
    notes: watchedWhen(circumstances),
    n: counts.collected,
    of: over,
    noun: SLOT,
    failing,
    records: [],
  });
  const silent = circumstances.feeding.filter((f) => f.expected && f.slots.length === 0).map((f) => f.instance);
  const logged = circumstances.feeding.flatMap((f) => (f.own === undefined ? [] : f.slots)).length;
  const share = `${counts.collected} of ${counted(over, SLOT)} collected in time${
    logged > 0 && logged < slots.length ? `; ${logged} of all are of the register in the log itself` : ""
  }`;

  if (failing.length > 0)
    return answer("not_met", `${share}; ${inWords.join(", ")}${left > 0 ? `; besides, ${left} not due yet` : ""}`);
  if (silent.length > 0) return answer("no_data", `${share}; nothing in this period from ${silent.join(", ")}`);
  if (slots.length === 0) return answer("no_data", "it is no longer collected");
  if (counts.paused > 0)
    return answer("no_data", `${share}; ${counts.paused} paused by a person: nothing was collected then`);
  if (left > 0) return answer("pending", `${share}; ${left} not due yet`);
  return answer("met", share);
}

export function checkNil(check: CheckOf<"nil">, circumstances: Circumstances): Judgement {
  const { n, of, ...nil } = findNil(circumstances, check.over);
  const { records, signed } = nil;
  const holes = new Set(nil.holes.map(({ instance }) => instance));
  const failing = circumstances.feeding
    .filter(({ instance }) => holes.has(instance))
    .flatMap(({ slots }) => slots)
    .filter((slot) => nil.holes.some((h) => h.instance === slot.instance && h.from <= slot.from && slot.to <= h.to))
    .map(failingSlot);
  const common = { failing, records, signed: signed.map(({ entry }) => entry) };
  const { parts = [], zone, asOf } = circumstances;
  if (parts.length < 2) return { ...common, result: nilResult(nil), reason: nil.reason, n, of, noun: SLOT, nil };
  const whole = overallOf(
    parts.map((part) => findNil(part, check.over)),
    zone,
    asOf,
  );
  const { result, reason, state } = whole;
  return { ...common, result, reason, n: whole.n, of: whole.of, noun: PERIOD, nil: { ...nil, state, reason } };
}

export function checkHuman(check: CheckOf<"human">, circumstances: Circumstances): Judgement {
  const { asOf, period, requirement, zone, policies } = circumstances;
  const own = circumstances.signOffs.filter((s) => s.subject === check.subject);
  const inPeriod = own.filter((s) => s.window.from < period.to && s.window.to > period.from);
  const { freshness } = requirement;
  const ending =
    freshness === "on-event"
      ? []
      : [...windows(parseCadence(freshness, zone), period)].filter((w) => w.to <= period.to);
  const over = ending.filter((w) => w.to <= asOf);
  // Where rules ask for it, a time that is over and that nobody signed is a failure, and not only nothing to look at.
  const { since = Number.POSITIVE_INFINITY } = confirmedBy(requirement, policies, period) ?? {};
  const type = heldAs(check.subject);
  const held = (circumstances.activities ?? []).flatMap((one) =>
    type !== undefined && one.type === type && one.documented && one.at !== null && one.at <= asOf ? [one.at] : [],
  );
  const isIn = ({ from, to }: Interval) => held.some((at) => at >= from && at < to);
  if (inPeriod.length === 0 && !isIn(period) && !over.some((w) => w.to > since)) {
    const none = "no sign-off by a person is on record";
    return plain("no_data", type === undefined ? none : `${none}, and no ${type} with a document`);
  }
  const signed = inPeriod.map((s) => s.entry);
  if (freshness === "on-event") {
    return { ...plain("met", "signed by a person"), n: 1, of: 1, noun: PERIOD, signed };
  }
  const unsigned = over.filter((w) => !isIn(w) && !own.some((s) => s.window.from <= w.from && s.window.to >= w.to));
  const failing = unsigned.map((w) => ({
    id: dateForPeople(w.from, zone),
    instance: undefined,
    what: type === undefined ? "not signed" : "neither signed nor held with a document",
    entries: [],
  }));
  const n = over.length - unsigned.length;
  const last = Math.max(...held.filter((at) => at >= period.from && at < period.to));
  const shown = Number.isFinite(last) ? `; ${type} with a document on ${dateForPeople(last, zone)}` : "";
  const reason = `${held.length > 0 ? "signed or held" : "signed"} for ${n} of ${counted(over.length, PERIOD)}${shown}`;
  const answer = { ...plain("met", reason), n, of: over.length, noun: PERIOD, failing, signed };
  if (unsigned.length > 0) return { ...answer, result: "not_met" };
  return over.length === ending.length && over.length > 0 ? answer : { ...answer, result: "pending" };
}

/** The log knows which holds were in force. Whether they cover all that they should is for people, so this decides nothing. */
export function checkHolds(check: CheckOf<"holds">, { holds, period, asOf }: Circumstances): Judgement {
  if (holds === undefined) return plain("no_data", "the holds are named in the report and by `custody hold list`");
  if (asOf < period.from) return plain("no_data", "the period has not begun");
  const inForce = holds.filter(({ from, to }) => from < period.to && (to === undefined || to > period.from));
  if (inForce.length === 0) return plain("no_data", `no hold was in force in the period; ${check.judge}`);
  const named = inForce.slice(0, 10).map(({ id, entry }) => `${id}, record ${entry}`);
  const more = inForce.length > named.length ? `; and ${inForce.length - named.length} more` : "";
  const count = counted(inForce.length, ["hold was", "holds were"]);
  return {
    ...plain("indeterminate", `${count} in force in the period (${named.join("; ")}${more}); ${check.judge}`),
    signed: inForce.map(({ entry }) => entry),
  };
}
