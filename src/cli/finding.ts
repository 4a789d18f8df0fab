import { type Prefilled, prefill } from "../acts/finding-from-check.ts";
import {
  type FindingStep,
  findingNamed,
  namingProblems,
  type OpenFindings,
  ORIGINS,
  type Origin,
  openFinding,
  openFindings,
  stepFinding,
} from "../acts/finding-out.ts";
import { openSigning, type Signing } from "../acts/signing.ts";
import { readDue } from "../acts/tracking.ts";
import type { ControlAssessment } from "../assess/assess.ts";
import { meetsPeriod, newestOf } from "../assess/population.ts";
import type { Custody } from "../custody.ts";
import { publish } from "../daemon/mirroring.ts";
import { SUGGESTED, type SuggestedClass, suggestedClass } from "../findings/class.ts";
import { type Finding, isOverdue, isSelfVerified, type Said } from "../findings/finding.ts";
import { stateWords } from "../findings/words.ts";
import { happenedFields, momentOrProblem } from "../incidents/moment.ts";
import { CustodyError, messageOf } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { type Instant, type Interval, iso } from "../lib/time.ts";
import { dateForPeople, forPeople, limitForPeople } from "../lib/zone.ts";
import { personFor, personShown, unprovenWords } from "../people.ts";
import { configuredPolicy } from "../policies.ts";
import { type Policy, severityOrder } from "../policy/policy.ts";
import { clean } from "../report/clean.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { parseLimit, parsePeriod } from "./moment.ts";
import type { Output } from "./output.ts";

interface Flags extends GlobalFlags {
  readonly requirement?: string;
  readonly period?: string;
  readonly origin?: string;
  readonly reference?: string;
  readonly rule?: string;
  readonly control?: string;
  readonly gap?: string;
  readonly text?: string;
  readonly extent?: string;
  readonly entry?: string[];
  readonly evidence?: string[];
  readonly owner?: string;
  readonly due?: string;
  readonly id?: string;
  readonly at?: string;
  readonly result?: string;
  readonly action?: string[];
  readonly corrects?: string;
  readonly open?: boolean;
}

/** `custody finding open`: from a check that is not met, or by hand from somebody else's report. */
export function open(flags: Flags): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    personFor(custody.config, "record");
    const { zone } = custody.config.organisation;
    const problems: string[] = [];
    const origin = ORIGINS.find((one) => one === (flags.origin ?? "own"));
    if (origin === undefined)
      problems.push(
        `--origin ${flags.origin?.slice(0, 40)}: expected ${ORIGINS.join(", ")}${didYouMean(flags.origin ?? "", ORIGINS)}`,
      );
    const own = origin === "own";
    const window = attempt(flags.period, "--period", (text) => parsePeriod(text, zone), problems);
    const due = attempt(flags.due, "--due", (text) => dueMoment(text, zone, custody.clock.now()), problems);
    if (due !== undefined && due <= custody.clock.now()) problems.push(`--due ${flags.due} has passed already`);
    const extent = attempt(flags.extent, "--extent", extentOf, problems);
    const entries = (flags.entry ?? []).flatMap((text) => attempt(text, "--entry", numberOf, problems) ?? []);
    const corrections = momentOf(custody, flags.at, problems);
    if (flags.requirement === undefined && flags.rule === undefined && origin !== undefined)
      problems.push(
        own
          ? "--requirement is missing: which check, such as a526.owner.present? Or --rule with the rule in words"
          : "--rule is missing: which rule was not met, in words? Or --requirement",
      );
    if (flags.requirement !== undefined && !ID.test(flags.requirement))
      problems.push("--requirement: expected the name of a check: letters, digits and . _ : @ / + -");
    if (flags.control !== undefined && !ID.test(flags.control))
      problems.push("--control: expected the name of a control, such as A.5.26");
    if (own && flags.requirement !== undefined && flags.gap === undefined && flags.period === undefined)
      problems.push("--period is missing: for what time, such as 2026-10? Or say with --gap what is missing");
    if (!own && flags.gap === undefined)
      problems.push("--gap is missing: what is missing, in the words of whoever found it?");
    problems.push(...(await namingProblems(custody, { owner: flags.owner, files: flags.evidence ?? [] })));
    const size = (await custody.view()).size;
    for (const entry of entries) if (entry >= size) problems.push(`--entry ${entry}: the log has ${size} records`);
    refuse(problems);

    // What somebody else found, or knows beyond the records, is not held against the checks.
    const filled: Prefilled | undefined =
      own && flags.requirement !== undefined && flags.gap === undefined && window !== undefined
        ? await prefill(custody, flags.requirement, window)
        : undefined;
    const found = await openFinding(custody, {
      origin: origin as Origin,
      reference: flags.reference,
      requirement: flags.requirement,
      requirementText: flags.rule ?? filled?.requirement.text,
      control: flags.control ?? filled?.control.id,
      gap: flags.gap ?? filled?.gap,
      note: flags.text,
      extent: extent ?? filled?.extent,
      window,
      entries: [...new Set([...entries, ...(filled?.entries ?? [])])].slice(0, 256),
      files: flags.evidence ?? [],
      owner: flags.owner,
      due,
      id: flags.id,
      happened: corrections,
    });
    await publish(custody, output.note);
    output.line(`${found.id} is open (record ${found.index}).`);
    if (filled !== undefined) {
      output.line(
        `From the check ${filled.requirement.id}, "${filled.requirement.result.replaceAll("_", " ")}": ${clean(filled.requirement.deciding, 600)}`,
      );
      output.line(
        `Extent: ${filled.extent.failing} of ${filled.extent.of}; ${filled.entries.length} ${filled.entries.length === 1 ? "record" : "records"} named.`,
      );
      if (filled.entriesLeft > 0)
        output.line(`${filled.entriesLeft} more records show it; there is no room for them in one record.`);
    }
    output.line(
      `Next: \`custody finding cause ${found.id} --text "why"\`, \`custody finding plan ${found.id} --text "what keeps it from happening again"\`.`,
    );
    tellUnproven(found.by, output);
    output.object({
      ok: true,
      finding: found.id,
      entry: found.index,
      ...(filled ? { extent: filled.extent, entriesLeft: filled.entriesLeft } : {}),
    });
    return 0;
  });
}

const ID = /^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,199}$/;

function step(act: FindingStep["act"]): (flags: Flags, id: string) => Promise<number> {
  return (flags, id) =>
    withCustody(flags, async (custody, output) => {
      const { zone } = custody.config.organisation;
      const problems: string[] = [];
      const due = attempt(flags.due, "--due", (text) => dueMoment(text, zone, custody.clock.now()), problems);
      const corrects = attempt(flags.corrects, "--corrects", numberOf, problems);
      const happened = momentOf(custody, flags.at, problems);
      const result = RESULTS.find((word) => word === flags.result);
      if (flags.result !== undefined && result === undefined)
        problems.push(`--result ${flags.result.slice(0, 40)}: expected effective or not-effective`);
      if (due !== undefined && due <= custody.clock.now()) problems.push(`--due ${flags.due} has passed already`);
      refuse(problems);
      const done = await stepFinding(custody, id, {
        act,
        text: flags.text,
        result,
        owner: flags.owner,
        due,
        files: flags.evidence ?? [],
        actions: flags.action ?? [],
        corrects,
        happened,
      });
      await publish(custody, output.note);
      output.line(`${id}: recorded (record ${done.index}). It is ${stateWords(done.finding)}.`);
      if (act === "verify" && result === "not-effective")
        output.line("As it did not help it is open again: say why, and what is to be done now.");
      if (isSelfVerified(done.finding) && act === "verify")
        output.line("! Whoever did it also looked whether it helped; somebody else's look says more.");
      if (act === "close" && done.finding.closed?.without)
        output.line("It was closed without anybody verifying that it helped; reports say so.");
      tellUnproven(done.by, output);
      output.object({ ok: true, finding: id, entry: done.index, state: done.finding.state });
      return 0;
    });
}

const RESULTS = ["effective", "not-effective"] as const;

export const note = step("note");
export const cause = step("cause");
export const correct = step("correct");
export const plan = step("plan");
export const assign = step("assign");
export const replan = step("replan");
export const done = step("done");
export const verify = step("verify");
export const close = step("close");
export const reopen = step("reopen");

/** `custody finding list`. */
export function list(flags: Flags): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const found = await openFindings(custody);
    const now = Math.max(found.asOf, custody.clock.now());
    const findings = found.findings.filter(({ state }) => !flags.open || state !== "closed");
    const classes = await classesOf(custody, findings, now, output);
    for (const finding of findings) {
      for (const line of shortLines(finding, found, now)) output.line(line);
      const suggested = classes.get(finding.id);
      if (suggested !== undefined) output.line(`    ${suggested.word} (${SUGGESTED}): ${suggested.why}`);
    }
    if (findings.length === 0) output.line(flags.open ? "No finding is open." : "There is no finding in the log.");
    for (const { index, id, text } of found.troubles)
      output.line(`record ${index} (${id}) counts for nothing: ${text}`);
    output.object({
      ok: true,
      findings: findings.map((finding) => {
        const suggested = classes.get(finding.id);
        return { ...inRecords(finding, now), ...(suggested ? { suggested: { ...suggested, label: SUGGESTED } } : {}) };
      }),
      troubles: found.troubles,
    });
    return 0;
  });
}

/** What an auditor might call them. For the owner alone: nobody else who showed a token is told, and it is recorded nowhere. */
async function classesOf(
  custody: Custody,
  findings: readonly Finding[],
  now: Instant,
  output: Output,
): Promise<ReadonlyMap<string, SuggestedClass>> {
  const person = personShown(custody.config);
  const asked = findings.filter(
    ({ state, requirement, window }) => state !== "closed" && requirement !== undefined && window !== undefined,
  );
  if (asked.length === 0 || (person !== undefined && person.role !== "owner")) return new Map();
  output.progress("reading the log …");
  const signing = await openSigning(custody).catch(() => undefined);
  const policy = (await configuredPolicy(custody.config).catch(() => undefined))?.policy;
  const classes = new Map<string, SuggestedClass>();
  const judged = new Map<string, readonly ControlAssessment[]>();
  for (const { id, requirement, window } of asked) {
    const key = `${window?.from} ${window?.to}`;
    const controls = judged.get(key) ?? signing?.controls(window as Interval) ?? [];
    judged.set(key, controls);
    const control = controls.find(({ requirements }) => requirements.some((one) => one.id === requirement));
    const check = control?.requirements.find((one) => one.id === requirement);
    const evidence =
      control && new Set(control.requirements.flatMap((one) => one.evidence.map(({ digest }) => digest)));
    const ends = check?.waived?.map(({ until }) => until) ?? [];
    const suggested = suggestedClass(
      {
        result: check?.result,
        basis: check?.basis,
        controlEvidence: evidence?.size,
        gravest: signing && policy && check && gravestOf(signing, policy, window as Interval, check.failing),
        ...(ends.length > 0 ? { waiverUntil: Math.min(...ends) } : {}),
      },
      now,
    );
    if (suggested !== undefined) classes.set(id, suggested);
  }
  return classes;
}

/** Of the incidents of the gravest level that the rules in force now know, how many fail a check. */
function gravestOf(
  { found }: Signing,
  policy: Policy,
  window: Interval,
  failing: readonly { readonly id: string; readonly instance: string | undefined }[],
): { failing: number; of: number } {
  const gravest = newestOf(found.facts).filter(
    ({ fact }) =>
      fact.kind === "incident" &&
      fact.severity !== null &&
      severityOrder(policy, fact.severity) === 0 &&
      meetsPeriod(fact, window, found.history.asOf),
  );
  const bad = new Set(failing.map(({ id, instance }) => `${instance} ${id.replace(/#\d+$/, "")}`));
  return {
    failing: gravest.filter(({ instance, fact }) => bad.has(`${instance} ${fact.id}`)).length,
    of: gravest.length,
  };
}

function shortLines(finding: Finding, { names, zone }: OpenFindings, now: Instant): string[] {
  const { id, requirement, requirementText, reference, origin, extent, owner, due, reopened } = finding;
  const rule = requirement ?? (requirementText === undefined ? "(rule not said)" : clean(requirementText, 120));
  const who = owner === undefined ? "nobody answers for it" : `${clean(names.get(owner) ?? owner, 60)} answers for it`;
  const when =
    due === undefined
      ? "no date set"
      : `${isOverdue(finding, now) ? "OVERDUE, due" : "due"} ${limitForPeople(due, zone)}`;
  const from =
    origin === "own"
      ? ""
      : ` (${origin.replaceAll("-", " ")}${reference === undefined ? "" : `, their number ${clean(reference, 60)}`})`;
  const again = reopened === 0 ? "" : `; opened again ${reopened === 1 ? "once" : `${reopened} times`}`;
  return [
    `${id}  ${rule}${from}: ${stateWords(finding)}${again}`,
    `    ${extent === undefined ? "" : `${extent.failing} of ${extent.of}; `}${who}; ${when}`,
  ];
}

/** `custody finding show FND-…`. */
export function show(flags: Flags, id: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const found = await openFindings(custody);
    const finding = findingNamed(found, id);
    const { zone, names } = found;
    const now = Math.max(found.asOf, custody.clock.now());
    for (const line of shortLines(finding, found, now)) output.line(line);
    const told = (title: string, text: string | undefined) => {
      const [first, ...rest] = text?.split("\n") ?? [];
      if (first === undefined) return;
      output.line(`${title}: ${clean(first, 2_000)}`);
      for (const line of rest.slice(0, 60)) output.line(`  ${clean(line, 2_000)}`);
    };
    const say = (title: string, one: Said | undefined) => {
      if (one === undefined) return;
      const by = `${clean(names.get(one.by) ?? one.by, 60)}${one.proven ? "" : ", nobody checked who that was"}`;
      told(
        `${title} (${by}, ${forPeople(one.happened, zone)}, record ${one.index})`,
        one.text ?? "the words are not here any more",
      );
    };
    told("Rule", finding.requirementText);
    if (finding.window)
      output.line(
        `Looked at: ${dateForPeople(finding.window.from, zone)} to ${dateForPeople(finding.window.to - 1, zone)}`,
      );
    told("Missing", finding.gap);
    for (const { index, gone } of finding.acts)
      if (gone !== undefined)
        output.line(`The words of record ${index} are ${gone === "disposed" ? "disposed of" : gone}.`);
    if (finding.entries.length > 0)
      output.line(
        `Records that show it: ${finding.entries.slice(0, 40).join(", ")}${finding.entries.length > 40 ? ` and ${finding.entries.length - 40} more` : ""}`,
      );
    for (const { digest } of finding.evidence) output.line(`Evidence file: ${digest}`);
    say("Cause", finding.cause);
    say("Put right at once", finding.correction);
    say("To keep it from happening again", finding.plan);
    for (const { action, state } of finding.steps)
      output.line(`  ${action}: ${state === "unknown" ? "not found in the log" : state}`);
    say("Done", finding.done);
    say(finding.verified?.result === "effective" ? "It helped" : "It did not help", finding.verified);
    say(finding.closed?.without ? "Closed without verification" : "Closed", finding.closed);
    if (isSelfVerified(finding)) output.line("Whoever did it also looked whether it helped.");
    for (const { id: later, happened, entry } of finding.afterLook)
      output.line(`The look came before this: ${clean(later, 60)}, ${forPeople(happened, zone)} (record ${entry}).`);
    for (const one of finding.notes) if (one.text !== undefined) say("Note", one);
    for (const { index, id: own, text } of found.troubles)
      if (own === id) output.line(`record ${index} counts for nothing: ${text}`);
    output.object({ ok: true, finding: inRecords(finding, now) });
    return 0;
  });
}

function inRecords(finding: Finding, now: Instant) {
  const { acts, window, due, opened, ...rest } = finding;
  return {
    ...rest,
    opened: { ...opened, happened: iso(opened.happened), logged: iso(opened.logged) },
    window: window && { from: iso(window.from), to: iso(window.to) },
    due: due === undefined ? undefined : iso(due),
    overdue: isOverdue(finding, now),
    records: acts.map(({ index, entry }) => ({ index, act: entry.act })),
  };
}

/** A day, also one counted from today as `+30d`, is meant to its end: the first moment of the next one. Throws USAGE. */
function dueMoment(text: string, zone: string, now: Instant): Instant {
  if (text.trim().startsWith("+")) return dueFromToday(text.trim(), zone, now);
  return parseLimit(text, zone);
}

/** The same words as an action takes. */
function dueFromToday(text: string, zone: string, now: Instant): Instant {
  const at = readDue(text, zone, now);
  if (typeof at === "string") throw new CustodyError("USAGE", at);
  return at + 1;
}

function extentOf(text: string): { failing: number; of: number } {
  const match = /^(\d{1,9})(?:\s+of\s+|\/)(\d{1,9})$/.exec(text.trim());
  const [failing, of] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || failing > of)
    throw new CustodyError("USAGE", `expected how many of how many, such as 2/14, found "${text.slice(0, 40)}"`);
  return { failing, of };
}

function numberOf(text: string): number {
  if (!/^\d{1,12}$/.test(text))
    throw new CustodyError("USAGE", `expected the number of a record, found "${text.slice(0, 40)}"`);
  return Number(text);
}

function momentOf(custody: Custody, text: string | undefined, problems: string[]) {
  const now = custody.clock.now();
  const read = momentOrProblem(text ?? "now", custody.config.organisation.zone, now);
  if (typeof read !== "string") return happenedFields(read);
  problems.push(`--at: ${read}`);
  return happenedFields({ at: now, precision: 1 });
}

function attempt<T>(
  text: string | undefined,
  flag: string,
  read: (text: string) => T,
  problems: string[],
): T | undefined {
  try {
    return text === undefined ? undefined : read(text);
  } catch (error) {
    problems.push(`${flag}: ${messageOf(error)}`);
    return undefined;
  }
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new CustodyError("USAGE", problems.join("\n"), { remedy: "Nothing was recorded." });
}

function tellUnproven(by: Parameters<typeof unprovenWords>[0], output: Output): void {
  const words = unprovenWords(by);
  if (words !== undefined) output.line(words);
}
