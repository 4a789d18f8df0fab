import { afterAll, beforeAll, expect, test } from "vitest";
import { calendarEnds } from "../src/policy/calendar-ends.ts";
import type { Policy } from "../src/policy/policy.ts";
import { Cli } from "./support/cli.ts";
import { incidentFile } from "./support/dated-incidents.ts";

/** A calendar that ends: what counts business time after it is not decided, and somebody is told before. */

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("calendar-ends");
}, 120_000);
afterAll(() => cli.close());

const DAY = 86_400_000;
const dayBefore = (days: number) => new Date(Date.now() - days * DAY).toISOString().slice(0, 10);
const NOW = new Date().getUTCFullYear();
/** Of the incident, which is ten days old. */
const YEAR = Number(dayBefore(10).slice(0, 4));
const rulesTo = (last: number) => `policy: ours
version: "1"
title: Ours
document: { effectiveFrom: ${last - 1}-01-01 }
zone: Europe/Berlin
calendars:
  office:
    hours: { mon: [["09:00", "17:00"]], tue: [["09:00", "17:00"]], wed: [["09:00", "17:00"]], thu: [["09:00", "17:00"]], fri: [["09:00", "17:00"]] }
    holidays: [{ date: ${last - 1}-01-01, name: New Year }, { date: ${last}-01-01, name: New Year }]
severities: [{ label: High, rank: critical, means: Bad., says: Bad. }]
targets:
  acknowledge: { from: detectedAt, to: acknowledgedAt, terms: { High: within 1bd }, calendar: office, says: Within a business day. }
`;

test("an incident after the end of the calendar is not decided, with its name and the last year that it lists", {
  timeout: 60_000,
}, async () => {
  const workspace = await cli.workspace();
  await workspace.write("rules.yaml", rulesTo(YEAR - 1));
  await workspace.configure(
    "- { id: register, use: incident-log/markdown, path: ./incidents, cadence: daily }",
    'index: "postgres://127.0.0.1:9/none"\npolicy: ./rules.yaml\n',
  );
  const day = dayBefore(10);
  const next = dayBefore(4);
  await workspace.write(
    "incidents/INC-001.md",
    incidentFile("INC-001", day, { severity: "High", acknowledged: `${next}T12:00:00Z` }),
  );
  expect(await workspace.run("collect")).toMatchObject({ code: 0 });
  const told = await workspace.run("controls", "a526.acknowledgement.timely", "--period", `${day}..${next}`);
  expect(told.stdout).toMatch(/indeterminate +a526\.acknowledgement\.timely/);
  expect(told.stdout).toContain(`the calendar "office" lists holidays of ${YEAR - 2} to ${YEAR - 1} only`);
  const checked = await workspace.run("policy", "check", `${workspace.folder}/rules.yaml`);
  expect(checked.stdout.replace(/\s+/g, " ")).toMatch(new RegExp(`no holidays are listed for ${YEAR}, ${YEAR + 1}`));
  const status = await workspace.run("status");
  expect(status.all).toContain('TOO LATE: The calendar "office" of your rules ends');

  await workspace.write("rules.yaml", rulesTo(NOW).replace('version: "1"', 'version: "2"'));
  expect(await workspace.run("collect")).toMatchObject({ code: 0 });
  expect((await workspace.run("policy", "check", `${workspace.folder}/rules.yaml`)).stdout).toContain(
    `no holidays are listed for ${NOW + 1};`,
  );
  const before = await workspace.run("status");
  expect(before.all).toMatch(/The calendar "office" of your rules ends/);
  expect(before.all).not.toContain("TOO LATE: The calendar");
});

test("the end of a calendar is that of its last listed year, or of its validity where that is earlier", () => {
  const ends = (calendar: object) =>
    calendarEnds({
      calendars: { office: { zone: "Europe/Berlin", hours: {}, ...calendar } },
      targets: { respond: { calendar: "office", terms: {} } },
      updates: {},
      contracts: [],
    } as unknown as Policy).map(({ last, at }) => [last, new Date(at).toISOString()]);
  const holidays = [{ date: "2026-12-25", name: "Christmas" }];
  expect(ends({ holidays })).toEqual([["2026", "2026-12-31T23:00:00.000Z"]]);
  expect(ends({ holidays, validTo: "2026-06-30" })).toEqual([["2026-06-30", "2026-06-30T22:00:00.000Z"]]);
  expect(ends({ holidays: "none", validTo: "2027-06-30" })).toEqual([["2027-06-30", "2027-06-30T22:00:00.000Z"]]);
  expect(ends({ holidays: "none" })).toEqual([]);
  expect(ends({ holidays: [] })).toEqual([]);
});
