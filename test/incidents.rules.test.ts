import { readFile, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { collectors } from "../collectors/index.ts";
import { closingConditions } from "../src/acts/closing.ts";
import { openRegister } from "../src/acts/open-register.ts";
import { recordIncident } from "../src/acts/registering.ts";
import { loadConfig } from "../src/config/config.ts";
import { Custody } from "../src/custody.ts";
import { idOf, likelyMember, newToken, personId, tokenLine } from "../src/people.ts";
import { declareNow } from "../src/work.ts";
import { FakeClock } from "./support/clock.ts";
import { newWorkspace } from "./support/workspace.ts";

const [ANNA, BEN] = [newToken(), newToken()];
const NOW = Date.parse("2026-11-20T12:00:00Z");
const PEOPLE = `people:
  anna: { role: owner, token: "${tokenLine(ANNA)}" }
  ben: { role: operator, token: "${tokenLine(BEN)}" }`;

/** The same workspace, by whoever shows this token. */
async function aWorkspace(rest = "") {
  const clock = new FakeClock(NOW);
  const shell = await newWorkspace(`${PEOPLE}\n${rest}\ncollectors: []`, clock);
  const as = async (token: string) => {
    const config = await loadConfig(shell.config.path, collectors);
    return new Custody({ ...config, personalToken: () => token }, clock);
  };
  return { clock, shell, anna: await as(ANNA), ben: await as(BEN) };
}

test("one person has one ID, whether they act or are named, whichever came first", async () => {
  const { shell, anna, ben } = await aWorkspace();
  // On a bare shell nobody is known, so the one at the shell is not the one who is named.
  const named = await personId(shell, "anna");
  expect(await idOf(anna, "anna")).toBe(named);
  const { by } = await recordIncident(anna, { act: "open", words: { title: "a" } });
  expect(by.id).toBe(named);
  const acted = (await recordIncident(ben, { act: "open", words: { title: "b" } })).by.id;
  expect(await personId(anna, "ben")).toBe(acted);
  expect(await personId(shell, "Cleo Example")).toBe(await personId(anna, " Cleo Example "));
  expect(await personId(shell, named)).toBe(named);
  await expect(personId(shell, "p-000000000000")).rejects.toThrow("nobody in this log has the ID");
  await expect(personId(shell, "ann")).rejects.toThrow('did you mean "anna"');
  await expect(personId(shell, "a\u202eb c")).rejects.toThrow("is no name of a person");
});

test("somebody from outside never becomes somebody of the configuration", async () => {
  const { shell, ben, clock } = await aWorkspace();
  const outside = await personId(ben, "zoe@example.org");
  const path = shell.config.path;
  await writeFile(path, (await readFile(path, "utf8")).replace("people:\n", "people:\n  zoe: { role: auditor }\n"));
  const later = new Custody(await loadConfig(path, collectors), clock);
  expect(await personId(later, "zoe")).not.toBe(outside);
});

test("the rules in force say what is asked before it is closed, who may, and which severities there are", async () => {
  const { anna, ben, shell } = await aWorkspace("policy: sev1-4");
  await declareNow(anna);
  await expect(
    recordIncident(anna, { act: "open", words: { title: "a" }, values: { severity: "P1" } }),
  ).rejects.toThrow('gives it the severity "P1", which is none of your rules');
  const { incident } = await recordIncident(anna, {
    act: "open",
    words: { title: "a" },
    values: { severity: "Sev1", nature: "security" },
  });
  const opened = await openRegister(anna);
  expect(opened.troubles).toEqual([]);
  const { needs, elsewhere } = closingConditions(opened, opened.find(incident));
  expect(needs.length).toBeGreaterThan(3);
  expect(elsewhere).toMatchObject({
    review: "none",
    openActions: [],
    openMeasures: expect.arrayContaining([expect.any(String)]),
  });
  await expect(recordIncident(anna, { act: "close", incident })).rejects.toThrow(/cannot be closed yet/);
  // A waiver is a sign-off, and so is nothing on a bare shell and nothing by an operator.
  for (const somebody of [shell, ben])
    await expect(recordIncident(somebody, { act: "close", incident, waive: "no time" })).rejects.toMatchObject({
      code: "NOT_ALLOWED",
    });
  const closed = await recordIncident(anna, { act: "close", incident, waive: "no time" });
  expect(closed.waived.map(({ need }) => need)).toContain("resolved");
  expect((await openRegister(anna)).find(incident)).toMatchObject({ state: "closed", closing: { waiver: "no time" } });
});

test("a full name under `people:` is that person, and a name that only looks like one is told", async () => {
  const people = "people: { ben: { role: operator, name: Ben Muster }, cleo: { role: auditor } }";
  const custody = await newWorkspace(people, new FakeClock("2026-11-20T12:00:00Z"));
  expect(await personId(custody, "ben  muster".replace("  ", " "))).toBe(await personId(custody, "ben"));
  expect(likelyMember(custody, "Ben Muster")).toBeUndefined();
  expect(likelyMember(custody, "Cleo Example")).toBe("cleo");
  expect(await personId(custody, "Cleo Example")).not.toBe(await personId(custody, "cleo"));
  // In the log full names stand in files of their own only.
  expect(JSON.stringify(custody.config.logged)).not.toContain("Muster");
});
