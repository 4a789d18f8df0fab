import { describe, expect, test } from "vitest";
import type { Entry } from "../src/evidence/entry.ts";
import { HeadLog, nextDue, RENEW_BEFORE, type Rhythm, type Trouble, whyDue } from "../src/heads/due.ts";
import { iso } from "../src/lib/time.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const T0 = Date.parse("2026-11-20T12:00:00.000Z");

const entry = (kind: string, index: number, more: object = {}): Entry =>
  ({
    v: 1,
    index,
    prev: "0".repeat(64),
    batch: "0".repeat(32),
    kind,
    at: iso(T0),
    actor: { type: "system", id: "custody" },
    software: "test",
    ...more,
  }) as Entry;

const headEntry = (index: number, size: number, sent: number, target = "file", use = "file"): Entry =>
  entry("head", index, { size, root: "x", use, target, sent: iso(sent) });

const rhythm = (over: Partial<Rhythm> = {}): Rhythm => ({
  id: "file",
  every: DAY,
  last: { index: 5, size: 5, root: "x", sent: T0 },
  isNew: true,
  ...over,
});

describe("a head is due", () => {
  test("at once where none was ever sent", () => {
    expect(whyDue(rhythm({ last: undefined }), undefined, T0)).toBe("new");
  });

  test("once its time has passed and there is something new", () => {
    expect(whyDue(rhythm(), undefined, T0 + DAY - 1)).toBeUndefined();
    expect(whyDue(rhythm(), undefined, T0 + DAY)).toBe("new");
    expect(nextDue(rhythm(), undefined, T0)).toBe(T0 + DAY);
    expect(whyDue(rhythm({ isNew: false }), undefined, T0 + 1000 * DAY)).toBeUndefined();
    expect(nextDue(rhythm({ isNew: false }), undefined, T0)).toBeUndefined();
  });

  test("for a time stamp again 30 days before the newest one ends, also in silence, but not more often than its time", () => {
    const ends = T0 + 365 * DAY;
    const silent = rhythm({ isNew: false, ends });
    expect(whyDue(silent, undefined, ends - RENEW_BEFORE - 1)).toBeUndefined();
    expect(whyDue(silent, undefined, ends - RENEW_BEFORE)).toBe("renew");
    expect(nextDue(silent, undefined, T0)).toBe(ends - RENEW_BEFORE);
    const soon = rhythm({ isNew: false, ends: T0 + 2 * DAY });
    expect(whyDue(soon, undefined, T0 + DAY - 1)).toBeUndefined();
    expect(whyDue(soon, undefined, T0 + DAY)).toBe("renew");
    expect(whyDue(rhythm({ isNew: false, ends: "lapsed" }), undefined, T0 + DAY)).toBe("renew");
  });

  test("not before it has rested from what went wrong, twice as long each time, an hour at most", () => {
    const trouble = (failures: number): Trouble => ({ failures, at: T0 + 2 * DAY, code: "X", message: "x" });
    const waits = [1, 2, 3, 7, 40].map((failures) => {
      for (let minutes = 0; minutes <= 60; minutes += 1) {
        if (whyDue(rhythm(), trouble(failures), T0 + 2 * DAY + minutes * 60_000)) return minutes;
      }
      return undefined;
    });
    expect(waits).toEqual([1, 2, 4, 60, 60]);
    const until = { ...trouble(1), until: T0 + 3 * DAY };
    expect(whyDue(rhythm(), until, T0 + 3 * DAY - 1)).toBeUndefined();
    expect(whyDue(rhythm(), until, T0 + 3 * DAY)).toBe("new");
  });

  test("again within the hour when it was sent by hand before its time and failed, and says so", () => {
    const trouble: Trouble = { failures: 9, at: T0 + HOUR, code: "X", message: "x" };
    expect(nextDue(rhythm(), trouble, T0 + HOUR)).toBe(T0 + 2 * HOUR);
    expect(whyDue(rhythm(), trouble, T0 + 2 * HOUR - 1)).toBeUndefined();
    expect(whyDue(rhythm(), trouble, T0 + 2 * HOUR)).toBe("new");
    // What was due long ago is tried when the rest is over, not in the past.
    expect(nextDue(rhythm(), { ...trouble, at: T0 + 2 * DAY }, T0 + 2 * DAY)).toBe(T0 + 2 * DAY + HOUR);
    // Another stamp is still not asked for before its time.
    const silent = rhythm({ isNew: false, ends: T0 + 365 * DAY });
    expect(nextDue(silent, trouble, T0 + HOUR)).toBe(T0 + 365 * DAY - RENEW_BEFORE);
  });

  test("although the clock was once far ahead", () => {
    const last = { index: 5, size: 5, root: "x", sent: T0 + 4000 * DAY };
    expect(whyDue(rhythm({ last }), undefined, T0)).toBe("new");
    expect(whyDue(rhythm(), { failures: 30, at: T0 + 4000 * DAY, code: "X", message: "x" }, T0 + 2 * DAY)).toBe("new");
  });
});

describe("what the ledger says of heads", () => {
  test("is the newest of each place, and whether there is anything else behind it", () => {
    const log = new HeadLog();
    for (let i = 0; i < 5; i += 1) log.add(i, entry("run", i));
    expect(log.last("file", "file")).toBeUndefined();
    expect(log.isNewSince(0)).toBe(true);
    log.add(5, headEntry(5, 5, T0));
    log.add(6, headEntry(6, 6, T0 + DAY, "other"));
    expect(log.last("file", "file")).toMatchObject({ index: 5, size: 5, sent: T0 });
    // Behind size 5 there are heads only.
    expect(log.isNewSince(5)).toBe(false);
    log.add(7, entry("a-kind-of-a-later-version", 7));
    expect(log.isNewSince(5)).toBe(true);
    expect(log.isNewSince(8)).toBe(false);
  });

  test("tells a place from another kind of place under the same name, and leaves alone what it does not know", () => {
    const log = new HeadLog();
    log.add(0, headEntry(0, 0, T0, "auditor", "witness"));
    log.add(1, entry("head", 1, { size: 1, root: "x" }));
    expect(log.last("auditor", "file")).toBeUndefined();
    expect(log.last("auditor", "witness")?.size).toBe(0);
  });

  test("over 100 days of silence makes each place send once", () => {
    const log = new HeadLog();
    log.add(0, entry("genesis", 0));
    let size = 1;
    const sent: number[] = [];
    for (let day = 0; day < 100; day += 1) {
      const now = T0 + day * DAY;
      const due = ["file", "witness"].filter((id) => {
        const last = log.last(id, id);
        return whyDue({ id, every: DAY, last, isNew: log.isNewSince(last?.size ?? 0) }, undefined, now) !== undefined;
      });
      const at = size;
      for (const id of due) {
        log.add(size, headEntry(size, at, now, id, id));
        size += 1;
        sent.push(day);
      }
    }
    expect(sent).toEqual([0, 0]);
  });
});
