import { readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { channelLines } from "../src/cli/duties.ts";
import type { Custody } from "../src/custody.ts";
import { Delivering } from "../src/daemon/delivering.ts";
import { Notifying } from "../src/daemon/notifying.ts";
import type { Draft } from "../src/evidence/entry.ts";
import { CustodyError } from "../src/lib/errors.ts";
import { iso } from "../src/lib/time.ts";
import type { ChannelConfig } from "../src/notify/define.ts";
import { afterFailure } from "../src/notify/troubles.ts";
import { seeDuties, seeGaps } from "../src/views/seeing.ts";
import { declareNow, noteGaps } from "../src/work.ts";
import { FakeClock } from "./support/clock.ts";
import { blobRef } from "./support/entries.ts";
import { deliveries, hook, noticeWorkspace, type Receiver, receiver, reopened } from "./support/notices.ts";
import { smtpServer } from "./support/smtp.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const never = new AbortController().signal;
const COLLECTORS = `people: { anna: { role: owner } }
collectors: [{ id: own, use: cron-health/custody, cadence: daily, grace: 6h }]`;

/** A run of `own`, as the runner would have recorded it now. */
async function ran(custody: Custody, covered: readonly [number, number] | undefined): Promise<void> {
  const now = custody.clock.now();
  const window = { from: iso(covered?.[0] ?? now - HOUR), to: iso(covered?.[1] ?? now) };
  const draft: Draft = {
    kind: "run",
    actor: { type: "system", id: "custody" },
    instance: "own",
    use: "cron-health/custody",
    trigger: "schedule",
    window,
    started: iso(now),
    ended: iso(now),
    outcome: covered ? "collected" : "unavailable",
    ...(covered ? {} : { reason: "SOURCE_UNREACHABLE" }),
    covered: covered ? [window] : [],
    requests: 1,
    found: { reader: 1, facts: 0, problems: 0 },
    items: 0,
    evidence: [blobRef("x")].slice(1),
  };
  await (await custody.ledger()).append([draft]);
}

/** A workspace whose only source was well for a day and is away since: on the third morning there is one thing to tell. */
async function away(notify: (to: Receiver) => string, more = "") {
  const clock = new FakeClock("2026-11-18T00:00:00.000Z");
  const to = await receiver();
  const custody = await noticeWorkspace(`${COLLECTORS}\n${more}\nnotify: [${notify(to)}]`, clock);
  await declareNow(custody);
  clock.advance(DAY);
  await ran(custody, [clock.now() - DAY, clock.now()]);
  clock.set("2026-11-20T06:30:00.000Z");
  await ran(custody, undefined);
  await noteGaps(custody);
  clock.set("2026-11-20T08:00:30.000Z");
  return { custody, clock, to, notifying: new Notifying(custody) };
}

/** All of it was fetched. */
async function back({ custody, clock }: { custody: Custody; clock: FakeClock }) {
  await ran(custody, [Date.parse("2026-11-19T00:00:00.000Z"), clock.now()]);
  await noteGaps(custody);
}

const outcomes = async (custody: Custody) =>
  (await deliveries(custody)).map(({ notice, channel, outcome }) => `${notice} ${channel} ${outcome}`);

describe("what is due", () => {
  test("leaves once, also when asked again and after a restart, and its end once on a later morning", async () => {
    const here = await away((to) => hook("hook", to));
    const { custody, clock, to, notifying } = here;
    expect(await notifying.sendDue(never)).toHaveLength(1);
    expect(await notifying.sendDue(never)).toEqual([]);
    expect(await new Notifying(await reopened(custody, clock)).sendDue(never)).toEqual([]);
    clock.advance(HOUR);
    await back(here);
    // Not at once: that is for what cannot wait.
    expect(await notifying.sendDue(never)).toEqual([]);
    clock.set("2026-11-21T08:01:00.000Z");
    expect(await notifying.sendDue(never)).toHaveLength(1);
    clock.set("2026-11-22T08:01:00.000Z");
    expect(await notifying.sendDue(never)).toEqual([]);
    expect(to.arrived.map(({ id }) => id)).toEqual(["digest-2026-11-20", "digest-2026-11-21"]);
    expect(to.arrived[1]?.items[0]).toMatchObject({ lost: "Nothing is lost. It stays marked as late." });
    const [first] = await deliveries(custody);
    const { gaps, history } = await seeGaps(custody);
    expect(first).toMatchObject({ about: "digest", gaps: [gaps[0]?.id], attempts: 1, use: "webhook" });
    expect(history.instances.get("own")?.gaps[0]?.index).toBeLessThan(first?.through ?? 0);
  });

  test("waits for the morning", async () => {
    const { clock, to, notifying } = await away((one) => hook("hook", one, ", at: '09:30'"));
    // The digest of the day before was never looked at; the next one is near.
    expect(await notifying.sendDue(never, { stays: true })).toEqual([]);
    clock.set("2026-11-20T09:30:00.000Z");
    expect(await notifying.sendDue(never, { stays: true })).toHaveLength(1);
    expect(to.arrived[0]?.id).toBe("digest-2026-11-20");
  });

  test("of a new workspace waits for its first morning, although that day's hour has passed", async () => {
    const clock = new FakeClock("2026-11-21T19:00:00.000Z");
    const to = await receiver();
    const inbox = "{ id: jobs, use: cron-health/ping, token: '${env:CUSTODY_TEST_UNSET}' }";
    const custody = await noticeWorkspace(`collectors: [${inbox}]\nnotify: [${hook("hook", to)}]`, clock);
    await declareNow(custody);
    clock.advance(6 * MINUTE);
    expect(await new Notifying(custody).sendDue(never)).toEqual([]);
    clock.set("2026-11-22T08:00:10.000Z");
    expect(await new Notifying(custody).sendDue(never)).toHaveLength(1);
    expect(to.arrived.map(({ id }) => id)).toEqual(["digest-2026-11-22"]);
  });

  test("waits for runs that may change it, but not for ever", async () => {
    const { clock, notifying } = await away((to) => hook("hook", to));
    expect(await notifying.sendDue(never, { busy: true })).toEqual([]);
    clock.advance(14 * MINUTE);
    expect(await notifying.sendDue(never, { busy: true })).toEqual([]);
    clock.advance(MINUTE);
    expect(await notifying.sendDue(never, { busy: true })).toHaveLength(1);
  });

  test("waits for runs as long where another channel had its own earlier in the day", async () => {
    const other = await receiver();
    const { clock, notifying } = await away((to) => `${hook("early", to)}, ${hook("late", other, ", at: '10:30'")}`);
    expect(await notifying.sendDue(never, { stays: true })).toHaveLength(1);
    clock.set("2026-11-20T10:30:00.000Z");
    expect(await notifying.sendDue(never, { stays: true, busy: true })).toEqual([]);
    clock.advance(15 * MINUTE);
    expect(await notifying.sendDue(never, { stays: true, busy: true })).toHaveLength(1);
  });

  test("is sent again under the same name when the record of it was lost, and then recorded once", async () => {
    const { custody, to, notifying, clock } = await away((one) => hook("hook", one));
    const ledger = await custody.ledger();
    const append = ledger.append.bind(ledger);
    ledger.append = () => Promise.reject(new CustodyError("STORE_UNREACHABLE", "killed here"));
    await expect(notifying.sendDue(never)).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
    ledger.append = append;
    expect(await new Notifying(await reopened(custody, clock)).sendDue(never)).toHaveLength(1);
    expect(to.arrived.map(({ id }) => id)).toEqual(["digest-2026-11-20", "digest-2026-11-20"]);
    expect(to.arrived[0]).toEqual(to.arrived[1]);
    expect(await outcomes(custody)).toEqual(["digest-2026-11-20 hook delivered"]);
  });

  test("is brought by one of two processes", async () => {
    const { custody, clock, to, notifying } = await away((one) => hook("hook", one));
    let open: () => void = () => {};
    let came: () => void = () => {};
    const arrived = new Promise<void>((resolve) => {
      came = resolve;
    });
    to.wait = () => {
      came();
      return new Promise((resolve) => {
        open = resolve;
      });
    };
    const first = notifying.sendDue(never);
    await arrived;
    const second = new Notifying(await reopened(custody, clock));
    expect(await second.sendDue(never)).toEqual([]);
    open();
    expect(await first).toHaveLength(1);
    expect(await second.sendDue(never)).toEqual([]);
    expect(to.arrived).toHaveLength(1);
    expect(await readdir(custody.config.folders.state)).not.toContain("notices.lock");
  });

  test("is not sent every minute while it cannot be recorded", async () => {
    const { custody, clock, to, notifying } = await away((one) => hook("hook", one));
    const ledger = await custody.ledger();
    const append = ledger.append.bind(ledger);
    ledger.append = () => Promise.reject(new CustodyError("STORE_UNREACHABLE", "the disk is full"));
    await expect(notifying.sendDue(never)).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
    for (let minute = 1; minute < 5; minute += 1) {
      clock.advance(MINUTE);
      expect(await notifying.sendDue(never)).toEqual([]);
    }
    expect(to.arrived).toHaveLength(1);
    ledger.append = append;
    clock.advance(MINUTE);
    expect(await notifying.sendDue(never)).toHaveLength(1);
    expect(await outcomes(custody)).toEqual(["digest-2026-11-20 hook delivered"]);
  });

  test("does not wait for a process that died while the clock was ahead", async () => {
    const { custody, notifying } = await away((one) => hook("hook", one));
    const lock = join(custody.config.folders.state, "notices.lock");
    await writeFile(lock, "");
    const ahead = new Date(Date.now() + 30 * DAY);
    await utimes(lock, ahead, ahead);
    expect(await notifying.sendDue(never)).toHaveLength(1);
  });

  test("that is stopped has neither arrived nor failed, and goes out the next time", async () => {
    const { custody, to, notifying } = await away((one) => hook("hook", one));
    const stop = new AbortController();
    to.wait = async () => {
      stop.abort(new CustodyError("ABORTED", "Custody was stopped"));
      await new Promise((resolve) => setImmediate(resolve));
    };
    to.status = 503;
    expect(await notifying.sendDue(stop.signal)).toEqual([]);
    expect(await deliveries(custody)).toEqual([]);
    to.wait = async () => {};
    to.status = 204;
    expect(await notifying.sendDue(never)).toHaveLength(1);
  });
});

describe("a gap of the top level", () => {
  test("is told at once by whoever gets that, and so is its end", async () => {
    const digests = await receiver();
    const here = await away(
      (to) => `${hook("pager", to, ", gets: [urgent]")}, ${hook("mail", digests, ", gets: [digest]")}`,
      "gaps: [{ collectors: [own], level: urgent }]",
    );
    const { custody, clock, to, notifying } = here;
    clock.set("2026-11-20T06:31:00.000Z");
    expect((await notifying.sendDue(never, { stays: true })).map(({ notice }) => notice)).toEqual([
      expect.stringMatching(/^urgent-gap-/),
    ]);
    // Another one within a day is not told at once; `status` says until when.
    const [pager] = await notifying.states();
    expect(pager && channelLines(pager, "UTC")).toContain(
      "  own: told at once; if it comes and goes, no more at once until 21 Nov 2026, 06:31 UTC",
    );
    clock.advance(HOUR);
    await back(here);
    expect(await notifying.sendDue(never, { stays: true })).toHaveLength(1);
    expect(await notifying.sendDue(never, { stays: true })).toEqual([]);
    clock.set("2026-11-20T08:00:30.000Z");
    await notifying.sendDue(never, { stays: true });
    expect(to.arrived.map(({ about }) => about)).toEqual(["urgent", "recovery"]);
    expect(digests.arrived.map(({ about }) => about)).toEqual(["digest"]);
    expect(digests.arrived[0]?.title).toBe("Custody: nothing for you to do, 1 thing is over");
    expect(await outcomes(custody)).toHaveLength(3);
  });
});

describe("a channel that fails", () => {
  test("is told of by the other one, rests, and is well again by the next notice", async () => {
    const other = await receiver();
    const here = await away((to) => `${hook("down", to)}, ${hook("up", other)}`);
    const { custody, clock, to, notifying } = here;
    to.status = 410;
    expect((await notifying.sendDue(never)).map(({ delivery }) => delivery.outcome)).toEqual(["failed", "delivered"]);
    expect(other.arrived[0]?.items.map(({ title }) => title)).toEqual([
      expect.stringContaining("was not collected"),
      "Notices do not arrive by down",
    ]);
    expect(other.arrived[0]?.items[1]?.commands).toEqual(["custody notify test down"]);
    expect(await notifying.sendDue(never)).toEqual([]);
    // Pages and status say it too.
    const { duties } = await seeDuties(custody, await seeGaps(custody), false);
    expect(duties.map(({ title }) => title)).toContain("Notices do not arrive by down");
    const states = await new Notifying(custody).states();
    expect(states.map(({ channel, trouble }) => [channel.id, trouble?.failures])).toEqual([
      ["down", 1],
      ["up", undefined],
    ]);
    // It is tried again by itself, with the same notice, and goes on resting longer.
    clock.advance(5 * MINUTE);
    expect(await notifying.sendDue(never)).toHaveLength(1);
    clock.advance(5 * MINUTE);
    expect(await notifying.sendDue(never)).toEqual([]);
    to.status = 204;
    clock.advance(5 * MINUTE);
    expect(await notifying.sendDue(never)).toHaveLength(1);
    expect((await notifying.states())[0]?.trouble).toBeUndefined();
    expect(to.arrived.map(({ id }) => id)).toEqual(["digest-2026-11-20"]);
    expect(await outcomes(custody)).toEqual([
      "digest-2026-11-20 down failed",
      "digest-2026-11-20 up delivered",
      "digest-2026-11-20 down delivered",
    ]);
    // Only after a day without another failure is that over, and told.
    clock.set("2026-11-21T08:01:00.000Z");
    await noteGaps(custody);
    await notifying.sendDue(never);
    clock.set("2026-11-22T08:01:00.000Z");
    await noteGaps(custody);
    await notifying.sendDue(never);
    const over = other.arrived
      .flatMap(({ items }) => items.map(({ title }) => title))
      .filter((text) => /^Over/.test(text));
    expect(over).toEqual(["Over: notices do not arrive by down"]);
  });

  test("and is well again is told of by all channels of a round alike", async () => {
    const other = await receiver();
    const here = await away((to) => `${hook("down", to)}, ${hook("up", other)}`);
    const { custody, clock, to, notifying } = here;
    to.status = 410;
    const delivering = new Delivering(custody);
    const [channel] = delivering.channels();
    await delivering.send(delivering.testMessage(), channel as ChannelConfig, never);
    await noteGaps(custody);
    to.status = 204;
    clock.advance(MINUTE);
    expect(await notifying.sendDue(never)).toHaveLength(2);
    expect(other.arrived[0]?.items.map(({ title }) => title)).toContain("Notices do not arrive by down");
    expect(to.arrived[0]).toEqual(other.arrived[0]);
  });

  test("is not told by itself that it fails, where there is nothing else", async () => {
    const other = await receiver();
    const here = await away((to) => `${hook("down", to)}, ${hook("up", other)}`);
    const { custody, clock, to, notifying } = here;
    await notifying.sendDue(never);
    to.status = 410;
    const delivering = new Delivering(custody);
    const [channel] = delivering.channels();
    await delivering.send(delivering.testMessage(), channel as ChannelConfig, never);
    await noteGaps(custody);
    to.status = 204;
    clock.set("2026-11-21T08:01:00.000Z");
    await notifying.sendDue(never);
    const told = ({ arrived }: Receiver) =>
      arrived.flatMap(({ id, items }) => items.map(({ title }) => `${id} ${title}`));
    expect(told(other)).toContain("digest-2026-11-21 Notices do not arrive by down");
    expect(told(to).filter((one) => one.endsWith("by down"))).toEqual([]);
  });

  test("is tried as soon as a test of it has arrived, and its next failure is recorded like the first", async () => {
    const { custody, clock, to, notifying } = await away((one) => hook("hook", one));
    to.status = 410;
    expect(await notifying.sendDue(never)).toHaveLength(1);
    to.status = 204;
    clock.advance(MINUTE);
    const delivering = new Delivering(custody);
    const [channel] = delivering.channels();
    await delivering.send(delivering.testMessage(), channel as ChannelConfig, never);
    to.status = 410;
    clock.advance(MINUTE);
    expect(await notifying.sendDue(never)).toHaveLength(1);
    expect(await outcomes(custody)).toEqual([
      "digest-2026-11-20 hook failed",
      expect.stringMatching(/^test-.* hook delivered$/),
      "digest-2026-11-20 hook failed",
    ]);
    const { gaps } = await seeGaps(custody);
    expect(gaps.filter(({ requirement }) => requirement === "delivery")).toMatchObject([{ state: "open" }]);
  });

  test("of another kind is told what the one before it was, once", async () => {
    const mail = await smtpServer();
    const { custody, clock, to, notifying } = await away(
      (one) => hook("pager", one, ", gets: [urgent]"),
      "gaps: [{ collectors: [own], level: urgent }]",
    );
    expect(await notifying.sendDue(never)).toHaveLength(1);
    const text = await readFile(custody.config.path, "utf8");
    const other = `{ use: email, id: pager, server: "127.0.0.1:${mail.port}", from: custody@example.com, to: anna@example.com, gets: [urgent] }`;
    await writeFile(custody.config.path, text.replace(/\{ use: webhook.*\}/, other));
    const again = new Notifying(await reopened(custody, clock));
    for (let minute = 0; minute < 3; minute += 1) {
      clock.advance(MINUTE);
      await again.sendDue(never);
    }
    expect([to.arrived.length, mail.mails.length]).toEqual([1, 1]);
  });

  test("fails no more once it is taken out of the configuration", async () => {
    const other = await receiver();
    const { custody, clock, to, notifying } = await away((one) => `${hook("down", one)}, ${hook("up", other)}`);
    to.status = 410;
    await notifying.sendDue(never);
    const text = await readFile(custody.config.path, "utf8");
    await writeFile(custody.config.path, text.replace(/\{ use: webhook, id: down.*?\}"? \}, /, ""));
    const again = await reopened(custody, clock);
    expect(again.config.notify.map(({ id }) => id)).toEqual(["up"]);
    await noteGaps(again);
    await noteGaps(again);
    const { gaps } = await seeGaps(again);
    const [one] = gaps.filter(({ requirement }) => requirement === "delivery");
    expect([one?.state, one?.records.map(({ action }) => action)]).toEqual(["closed", ["open", "close"]]);
  });

  test("rests as long as it asks, but no longer than a day", () => {
    const now = Date.parse("2026-11-20T08:00:00.000Z");
    const asked = (wait: number) =>
      afterFailure(undefined, now, { cause: "busy", message: "", notBefore: now + wait }).until - now;
    expect([asked(MINUTE), asked(2 * HOUR), asked(30 * 365 * DAY)]).toEqual([5 * MINUTE, 2 * HOUR, DAY]);
  });

  test("to some of its addresses brings a notice to the others once", async () => {
    const mail = await smtpServer({ refuse: ["gone@example.com"] });
    const { custody, clock, notifying } = await away(
      () =>
        `{ use: email, server: "127.0.0.1:${mail.port}", from: custody@example.com, to: [anna@example.com, gone@example.com] }`,
    );
    for (let hour = 0; hour < 12; hour += 1) {
      await notifying.sendDue(never);
      clock.advance(HOUR);
    }
    expect(mail.mails).toHaveLength(1);
    expect(await outcomes(custody)).toEqual(["digest-2026-11-20 email failed"]);
    // The next digest says it to those who can be reached.
    clock.set("2026-11-21T08:01:00.000Z");
    await notifying.sendDue(never);
    expect(mail.mails).toHaveLength(2);
    expect(mail.mails[1]?.data).toContain("Notices do not arrive by email");
  });

  test("alone hands over to whoever is there, although that one wants only what is urgent", async () => {
    const pager = await receiver();
    const { to, notifying, clock } = await away(
      (one) => `${hook("down", one, ", gets: [digest]")}, ${hook("pager", pager, ", gets: [urgent]")}`,
    );
    to.status = 410;
    await notifying.sendDue(never);
    clock.advance(MINUTE);
    await notifying.sendDue(never);
    expect(pager.arrived.map(({ about }) => about)).toEqual(["digest"]);
    expect(pager.arrived[0]?.items).toHaveLength(2);
  });
});

describe("the monthly report", () => {
  test("comes once by mail, after the month and its grace, with the PDF", async () => {
    const mail = await smtpServer();
    const { custody, clock, notifying } = await away(
      () =>
        `{ use: email, server: "127.0.0.1:${mail.port}", from: custody@example.com, to: anna@example.com, gets: [report] }`,
    );
    clock.set("2026-12-01T05:00:00.000Z");
    expect(await notifying.sendDue(never)).toEqual([]);
    clock.set("2026-12-01T08:00:10.000Z");
    expect((await notifying.sendDue(never)).map(({ notice }) => notice)).toEqual(["report-2026-11"]);
    expect(await notifying.sendDue(never)).toEqual([]);
    const [message] = mail.mails;
    expect(message?.data).toContain("Subject: Custody: evidence report for November 2026");
    expect(message?.data).toMatch(/filename=2026-11\.pdf/);
    expect(message?.data).toContain(Buffer.from("%PDF-").toString("base64").slice(0, 6));
    expect(await readdir(custody.config.folders.reports)).toContain("2026-11.pdf");
    expect(await deliveries(custody)).toMatchObject([{ about: "report", notice: "report-2026-11" }]);
  }, 60_000);
});
