import { dateForPeople } from "../lib/zone.ts";
import { parseCadence, windows } from "../slots/cadence.ts";
import { type AssessedSlot, type SlotState, tally } from "../slots/state.ts";
import type { CheckOf } from "./catalogue.ts";
import { type Circumstances, type Failing, type Judgement, plain, sinceWhen } from "./judgement.ts";
import { findNil, type NilState } from "./nil.ts";
import { counted } from "./vocabulary.ts";

/** Plain words for the states in which expected evidence did not come in time. */
const FAILED: Partial<Record<SlotState, string>> = {
  late: "came late",
  partial: "incomplete",
  failed: "failed",
  unavailable: "source unreachable",
  missed: "missed",
};
const SLOT = ["piece of expected evidence", "pieces of expected evidence"] as const;

function failingSlot(slot: AssessedSlot): Failing {
  const cause = slot.reason === undefined ? {} : { cause: slot.reason };
  return { id: slot.id, instance: slot.instance, what: FAILED[slot.state] ?? slot.state, ...cause, entries: slot.runs };
}

export function checkSlots(_check: CheckOf<"slots">, circumstances: Circumstances): Judgement {
  const slots = circumstances.feeding.flatMap((f) => f.slots);
  const counts = tally(slots);
  const failing = slots.filter((slot) => FAILED[slot.state] !== undefined).map(failingSlot);
  const inWords = Object.entries(FAILED).flatMap(([state, word]) => {
    const count = counts[state as SlotState];
    return count > 0 ? [`${count} ${word}`] : [];
  });
  const answer = (result: Judgement["result"], reason: string): Judgement => ({
    result,
    reason: reason + sinceWhen(circumstances),
    n: counts.collected,
    of: slots.length,
    failing,
    records: [],
  });
  const silent = circumstances.feeding.filter((f) => f.expected && f.slots.length === 0).map((f) => f.instance);
  const share = `${counts.collected} of ${counted(slots.length, SLOT)} collected in time`;

  if (failing.length > 0) return answer("not_met", `${share}; ${inWords.join(", ")}`);
  if (silent.length > 0) return answer("no_data", `${share}; nothing in this period from ${silent.join(", ")}`);
  if (slots.length === 0) return answer("no_data", "it is no longer collected");
  if (counts.paused > 0)
    return answer("no_data", `${share}; ${counts.paused} paused by a person: nothing was collected then`);
  const left = counts.open + counts.due;
  if (left > 0) return answer("pending", `${share}; ${left} not due yet`);
  return answer("met", share);
}

const NIL_RESULTS: Readonly<Record<NilState, Judgement["result"]>> = {
  confirmed: "nil",
  withdrawn: "indeterminate",
  confirmable: "pending",
  occupied: "not_applicable",
  refused: "indeterminate",
  running: "pending",
  unwatched: "no_data",
};

export function checkNil(check: CheckOf<"nil">, circumstances: Circumstances): Judgement {
  const { n, of, ...nil } = findNil(circumstances, check.over);
  const { state, reason, records, signed } = nil;
  const holes = new Set(nil.holes.map(({ instance }) => instance));
  const failing = circumstances.feeding
    .filter(({ instance }) => holes.has(instance))
    .flatMap(({ slots }) => slots)
    .filter((slot) => nil.holes.some((h) => h.instance === slot.instance && h.from <= slot.from && slot.to <= h.to))
    .map(failingSlot);
  const result = state === "withdrawn" && records.length > 0 ? "not_applicable" : NIL_RESULTS[state];
  return { result, reason, n, of, failing, records, signed: signed.map(({ entry }) => entry), nil };
}

export function checkHuman(check: CheckOf<"human">, circumstances: Circumstances): Judgement {
  const { asOf, period, requirement, zone } = circumstances;
  const own = circumstances.signOffs.filter((s) => s.subject === check.subject);
  const inPeriod = own.filter((s) => s.window.from < period.to && s.window.to > period.from);
  if (inPeriod.length === 0) return plain("no_data", "no sign-off by a person is on record");
  const signed = inPeriod.map((s) => s.entry);
  if (requirement.freshness === "on-event") {
    return { ...plain("met", "signed by a person"), n: 1, of: 1, signed };
  }
  const ending = [...windows(parseCadence(requirement.freshness, zone), period)].filter((w) => w.to <= period.to);
  const over = ending.filter((w) => w.to <= asOf);
  const unsigned = over.filter((w) => !own.some((s) => s.window.from <= w.from && s.window.to >= w.to));
  const failing = unsigned.map((w) => ({
    id: dateForPeople(w.from, zone),
    instance: undefined,
    what: "not signed",
    entries: [],
  }));
  const n = over.length - unsigned.length;
  const reason = `signed for ${n} of ${counted(over.length, ["period", "periods"])}`;
  const answer = { ...plain("met", reason), n, of: over.length, failing, signed };
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
