import { describe, expect, test } from "vitest";
import type { EntryOf } from "../src/evidence/entry.ts";
import { evidenceItems } from "../src/handling/items.ts";
import { iso } from "../src/lib/time.ts";
import type { ReportInput } from "../src/report/input.ts";
import { buildReport } from "../src/report/model.ts";
import { custodyPart } from "../src/report/part-custody.ts";
import { Disposals } from "../src/trust/disposals.ts";
import { Holds } from "../src/trust/holds.ts";
import { accountInput, NAMES, printed, tableBelow } from "./support/account.ts";
import { ActLog, AUDITOR, OPERATOR, SHELL } from "./support/acts.ts";
import { entry, t } from "./support/entries.ts";
import { wording } from "./support/report-input.ts";

const digest = (letter: string) => letter.repeat(64);
const file = (letter: string) => ({ digest: digest(letter), size: 2_048, mediaType: "text/plain" });

/** A log export with its file, handed on properly; and a laptop that came to somebody, nobody knows how. */
function handled(): ActLog {
  const log = new ActLog("2026-07-14T08:00Z");
  const tell = (evidence: string, act: string, fields = {}, over = {}) =>
    log.add("custody", { evidence, act, ...fields }, over);
  tell(
    "EVD-2026-001",
    "collect",
    {
      incident: "INC-2026-001",
      evidenceFiles: [file("a")],
      values: { method: "export", collectedBy: "p-anna", personalData: true, windowFrom: "2026-07-14T00:00:00.000Z" },
      to: "p-anna",
    },
    { words: { title: "access log", source: "proxy", files: ["access.log"] } },
  );
  tell("EVD-2026-001", "transfer", { from: "p-anna", to: "p-otto" }, { words: { reason: "to be looked at" } });
  tell("EVD-2026-001", "receive", { from: "p-anna", to: "p-otto" }, { by: OPERATOR, at: "2026-07-14T10:00Z" });
  tell("EVD-2026-001", "access", {}, { by: SHELL, words: { reason: "read the first hour" } });
  tell(
    "EVD-2026-001",
    "verify",
    { digests: [digest("a")], result: "matches" },
    { by: OPERATOR, at: "2026-09-01T08:00Z" },
  );
  tell(
    "EVD-2026-002",
    "collect",
    { physical: true, to: "p-anna", values: { method: "seizure", collectedBy: "p-anna" } },
    { words: { title: "laptop" } },
  );
  tell("EVD-2026-002", "transfer", { from: "p-otto", to: "p-audi" }, { at: "2026-09-05T08:00Z", by: OPERATOR });
  return log;
}

const model = buildReport(accountInput(handled()));
const blocks = custodyPart(model, wording);

describe("things kept as evidence of incidents", () => {
  test("are counted by whether their chain closes, apart from the files of sources", () => {
    expect(model.custody.counts).toMatchObject({ contiguous: 1, holed: 1, files: 1, verified: 1, altered: 0 });
    expect(printed(blocks)).toContain("2 things: the record of 1 closes from collection on, that of 1 has a hole");
    expect(model.evidence.map((row) => row.digest)).not.toContain(digest("a"));
  });

  test("have their fields with the records that say them, and what is missing by name", () => {
    const [item] = model.custody.items;
    expect(item?.fields.map(({ label, value, entry: by }) => [label, value, by])).toEqual([
      ["what it is", "access log", 0],
      ["where it comes from", "proxy", 0],
      ["covers the time from", "14 Jul 2026, 02:00:00 Europe/Berlin", 0],
      ["how it was taken", "export", 0],
      ["collected by", "anna", 0],
      ["holds personal data", "yes", 0],
    ]);
    expect(item?.missing).toContain("on whose authority");
    expect(item?.files[0]).toMatchObject({ digest: digest("a"), name: "access.log", hashedBy: "anna" });
  });

  test("say when their hash was looked at again and with which result", () => {
    expect(model.custody.items[0]?.files[0]?.verified).toEqual({
      at: "2026-09-01T08:00:00.000Z",
      result: "matches",
      entry: 4,
    });
    expect(printed(blocks)).toContain("hashed again 2026-09-01T08:00:00Z (10:00:00 Europe/Berlin, +02:00): the same");
  });

  test("show every event with who had it before and after, how they were recognised, and why", () => {
    const rows = tableBelow(blocks, "EVD-2026-001: access log");
    expect(rows.map((row) => [row[1], row[4]])).toEqual([
      ["collected | to anna", "0"],
      ["handed over | from anna | to otto", "1"],
      ["received | from anna | to otto", "2"],
      ["looked at", "3"],
      ["hash checked", "4"],
    ]);
    expect(rows[1]?.[3]).toContain("to be looked at");
    expect(rows[3]?.[2]).toBe("anna (nobody checked who that was)");
    expect(rows[4]?.[3]).toContain("found as recorded");
  });

  test("name a hole by when, between whom and which records", () => {
    const [, laptop] = model.custody.items;
    expect(laptop).toMatchObject({ contiguous: false, physical: true });
    expect(laptop?.holes[0]?.kind).toBe("other-hands");
    expect(laptop?.holes[0]?.text).toContain("it came from anna to otto, and nobody recorded how");
    expect(laptop?.holes[0]?.entries).toEqual([5, 6]);
    expect(printed(blocks)).toContain("and nobody recorded how");
  });
});

test("who looked at evidence: acts on things and records of packs, each once, only of the period", () => {
  const accesses = ["2026-08-01T10:00Z", "2026-10-01T10:00Z"].map((at, i) => {
    const made = {
      ...entry("access", at, { purpose: "pack", digests: [digest(i === 0 ? "a" : "b")] }),
      actor: AUDITOR,
    };
    return { index: 50 + i, at: t(at), entry: made as EntryOf<"access"> };
  });
  const { acts } = handled();
  const items = evidenceItems({ acts, holds: new Holds(), disposals: new Disposals(), accesses });
  const custody: ReportInput["custody"] = { names: NAMES, items, accesses };
  const { reads } = buildReport(accountInput({ acts }, { custody })).custody;
  expect(reads.map(({ at, by, what, item, entry: by2 }) => [at, by.name, by.proven, what, item, by2])).toEqual([
    [iso(t("2026-07-14T11:00Z")), "anna", false, "access", "EVD-2026-001", 3],
    [iso(t("2026-08-01T10:00Z")), "audi", true, "pack", "EVD-2026-001", 50],
  ]);
});

test("a thing that had left custody before the period is counted and not listed; one of its incidents is", () => {
  const log = new ActLog("2026-05-01T08:00Z");
  for (const [evidence, incident] of [
    ["EVD-2026-001", undefined],
    ["EVD-2026-002", "INC-2026-003"],
  ]) {
    log.add("custody", { evidence, act: "collect", to: "p-anna", ...(incident ? { incident } : {}) });
    log.add("custody", { evidence, act: "return", from: "p-anna" });
  }
  const { items, itemsBefore } = buildReport(accountInput(log)).custody;
  expect([items.map(({ id }) => id), itemsBefore]).toEqual([["EVD-2026-002"], 1]);
});

test("without any it is a few lines with the holds, and no part of its own", () => {
  const none = custodyPart(buildReport(accountInput(new ActLog())), wording);
  expect(none.some(({ kind }) => kind === "part" || kind === "table")).toBe(false);
  expect(printed(none)).toContain("0 things were kept as evidence of incidents in the period.");
  expect(printed(none)).toContain(wording.holdsNone);
  expect(printed(none)).toContain("0 records say that evidence was opened");
});
