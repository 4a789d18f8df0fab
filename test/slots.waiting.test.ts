import { describe, expect, test } from "vitest";
import { Conditions } from "../src/gaps/conditions.ts";
import { causeOf, gapNotes } from "../src/gaps/note.ts";
import { changeAhead } from "../src/slots/slot.ts";
import { completenessOf } from "../src/verify/verdict.ts";
import { config, genesis, historyOf, instance, instanceOf, run, t } from "./support/entries.ts";

const MINUTELY = [
  genesis("2026-11-20T10:00Z"),
  config("2026-11-20T10:00Z", [instance({ mode: "snapshot", cadence: "1m", grace: "1m" })]),
  run("2026-11-20T10:00:01Z", { instants: ["2026-11-20T10:00:01Z"] }),
];
const good = (at: string) => run(at, { instants: [at] });
const bad = (at: string) =>
  run(at, { outcome: "unavailable", started: new Date(t(at) - 500).toISOString(), window: [t(at) - 1000, at] });

describe("periods missed while a source was being waited for", () => {
  test("are accounted for by the failures before them, and the gap says so", () => {
    const waited = historyOf([...MINUTELY, bad("2026-11-20T10:02:01Z"), good("2026-11-20T10:09:01Z")]);
    expect(completenessOf(waited)).toMatchObject({ word: "accounted" });
    const one = waited.instances.get("jobs");
    const missed = { instance: "jobs", from: t("2026-11-20T10:05Z"), to: t("2026-11-20T10:06Z") };
    const slot = { id: "jobs@x", ...missed, due: t("2026-11-20T10:07Z"), state: "missed" } as const;
    const slots = [{ ...slot, covered: [], instants: [], runs: [] }];
    expect(one && causeOf({ ...missed, slots }, waited)).toBe("waiting-after-failures");
    expect(gapNotes(waited, new Conditions(), waited.asOf)).toMatchObject([{ action: "open", instance: "jobs" }]);
  });

  test("are not, where the last attempt went well or was more than an hour before", () => {
    expect(completenessOf(historyOf([...MINUTELY, good("2026-11-20T10:09:01Z")]))).toMatchObject({ word: "holes" });
    const off = [...MINUTELY, bad("2026-11-20T10:02:01Z"), good("2026-11-20T12:09:01Z")];
    expect(completenessOf(historyOf(off))).toMatchObject({ word: "holes" });
  });
});

test("a cadence that is to come begins with the end of the period before it, and only a change is one", () => {
  const hourly = [genesis("2026-11-20T10:00Z"), config("2026-11-20T10:00Z", [instance({ cadence: "hourly" })])];
  const changed = [...hourly, config("2026-11-20T10:20Z", [instance({ cadence: "1m" })])];
  const ahead = { cadence: "1m", from: t("2026-11-20T11:00Z") };
  expect(changeAhead(instanceOf(changed), t("2026-11-20T10:30Z"))).toEqual(ahead);
  expect(changeAhead(instanceOf(changed), t("2026-11-20T11:00Z"))).toBeUndefined();
  const grace = [...hourly, config("2026-11-20T10:20Z", [instance({ cadence: "hourly", grace: "2h" })])];
  expect(changeAhead(instanceOf(grace), t("2026-11-20T10:30Z"))).toBeUndefined();
});
