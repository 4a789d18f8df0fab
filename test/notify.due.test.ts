import { describe, expect, test } from "vitest";
import { titlesOf } from "../src/duties/duty.ts";
import { lookedInWords } from "../src/duties/looked.ts";
import { dutiesOf } from "../src/duties/today.ts";
import type { Draft, Entry, InstanceRecord } from "../src/evidence/entry.ts";
import { Conditions } from "../src/gaps/conditions.ts";
import { gapsIn } from "../src/gaps/gap.ts";
import type { LevelRule } from "../src/gaps/level.ts";
import { gapNotes } from "../src/gaps/note.ts";
import { iso } from "../src/lib/time.ts";
import { composeAtOnce, composeDigest } from "../src/notify/compose.ts";
import type { Message } from "../src/notify/define.ts";
import { audienceOf, newsFor, quietNow, urgentFor } from "../src/notify/due.ts";
import { digestTurn, MORNING, monthToReport, parseTimeOfDay } from "../src/notify/rhythm.ts";
import { Told } from "../src/notify/told.ts";
import { afterFailure } from "../src/notify/troubles.ts";
import { History } from "../src/slots/history.ts";
import { config, entry, gap, genesis, instance, run, t } from "./support/entries.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A log in memory, with everything that is folded from it, and notices as the engine says they are due. */
class Days {
  readonly history = new History();
  readonly conditions = new Conditions();
  readonly told = new Told();
  readonly sent: (Message & { readonly at: number })[] = [];
  readonly #rules: readonly LevelRule[];
  #size = 0;
  #looked = "";

  constructor(begin: number, instances: readonly InstanceRecord[], rules: readonly LevelRule[] = []) {
    this.#rules = rules;
    this.add(genesis(begin));
    this.add(config(begin, instances));
  }

  add(one: Entry): void {
    const linked = { ...one, index: this.#size };
    for (const fold of [this.history, this.conditions, this.told]) fold.add(this.#size, linked);
    this.#size += 1;
  }

  /** Notes gaps, then tells what is due, as a daemon does every minute. */
  look(now: number, { arrives = true }: { arrives?: boolean } = {}): void {
    const gaps = () => gapsIn(this.history, this.conditions, now, this.#rules);
    for (const { kind, ...note } of gapNotes(this.history, this.conditions, now, this.#rules)) {
      this.add(entry(kind, now, note));
    }
    const duties = () =>
      dutiesOf(
        {
          now,
          history: this.history,
          conditions: this.conditions,
          details: new Map(),
          problems: [],
          failingJobs: [],
        },
        { organisation: { zone: "UTC" }, collectors: [], gapRules: this.#rules, inboxTroubles: () => [] },
      );
    const head = { organisation: "Example", zone: "UTC", title: titlesOf([]) };
    const channel = () => this.told.channel("mail", "email");
    for (const one of urgentFor(channel(), gaps(), now)) {
      const duty = duties().find(({ id }) => id === one.gap.id);
      this.#deliver(now, composeAtOnce(one, duty, head), { gaps: [one.gap.id] }, arrives);
    }
    const turn = digestTurn(now, MORNING, "UTC");
    if (this.#looked === turn.day) return;
    const through = this.#size;
    const news = newsFor(channel(), gaps(), duties(), now);
    if (news.due.length + news.over.length > 0) {
      const around = { silence: undefined, looked: lookedInWords(this.history, now, "UTC"), unsure: undefined };
      const told = [...news.due.flatMap(({ id, covers = [] }) => [id, ...covers]), ...news.over.map(({ id }) => id)];
      const [own, other] = [told.filter((id) => id.startsWith("gap-")), told.filter((id) => !id.startsWith("gap-"))];
      const message = composeDigest(`digest-${turn.day}`, news, around, head);
      // A record names so many.
      this.#deliver(now, message, { gaps: own.slice(0, 64), duties: other.slice(0, 64), through }, arrives);
    }
    if (arrives) this.#looked = turn.day;
  }

  #deliver(
    now: number,
    message: Message,
    about: Partial<Extract<Draft, { kind: "delivery" }>>,
    arrives: boolean,
  ): void {
    if (arrives) this.sent.push({ ...message, at: now });
    const { id, about: kind } = message;
    const outcome = arrives ? "delivered" : "failed";
    const fields = { notice: id, about: kind, channel: "mail", use: "email", outcome, attempts: 1, sent: iso(now) };
    this.add(entry("delivery", now, { ...fields, ...about }));
  }

  /** Titles of all items ever told, in order. */
  get items(): string[] {
    return this.sent.flatMap(({ items }) => items.map(({ title }) => title.replaceAll("\u00a0", " ")));
  }
}

/** Collects the hours before `now` of one instance. */
const good = (now: number, hours = 1, id = "jobs") => run(now, { instance: id, covered: [[now - hours * HOUR, now]] });
const bad = (now: number, id = "jobs") =>
  run(now, { instance: id, outcome: "unavailable", reason: "SOURCE_UNREACHABLE" });

const BEGIN = t("2026-09-01T00:00Z");

describe("notices", () => {
  test("ninety healthy days, with now and then a failure that mends itself, are told of by none", () => {
    const days = new Days(BEGIN, [instance(), instance({ id: "hourly", cadence: "hourly", grace: "6h" })]);
    for (let hour = 1; hour <= 90 * 24; hour += 1) {
      const now = BEGIN + hour * HOUR;
      for (const id of ["jobs", "hourly"]) {
        // Three hours of silence every week, and all of it fetched afterwards in time.
        const week = hour % 168;
        if (week >= 30 && week < 33) days.add(bad(now, id));
        else days.add(good(now, week === 33 ? 4 : 1, id));
      }
      days.look(now);
    }
    expect(days.sent).toEqual([]);
  });

  test("a source that is dead for four days: one notice, one recovery", () => {
    const days = new Days(BEGIN, [instance(), instance({ id: "other" })]);
    for (let hour = 1; hour <= 30 * 24; hour += 1) {
      const now = BEGIN + hour * HOUR;
      days.add(good(now, 1, "other"));
      if (hour > 96 && hour < 192) days.add(bad(now));
      else days.add(good(now, hour === 192 ? 96 : 1));
      days.look(now);
    }
    expect(days.items).toEqual([
      "jobs: 5 Sep 2026 was not collected",
      "jobs: 5 Sep 2026 to 7 Sep 2026 is no longer missing",
    ]);
    expect(days.sent.map(({ id }) => id)).toEqual(["digest-2026-09-06", "digest-2026-09-09"]);
    expect(days.sent[0]?.paragraphs.join(" ")).toMatch(/^1 thing needs you\. Nothing else is wrong\. Looked at 2 /);
    expect(days.sent[1]?.title).toBe("Custody: nothing for you to do, 1 thing is over");
  });

  test("what nobody acknowledges is told again once a week; what somebody has seen is not", () => {
    const days = new Days(BEGIN, [instance()]);
    days.add(good(BEGIN + DAY, 24));
    for (let hour = 25; hour <= 24 * 24; hour += 1) {
      const now = BEGIN + hour * HOUR;
      if (hour === 17 * 24) {
        const [open] = gapsIn(days.history, days.conditions, now);
        days.add(gap(now, open?.id ?? "", "acknowledge"));
      }
      days.look(now);
    }
    expect(days.sent.map(({ id }) => id)).toEqual(["digest-2026-09-03", "digest-2026-09-10", "digest-2026-09-17"]);
  });

  test("an acceptance that ran out is told again, in the days before it nothing", () => {
    const days = new Days(BEGIN, [instance()]);
    days.add(good(BEGIN + DAY, 24));
    for (let hour = 25; hour <= 12 * 24; hour += 1) {
      const now = BEGIN + hour * HOUR;
      if (hour > 48) days.add(good(now));
      if (hour === 60) {
        const [open] = gapsIn(days.history, days.conditions, now);
        days.add(gap(now, open?.id ?? "", "accept", { until: iso(BEGIN + 8 * DAY) }));
      }
      days.look(now);
    }
    expect(days.sent.map(({ id }) => id)).toEqual(["digest-2026-09-03", "digest-2026-09-09"]);
  });

  test("what is missing after an acceptance was accepted by nobody: it is told as another gap", () => {
    const days = new Days(BEGIN, [instance()]);
    days.add(good(BEGIN + DAY, 24));
    for (let hour = 25; hour <= 6 * 24; hour += 1) {
      const now = BEGIN + hour * HOUR;
      if (hour === 57) {
        const [open] = gapsIn(days.history, days.conditions, now);
        const known = { from: iso(open?.from ?? 0), to: iso(open?.to ?? 0) };
        days.add(gap(now, open?.id ?? "", "accept", { window: known, until: iso(BEGIN + 30 * DAY) }));
      }
      days.look(now);
    }
    expect(days.items).toEqual(["jobs: 2 Sep 2026 was not collected", "jobs: 3 Sep 2026 was not collected"]);
  });

  describe("of a source that knows only the present", () => {
    const am = instance({ mode: "snapshot", cadence: "hourly", grace: "1h" });
    const rules: LevelRule[] = [{ collectors: ["jobs"], level: "urgent" }];
    /** Away in these hours, and what is done about it then. */
    const through = (away: readonly number[], hours: number, then: (days: Days, hour: number, now: number) => void) => {
      const days = new Days(BEGIN, [am], rules);
      for (let hour = 10; hour <= hours; hour += 1) {
        const now = BEGIN + hour * HOUR + 30 * 60_000;
        days.add(away.includes(hour) ? bad(now) : run(now, { instants: [now] }));
        then(days, hour, now);
        days.look(now);
      }
      return days;
    };
    const accept = (days: Days, now: number) => {
      const [open] = gapsIn(days.history, days.conditions, now, rules);
      const window = { from: iso(open?.from ?? 0), to: iso(open?.to ?? 0) };
      days.add(gap(now, open?.id ?? "", "accept", { window, until: iso(now + 30 * DAY) }));
    };
    const told = (days: Days) => days.sent.map(({ about, at }) => [about, (at - BEGIN - 30 * 60_000) / HOUR]);

    test("a real gap is told at once, and once that evidence comes in again", () => {
      const days = through([12, 13, 14, 15], 30, () => {});
      expect(told(days)).toEqual([
        ["urgent", 14],
        ["recovery", 16],
      ]);
      const [urgent, recovery] = days.sent;
      expect(urgent?.items[0]).toMatchObject({
        title: "jobs: nothing comes in since 1 Sep 2026, 12:00 UTC",
        lost: expect.stringMatching(/^Evidence is being lost now/),
        todo: expect.stringMatching(/^Mend what the last attempt says/),
        until: "at once",
      });
      expect(urgent?.items[0]?.commands?.[0]).toBe("custody collect jobs");
      expect(recovery?.items[0]).toMatchObject({
        title: "jobs: evidence comes in again",
        what: expect.stringContaining("It does since 1 Sep 2026, 16:30 UTC; before, from 1 Sep 2026, 12:00 UTC on"),
        todo: expect.stringMatching(/^Note that you have seen it/),
      });
    });

    test("somebody has seen it and it still fails: that stays to be done, and no notice repeats it", () => {
      const days = through([12, 13, 14, 15, 16], 16, (all, hour, now) => {
        if (hour === 15) all.add(gap(now, gapsIn(all.history, all.conditions, now, rules)[0]?.id ?? "", "acknowledge"));
      });
      const now = BEGIN + 16.5 * HOUR;
      const seen = { now, history: days.history, conditions: days.conditions, details: new Map<string, string>() };
      const place = { organisation: { zone: "UTC" }, collectors: [], gapRules: rules, inboxTroubles: () => [] };
      const duties = dutiesOf({ ...seen, problems: [], failingJobs: [] }, place);
      expect(duties.map(({ id }) => id)).toEqual(["trouble:jobs"]);
      const gaps = gapsIn(days.history, days.conditions, now, rules);
      const later = newsFor(days.told.channel("mail", "email"), gaps, duties, now + 30 * DAY);
      expect([later.due, later.young]).toEqual([[], []]);
    });

    test("its recovery is told once, too, where somebody accepted the gap meanwhile", () => {
      const days = through([12, 13, 14, 15, 16], 30, (all, hour, now) => {
        if (hour === 15) accept(all, now);
      });
      expect(told(days)).toEqual([
        ["urgent", 14],
        ["recovery", 17],
      ]);
      // What was lost after it was accepted is another gap, which nobody has accepted.
      const gaps = gapsIn(days.history, days.conditions, BEGIN + 30 * HOUR, rules);
      expect(gaps.map(({ state, slots }) => [state, slots.length])).toEqual([
        ["accepted", 2],
        ["open", 2],
      ]);
    });

    test("what comes and goes is told at once once a day, and the notice says so", () => {
      const days = through([12, 13, 16, 17], 30, () => {});
      // The second one has no end that is told: nobody was told of its beginning.
      expect(told(days)).toEqual([["urgent", 14]]);
      const quiet = "If it comes and goes, you are told no more of it at once until 2 Sep 2026, 14:30 UTC";
      expect(days.sent[0]?.paragraphs.at(-1)).toContain(quiet);
      const gaps = gapsIn(days.history, days.conditions, BEGIN + 30 * HOUR, rules);
      const [one] = quietNow(days.told.channel("mail", "email"), gaps, BEGIN + 30 * HOUR);
      expect([one?.instance, one?.until, one?.gaps.map(({ id }) => id)]).toEqual([
        "jobs",
        BEGIN + 38.5 * HOUR,
        [gaps[1]?.id],
      ]);
    });
  });

  test("the command to ask again reaches over all that is missing, also what came after it was told", () => {
    const days = new Days(BEGIN, [instance({ cadence: "hourly", grace: "1h" })]);
    days.add(good(BEGIN + HOUR));
    for (let hour = 2; hour <= 12; hour += 1) {
      if (hour > 10) days.add(good(BEGIN + hour * HOUR));
      days.look(BEGIN + hour * HOUR);
      const asked = () => {
        const now = BEGIN + hour * HOUR;
        const seen = { now, history: days.history, conditions: days.conditions, details: new Map<string, string>() };
        const place = { organisation: { zone: "UTC" }, collectors: [], inboxTroubles: () => [] };
        return dutiesOf({ ...seen, problems: [], failingJobs: [] }, place)[0]?.commands[0];
      };
      const from = "custody collect jobs --backfill --from 2026-09-01T01:00:00.000Z";
      if (hour === 8) expect(asked()).toBe(from);
      if (hour === 12) expect(asked()).toBe(`${from} --to 2026-09-01T10:00:00.000Z`);
    }
  });

  test("what waiting does not mend is told the next morning, with what to do; what may mend itself after a day", () => {
    const titles = (reason: string) => {
      const days = new Days(BEGIN, [instance({ cadence: "weekly" })]);
      for (let hour = 1; hour <= 32; hour += 1) {
        const now = BEGIN + hour * HOUR;
        days.add(hour < 30 ? good(now) : run(now, { outcome: "unavailable", reason }));
        days.look(now);
      }
      return days.items;
    };
    expect(titles("SOURCE_REFUSED")).toEqual(["jobs: the last run failed"]);
    expect(titles("SOURCE_UNREACHABLE")).toEqual([]);
  });

  test("of the top level come at once and say at once that it is over, the digest is silent about both", () => {
    const days = new Days(BEGIN, [instance()], [{ collectors: ["jobs"], level: "urgent" }]);
    for (let hour = 1; hour <= 10 * 24; hour += 1) {
      const now = BEGIN + hour * HOUR;
      if (hour < 49 || hour >= 80) days.add(good(now, hour === 80 ? 32 : 1));
      days.look(now);
    }
    expect(days.sent.map(({ about, at }) => [about, iso(at).slice(0, 13)])).toEqual([
      ["urgent", "2026-09-04T07"],
      ["recovery", "2026-09-04T08"],
    ]);
    const [urgent, recovery] = days.sent;
    expect(recovery?.id).toBe(urgent?.id.replace("urgent", "recovery"));
    expect(urgent?.title.replaceAll("\u00a0", " ")).toBe("Custody, urgent: jobs: 3 Sep 2026 was not collected");
  });

  test("of the top level that flap call nobody twice a day: the second waits for the digest", () => {
    const days = new Days(
      BEGIN,
      [instance({ cadence: "hourly", grace: "1h" })],
      [{ collectors: ["jobs"], level: "urgent" }],
    );
    for (let hour = 1; hour <= 60; hour += 1) {
      const now = BEGIN + hour * HOUR;
      // Two hours away at 10 and again at 14, each fetched after its time.
      const away = [34, 35, 36, 38, 39, 40].includes(hour);
      if (!away) days.add(good(now, hour === 37 || hour === 41 ? 4 : 1));
      days.look(now);
    }
    expect(days.sent.map(({ about }) => about)).toEqual(["urgent", "recovery", "digest"]);
    expect(days.sent[2]?.id).toBe("digest-2026-09-03");
  });

  test("of a hole next to one that was filled late is told like any other, and so is its end", () => {
    const days = new Days(BEGIN, [instance()]);
    days.add(good(BEGIN + DAY, 24));
    for (let hour = 25; hour <= 12 * 24; hour += 1) {
      const now = BEGIN + hour * HOUR;
      // The second day comes late; the third, next to it, is missed in its turn and comes days later.
      if (hour === 57) days.add(good(now, 33));
      else if (hour > 57 && hour < 60) days.add(good(now));
      else if (hour === 144) days.add(good(now, 86));
      else if (hour > 144) days.add(good(now));
      days.look(now);
      // Somebody has seen the second day, and nothing else.
      if (hour === 56) days.add(gap(now, gapsIn(days.history, days.conditions, now)[0]?.id ?? "", "acknowledge"));
    }
    expect(days.items).toEqual([
      "jobs: 2 Sep 2026 was not collected",
      "jobs: 2 Sep 2026 to 3 Sep 2026 was not collected",
      "jobs: 2 Sep 2026 to 5 Sep 2026 is no longer missing",
    ]);
  });

  test("of the top level that begin at once call once for each collector", () => {
    const days = new Days(
      BEGIN,
      [instance({ cadence: "hourly", grace: "1h" }), instance({ id: "other", cadence: "hourly", grace: "1h" })],
      [{ level: "urgent" }],
    );
    // Nothing arrives for a while, and meanwhile one of the sources has two holes, with an hour between them.
    for (const hour of [1, 2, 3, 4, 5, 6, 7]) {
      const now = BEGIN + hour * HOUR;
      if (hour === 1 || hour === 3) days.add(good(now));
      if (hour === 1) days.add(good(now, 1, "other"));
      days.look(now, { arrives: hour === 7 });
    }
    expect(days.sent.map(({ about, items }) => [about, items[0]?.title.split(":")[0]])).toEqual([
      ["urgent", "jobs"],
      ["urgent", "other"],
      ["digest", "jobs"],
    ]);
  });

  test("of very many gaps come once a week, too", () => {
    const days = new Days(BEGIN, [instance({ cadence: "hourly", grace: "1h" })]);
    for (let hour = 1; hour <= 28 * 24; hour += 1) {
      const now = BEGIN + hour * HOUR;
      if (hour > 150 || hour % 2 === 1) days.add(good(now));
      days.look(now);
    }
    expect(days.sent.map(({ id }) => id).filter((id) => id > "digest-2026-09-07")).toEqual([
      "digest-2026-09-14",
      "digest-2026-09-21",
      "digest-2026-09-28",
    ]);
  });

  test("that did not arrive are due again, and what is new meanwhile comes with them", () => {
    const days = new Days(BEGIN, [instance(), instance({ id: "other" })]);
    days.add(good(BEGIN + DAY, 24));
    days.add(good(BEGIN + DAY, 24, "other"));
    for (let hour = 25; hour <= 5 * 24; hour += 1) {
      const now = BEGIN + hour * HOUR;
      if (hour <= 60) days.add(good(now, 1, "other"));
      days.look(now, { arrives: hour >= 4 * 24 });
    }
    expect(days.sent).toHaveLength(1);
    expect(days.sent[0]?.items.map(({ title }) => title.split(":")[0])).toEqual([
      "jobs",
      "other",
      "Notices do not arrive by mail",
    ]);
  });

  test("a channel that is new hears of what is open, not of the whole past", () => {
    const days = new Days(BEGIN, [instance()]);
    for (let hour = 1; hour <= 20 * 24; hour += 1) {
      const now = BEGIN + hour * HOUR;
      if (hour < 49 || (hour >= 96 && hour < 18 * 24)) days.add(good(now, hour === 96 ? 48 : 1));
      for (const { kind, ...note } of gapNotes(days.history, days.conditions, now)) days.add(entry(kind, now, note));
    }
    days.look(BEGIN + 20 * DAY);
    expect(days.items).toEqual(["jobs: 18 Sep 2026 to 19 Sep 2026 was not collected"]);
  });
});

describe("the audience", () => {
  test("is who wants it, and everybody while all of these fail", () => {
    const channels = [
      { id: "a", gets: ["digest"] },
      { id: "b", gets: ["urgent"] },
      { id: "c", gets: ["digest", "urgent"] },
    ] as const;
    const ids = (about: "digest" | "urgent", failing: string) =>
      audienceOf(channels, about, ({ id }) => failing.includes(id))
        .map(({ id }) => id)
        .join("");
    expect([ids("digest", ""), ids("urgent", ""), ids("digest", "a"), ids("digest", "ac")]).toEqual([
      "ac",
      "bc",
      "ac",
      "abc",
    ]);
    // Where nobody wants it, nobody gets it.
    expect(audienceOf([{ id: "r", gets: ["report"] }], "digest", () => true)).toEqual([]);
  });
});

describe("the time of the digest", () => {
  const zone = "Europe/Berlin";
  const at = (text: string) => parseTimeOfDay(text) ?? MORNING;

  test("is once on each local day, whatever the clocks do", () => {
    for (const text of ["00:00", "02:30", "08:00", "23:59"]) {
      const days: string[] = [];
      // Both changes of 2026.
      for (const change of ["2026-03-29T01:00Z", "2026-10-25T01:00Z"]) {
        for (let now = t(change) - 3 * DAY; now < t(change) + 3 * DAY; now += 10 * 60_000) {
          const turn = digestTurn(now, at(text), zone);
          expect(turn.from <= now && now < turn.next).toBe(true);
          if (days.at(-1) !== turn.day) days.push(turn.day);
        }
      }
      expect(new Set(days).size).toBe(days.length);
      expect(days.length).toBe(14);
    }
  });

  test("that is skipped is the first moment after it, and that comes twice is the first", () => {
    expect(iso(digestTurn(t("2026-03-29T12:00Z"), at("02:30"), zone).from)).toBe("2026-03-29T01:00:00.000Z");
    expect(iso(digestTurn(t("2026-10-25T12:00Z"), at("02:30"), zone).from)).toBe("2026-10-25T00:30:00.000Z");
  });

  test("before it, the day is still the one before", () => {
    expect(digestTurn(t("2026-11-23T06:59Z"), MORNING, zone).day).toBe("2026-11-22");
    expect(digestTurn(t("2026-11-23T07:00Z"), MORNING, zone).day).toBe("2026-11-23");
  });

  test("only a time of day is one", () => {
    expect(["8:00", "24:00", "08:60", "", "08:00 ", "0800"].map(parseTimeOfDay)).toEqual(Array(6).fill(undefined));
  });

  test("a month is reported once everything of it could be in time", () => {
    expect(monthToReport(t("2026-11-03T22:59Z"), 3 * DAY, zone).label).toBe("2026-09");
    expect(monthToReport(t("2026-11-03T23:00Z"), 3 * DAY, zone)).toMatchObject({
      label: "2026-10",
      from: t("2026-09-30T22:00Z"),
      to: t("2026-10-31T23:00Z"),
    });
  });
});

test("a channel that asks to be left alone for years is tried again within a day", () => {
  const failed = { cause: "busy", message: "busy" };
  expect(afterFailure(undefined, 0, { ...failed, notBefore: HOUR }).until).toBe(HOUR);
  expect(afterFailure(undefined, 0, { ...failed, notBefore: 999_999_999_000 }).until).toBe(DAY);
  expect(afterFailure(undefined, 0, { ...failed, notBefore: Number.POSITIVE_INFINITY }).until).toBe(DAY);
});
