import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { collectors } from "../collectors/index.ts";
import { recordIncident } from "../src/acts/registering.ts";
import { openSigning, signAll } from "../src/acts/signing.ts";
import { beginWorkspace } from "../src/cli/init.ts";
import { loadConfig } from "../src/config/config.ts";
import { Custody } from "../src/custody.ts";
import { Haste, WHILE_OPEN } from "../src/daemon/hastening.ts";
import { readMoment } from "../src/incidents/moment.ts";
import { newToken, tokenLine } from "../src/people.ts";
import { buildReportModel } from "../src/views/reporting.ts";
import { declareNow } from "../src/work.ts";
import { FakeClock } from "./support/clock.ts";
import { quietMonth } from "./support/quiet-month.ts";

const NIL = "a526.register.nil";
const TOKEN = newToken();
const PEOPLE = `  anna: { role: owner, token: "${tokenLine(TOKEN)}" }`;

const aFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), "custody-register-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

/** The same workspace, by somebody who shows a token. */
async function asAnna(folder: string, clock: FakeClock): Promise<Custody> {
  const config = await loadConfig(join(folder, "custody.yaml"), collectors);
  const custody = new Custody({ ...config, personalToken: () => TOKEN }, clock);
  onTestFinished(() => custody.close());
  return custody;
}

test("an incident of ours withdraws what was confirmed of its month, and stands in the report", {
  timeout: 120_000,
}, async () => {
  const quiet = await quietMonth(await aFolder(), { people: PEOPLE });
  await quiet.close();
  const custody = await asAnna(quiet.folder, quiet.clock);
  const period = { from: quiet.from, to: quiet.to };
  const state = async () =>
    (await openSigning(custody)).nilReturns(period).find(({ requirement }) => requirement === NIL);
  expect((await state())?.state).toBe("confirmable");
  const signing = await openSigning(custody);
  await signAll(custody, signing, [
    { subject: "nil-return", window: period, requirements: [NIL], statement: "nothing" },
  ]);
  expect((await state())?.state).toBe("confirmed");

  const at = readMoment(`${quiet.month}-10T12:00Z`, "UTC", quiet.clock.now());
  const { incident } = await recordIncident(custody, {
    act: "open",
    at,
    words: { title: "Found later" },
    values: { severity: "Sev2" },
  });
  const withdrawn = await state();
  expect(withdrawn).toMatchObject({
    state: "withdrawn",
    reason: expect.stringContaining("1 incident from custody:register"),
  });

  const model = await buildReportModel(custody, { period: { ...period, label: quiet.month } });
  expect(model.incidents.rows).toEqual([
    expect.objectContaining({
      id: incident,
      instance: "custody:register",
      title: "Found later",
      severity: "Sev2",
      status: "open",
    }),
  ]);
  expect(model.incidents.nil).toBeNull();

  // Opened by mistake: it is in no population, and named beside it.
  await recordIncident(custody, { act: "withdraw", incident, words: { reason: "it was a drill" } });
  expect((await state())?.state).toBe("confirmed");
  const after = await buildReportModel(custody, { period: { ...period, label: quiet.month } });
  expect(after.incidents.rows).toEqual([]);
  expect(after.incidents.mistaken).toEqual([
    expect.objectContaining({ id: incident, title: "Found later", reason: "it was a drill", by: "anna" }),
  ]);
});

test("where the register is kept here and nowhere else, a month without an incident is confirmed from it", {
  timeout: 120_000,
}, async () => {
  const folder = await aFolder();
  await writeFile(
    join(folder, "custody.yaml"),
    `organisation: { name: Example GmbH, zone: Europe/Berlin }
store: file:./data/store
index: "postgres://127.0.0.1:9/none"
people:
${PEOPLE}
register: true
collectors: []
`,
  );
  const clock = new FakeClock(Date.parse("2026-03-20T12:00:00Z"));
  const begun = await beginWorkspace(join(folder, "custody.yaml"), clock, { origin: "example.com/evidence" });
  await declareNow(begun);
  const { size } = await begun.ledger();
  await declareNow(begun);
  expect((await begun.ledger()).size, "said once").toBe(size);
  await begun.history();
  expect(begun.newestConfig?.register).toBe(true);
  await begun.close();
  clock.advance(60 * 86_400_000);
  const custody = await asAnna(folder, clock);
  // What was logged last dates everything that is said of the log.
  await recordIncident(custody, {
    act: "open",
    at: readMoment("2026-05-18T10:00", "Europe/Berlin", clock.now()),
    words: { title: "in May" },
  });
  const nils = async () =>
    (await openSigning(custody)).nilReturns({
      from: Date.parse("2026-02-28T23:00:00Z"),
      to: Date.parse("2026-05-31T22:00:00Z"),
    });
  const states = async () =>
    (await nils()).filter(({ requirement }) => requirement === NIL).map(({ state, reason }) => [state, reason]);
  expect(await states()).toEqual([
    ["refused", expect.stringContaining("watched only in part of the period (custody:register since 20 Mar 2026)")],
    ["confirmable", expect.stringContaining("not confirmed by a person yet")],
    ["occupied", expect.stringContaining("1 incident from custody:register")],
  ]);
  const april = (await nils()).find(({ requirement, state }) => requirement === NIL && state === "confirmable");
  await signAll(custody, await openSigning(custody), [
    { subject: "nil-return", window: april?.window ?? { from: 0, to: 1 }, requirements: [NIL], statement: "nothing" },
  ]);
  expect((await states())[1]?.[0]).toBe("confirmed");
  const model = await buildReportModel(custody, {
    period: { from: Date.parse("2026-03-31T22:00:00Z"), to: Date.parse("2026-04-30T22:00:00Z"), label: "2026-04" },
  });
  expect(model.incidents.nil).toMatchObject({ own: { since: "2026-03-20T12:00:00.000Z" } });

  await recordIncident(custody, {
    act: "open",
    at: readMoment("2026-04-30", "Europe/Berlin", clock.now()),
    words: { title: "late" },
  });
  expect((await states()).map(([state]) => state)).toEqual(["refused", "withdrawn", "occupied"]);
});

test("while an incident of ours is open, registers are looked at every fifteen minutes", {
  timeout: 120_000,
}, async () => {
  const { custody, clock } = await quietMonth(await aFolder(), { people: PEOPLE });
  const pulls = async () =>
    (await new Haste(custody).hastened(custody.config.instances)).map(({ id, pull }) => [id, pull]);
  const calm = await pulls();
  const { incident } = await recordIncident(custody, { act: "open", words: { title: "x" } });
  expect(await pulls()).toEqual(calm.map(([id, pull]) => [id, id === "register" ? WHILE_OPEN : pull]));
  clock.advance(60_000);
  await recordIncident(custody, { act: "resolve", incident });
  expect(await pulls()).toEqual(calm);
});
