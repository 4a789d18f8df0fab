import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { alertFile } from "../collectors/alert-file.ts";
import { jobFile } from "../collectors/job-file.ts";
import type { Collector } from "../src/collector/define.ts";
import { readCapture } from "../src/collector/reading.ts";
import { describeCollector } from "./support/collector-contract.ts";
import { DAY, instanceOf, runOver } from "./support/collector-run.ts";

const recorded = (name: string) => new URL(`recordings/${name}`, import.meta.url);

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "custody-files-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const csvFields = {
  id: "run",
  job: "job",
  startedAt: "started",
  endedAt: "finished",
  outcome: "status",
  detail: "message",
};
const csv = { path: "runs.csv", format: "csv", zone: "Europe/Berlin", fields: csvFields };
const ndjson = {
  path: "runs.ndjson",
  format: "ndjson",
  fields: { job: "job.name", endedAt: { field: "t", format: "epoch_s" }, outcome: "result", detail: "why" },
};
const alerts = {
  path: "export.json",
  format: "json",
  records: "data.alerts",
  fields: {
    id: "key",
    name: "title",
    severity: "prio",
    startsAt: "opened",
    endsAt: "closed",
    state: "status",
    labels: ["team", "nowhere"],
  },
};

/** What the collector keeps beside a file with this configuration. */
function parametersOf(collector: Collector, config: unknown) {
  const { path, covers, ...mapping } = instanceOf(collector, config).config as Record<string, unknown>;
  return JSON.parse(JSON.stringify(mapping));
}

function recordingOf(collector: Collector, file: string, config: { path: string }, mediaType: string) {
  return {
    bytes: readFileSync(recorded(file)),
    mediaType,
    origin: config.path,
    parameters: parametersOf(collector, config),
  };
}

const folderWith =
  (file: string, name: string, edit: (text: string) => string = (text) => text) =>
  async () => {
    const folder = newFolder();
    writeFileSync(join(folder, name), edit(readFileSync(recorded(file), "utf8")));
    return { folder };
  };

describeCollector(jobFile, {
  config: csv,
  recordings: [
    recordingOf(jobFile, "job-file/runs.csv", csv, "text/csv"),
    recordingOf(jobFile, "job-file/runs.ndjson", ndjson, "application/x-ndjson"),
  ],
  source: folderWith("job-file/runs.csv", "runs.csv"),
  short: folderWith("job-file/runs.csv", "runs.csv", (text) => text.replace(/^101.*\n/m, "")),
  gone: async () => ({ folder: newFolder() }),
});

describeCollector(alertFile, {
  config: alerts,
  recordings: [recordingOf(alertFile, "alert-file/export.json", alerts, "application/json")],
  source: folderWith("alert-file/export.json", "export.json"),
  short: folderWith("alert-file/export.json", "export.json", (text) => text.replace(/^.*"a-1".*\n/m, "")),
  gone: async () => ({ folder: newFolder() }),
});

/** Facts and problems of one text, read by a configuration. */
function read(collector: Collector, config: { path: string }, text: string | Uint8Array) {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  const parameters = parametersOf(collector, config);
  return readCapture(collector, {
    bytes,
    mediaType: "text/plain",
    origin: config.path,
    capturedAt: DAY.to,
    window: DAY,
    parameters,
  });
}

describe("records of job runs", () => {
  test("are read by the mapping; what is wrong with one is said with file and line", () => {
    const { facts, problems } = read(jobFile, csv, readFileSync(recorded("job-file/runs.csv")));
    expect(facts).toMatchObject([
      { id: "101", job: "backup", outcome: "success", detail: null },
      {
        id: "102",
        startedAt: Date.parse("2026-11-20T02:00:00+01:00"),
        endedAt: Date.parse("2026-11-20T02:04:02+01:00"),
        detail: "4,1 GB, 3 tables",
      },
      { id: "103", job: "rotate-keys", outcome: "failure", detail: 'vault said "sealed"' },
    ]);
    expect(problems).toEqual([
      {
        kind: "problem",
        where: "runs.csv line 5",
        message: 'started: expected a date and time with its zone, such as 2026-11-20T16:40:10Z, found "gestern"',
      },
      {
        kind: "problem",
        where: "runs.csv line 6",
        message: 'expected one of the words under `outcomes` in "status", found "maybe"',
      },
    ]);
  });

  test("with a naive local time are problems that name the line, unless the zone is declared", () => {
    const { zone, ...undeclared } = csv;
    const { facts, problems } = read(jobFile, undeclared, readFileSync(recorded("job-file/runs.csv")));
    expect(facts).toEqual([]);
    expect(problems[0]).toMatchObject({
      where: "runs.csv line 2",
      message: expect.stringContaining("declare the zone"),
    });
  });

  test("without an id of their own are known by job and time; nested fields and epoch times are read", () => {
    const { facts, problems } = read(jobFile, ndjson, readFileSync(recorded("job-file/runs.ndjson")));
    expect(problems).toEqual([]);
    expect(facts).toMatchObject([
      { id: "prune@2026-11-19T11:00:00.000Z", endedAt: 1_795_086_000_000, startedAt: null, outcome: "success" },
      { outcome: "failure", detail: "disk full" },
    ]);
  });

  test("behind a quote that never closes are lost, those before it are not", () => {
    const text = `${readFileSync(recorded("job-file/runs.csv"), "utf8").split("\n").slice(0, 3).join("\n")}\n103,"never`;
    const { facts, problems } = read(jobFile, csv, text);
    expect(facts).toHaveLength(2);
    expect(problems.at(-1)?.message).toMatch(/cannot be read to its end/);
  });

  test("a half-written last line is a problem and costs nothing else", () => {
    const text = readFileSync(recorded("job-file/runs.ndjson"), "utf8").slice(0, -20);
    const { facts, problems } = read(jobFile, ndjson, text);
    expect([facts.length, problems]).toEqual([
      1,
      [{ kind: "problem", where: "runs.ndjson line 2", message: "expected a JSON object on this line" }],
    ]);
  });

  test("milliseconds where seconds were declared are refused, not read as the year 58856", () => {
    const { problems } = read(jobFile, ndjson, '{"job":{"name":"a"},"t":1795168800000,"result":"ok"}');
    expect(problems[0]?.message).toBe('t: expected seconds since 1970, found "1795168800000"');
  });

  test("a file that is not UTF-8 is one problem", () => {
    const { facts, problems } = read(jobFile, csv, Buffer.from("\ufeffrun,job\n", "utf16le"));
    expect([facts, problems.map(({ message }) => message)]).toEqual([
      [],
      ["expected text in UTF-8, found bytes that are no text in UTF-8; export the file as UTF-8"],
    ]);
  });
});

test("alerts are read by the mapping, with the labels asked for", () => {
  const { facts, problems } = read(alertFile, alerts, readFileSync(recorded("alert-file/export.json")));
  expect(facts).toMatchObject([
    { id: "a-1", name: "API down", severity: "P1", state: "resolved", endsAt: Date.parse("2026-11-18T08:20:00Z") },
    {
      id: "a-2",
      state: "firing",
      startsAt: Date.parse("2026-11-20T11:30:00.500Z"),
      endsAt: null,
      labels: { team: "ops" },
    },
  ]);
  expect(problems).toMatchObject([{ where: "export.json data.alerts[2]" }]);
});

describe("a run over files", () => {
  const run = (config: object, folder: string) => runOver(jobFile, { config: { ...csv, ...config }, folder });

  test("keeps the whole file as it is, and what is needed to read it", async () => {
    const { folder } = await folderWith("job-file/runs.csv", "runs.csv")();
    const { ledger, draft } = await run({}, folder);
    const kept = ledger.blobs.get(draft.evidence[0]?.digest ?? "");
    expect(Buffer.from(kept ?? []).equals(readFileSync(recorded("job-file/runs.csv")))).toBe(true);
    expect(draft.found).toEqual({ reader: 1, facts: 3, problems: 2 });
  });

  test("claims a log only from its first record on, and the words say when that is", async () => {
    const { folder } = await folderWith("job-file/runs.csv", "runs.csv", (text) => text.replace(/^101.*\n/m, ""))();
    const { draft, message } = await run({}, folder);
    expect(draft.covered).toEqual([{ from: "2026-11-20T01:00:00.000Z", to: "2026-11-20T23:00:00.000Z" }]);
    expect(message).toContain("the first record of runs.csv is of 20 Nov 2026, 02:00 Europe/Berlin");
  });

  test("claims everything of a file declared complete, unless nothing in it can be read", async () => {
    const { folder } = await folderWith("job-file/runs.csv", "runs.csv", (text) => text.replace(/^101.*\n/m, ""))();
    expect((await run({ covers: "complete" }, folder)).draft).toMatchObject({ outcome: "collected" });
    writeFileSync(join(folder, "runs.csv"), "<html><body>Sign in</body></html>");
    expect((await run({ covers: "complete" }, folder)).draft).toMatchObject({
      outcome: "partial",
      reason: "unreadable",
      covered: [],
      items: 1,
    });
  });

  test("claims nothing of a log without records", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, "runs.csv"), "run,job,started,finished,status,message\n");
    expect((await run({}, folder)).draft).toMatchObject({ outcome: "partial", reason: "retention", covered: [] });
    expect((await run({ covers: "complete" }, folder)).draft).toMatchObject({ outcome: "collected", items: 1 });
  });

  test("takes all files that match a pattern, in order, and no others", async () => {
    const folder = newFolder();
    mkdirSync(join(folder, "logs"));
    for (const name of ["b.csv", "a.csv", "a.csv.swp", ".c.csv"])
      copyFileSync(recorded("job-file/runs.csv"), join(folder, "logs", name));
    const { problems, draft } = await run({ path: "logs/*.csv" }, folder);
    expect(draft).toMatchObject({ outcome: "collected", items: 2 });
    expect(problems.map(({ where }) => where)).toEqual([
      "logs/a.csv line 5",
      "logs/a.csv line 6",
      "logs/b.csv line 5",
      "logs/b.csv line 6",
    ]);
    expect((await run({ path: "logs/*.log" }, folder)).draft).toMatchObject({ outcome: "unavailable" });
  });

  test("leaves a file of 2 GB where it is, keeps the others, and says which", async () => {
    const { folder } = await folderWith("job-file/runs.csv", "a.csv")();
    writeFileSync(join(folder, "b.csv"), "");
    truncateSync(join(folder, "b.csv"), 2 * 1024 ** 3);
    const { draft, message } = await run({ path: "*.csv" }, folder);
    expect(draft).toMatchObject({ outcome: "partial", reason: "too-large", covered: [], items: 1 });
    expect(message).toContain("b.csv is larger than 64 MiB");
  });

  test("refuses a folder, and a pipe that would never end", async () => {
    const folder = newFolder();
    mkdirSync(join(folder, "runs.csv"));
    expect(await run({}, folder)).toMatchObject({
      outcome: "failed",
      message: expect.stringContaining("runs.csv is a folder"),
    });
    execFileSync("mkfifo", [join(folder, "pipe")]);
    expect(await run({ path: "pipe" }, folder)).toMatchObject({
      outcome: "failed",
      message: expect.stringContaining("no file"),
    });
  });

  test("that may not be read fails and says how to allow it", async () => {
    const { folder } = await folderWith("job-file/runs.csv", "runs.csv")();
    chmodSync(folder, 0);
    // Root may read everything; nobody may not.
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      for (const path of ["runs.csv", "*.csv"]) {
        const refused = await run({ path }, folder);
        expect(refused).toMatchObject({ outcome: "failed", message: expect.stringContaining("chmod") });
        expect(refused.draft.reason).toBe("SOURCE_REFUSED");
      }
    } finally {
      if (isRoot) process.seteuid?.(0);
      chmodSync(folder, 0o700);
    }
  });
});
