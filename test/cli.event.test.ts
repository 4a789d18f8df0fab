import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { beginWorkspace } from "../src/cli/init.ts";
import type { Draft } from "../src/evidence/entry.ts";
import { systemClock } from "../src/lib/clock.ts";
import { iso } from "../src/lib/time.ts";
import { newToken, tokenLine } from "../src/people.ts";
import { Cli, Workspace } from "./support/cli.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-event");
});
afterAll(() => cli.close());

const DAY = 86_400_000;
const TOKEN = newToken();
const NOW = Date.now();

interface Line {
  readonly id: string;
  readonly name?: string;
  readonly severity?: string;
  readonly ago: number;
  readonly ended?: boolean;
}

const lineOf = ({ id, name = "DiskSpaceLow", severity = "warning", ago, ended = true }: Line) => {
  const began = NOW - ago * DAY;
  return JSON.stringify({ id, name, severity, began: iso(began), ...(ended ? { ended: iso(began + 600_000) } : {}) });
};

const INTAKE = `
intake:
  bulk: { burst: { more: 3, within: 60s } }
  rules:
    - id: watchdog
      version: "2"
      owner: anna
      approvedBy: anna
      approvedAt: 2026-01-01
      until: 2099-12-31
      when: { name: Watchdog }
      decision: event-only
      reason: It fires all the time, to show that alerting works.
    - id: nothing
      version: "1"
      owner: anna
      approvedBy: anna
      until: ${iso(NOW + 9 * DAY).slice(0, 10)}
      when: { name: "Nothing*" }
      decision: false-positive
      reason: Never seen.
    - { id: broken, decision: maybe }
`;

/** A workspace with a source of alerts that was read once, and a policy with intake rules. */
async function aWorkspace(lines: readonly Line[]) {
  const folder = await cli.place();
  await writeFile(join(folder, "alerts.ndjson"), `${lines.map(lineOf).join("\n")}\n`);
  await writeFile(
    join(folder, "custody.yaml"),
    `organisation: { name: Example GmbH, zone: Europe/Berlin }
store: file:./data/store
index: "postgres://127.0.0.1:9/none"
people:
  anna: { role: owner, token: "${tokenLine(TOKEN)}" }
collectors:
  - { id: prom, use: alert-history/file, path: ./alerts.ndjson, format: ndjson, fields: { id: id, name: name, severity: severity, startsAt: began, endsAt: ended } }
`,
  );
  const custody = await beginWorkspace(join(folder, "custody.yaml"), systemClock, { origin: "example.com/evidence" });
  const ledger = await custody.ledger();
  const policy = {
    kind: "policy",
    actor: { type: "system", id: "custody" },
    policy: "ours",
    version: "1",
    effective: iso(NOW),
    definition: await ledger.put(new TextEncoder().encode(INTAKE), "application/yaml"),
  };
  await ledger.append([policy as Draft]);
  await ledger.publish();
  await custody.close();
  const workspace = new Workspace(cli, folder);
  const anna = (...args: string[]) => cli.run(folder, args, { env: { CUSTODY_TOKEN: TOKEN } });
  const collected = await anna("collect");
  if (collected.code !== 0) throw new Error(collected.all);
  const list = async (...args: string[]) => (await anna("event", "list", "--json", ...args)).json<Listed>();
  const decisions = async () => (await workspace.entries()).filter(({ kind }) => kind === "event-decision");
  return { folder, workspace, anna, list, decisions };
}

interface Listed {
  readonly accounts: readonly Record<string, unknown>[];
  readonly backlog: readonly { severity: string | null; count: number }[];
  readonly total: number;
  readonly events: readonly {
    event: string;
    id: string;
    decided: Record<string, unknown> | null;
    again: string[];
    lag: { least: number; most: number } | null;
  }[];
  readonly troubles: readonly { index: number; words: string }[];
}

const nothing = { incident: 0, "event-only": 0, "false-positive": 0, duplicate: 0 };

describe("events and decisions on the command line", () => {
  test("every alert is told with who or which rule decided, and the sum is what the source told", {
    timeout: 120_000,
  }, async () => {
    const { anna, list, decisions, workspace } = await aWorkspace([
      { id: "an alert with words & signs", ago: 3 },
      { id: "w1", name: "Watchdog", severity: "none", ago: 2 },
      { id: "c1", name: "ApiDown", severity: "critical", ago: 1 },
    ]);
    const before = await list();
    expect(before.accounts).toEqual([
      { instance: "custody:register", told: 0, byPerson: nothing, byRule: nothing, undecided: 0, again: 0 },
      { instance: "prom", told: 3, byPerson: nothing, byRule: { ...nothing, "event-only": 1 }, undecided: 2, again: 0 },
    ]);
    expect(before.backlog.map(({ severity, count }) => [severity, count])).toEqual([
      ["warning", 1],
      ["critical", 1],
    ]);
    expect(before.troubles).toMatchObject([
      { words: expect.stringContaining("the intake rule broken decides nothing") },
    ]);
    const [words, , critical] = before.events as [Listed["events"][0], Listed["events"][0], Listed["events"][0]];
    expect(words.event).toMatch(/^alert-[0-9a-f]{16}$/);

    // Everything that is wrong at once, and nothing is written.
    const wrong = await anna(
      "event",
      "decide",
      words.event,
      "evnt-99",
      "incident",
      "--at",
      "2099-01-01",
      "--of",
      "nobody",
    );
    expect(wrong.code).toBe(2);
    for (const text of ["evnt-99", "--incident is missing", "--reason is missing", "has not come yet", "nobody"])
      expect(wrong.all).toContain(text);
    const unknown = await anna(
      "event",
      "decide",
      words.event,
      "incident",
      "--incident",
      "INC-2026-001",
      "--reason",
      "x",
    );
    expect([unknown.code, unknown.all]).toEqual([2, expect.stringContaining("there is no incident INC-2026-001")]);
    const early = await anna("event", "decide", words.event, "event-only", "--reason", "x", "--at", "2020-01-01");
    expect([early.code, early.all]).toEqual([2, expect.stringContaining("before the event began")]);
    const typo = await anna("event", "decide", words.event, "event-onyl", "--reason", "x");
    expect([typo.code, typo.all]).toEqual([2, expect.stringContaining('did you mean "event-only"')]);
    expect(await decisions()).toEqual([]);

    // One, by the beginning of its name; the record holds no word of a person.
    const one = await anna(
      "event",
      "decide",
      words.event.slice(0, 14),
      "event-only",
      "--reason",
      "The disk was grown by Otto.",
    );
    expect(one.code, one.all).toBe(0);
    const [entry] = await decisions();
    expect(entry).toMatchObject({ decision: "event-only", actor: { auth: "token", role: "owner" } });
    expect(entry?.facts).toMatchObject([
      { instance: "prom", kind: "alert", id: expect.stringMatching(/^alert-[0-9a-f]{16}$/) },
    ]);
    expect(JSON.stringify(entry)).not.toMatch(/Otto|grown|words/);
    // Decided again: both stay, with their reasons. On a bare shell it says so.
    const again = await workspace.run(
      "event",
      "decide",
      "an alert with words & signs",
      "duplicate",
      "--of",
      critical.event,
      "--reason",
      "The same outage.",
    );
    expect([again.code, again.all]).toEqual([0, expect.stringContaining("recorded as unauthenticated")]);
    expect(again.stdout).toContain("it takes the place of: an event only, not an incident, by anna");
    const shown = await anna("event", "show", words.event);
    expect(shown.stdout).toContain(`a duplicate of ${critical.event}, by tester (nobody checked who that was)`);
    expect(shown.stdout).toContain("The disk was grown by Otto.");
    expect(shown.stdout).toContain("superseded");
    const chained = await anna("event", "decide", critical.event, "duplicate", "--of", words.event, "--reason", "x");
    expect([chained.code, chained.all]).toEqual([2, expect.stringContaining("is itself a duplicate")]);
    expect((await workspace.verified()).ok).toBe(true);
  });

  test("a report of a person has a number, a receipt time and an answer, and is decided like every event", {
    timeout: 120_000,
  }, async () => {
    const { anna, list, folder } = await aWorkspace([{ id: "a", ago: 1 }]);
    await writeFile(join(folder, "mail.eml"), "Subject: hello\n");
    const wrong = await anna(
      "event",
      "add",
      " ",
      "--channel",
      "mial",
      "--received",
      "2099-01-01",
      "--file",
      "none.eml",
    );
    expect(wrong.code).toBe(2);
    for (const text of ["the subject is missing", 'did you mean "mail"', "has not come yet", "none.eml: no such file"])
      expect(wrong.all).toContain(text);
    const added = await anna(
      "event",
      "add",
      "Strange login",
      "--channel",
      "mail",
      "--received",
      "2026-03-29 03:30",
      "--reporter",
      "a customer",
      "--file",
      "mail.eml",
      "--json",
    );
    expect(added.code, added.all).toBe(0);
    const year = new Intl.DateTimeFormat("en", { year: "numeric", timeZone: "Europe/Berlin" }).format(Date.now());
    const event = `EVT-${year}-001`;
    // 03:30 in summer time; to the minute.
    expect(added.json()).toMatchObject({ event, received: "2026-03-29T01:30:00.000Z", precision: 60_000 });
    const skipped = await anna("event", "add", "x", "--channel", "mail", "--received", "2026-03-29 02:30");
    expect([skipped.code, skipped.all]).toEqual([2, expect.stringContaining("never was in Europe/Berlin")]);
    const early = await anna("event", "ack", event, "--at", "2026-03-28");
    expect([early.code, early.all]).toEqual([2, expect.stringContaining("before it came in")]);
    expect((await anna("event", "ack", event, "--at", "2026-03-29 05:00")).code).toBe(0);
    const noPerson = await anna("event", "ack", "prom/a");
    expect([noPerson.code, noPerson.all]).toEqual([2, expect.stringContaining("not reported by a person")]);
    const decided = await anna(
      "event",
      "decide",
      event,
      "false-positive",
      "--reason",
      "It was the customer's own travel.",
      "--at",
      "2026-03-29",
    );
    expect(decided.code, decided.all).toBe(0);
    const { events } = await list("--source", "custody:register");
    expect(events).toMatchObject([{ event, decided: { decision: "false-positive", by: { name: "anna" } }, again: [] }]);
    // Known to the day only: between at once and the end of that day, which had 23 hours.
    expect(events[0]?.lag).toEqual({ least: 0, most: 20.5 * 3_600_000 - 1 });
    expect((await anna("event", "show", event)).stdout).toContain(
      "whoever reported it was answered 29 Mar 2026, 05:00 Europe/Berlin",
    );
  });

  test("many are decided together in records of 64, all or none, and the words say that nobody looked at each", {
    timeout: 120_000,
  }, async () => {
    const lines = Array.from({ length: 150 }, (_, i) => ({ id: `n${i}`, name: "Noise", ago: 2 + i / 1_000 }));
    const { anna, list, decisions } = await aWorkspace([
      ...lines,
      { id: "late", name: "Noise", ago: 0.5 },
      { id: "x", name: "Noisy", ago: 3 },
    ]);
    const until = iso(NOW - DAY);
    const filter = [
      "event",
      "decide",
      "--source",
      "prom",
      "--name",
      "Noise",
      "--until",
      until,
      "--decision",
      "event-only",
      "--reason",
      "A broken probe.",
    ];
    const unasked = await anna(...filter);
    expect([unasked.code, unasked.all]).toEqual([2, expect.stringContaining("150 events at once")]);
    expect(await decisions()).toEqual([]);
    const done = await anna(...filter, "--yes");
    expect(done.code, done.all).toBe(0);
    expect(done.stdout).toContain("decided together and not each looked at");
    const records = await decisions();
    expect(records.map(({ facts, together }) => [(facts as unknown[]).length, together])).toEqual([
      [64, 150],
      [64, 150],
      [22, 150],
    ]);
    expect(new Set(records.map(({ batch }) => batch)).size).toBe(1);
    const { accounts, backlog } = await list();
    expect(accounts[1]).toMatchObject({ told: 152, byPerson: { ...nothing, "event-only": 150 }, undecided: 2 });
    expect(backlog).toMatchObject([{ count: 2 }]);
    const shown = await anna("event", "show", "prom/n7");
    expect(shown.stdout).toContain("together with 149 others, not each looked at");
    const twice = await anna(...filter, "--yes");
    expect(twice.stdout).toContain("150 events that it matches are decided already");
    const rules = await anna("event", "rules");
    expect(rules.stdout).toMatch(/Many at once: anna recorded 150 decisions/);
    const mixed = await anna(
      "event",
      "decide",
      "prom/x",
      "--name",
      "Noise",
      "--decision",
      "event-only",
      "--reason",
      "x",
    );
    expect([mixed.code, mixed.all]).toEqual([2, expect.stringContaining("either the one or the other")]);
    const star = await anna("event", "list", "--name", "N*se");
    expect([star.code, star.all]).toEqual([2, expect.stringContaining("its beginning and a star")]);
  });

  test("rules are listed with what they decided, those that end soon or never matched, and what of them is wrong", {
    timeout: 120_000,
  }, async () => {
    const { anna } = await aWorkspace([{ id: "w1", name: "Watchdog", ago: 1 }]);
    const { stdout } = await anna("event", "rules");
    expect(stdout).toMatch(/^watchdog {2}version 2 {2}holds$/m);
    expect(stdout).toContain("It matched 1 event and decided 1");
    expect(stdout).toContain("ENDS SOON");
    expect(stdout).toContain("It has never matched an event.");
    expect(stdout).toContain("the intake rule broken decides nothing");
    const json = (await anna("event", "rules", "--json")).json<{
      rules: { id: string; endsSoon: boolean; matched: number }[];
    }>();
    expect(json.rules.map(({ id, endsSoon, matched }) => [id, endsSoon, matched])).toEqual([
      ["watchdog", false, 1],
      ["nothing", true, 0],
    ]);
  });

  test("a severity that is raised at the source after the decision is to be looked at again", {
    timeout: 120_000,
  }, async () => {
    const { anna, list, folder } = await aWorkspace([{ id: "a", ago: 1, ended: false }]);
    expect((await anna("event", "decide", "prom/a", "event-only", "--reason", "Small.")).code).toBe(0);
    await writeFile(
      join(folder, "alerts.ndjson"),
      `${lineOf({ id: "a", ago: 1, ended: false })}\n${lineOf({ id: "a", ago: 1, ended: false, severity: "critical" })}\n`,
    );
    expect((await anna("collect")).code).toBe(0);
    const { events, total } = await list("--again");
    expect([total, events[0]?.again]).toEqual([1, ["its severity was warning then, and became critical"]]);
  });
});
