import { describe, expect, test } from "vitest";
import { type FindingState, foldFindings, isOverdue, isSelfVerified } from "../src/findings/finding.ts";
import { stateWords } from "../src/findings/words.ts";
import { ActLog, OPERATOR, OWNER, SHELL } from "./support/acts.ts";
import { t } from "./support/entries.ts";

const ID = "FND-2026-001";

/** The state after these acts in turn; `!` before one that does not fit. */
function live(...acts: string[]) {
  const log = new ActLog();
  log.add("finding", { finding: ID, act: "open", requirement: "a526.owner.present" });
  for (const act of acts) {
    const [name = "", result] = act.split(":");
    log.add("finding", { finding: ID, act: name, ...(result ? { result } : {}) }, { words: { text: act } });
  }
  return { ...foldFindings(log.acts), log };
}

test.each<[string[], FindingState, number]>([
  [[], "open", 0],
  [["note"], "open", 0],
  [["correct"], "open", 0],
  [["assign"], "open", 0],
  [["cause"], "planned", 0],
  [["plan"], "planned", 0],
  [["plan", "done"], "done", 0],
  [["cause", "done", "verify:effective"], "verified", 0],
  [["cause", "done", "verify:effective", "close"], "closed", 0],
  [["cause", "done", "verify:not-effective"], "open", 1],
  [["cause", "done", "verify:not-effective", "plan", "done", "verify:effective", "close"], "closed", 1],
  [["cause", "done", "verify:effective", "close", "reopen"], "open", 1],
  [["cause", "done", "verify:effective", "reopen"], "open", 1],
  [["cause", "done", "reopen"], "open", 1],
  // Without a word on whether it helped nobody knows that it did.
  [["cause", "done", "verify"], "open", 1],
  [["close"], "closed", 0],
  [["close", "note"], "closed", 0],
])("%j leads to %s", (acts, state, reopened) => {
  const { findings, troubles } = live(...acts);
  expect(troubles).toEqual([]);
  expect(findings).toMatchObject([{ id: ID, state, reopened }]);
});

test.each<[string[], FindingState, RegExp]>([
  [["done"], "open", /nobody has said why/],
  [["verify:effective"], "open", /nothing was done yet/],
  [["cause", "verify:effective"], "planned", /nothing was done yet/],
  [["cause", "done", "done"], "done", /recorded already/],
  [["reopen"], "open", /is not over/],
  [["cause", "reopen"], "planned", /is not over/],
  [["close", "cause"], "closed", /was closed by record 1/],
  [["close", "close"], "closed", /was closed by record 1/],
  [["close", "assign"], "closed", /has to be opened again/],
])("%j is told, and leaves the finding %s", (acts, state, text) => {
  const { findings, troubles } = live(...acts);
  expect(findings).toMatchObject([{ state }]);
  expect(troubles).toMatchObject([{ index: acts.length, id: ID, text: expect.stringMatching(text) }]);
});

describe("closing without anybody having looked whether it helped", () => {
  test.each([
    ["an owner who proved who they are", OWNER, "closed", 0],
    ["somebody at a shell", SHELL, "open", 1],
    ["an operator", OPERATOR, "open", 1],
  ] as const)("by %s", (_, by, state, troubles) => {
    const log = new ActLog();
    log.add("finding", { finding: ID, act: "open" });
    log.add("finding", { finding: ID, act: "close" }, { by, words: { text: "the system is gone" } });
    const found = foldFindings(log.acts);
    expect(found.findings[0]?.state).toBe(state);
    expect(found.troubles).toHaveLength(troubles);
    if (state === "closed") expect(found.findings[0]?.closed).toMatchObject({ without: true, by: "p-anna" });
  });

  test("anybody closes what was verified", () => {
    const log = new ActLog();
    log.add("finding", { finding: ID, act: "open" });
    log.add("finding", { finding: ID, act: "cause" });
    log.add("finding", { finding: ID, act: "done" });
    log.add("finding", { finding: ID, act: "verify", result: "effective" });
    log.add("finding", { finding: ID, act: "close" }, { by: SHELL });
    expect(foldFindings(log.acts)).toMatchObject({
      findings: [{ state: "closed", closed: { without: false } }],
      troubles: [],
    });
  });
});

test("a finding that nobody opened, and one opened twice, are told and change nothing", () => {
  const log = new ActLog();
  log.add("finding", { finding: "FND-2026-009", act: "cause" });
  log.add("finding", { finding: ID, act: "open", requirement: "first" });
  log.add("finding", { finding: ID, act: "open", requirement: "second" });
  const { findings, troubles } = foldFindings(log.acts);
  expect(findings).toMatchObject([{ id: ID, requirement: "first" }]);
  expect(troubles.map(({ index, id }) => [index, id])).toEqual([
    [0, "FND-2026-009"],
    [2, ID],
  ]);
});

test("a correction takes the place of an act of the same sort, and of no other", () => {
  const log = new ActLog();
  log.add("finding", { finding: ID, act: "open" }, { words: { gap: "wrong" } });
  log.add("finding", { finding: ID, act: "cause" }, { words: { text: "wrong" } });
  log.add("finding", { finding: ID, act: "open", corrects: 0 }, { words: { gap: "right" } });
  log.add("finding", { finding: ID, act: "cause", corrects: 1 }, { words: { text: "right" } });
  // It claims to correct something else: it counts by itself.
  log.add("finding", { finding: ID, act: "correct", corrects: 1 }, { words: { text: "put right" } });
  const { findings, troubles } = foldFindings(log.acts);
  expect(troubles).toEqual([]);
  expect(findings).toMatchObject([
    { gap: "right", cause: { text: "right", index: 3 }, correction: { text: "put right" }, state: "planned" },
  ]);
});

test("owner, due date, evidence and entries follow the acts; what is due counts until it is done", () => {
  const due = "2026-11-20T00:00:00.000Z";
  const log = new ActLog();
  log.add("finding", { finding: ID, act: "open", owner: "p-1", entries: [3, 5] });
  log.add("finding", { finding: ID, act: "assign", owner: "p-2" });
  log.add("finding", { finding: ID, act: "replan", due, entries: [5, 7] });
  const open = foldFindings(log.acts).findings[0];
  expect(open).toMatchObject({ owner: "p-2", due: t(due), entries: [3, 5, 7] });
  // Exactly at the end it is over.
  expect(open && [isOverdue(open, t(due) - 1), isOverdue(open, t(due))]).toEqual([false, true]);
  log.add("finding", { finding: ID, act: "cause" });
  log.add("finding", { finding: ID, act: "done" });
  const done = foldFindings(log.acts).findings[0];
  expect(done && isOverdue(done, t(due))).toBe(false);
});

test("its actions are those that name it and those that a link joins to it, with how they stand", () => {
  const log = new ActLog();
  const end = (action: string) => ({ from: { type: "finding", id: ID }, to: { type: "action", id: action } });
  log.add("finding", { finding: ID, act: "open" });
  log.add("action", { action: "ACT-1", act: "open", finding: ID });
  log.add("action", { action: "ACT-2", act: "open" });
  log.add("action", { action: "ACT-3", act: "open" });
  log.add("action", { action: "ACT-3", act: "done" });
  log.add("link", { ...end("ACT-2"), relation: "follows", act: "add" });
  log.add("link", { ...end("ACT-3"), relation: "follows", act: "add" });
  log.add("link", { ...end("ACT-4"), relation: "follows", act: "add" });
  log.add("link", { ...end("ACT-5"), relation: "follows", act: "add" });
  log.add("link", { ...end("ACT-5"), relation: "follows", act: "remove" });
  log.add("action", { action: "ACT-1", act: "done" });
  log.add("action", { action: "ACT-1", act: "verify", result: "not-effective" });
  log.add("action", { action: "ACT-9", act: "open", finding: "FND-2026-002" });
  expect(foldFindings(log.acts).findings[0]?.steps).toEqual([
    { action: "ACT-2", state: "open" },
    { action: "ACT-3", state: "done" },
    { action: "ACT-4", state: "unknown" },
    { action: "ACT-1", state: "not-effective" },
  ]);
});

test("that it is known what is to be done is said only where somebody said what", () => {
  const words = (...acts: string[]) => live(...acts).findings.map(stateWords);
  expect(words("cause")).toEqual(["open; why it happened is known, what is to be done is not"]);
  expect(words("cause", "plan")).toEqual(["open; what is to be done is known"]);
});

test("a look that came before what would show that it helped is told", () => {
  const { log } = live("plan", "done", "verify:effective");
  log.add("activity", { activity: "EXE-1", type: "exercise", act: "record" });
  const ends = { from: { type: "activity", id: "EXE-1" }, to: { type: "finding", id: ID } };
  expect(foldFindings(log.acts).findings[0]?.afterLook, "not linked").toEqual([]);
  log.add("link", { ...ends, relation: "about", act: "add" });
  expect(foldFindings(log.acts).findings[0]?.afterLook).toEqual([expect.objectContaining({ id: "EXE-1" })]);
  log.add("link", { ...ends, relation: "about", act: "remove" });
  expect(foldFindings(log.acts).findings[0]?.afterLook).toEqual([]);
});

test("whoever did it and looked at it alone is told", () => {
  const by = (verifier: object) => {
    const { log } = live("plan", "done");
    log.add("finding", { finding: ID, act: "verify", result: "effective" }, verifier);
    return foldFindings(log.acts).findings.map(isSelfVerified);
  };
  expect(by({ by: OWNER })).toEqual([true]);
  expect(by({ by: OPERATOR })).toEqual([false]);
});
