import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCadence } from "../src/slots/cadence.ts";
import { isLookDue, shiftOf } from "../src/slots/pull.ts";
import { dueWork } from "../src/slots/work.ts";
import { config, genesis, instance, instanceOf, run, t } from "./support/entries.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TWELVE = [
  "alerts",
  "prom",
  "jobs",
  "backups",
  "incidents",
  "roster",
  "status",
  "uptime",
  "mail",
  "audit",
  "own",
  "docs",
];

describe("how much runs are moved", () => {
  test("twelve hourly collectors do not all begin in the same minute, and each always in its own", () => {
    const shifts = TWELVE.map((id) => shiftOf(id, 11, 10 * MINUTE, 6 * HOUR, HOUR));
    expect(new Set(shifts).size).toBeGreaterThan(5);
    const most = Math.max(...shifts.map((shift) => shifts.filter((other) => other === shift).length));
    expect(most).toBeLessThanOrEqual(4);
    expect(TWELVE.map((id) => shiftOf(id, 11, 10 * MINUTE, 6 * HOUR, HOUR))).toEqual(shifts);
  });

  test("never endangers a grace: at most a quarter of it, and of the time between looks, and what is configured", () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(60), fc.nat(HOUR), fc.nat(DAY), fc.nat(DAY), (id, others, most, grace, every) => {
        const shift = shiftOf(id, others, most, grace, every);
        expect(shift % MINUTE).toBe(0);
        expect(shift).toBeGreaterThanOrEqual(0);
        expect(shift).toBeLessThanOrEqual(Math.min(most, grace / 4, every / 4, others * MINUTE));
      }),
    );
    expect(shiftOf("alone", 0, 10 * MINUTE, DAY, HOUR)).toBe(0);
    expect(TWELVE.map((id) => shiftOf(id, 11, 0, DAY, HOUR))).toEqual(TWELVE.map(() => 0));
  });
});

describe("when a look is due", () => {
  const hourly = { every: HOUR, shift: 3 * MINUTE };

  test("at fixed times, so that what takes long loses no look: 24 of them in every day", () => {
    let last = t("2026-11-20T00:03Z");
    let looks = 0;
    // Each look is logged some 50 seconds after it began; the clock wakes the schedule every minute.
    for (let now = last; now < t("2026-11-23T00:03Z"); now += MINUTE) {
      if (!isLookDue(hourly, last, now + 50_000)) continue;
      looks += 1;
      last = now + 50_000;
    }
    expect(looks).toBe(3 * 24 - 1);
  });

  test("at the times of a cadence in its zone", () => {
    const mornings = { cadence: parseCadence("30 7 * * 1-5", "Europe/Berlin"), shift: 0 };
    const friday = t("2026-11-20T06:31Z");
    expect(isLookDue(mornings, friday, t("2026-11-23T06:29Z"))).toBe(false);
    expect(isLookDue(mornings, friday, t("2026-11-23T06:30Z"))).toBe(true);
  });

  test("once after the clock was set back behind the last one, and not again", () => {
    const ahead = t("2026-11-21T10:10Z");
    expect(isLookDue(hourly, ahead, t("2026-11-20T10:10Z"))).toBe(true);
    expect(isLookDue(hourly, t("2026-11-20T10:10Z"), t("2026-11-20T10:11Z"))).toBe(false);
  });
});

describe("what is to be done", () => {
  const entries = [
    genesis("2026-11-01T09:00Z"),
    config("2026-11-01T09:00Z", [instance()]),
    run("2026-11-01T10:00Z", { covered: [["2026-11-01", "2026-11-01T10:00Z"]] }),
  ];
  const at = (when: string, shift: number) =>
    dueWork(instanceOf(entries), t(when), { every: HOUR, shift }).map(({ why }) => why);

  test("waits for the shift after the end of a slot, and asks once for the slot and not again for how things stand", () => {
    expect(at("2026-11-02T00:02Z", 3 * MINUTE)).toEqual(["interim"]);
    expect(at("2026-11-02T00:03Z", 3 * MINUTE)).toEqual(["due"]);
    expect(at("2026-11-02T00:00Z", 0)).toEqual(["due"]);
  });
});
