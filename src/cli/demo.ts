import { join, relative, resolve } from "node:path";
import { collectors } from "../../collectors/index.ts";
import type { RunResult } from "../collector/run.ts";
import { loadConfig } from "../config/config.ts";
import { Custody } from "../custody.ts";
import { dayOf } from "../demo/calendar.ts";
import { StoryClock } from "../demo/clock.ts";
import { makeDeeds } from "../demo/deeds.ts";
import { clearPlace, configOf, finishPlace, lookAtPlace, preparePlace } from "../demo/place.ts";
import { ZONE } from "../demo/settings.ts";
import { setUpAt, simulateYear } from "../demo/simulate.ts";
import { makeYear, yearUntil } from "../demo/year.ts";
import { systemClock } from "../lib/clock.ts";
import { EXIT_CODES } from "../lib/errors.ts";
import { type Interval, iso } from "../lib/time.ts";
import { dateForPeople, forPeople } from "../lib/zone.ts";
import { rememberEvidence } from "../remembering.ts";
import { readyTasks } from "../schedule/backoff.ts";
import { runTasks, tasksNow } from "../schedule/collect.ts";
import { type Gap, gapsOf } from "../slots/gap.ts";
import type { History } from "../slots/history.ts";
import { SLOT_STATES, slotsOf, tally } from "../slots/state.ts";
import { type VerifyResult, verifyLedger } from "../verify/verify.ts";
import { byWhoever, noteReport } from "../views/noting-reports.ts";
import { reportName, writeReport } from "../views/reporting.ts";
import { gapText } from "../words.ts";
import { declareNow, noteGaps, runParts } from "../work.ts";
import { type GlobalFlags, stopSignal } from "./context.ts";
import { actIn, makeTokens, tokenLines } from "./demo-hands.ts";
import { beginWorkspace } from "./init.ts";
import { parsePeriod } from "./moment.ts";
import { newOutput, type Output } from "./output.ts";

interface Flags extends GlobalFlags {
  readonly serve?: boolean;
  readonly once?: boolean;
  readonly attack?: string;
}

/** The word that the made-up year follows from. */
const SEED = "nordlicht";

/**
 * `custody demo [DIR]`, which `npm start` runs: makes a workspace with a made-up year unless it is there already, then
 * collects, reports and verifies as anybody would with a real one, and serves where asked. Exit 1 when the log is not
 * intact, 3 when stopped before the year was complete.
 */
export async function demo(flags: Flags, given?: string): Promise<number> {
  if (flags.attack !== undefined) {
    const { demoAttack } = await import("./demo-attack.ts");
    return demoAttack(flags.attack, given, flags.json ?? false);
  }
  const dir = given ?? "workspace";
  const output = newOutput(flags.json ?? false);
  const root = resolve(dir);
  const signal = stopSignal();
  const place = await lookAtPlace(root);
  let span = place.is === "made" ? place.span : undefined;
  let made: Awaited<ReturnType<typeof makeDemo>> | undefined;
  if (span !== undefined) {
    output.line(`${dir} holds a demonstration already; its made-up year ended on ${dateForPeople(span.to, ZONE)}.`);
    output.line("Since then it is kept like a real workspace, by this machine's clock.");
  } else {
    if (place.is === "half-made") {
      output.line(`An earlier start was stopped half-way; what it left in ${dir} is made again from the beginning.`);
      await clearPlace(root);
    }
    made = await makeDemo(root, output, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
      return undefined;
    });
    if (made === undefined) {
      output.note(`Stopped before the made-up year was complete. The next start makes ${dir} again.`);
      return EXIT_CODES.temporary;
    }
    span = made.span;
  }
  const outcome = await goOn(root, span, output, signal, made?.custody);
  if (outcome === undefined) return EXIT_CODES.temporary;
  output.line();
  lastLines(output, dir);
  const goesOn = outcome.ok && flags.serve === true && flags.once !== true;
  if (!goesOn) {
    output.object(outcome);
    return outcome.ok ? 0 : EXIT_CODES.answer;
  }
  output.line();
  const { serve } = await import("./serve.ts");
  return serve({ ...flags, config: configOf(root) });
}

/** Makes the workspace and lets its year pass; gives what it was opened with, which is closed. */
async function makeDemo(
  root: string,
  output: Output,
  signal: AbortSignal,
): Promise<{ readonly span: Interval; readonly custody: Custody }> {
  const span = yearUntil(systemClock.now());
  const year = makeYear(span, SEED);
  const at = (instant: number) => dateForPeople(instant, year.zone);
  output.line(
    "A demonstration: an invented company of 15 people, and a made-up year of its incidents, alerts and jobs.",
  );
  output.line("The files are invented and the clock is simulated; the collectors, the log and the report are real.");
  output.line(
    `The log says for ever that its clock was made up until ${forPeople(span.to, year.zone)}, and so does every page of the report.`,
  );
  output.line();
  const clock = new StoryClock(setUpAt(span));
  const tokens = makeTokens();
  const path = await preparePlace(root, span, tokenLines(tokens));
  const custody = await beginWorkspace(path, clock, { simulatedUntil: span.to });
  // People look at all of it every month.
  rememberEvidence(custody);
  try {
    let month = "";
    const told = (instant: number, records: number) => {
      const [, name = "", yearName = ""] = at(instant).split(" ");
      output.progress(`collecting ${at(instant)} … ${records} records`);
      if (`${name} ${yearName}` === month) return;
      if (month !== "") output.line(`  ${month}  collected, ${records} records so far`);
      month = `${name} ${yearName}`;
    };
    await simulateYear({ custody, clock, year, signal, told, deeds: makeDeeds(span), act: actIn(custody, tokens) });
    output.line(`  ${month}  collected, ${(await custody.ledger()).size} records so far`);
  } finally {
    await custody.close();
  }
  await finishPlace(root, span);
  return { span, custody };
}

/** What anybody does with a workspace: collect, look, report, verify. The whole answer, or undefined when stopped. */
async function goOn(root: string, span: Interval, output: Output, signal: AbortSignal, before: Custody | undefined) {
  const custody = new Custody(await loadConfig(configOf(root), collectors), systemClock);
  // What was read for the story need not be read again for the report.
  if (before !== undefined) rememberEvidence(custody, before);
  try {
    output.line();
    output.line("Now by this machine's clock:");
    const results = await collectNow(custody, output, signal);
    if (signal.aborted) return undefined;
    const history = await custody.history();
    const gaps = printFindings(custody, history, results, output);
    output.progress("writing the report …");
    const zone = custody.config.organisation.zone;
    const period = parsePeriod(`${dayOf(span.from, zone)}..${dayOf(systemClock.now(), zone)}`, zone);
    const out = join(custody.config.folders.reports, reportName(period, undefined));
    const { pages, model, made } = await writeReport(custody, { period }, out);
    await noteReport(custody, made, byWhoever(custody));
    output.line();
    output.line(
      `The auditor's report: ${relative(process.cwd(), out)} (${pages} pages, on ${model.ledger.size} records)`,
    );
    if (signal.aborted) return undefined;
    output.progress("verifying …");
    const since = (await (await custody.guard()).newest()) ?? undefined;
    const heads = since === undefined ? [] : [{ ...since, from: "what this machine has seen", held: "guard" as const }];
    const result = await verifyLedger(await custody.store(), { keys: [await custody.pinnedKey()], since: heads });
    printVerdicts(result, output);
    return {
      ok: result.ok,
      root,
      simulatedUntil: iso(span.to),
      size: result.size,
      report: out,
      pages,
      gaps: gaps.map(({ id, instance, state, cause }) => ({ id, instance, state, cause })),
      verdicts: result.verdicts,
    };
  } finally {
    await custody.close();
  }
}

/** One real look, as the daemon takes after its start. */
async function collectNow(custody: Custody, output: Output, signal: AbortSignal): Promise<RunResult[]> {
  await declareNow(custody);
  await noteGaps(custody);
  const history = await custody.history();
  const now = custody.clock.now();
  const tasks = readyTasks(tasksNow(custody.config.instances, history, now, 0), history, now, true);
  const results: RunResult[] = [];
  await runTasks(tasks, runParts(custody, signal), signal, (_, result) => {
    output.line(`  ${result.message}`);
    results.push(result);
  });
  await noteGaps(custody);
  await (await custody.ledger()).publish();
  return results;
}

function printFindings(custody: Custody, history: History, results: readonly RunResult[], output: Output): Gap[] {
  const zone = custody.config.organisation.zone;
  const always = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
  const rows = [...history.instances.values()].map((instance) => {
    const counts = tally(slotsOf(instance, always, history.asOf));
    return { id: instance.id, cadence: instance.record.cadence, counts };
  });
  const states = SLOT_STATES.filter((state) => rows.some(({ counts }) => counts[state] > 0));
  const width = (text: string) => Math.max(text.length, 4) + 2;
  output.line();
  output.line("Expected evidence, one piece for each period, and what became of it:");
  output.line(`  ${"".padEnd(20)}${states.map((state) => state.padStart(width(state))).join("")}`);
  for (const { id, cadence, counts } of rows) {
    const cells = states.map((state) => (counts[state] === 0 ? "-" : String(counts[state])).padStart(width(state)));
    output.line(`  ${`${id} (${cadence})`.padEnd(20)}${cells.join("")}`);
  }
  const gaps = [...history.instances.values()].flatMap((instance) => gapsOf(instance, history.asOf));
  gaps.sort((a, b) => a.from - b.from);
  output.line();
  output.line(gaps.length === 0 ? "No gaps." : "Gaps, and why:");
  for (const gap of gaps) output.line(`  ${gapText(gap, zone)}`);
  const problems = results.flatMap((result) => result.problems);
  if (problems.length > 0) output.line("\nTo mend at the source:");
  for (const { where, message } of problems.slice(0, 10)) output.line(`  ${where}: ${message}`);
  if (problems.length > 10) output.line(`  … and ${problems.length - 10} more`);
  return gaps;
}

function printVerdicts(result: VerifyResult, output: Output): void {
  const { entries, blobs } = result.checked;
  output.line();
  output.line(`Verified from the bytes: ${entries} records, ${blobs} evidence files. One answer for each question:`);
  for (const [name, { word, reason }] of Object.entries(result.verdicts)) {
    output.line(`  ${name.toUpperCase().padEnd(13)} ${word.padEnd(14)} ${reason}`);
  }
  for (const { code, where } of result.findings.slice(0, 10)) output.line(`  ${code}: ${where}`);
}

function lastLines(output: Output, dir: string): void {
  const config = join(dir, "custody.yaml");
  output.line(`Look around:     npx custody -c ${config} status   (or gaps, log, hooks, collect)`);
  output.line(`Try to cheat:    change one byte of any file in ${join(dir, "data/store")}, then`);
  output.line(`                 npx custody -c ${config} verify`);
  output.line(
    "Start your own:  npx custody init DIR   (in a folder of its own; nothing of this demonstration goes along)",
  );
}
