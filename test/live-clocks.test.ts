import { describe, expect, test } from "vitest";
import { recordIncident } from "../src/acts/registering.ts";
import { actOnAction } from "../src/acts/tracking.ts";
import { upkeepDue } from "../src/assess/upkeep-due.ts";
import type { Custody, LedgerView } from "../src/custody.ts";
import { Notifying } from "../src/daemon/notifying.ts";
import { clockDuties, type LiveClock, WARN } from "../src/duties/clocks.ts";
import type { FactOf } from "../src/evidence/fact.ts";
import { iso } from "../src/lib/time.ts";
import { agendaOf } from "../src/views/agenda.ts";
import { liveClocks } from "../src/views/live-clocks.ts";
import { seeDuties, seeGaps } from "../src/views/seeing.ts";
import { undecidedDuties } from "../src/views/undecided.ts";
import { fact, seen, shippedCatalogue } from "./support/assessing.ts";
import { ruledWorkspace } from "./support/gap-workspace.ts";
import { hook, receiver } from "./support/notices.ts";
import { inForce } from "./support/rules.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const never = new AbortController().signal;

const titles = async (custody: Custody) => (await liveClocks(custody, custody.clock.now())).map(({ title }) => title);

/** An incident that somebody opened a moment ago, with what is known of it. */
async function opened(custody: Custody, severity: string) {
  const { incident } = await recordIncident(custody, {
    act: "open",
    values: { severity },
    words: { title: "Login down" },
  });
  return incident;
}

describe("deadlines that run", () => {
  const clock = (fields: Partial<LiveClock> = {}): LiveClock => ({
    about: "INC-1",
    name: "respond",
    title: "INC-1: to be responded to",
    what: "x",
    todo: "y",
    commands: [],
    since: undefined,
    due: 100 * HOUR,
    late: false,
    warn: WARN.hours,
    grave: false,
    ...fields,
  });
  const place = { now: 99 * HOUR, zone: "Europe/Berlin", people: { anna: { role: "owner" } } };

  test("have another name once they are late, a time in both zones, and somebody who sees to it", () => {
    const [soon] = clockDuties([clock({ since: 90 * HOUR })], place);
    const [late] = clockDuties([clock({ late: true })], { ...place, now: 101 * HOUR });
    expect(soon?.id.replace(/soon$/, "late")).toBe(late?.id);
    expect(soon?.until).toBe("5 Jan 1970, 05:00 Europe/Berlin (5 Jan 1970, 04:00 UTC)");
    expect(soon?.what).toContain("Counted from 4 Jan 1970, 19:00 Europe/Berlin (4 Jan 1970, 18:00 UTC).");
    expect([soon?.who, late?.title]).toEqual(["anna (owner)", "TOO LATE: INC-1: to be responded to"]);
    expect(clockDuties([clock({ who: "ben" })], place)[0]?.who).toBe("ben");
  });

  test("stand with what is late first; of one matter four are shown, and the others counted and told with them", () => {
    const many = [1, 2, 3, 4, 5, 6].map((n) => clock({ name: `c${n}`, title: `c${n}`, due: (100 + n) * HOUR }));
    const late = clock({ about: "ACT-1", name: "a", title: "a", late: true, due: HOUR });
    const duties = clockDuties([...many, late], place);
    expect(duties.map(({ title }) => title)).toEqual(["TOO LATE: a", "c1", "c2", "c3", "c4"]);
    expect(duties.at(-1)).toMatchObject({ more: "2 more deadlines of INC-1" });
    expect(duties.at(-1)?.covers).toHaveLength(2);
  });

  test("are told from so long before on as they ask, and shown before", () => {
    const [far] = clockDuties([clock({ due: 200 * HOUR, grave: true })], place);
    expect(far?.ripe).toBe(176 * HOUR);
    expect(clockDuties([clock({ due: undefined })], place)[0]).toMatchObject({
      until: "without undue delay; no number is set",
    });
  });
});

describe("what is due over all open incidents", () => {
  test("names what, since when, until when, who and the command; it ends when that was recorded", async () => {
    const { custody, clock } = await ruledWorkspace("sev1-4");
    clock.set("2026-11-20T12:00:00.000Z");
    const incident = await opened(custody, "Sev2");
    await recordIncident(custody, {
      act: "assign",
      incident,
      values: { role: "commander" },
      people: { person: "Ben Example" },
    });
    const [respond] = await liveClocks(custody, clock.now());
    expect(respond).toMatchObject({
      title: `${incident}: to be responded to`,
      until: "20 Nov 2026, 15:00 Europe/Berlin (20 Nov 2026, 14:00 UTC)",
      who: "Ben Example",
      commands: [`custody incident stamp ${incident} responded`],
      clock: { late: false, grave: false },
    });
    expect(respond?.what).toContain("Counted from 20 Nov 2026, 13:00 Europe/Berlin");
    clock.set("2026-11-20T14:00:00.001Z");
    expect(await titles(custody)).toContain(`TOO LATE: ${incident}: to be responded to`);
    await recordIncident(custody, { act: "stamp", incident, values: { time: "responded" } });
    // What was done too late is over; that it was late, reports say.
    expect((await titles(custody)).filter((title) => title.includes("responded"))).toEqual([]);
  });

  test("the clock of the law is there from when somebody knew, beside those of the rules", async () => {
    const { custody, clock } = await ruledWorkspace("sev1-4");
    clock.set("2026-11-20T12:00:00.000Z");
    const incident = await opened(custody, "Sev4");
    await recordIncident(custody, {
      act: "breach",
      incident,
      values: { role: "controller", risk: "risk", awareAt: "2026-11-20T12:00:00.000Z" },
    });
    const find = async () =>
      (await liveClocks(custody, clock.now())).find(({ what }) => what.includes("GDPR Art. 33(1)"));
    expect(await find()).toMatchObject({
      until: "23 Nov 2026, 13:00 Europe/Berlin (23 Nov 2026, 12:00 UTC)",
      ripe: Date.parse("2026-11-22T12:00:00.000Z"),
      clock: { grave: true, late: false },
      commands: [expect.stringContaining(`custody incident breach ${incident} --role controller --authority-told`)],
    });
  });

  test("actions are there three days before they are due", async () => {
    const { custody, clock } = await ruledWorkspace("sev1-4");
    clock.set("2026-11-20T12:00:00.000Z");
    await actOnAction(custody, { act: "open", title: "Patch it", due: "2026-11-25", owner: "anna" });
    expect((await titles(custody)).join()).not.toContain("ACT-");
    clock.set("2026-11-23T12:00:00.000Z");
    expect((await titles(custody)).join()).toContain("ACT-2026-001: an action is due");
    clock.set("2026-11-26T12:00:00.000Z");
    expect((await titles(custody)).join()).toContain("TOO LATE: ACT-2026-001: an action is due");
  });

  test("and beside them, near or not, with whose it is and what settles it", async () => {
    const { custody, clock } = await ruledWorkspace("critical-low");
    clock.set("2026-11-20T12:00:00.000Z");
    const incident = await opened(custody, "High");
    await actOnAction(custody, { act: "open", title: "Patch it", due: "2027-06-25", owner: "Ben Example" });
    const { late, coming, between } = await agendaOf(custody, clock.now());
    expect([late, between]).toEqual([[], []]);
    expect(coming[0]).toMatchObject({ about: incident, commands: [expect.stringContaining(incident)] });
    expect(coming.at(-1)).toMatchObject({
      title: "ACT-2026-001: an action is due",
      who: "Ben Example",
      commands: [expect.stringContaining("custody action done ACT-2026-001"), expect.any(String)],
    });
    expect(coming.map(({ due = 0 }) => due)).toEqual(coming.map(({ due = 0 }) => due).sort((a, b) => a - b));
    clock.set("2027-07-01T12:00:00.000Z");
    const titles = (await agendaOf(custody, clock.now())).late.map(({ title }) => title);
    expect(titles).toEqual(expect.arrayContaining([coming[0]?.title, "ACT-2026-001: an action is due"]));
  });

  test("nothing of the log is read twice, however often somebody asks", async () => {
    const { custody, clock } = await ruledWorkspace("sev1-4");
    await opened(custody, "Sev2");
    await liveClocks(custody, clock.now());
    const view: LedgerView = await custody.view();
    const read = view.read.bind(view);
    const from: number[] = [];
    let bodies = 0;
    const blob = view.blob.bind(view);
    Object.assign(view, {
      read: (start = 0) => {
        from.push(start);
        return read(start);
      },
      blob: (digest: string) => {
        bodies += 1;
        return blob(digest);
      },
    });
    for (let i = 0; i < 3; i += 1) await liveClocks(custody, clock.now() + i * MINUTE);
    expect(Math.min(...from)).toBe(view.size);
    expect(bodies).toBe(0);
  });
});

describe("notices of deadlines", () => {
  test("of the worst severity leave at once when they are near and when they have passed, others wait for the morning, none comes twice", async () => {
    const to = await receiver();
    const { custody, clock } = await ruledWorkspace("sev1-4", `notify: [${hook("hook", to)}]`);
    const notifying = new Notifying(custody);
    clock.set("2026-11-20T12:00:00.000Z");
    const grave = await opened(custody, "Sev1");
    const mild = await opened(custody, "Sev3");
    const tell = async () => void (await notifying.sendDue(never));
    const told = (about: string) =>
      to.arrived.filter((one) => one.about === about).flatMap(({ items }) => items.map(({ title }) => title));
    await tell();
    await tell();
    expect(told("urgent")).toEqual([`${grave}: to be responded to`]);
    expect(to.arrived[0]?.items[0]).toMatchObject({ commands: [`custody incident stamp ${grave} responded`] });
    clock.advance(15 * MINUTE + 1);
    await tell();
    await tell();
    expect(told("urgent")).toEqual([`${grave}: to be responded to`, `TOO LATE: ${grave}: to be responded to`]);

    clock.set("2026-11-21T08:01:00.000Z");
    await tell();
    const mine = () => told("digest").filter((title) => title.includes("INC-"));
    expect(mine()).toEqual([`${mild}: to be responded to`]);
    clock.set("2026-11-22T08:01:00.000Z");
    await tell();
    expect(mine()).toEqual([`${mild}: to be responded to`, `TOO LATE: ${mild}: to be responded to`]);
    for (let day = 23; day < 31; day += 1) {
      clock.set(`2026-11-${day}T08:01:00.000Z`);
      await tell();
    }
    expect(mine()).toHaveLength(2);
    expect(told("urgent")).toHaveLength(2);
  });

  test("status and pages have the same ones as the digest", async () => {
    const { custody, clock } = await ruledWorkspace("sev1-4");
    const incident = await opened(custody, "Sev1");
    clock.advance(HOUR);
    const { duties } = await seeDuties(custody, await seeGaps(custody), "log");
    expect(duties[0]?.title).toBe(`TOO LATE: ${incident}: to be responded to`);
  });
});

describe("what comes round", () => {
  const catalogue = shippedCatalogue();
  const now = Date.parse("2026-11-20T12:00:00Z");
  const activity = (type: string, when: string, approved = true) =>
    fact("activity", `ACT-${type}`, {
      type,
      title: type,
      at: Date.parse(when),
      participants: [],
      incidents: [],
      documented: false,
      values: {},
      approvedAt: approved ? Date.parse(when) : null,
      approvedBy: approved ? "anna" : null,
    });
  const due = (activities: readonly FactOf<"activity">[]) =>
    upkeepDue({ policies: inForce("sev1-4"), activities, signOffs: [], catalogue, now, zone: "Europe/Berlin" }).map(
      (one) => `${one.what} ${iso(one.due)}${one.recommended ? " recommended" : ""}`,
    );

  test("the procedure a year after its last approved review, else after it began; exercise and contacts only after a first one", () => {
    expect(due([])).toEqual(["procedure 2026-01-01T22:59:59.999Z"]);
    expect(due([activity("procedure-review", "2026-10-25T10:00:00Z")])).toEqual(["procedure 2027-10-25T21:59:59.999Z"]);
    expect(due([activity("procedure-review", "2026-10-25T10:00:00Z", false)])).toEqual([
      "procedure 2026-01-01T22:59:59.999Z",
    ]);
    expect(
      due([activity("contact-check", "2026-09-30T10:00:00Z"), activity("exercise", "2026-03-01T10:00:00Z")]),
    ).toEqual([
      "procedure 2026-01-01T22:59:59.999Z",
      "exercise 2027-03-01T22:59:59.999Z recommended",
      "contacts 2026-12-30T22:59:59.999Z recommended",
    ]);
  });

  test("reports and alerts that nobody has decided about are one thing, with the age of the oldest", async () => {
    const { custody, clock } = await ruledWorkspace("sev1-4");
    clock.set("2026-11-20T12:00:00.000Z");
    const alert = seen(
      fact("alert", "a1", { name: "DiskFull", startsAt: clock.now() - 5 * HOUR, endsAt: null, labels: {} }),
      { instance: "alerts", entry: 2 },
    );
    expect(await undecidedDuties(custody, [], clock.now())).toEqual([]);
    const [duty, ...more] = await undecidedDuties(custody, [alert], clock.now());
    expect(more).toEqual([]);
    expect(duty?.title).toBe("1 alert waits for a decision");
    expect(duty?.what).toContain("since 20 Nov 2026, 08:00 Europe/Berlin (20 Nov 2026, 07:00 UTC), for up to 5 h");
    expect(duty?.commands[0]).toBe("custody event list --undecided");
    // Where no rules ask for it, alerts are nobody's duty.
    const without = await ruledWorkspace(null);
    expect(await undecidedDuties(without.custody, [alert], clock.now())).toEqual([]);
  });
});
