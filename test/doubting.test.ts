import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { markdownIncidents } from "../collectors/markdown-incidents.ts";
import { mendOf } from "../src/cli/controls-mend.ts";
import { agendaLines } from "../src/cli/status-agenda.ts";
import type { LiveClock } from "../src/duties/clocks.ts";
import { wholeFact } from "../src/evidence/fact.ts";
import { loadPolicy } from "../src/policy/load.ts";
import { Changes } from "../src/report/changes.ts";
import { settingsChanges } from "../src/report/settings-changes.ts";
import { sorted } from "../src/views/agenda.ts";
import { doubtLines, doubtsOf } from "../src/views/doubting.ts";
import { blobRef, entry } from "./support/entries.ts";

const POLICY = loadPolicy(readFileSync(new URL("../controls/policies/sev1-4.yaml", import.meta.url), "utf8"));
const NOW = Date.parse("2026-11-22T00:00:00Z");
const HOUR = 3_600_000;

function written(text: string, origin: string) {
  const bytes = new TextEncoder().encode(text);
  const capture = {
    bytes,
    mediaType: "text/markdown; charset=utf-8",
    origin,
    capturedAt: 0,
    parameters: { zone: "UTC", words: {} },
  } as never;
  const facts = [...markdownIncidents.read(capture)].flatMap((one) =>
    one.kind === "incident" ? [wholeFact<"incident">(one)] : [],
  );
  return {
    records: facts.map((fact) => ({
      seen: { fact, instance: "register", entry: 3, item: origin, ordinal: 0, origin },
      text,
    })),
    mistyped: [...(markdownIncidents.doubts?.(capture) ?? [])],
  };
}

const RIGHT = `---
id: INC-1
severity: sev 1
detected: 2026-11-16
responded: 2026-11-16 09:30Z
resolved: 2026-11-17T09:00Z
team: shop
---
`;

describe("what a register says that cannot be right", () => {
  test("is nothing of a record that fits the rules, however exact its times are", () => {
    const { records, mistyped } = written(RIGHT, "INC-1.md");
    expect(doubtsOf(records, POLICY)).toEqual([]);
    expect(mistyped).toEqual([]);
    expect(doubtLines([])).toEqual([]);
  });

  test("is told with its file and line: a severity of no rules, an end before the start, an id twice", () => {
    const odd = RIGHT.replace("sev 1", "urgent").replace("2026-11-17T09:00Z", "2026-11-15T09:00Z");
    const all = [...written(RIGHT, "a.md").records, ...written(odd, "b.md").records];
    expect(doubtsOf(all, POLICY)).toEqual([
      {
        instance: "register",
        where: "b.md:3",
        text: 'INC-1: "urgent" is not a severity of your rules; they have Sev1, Sev2, Sev3, Sev4',
      },
      { instance: "register", where: "b.md:6", text: "INC-1: by its times it was resolved before it was noticed" },
      {
        instance: "register",
        where: "a.md:2, b.md:2",
        text: "2 records are called INC-1; give each a number of its own",
      },
    ]);
    expect(doubtLines(doubtsOf(all, undefined))[1]).toBe(
      "- register, b.md:6: INC-1: by its times it was resolved before it was noticed.",
    );
  });

  test("a key that is nearly one of those that are read", () => {
    const { mistyped } = written(RIGHT.replace("severity:", "severty:"), "c.md");
    expect(mistyped).toEqual([
      { kind: "problem", where: "c.md:3", message: 'nothing is read from "severty"; did you mean "severity"?' },
    ]);
  });
});

test("what is to come is listed by when it is due, near or not; what is late or has no number is no part of it", () => {
  const clock = (title: string, due: number | undefined, late = false) =>
    ({ title, due, late, about: title, warn: HOUR }) as LiveClock;
  const { coming, late, untimed, between } = sorted(
    [
      clock("far", NOW + 900 * HOUR),
      clock("late", NOW - HOUR, true),
      clock("open", undefined),
      clock("near", NOW + 1.99 * HOUR),
      clock("near", NOW + 1.99 * HOUR),
      { ...clock("unsure", NOW - HOUR, true), dueUntil: { at: NOW } },
      { ...clock("unknown", NOW + HOUR), dueUntil: { at: undefined } },
      { ...clock("surely late", NOW - 2 * HOUR), dueUntil: { at: NOW - 1 } },
    ],
    NOW,
  );
  expect([late, between, untimed].map((part) => part.map(({ title }) => title))).toEqual([
    ["surely late", "late"],
    ["unsure", "unknown"],
    ["open"],
  ]);
  expect(agendaLines(coming, NOW, "UTC")).toEqual([
    "To come, by when it is due:",
    "- 22 Nov 2026, 01:59 UTC (in 1 h 59 min)  near",
    "- 29 Dec 2026, 12:00 UTC (in 37 d)  far",
    "`custody incident list --due` has all of it, with what settles each.",
  ]);
  expect(agendaLines([], NOW, "UTC")).toEqual([]);
});

test("another configuration is told by the keys that differ and the roles of people, never by values or names", () => {
  const before = { collectors: [{ id: "incidents", use: "incident-log/markdown", path: "./a" }] };
  const after = {
    collectors: [{ id: "incidents", use: "incident-log/markdown", path: "./a", zone: "Europe/Berlin" }],
    people: { anna: { role: "owner" }, ben: { role: "operator" }, carla: { role: "auditor" } },
    policy: "sev1-4",
  };
  const words = settingsChanges(before, after, []);
  expect(words).toEqual([
    "collector incidents: settings changed (zone)",
    "3 people added (auditor, operator, owner)",
    "settings changed: policy",
  ]);
  expect(settingsChanges(after, before, []).slice(1)).toEqual([
    "3 people removed (auditor, operator, owner)",
    "settings changed: policy",
  ]);
  expect(settingsChanges(before, after, ["collector incidents: zone UTC became Europe/Berlin"])).not.toContain(
    words[0],
  );
  expect(settingsChanges(undefined, after, [])).toEqual([]);
});

test("rules that name a day in the past are in force from when they were logged, and what is not met has a next step", () => {
  const changes = new Changes();
  const rules = (effective: string) =>
    entry("policy", "2026-11-22T01:08:00.000Z", {
      policy: "ours",
      version: "1",
      effective,
      definition: blobRef("rules"),
    });
  changes.add(1, rules("2026-09-30T22:00:00.000Z"));
  changes.add(2, rules("2027-01-01T00:00:00.000Z"));
  expect(changes.all.map(({ what }) => what[0])).toEqual([
    "rules ours 1, in force from then on",
    "rules ours 1, in force from 1 Jan 2027, 00:00 UTC",
  ]);
  expect(mendOf("a526.owner.present", "not_met", "2026-11")).toMatch(
    /^custody incident assign ID owner PERSON .*finding open --requirement a526\.owner\.present --period 2026-11/,
  );
  expect([mendOf("a526.owner.present", "met", ""), mendOf("a525.alerts.decided", "indeterminate", "")]).toEqual([
    undefined,
    "custody event list --undecided",
  ]);
});
