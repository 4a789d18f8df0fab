import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Entry } from "../src/evidence/entry.ts";
import { iso } from "../src/lib/time.ts";
import { freshnessOf } from "../src/slots/freshness.ts";
import { gapsOf } from "../src/slots/gap.ts";
import { History } from "../src/slots/history.ts";
import { slotAt } from "../src/slots/slot.ts";
import { slotsOf, tally } from "../src/slots/state.ts";
import { currentSlot, unsettledSlots } from "../src/slots/unsettled.ts";
import { config, entry, gap, genesis, importOf, instance, instanceOf, plan, run, t } from "./support/entries.ts";

/** Random ledgers of one instance over some days in October 2026, with both sides of Berlin's change of clocks. */
const HOUR = 3_600_000;
const START = t("2026-10-20T09:00Z");
const ALL = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
const HOLES = ["partial", "failed", "unavailable", "missed"];

const step = fc.nat(8);
const reach = fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 60 }));
const settings = fc.record({
  cadence: fc.constantFrom("6h", "daily", "weekly", "hourly"),
  grace: fc.constantFrom("0s", "1h", "6h", "30h"),
  zone: fc.constantFrom("UTC", "Europe/Berlin", "America/New_York"),
});
const outcome = fc.constantFrom("collected", "collected", "partial", "failed", "unavailable" as const);
const trigger = fc.constantFrom("schedule", "interim", "manual", "catch-up", "backfill" as const);

type Maker = (at: number) => Entry;
const back = (at: number, [end, length]: readonly [number, number]) =>
  [at - (end + length) * HOUR, at - end * HOUR] as const;
const runs: fc.Arbitrary<Maker> = fc.tuple(reach, outcome, trigger).map(
  ([span, said, why]) =>
    (at) =>
      run(at, { covered: [back(at, span)], outcome: said, trigger: why, instants: [at - span[0] * HOUR] }),
);
const plans: fc.Arbitrary<Maker> = fc
  .tuple(
    fc.constantFrom("pause", "pause", "resume", "retire" as const),
    fc.integer({ min: -40, max: 40 }),
    fc.option(fc.nat(60)),
  )
  .map(
    ([action, from, length]) =>
      (at) =>
        plan(at, action, { from: at + from * HOUR, ...(length === null ? {} : { to: at + (from + length) * HOUR }) }),
  );
const noise: fc.Arbitrary<Maker> = fc.constantFrom<Maker>(
  (at) => entry("weather", at, { instance: "jobs" }),
  (at) => importOf(at, [at - 99 * HOUR, at]),
  (at) => gap(at, "gap-000000000000", "accept", { until: iso(at + HOUR) }),
);
const makers = (mode: "window" | "snapshot") => {
  const configs: fc.Arbitrary<Maker> = settings.map((fields) => (at) => config(at, [instance({ ...fields, mode })]));
  return fc.oneof(
    { weight: 8, arbitrary: runs },
    { weight: 1, arbitrary: plans },
    { weight: 1, arbitrary: configs },
    { weight: 1, arbitrary: noise },
  );
};
const ledgers = fc.constantFrom("window", "snapshot" as const).chain((mode) =>
  fc.tuple(settings, fc.array(fc.tuple(step, makers(mode)), { maxLength: 40 })).map(([fields, made]) => {
    const entries = [genesis(START), config(START, [instance({ ...fields, mode })])];
    let at = START;
    for (const [hours, make] of made) {
      at += hours * HOUR;
      entries.push(make(at));
    }
    return { entries, end: at };
  }),
);

describe("whatever a ledger says", () => {
  test("every slot has exactly one state, slots tile the time from the first one on, and the tally is their number", () => {
    fc.assert(
      fc.property(ledgers, fc.nat(100), ({ entries, end }, hours) => {
        const history = instanceOf(entries);
        const asOf = end + hours * HOUR;
        const slots = slotsOf(history, ALL, asOf);
        const sum = Object.values(tally(slots)).reduce((a, b) => a + b, 0);
        expect(sum).toBe(slots.length);
        expect(new Set(slots.map((slot) => slot.id)).size).toBe(slots.length);
        const retires = history.plans.some((one) => one.action === "retire");
        slots.forEach((slot, i) => {
          expect(slot.to).toBeGreaterThan(slot.from);
          expect(slot.from).toBeLessThanOrEqual(asOf);
          if (i > 0 && !retires) expect(slot.from).toBe(slots[i - 1]?.to);
          if (slot.state === "open") expect(asOf).toBeLessThan(slot.to);
          if (slot.state === "due") expect(slot.to <= asOf && asOf <= slot.due).toBe(true);
          if (HOLES.includes(slot.state)) expect(asOf).toBeGreaterThan(slot.due);
          if (slot.state === "late") expect(slot.fullAt).toBeGreaterThan(slot.due);
        });
        if (!retires && slots.length > 0) expect(slots.at(-1)?.to).toBeGreaterThan(asOf);
      }),
      { numRuns: 150 },
    );
  });

  test("a state past its grace never changes as the ledger grows, except to late", () => {
    fc.assert(
      fc.property(ledgers, fc.nat(), fc.nat(100), ({ entries, end }, cut, hours) => {
        const kept = 2 + (cut % (entries.length - 1));
        const asOf = t(entries[kept - 1]?.at ?? "");
        const earlier = slotsOf(instanceOf(entries.slice(0, kept)), ALL, asOf).filter((slot) => slot.due < asOf);
        const later = new Map(slotsOf(instanceOf(entries), ALL, end + hours * HOUR).map((slot) => [slot.id, slot]));
        for (const slot of earlier) {
          const now = later.get(slot.id);
          expect([now?.from, now?.to, now?.due]).toEqual([slot.from, slot.to, slot.due]);
          if (now?.state !== slot.state)
            expect([now?.state, HOLES.includes(slot.state), now?.was]).toEqual(["late", true, slot.state]);
        }
      }),
      { numRuns: 150 },
    );
  });

  test("a gap once known keeps its ID, and together they are all holes", () => {
    fc.assert(
      fc.property(ledgers, fc.nat(), ({ entries, end }, cut) => {
        const kept = 2 + (cut % (entries.length - 1));
        const asOf = t(entries[kept - 1]?.at ?? "");
        const known = gapsOf(instanceOf(entries.slice(0, kept)), asOf)
          // What is logged in the very millisecond in which a grace ends may still be in time.
          .filter((one) => one.opened < asOf);
        const now = gapsOf(instanceOf(entries), end);
        expect(now.map((one) => one.id)).toEqual(expect.arrayContaining(known.map((one) => one.id)));
        const holes = slotsOf(instanceOf(entries), ALL, end).filter((slot) => [...HOLES, "late"].includes(slot.state));
        expect(now.flatMap((one) => one.slots.map((slot) => slot.id))).toEqual(holes.map((slot) => slot.id));
      }),
      { numRuns: 100 },
    );
  });

  test("entries logged after a moment do not change what was known at it", () => {
    fc.assert(
      fc.property(ledgers, fc.nat(), ({ entries }, cut) => {
        const kept = 2 + (cut % (entries.length - 1));
        const asOf = t(entries[kept - 1]?.at ?? "");
        const upTo = entries.filter((one) => t(one.at) <= asOf);
        expect(slotsOf(instanceOf(entries), ALL, asOf)).toEqual(slotsOf(instanceOf(upTo), ALL, asOf));
        expect(gapsOf(instanceOf(entries), asOf)).toEqual(gapsOf(instanceOf(upTo), asOf));
        expect(freshnessOf(instanceOf(entries), asOf)).toEqual(freshnessOf(instanceOf(upTo), asOf));
      }),
      { numRuns: 100 },
    );
  });

  test("what is asked again and again as the ledger grows is what the whole gives", () => {
    const steps = fc.array(fc.constantFrom(0, 0, 0, 1, 5, 40), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(ledgers, steps, ({ entries }, later) => {
        const history = new History();
        entries.forEach((one, index) => {
          history.add(index, one);
          const asked = history.instances.get("jobs");
          if (asked === undefined || index % 3 === 1) return;
          // At times it is asked for a moment that later entries are logged before, as a second machine's may be.
          const asOf = t(one.at) + (later[index % later.length] ?? 0) * HOUR;
          const whole = instanceOf(entries.slice(0, index + 1));
          const expected = slotsOf(whole, ALL, asOf).filter(({ state }) => state !== "collected" && state !== "paused");
          expect(unsettledSlots(asked, asOf)).toEqual(expected);
          expect(currentSlot(asked, asOf)).toEqual(slotAt(whole, asOf, asOf));
          expect(freshnessOf(asked, asOf)).toEqual(freshnessOf(whole, asOf));
        });
      }),
      { numRuns: 150 },
    );
  });

  test("a part of the time has the same slots as the whole", () => {
    fc.assert(
      fc.property(ledgers, fc.nat(200), fc.integer({ min: 1, max: 200 }), ({ entries, end }, from, length) => {
        const period = { from: START + from * HOUR, to: START + (from + length) * HOUR };
        const history = instanceOf(entries);
        const meeting = slotsOf(history, ALL, end).filter((slot) => slot.from < period.to && period.from < slot.to);
        expect(slotsOf(history, period, end)).toEqual(meeting);
      }),
      { numRuns: 100 },
    );
  });

  test("runs of equal time may stand in any order where no attempt failed", () => {
    const spans = fc.array(reach, { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(spans, spans, settings, fc.nat(), (now, later, fields, seed) => {
        const at = START + 30 * HOUR;
        const group = (when: number, list: (readonly [number, number])[]) =>
          list.map((one) => run(when, { covered: [back(when, one)] }));
        const shuffled = <T>(list: T[]) =>
          list
            .map((one, i) => [((seed + 1) * (i + 7)) % 11, one] as const)
            .sort((a, b) => a[0] - b[0])
            .map(([, one]) => one);
        const start = [config(START, [instance(fields)]), run(START, { covered: [[START - 300 * HOUR, START]] })];
        const told = (a: Entry[], b: Entry[]) =>
          slotsOf(instanceOf([...start, ...a, ...b]), ALL, at + 60 * HOUR).map(({ runs: _, ...slot }) => slot);
        const [first, second] = [group(at, now), group(at + 20 * HOUR, later)];
        expect(told(shuffled(first), shuffled(second))).toEqual(told(first, second));
      }),
    );
  });
});

describe("states by the hour", () => {
  test("are what counting covered hours gives", () => {
    const attempts = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 120 }), fc.nat(50), fc.integer({ min: 1, max: 40 }), fc.boolean()),
      { maxLength: 25 },
    );
    fc.assert(
      fc.property(attempts, fc.integer({ min: 1, max: 150 }), (list, until) => {
        const midnight = t("2026-11-01");
        const hour = (n: number) => midnight + n * HOUR;
        const made = list
          .map(([at, end, length, fails]) => ({ at, from: at - end - length, to: at - end, fails }))
          .sort((a, b) => a.at - b.at);
        const entries = [
          config(midnight, [instance()]),
          run(midnight, { covered: [[hour(-24), midnight]] }),
          ...made.map(({ at, from, to, fails }) =>
            run(hour(at), { window: [hour(from), hour(to)], ...(fails ? {} : { covered: [[hour(from), hour(to)]] }) }),
          ),
        ];
        const counted = (day: number, logged: number) => {
          const good = made.filter((one) => !one.fails && one.at <= logged);
          return Array.from({ length: 24 }, (_, i) => 24 * day + i).filter((h) =>
            good.some((one) => one.from <= h && h < one.to),
          ).length;
        };
        const expected = (day: number) => {
          const [end, due] = [24 * day + 24, 24 * day + 30];
          if (counted(day, Math.min(due, until)) === 24) return "collected";
          if (until < end) return "open";
          if (until <= due) return "due";
          if (counted(day, until) === 24) return "late";
          if (counted(day, due) > 0) return "partial";
          return made.some(
            (one) => one.fails && 24 * day <= one.at && one.at <= due && one.from < end && 24 * day < one.to,
          )
            ? "failed"
            : "missed";
        };
        // The day before the first run was still in time for it, and seen from its start.
        const slots = slotsOf(instanceOf(entries), { from: midnight, to: hour(200) }, hour(until));
        expect(slots.map((slot) => slot.state)).toEqual(slots.map((_, day) => expected(day)));
        expect(slots).toHaveLength(Math.floor(until / 24) + 1);
      }),
      { numRuns: 400 },
    );
  });
});
