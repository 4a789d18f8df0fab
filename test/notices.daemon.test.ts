import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startRunning } from "../src/daemon/running.ts";
import { slotsOf } from "../src/slots/state.ts";
import { mailText } from "./support/channels.ts";
import { FakeClock } from "./support/clock.ts";
import { HttpSource } from "./support/http-source.ts";
import { givenPostgres } from "./support/index-postgres.ts";
import { deliveries } from "./support/notices.ts";
import { smtpServer } from "./support/smtp.ts";
import { keptLog, newWorkspace } from "./support/workspace.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ALL_TIME = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

test("a laptop asleep from Friday to Monday: one notice on Monday, in words that need no manual, and what sources still knew is there", async () => {
  const mail = await smtpServer();
  const manager = await new HttpSource().start();
  onTestFinished(() => manager.stop());
  manager.on("/api/v2/status", { headers: { "content-type": "application/json" }, body: '{"versionInfo":{}}' });
  manager.on("*", { headers: { "content-type": "application/json" }, body: "[]" });
  const postgres = await givenPostgres();
  onTestFinished(() => postgres.stop());
  process.env.CUSTODY_TEST_INDEX = postgres.url;
  const clock = new FakeClock("2026-11-18T05:00:30.000Z");
  const custody = await newWorkspace(
    `people: { anna: { role: owner }, ben: { role: operator } }
scope:
  - { system: production API, sources: [alerts, incidents] }
  - { system: support mailbox, notConnected: IMAP is not enabled yet }
collectors:
  - { id: incidents, use: incident-log/markdown, path: ./incidents, cadence: daily, grace: 6h }
  - { id: alerts, use: alert-history/alertmanager, url: "${manager.url}", cadence: daily, grace: 6h }
  - { id: own, use: cron-health/custody, cadence: daily, grace: 6h }
notify: [{ use: email, server: "127.0.0.1:${mail.port}", from: custody@example.com, to: anna@example.com }]`,
    clock,
    { zone: "Europe/Berlin", index: "${env:CUSTODY_TEST_INDEX}" },
  );
  const { root } = custody.config;
  await mkdir(join(root, "incidents"), { recursive: true });
  const record = "---\nid: INC-1\ntitle: Login down\nseverity: sev3\ndetected: 2026-11-16T09:00:00Z\n---\n";
  await writeFile(join(root, "incidents", "INC-1.md"), record);
  const log = keptLog();
  const running = await startRunning(custody, log);
  onTestFinished(() => running.stop());
  const wake = async () => {
    await running.tick();
    await running.idle();
  };
  // Days of work until Friday evening at six.
  for (const friday = Date.parse("2026-11-20T17:00:30.000Z"); clock.now() <= friday; clock.advance(4 * HOUR))
    await wake();
  expect(mail.mails).toEqual([]);

  // The lid was shut; nobody moved the clock for this process until Monday at half past eight.
  clock.set("2026-11-23T07:30:30.000Z");
  for (let minute = 0; minute < 6; minute += 1) {
    await wake();
    clock.advance(MINUTE);
  }
  expect(mail.mails).toHaveLength(1);
  const text = mailText(mail.mails[0]?.data ?? "");
  if (process.env.SHOW_NOTICE) process.stdout.write(`${text}\n`);

  const one = (await custody.history()).instances.get("incidents");
  const states = one === undefined ? [] : slotsOf(one, ALL_TIME, clock.now()).map(({ state }) => state);
  expect(states.slice(-4)).toEqual(["late", "late", "late", "open"]);

  // What happened, since when, is anything lost, do what, until when, who.
  for (const words of [
    "Custody itself was not running between 20 Nov 2026, 18:00 Europe/Berlin and 23 Nov 2026, 08:30 Europe/Berlin",
    "Alertmanager alerts and silences (alerts): 21 Nov 2026",
    "Lost for that time: this source only knows the present.",
    "Nothing is lost. It stays marked as late.",
    "custody gap ack",
    "Until: 30 Nov 2026",
    "Who: anna (owner)",
    "Nothing else is wrong",
  ]) {
    expect(text).toContain(words);
  }
  expect(text).not.toMatch(/merkle|hash|root|checkpoint|slot|digest of|signature|leaf|entry/i);
  // No word comes again, and what stays is not told again every day.
  for (let quarter = 0; quarter < 3 * 4; quarter += 1) {
    clock.advance(6 * HOUR);
    await wake();
    await wake();
  }
  expect(mail.mails).toHaveLength(1);
  const [delivery, ...more] = await deliveries(custody);
  expect(more).toEqual([]);
  expect(delivery).toMatchObject({ notice: "digest-2026-11-23", outcome: "delivered", channel: "email" });
  expect(delivery?.gaps).toHaveLength(3);
  expect(log.lines.filter(({ level }) => level === "error")).toEqual([]);
}, 120_000);
