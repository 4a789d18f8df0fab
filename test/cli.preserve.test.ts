import { afterAll, beforeAll, expect, test } from "vitest";
import { Cli, configuration } from "./support/cli.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-preserve");
});
afterAll(() => cli.close());

interface Preserved {
  readonly ok: boolean;
  readonly runs: readonly { readonly instance: string; readonly outcome: string; readonly entry: number }[];
  readonly holds: readonly { readonly hold: string }[];
  readonly inForce: readonly string[];
}

test("custody preserve collects, holds, and is named in the records; a backfill can be too", {
  timeout: 60_000,
}, async () => {
  const workspace = await cli.workspace(
    configuration(`- { id: incidents, use: incident-log/markdown, path: ./incidents, remembers: 12h }
- { id: own, use: cron-health/custody }`),
  );
  const detected = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 19);
  await workspace.write(
    "incidents/INC-1.md",
    `---\nid: INC-1\ntitle: One\nseverity: high\ndetected: ${detected}Z\n---\nText.\n`,
  );
  expect((await workspace.run("collect")).code).toBe(0);
  const status = await workspace.run("status");
  expect([status.code, status.all]).toEqual([0, expect.stringContaining("custody preserve INC-1")]);
  expect((await workspace.run("status", "--json")).json()).toMatchObject({ preserve: [{ incident: "INC-1" }] });

  const unknown = await workspace.run("preserve", "INC-2");
  expect([unknown.code, unknown.all]).toEqual([2, expect.stringContaining("no register has an incident INC-2")]);
  const done = await workspace.run("preserve", "INC-1");
  expect(done.code, done.all).toBe(0);
  expect(done.stdout).toMatch(/collected +incidents {2}kept \d files?/);
  expect(done.stdout).toContain("Hold preserve-INC-1 is placed");
  expect(done.stdout).toContain(
    "until all of these are released:\n  custody hold release preserve-INC-1\n  custody hold release preserve-INC-1-time\n",
  );
  const again = (await workspace.run("preserve", "INC-1", "--from", "2026-01-01", "--json")).json<Preserved>();
  expect(again.holds.map(({ hold }) => hold)).toEqual(["preserve-INC-1-time-2"]);
  expect(again.inForce).toEqual(["preserve-INC-1", "preserve-INC-1-time", "preserve-INC-1-time-2"]);
  const runs = (await workspace.entries()).filter(({ kind, incident }) => kind === "run" && incident === "INC-1");
  expect(runs).toHaveLength(4);
  expect((await workspace.run("hold", "list")).stdout).toContain("what tells of incident INC-1");
  expect((await workspace.run("status")).all).not.toContain("custody preserve INC-1");

  const today = new Date().toISOString().slice(0, 10);
  const backfill = await workspace.run("collect", "incidents", "--backfill", "--from", today, "--incident", "INC-1");
  expect(backfill.code, backfill.all).toBe(0);
  const named = (await workspace.entries()).filter(({ kind, incident }) => kind === "run" && incident === "INC-1");
  expect(named.length).toBeGreaterThan(4);
  const alone = await workspace.run("collect", "--incident", "INC-1");
  expect([alone.code, alone.all]).toEqual([2, expect.stringContaining("--incident goes with --backfill")]);
  expect((await workspace.verified()).ok).toBe(true);

  const release = (id: string) => workspace.run("hold", "release", id, "--authority", "owner");
  const first = await release("preserve-INC-1");
  expect(first.code, first.all).toBe(0);
  expect(first.stdout).toContain("only as far as no other hold covers it. In force still:");
  expect(first.stdout).toContain("  custody hold release preserve-INC-1-time\n");
  expect(first.stdout).toContain("  custody hold release preserve-INC-1-time-2\n");
  await release("preserve-INC-1-time");
  const last = await release("preserve-INC-1-time-2");
  expect(last.stdout).toContain("What it covered may be disposed of again.");
});

test("a second pause says what becomes of the end of the first", { timeout: 60_000 }, async () => {
  const workspace = await cli.workspace(configuration("- { id: own, use: cron-health/custody }"));
  expect((await workspace.run("collect")).code).toBe(0);
  const pause = async (...until: string[]) =>
    (await workspace.run("pause", "own", "--reason", "Moving", ...until.flatMap((day) => ["--until", day]))).stdout;
  const day = (n: number) => new Date(Date.now() + n * 86_400_000).toISOString().slice(0, 10);
  expect(await pause(day(9))).not.toContain("It was paused");
  expect(await pause(day(4))).toMatch(/It was paused until .* already, and stays so: .*`custody resume`/);
  expect(await pause()).toMatch(/It was paused until .*; that end counts no more/);
});

test("custody preserve does not say that it kept what it could not ask", { timeout: 60_000 }, async () => {
  const workspace = await cli.workspace(
    configuration(`- { id: incidents, use: incident-log/markdown, path: ./incidents }
- { id: prom, use: alert-history/prometheus, url: "http://127.0.0.1:9" }`),
  );
  await workspace.write("incidents/.keep", "");
  const done = await workspace.run("preserve", "INC-1", "--from", "2026-01-01");
  expect(done.code).toBe(3);
  expect(done.stdout).not.toContain("that could still be had is kept");
  expect(done.stdout).toContain("nothing was had from prom; ask again");
});
