import { createInterface } from "node:readline/promises";
import { closingConditions } from "../acts/closing.ts";
import { remarksOn } from "../acts/incident-remarks.ts";
import type { IncidentRequest } from "../acts/incident-request.ts";
import { type OpenRegister, openRegister } from "../acts/open-register.ts";
import { type RecordedIncident, recordIncident } from "../acts/registering.ts";
import type { Custody } from "../custody.ts";
import { publish } from "../daemon/mirroring.ts";
import {
  CORRECTION,
  type IncidentAct,
  type IncidentValues,
  isIncidentAct,
  precisionName,
  specOf,
} from "../incidents/acts.ts";
import { askedBesides, closingProblems } from "../incidents/closing.ts";
import type { RegisterIncident } from "../incidents/incident.ts";
import { type Moment, momentForPeople, momentOrProblem } from "../incidents/moment.ts";
import { CustodyError } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { type Instant, iso } from "../lib/time.ts";
import { dateForPeople } from "../lib/zone.ts";
import { likelyMemberWords, unprovenWords } from "../people.ts";
import { policyTimeline } from "../policies.ts";
import { clean } from "../report/clean.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { allFlags, INCIDENT_COMMANDS, type IncidentCommand, nameOfFlag, type Said } from "./incident-commands.ts";
import { refuseFromElsewhere } from "./incident-elsewhere.ts";
import type { Output } from "./output.ts";
import { severityWords } from "./severity-words.ts";

type Flags = GlobalFlags & Readonly<Record<string, unknown>>;
type Action = (flags: Flags, ...args: string[]) => Promise<number>;

/** The command that records one act of the register. */
export function recording(act: IncidentAct): Action {
  const command = commandOf(act);
  return (flags, ...args) =>
    withCustody(flags, async (custody, output) => {
      const id = act === "open" ? stringOf(flags.id) : args[0];
      const rest = act === "open" ? args : args.slice(1);
      const asked = act === "open" ? await askForRest(custody, flags) : flags;
      return record(custody, output, requestOf(custody, command, asked, id, rest));
    });
}

function commandOf(act: IncidentAct): IncidentCommand {
  const command = INCIDENT_COMMANDS.find((one) => one.act === act);
  if (command === undefined) throw new RangeError(`no command records ${act}`);
  return command;
}

const stringOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** What was typed, as values and words of an act. */
class Typed {
  readonly values: Record<string, IncidentValues[string]> = {};
  readonly people: Record<string, string> = {};
  readonly words: Record<string, string | readonly string[]> = {};
  readonly problems: { readonly value?: string; readonly text: string }[] = [];
  readonly #zone: string;
  readonly #now: Instant;

  constructor(zone: string, now: Instant) {
    this.#zone = zone;
    this.#now = now;
  }

  moment(where: string, typed: string, value?: string): Moment | undefined {
    const read = momentOrProblem(typed, this.#zone, this.#now);
    if (typeof read !== "string") return read;
    this.wrong(`${where}: ${read}`, value);
    return undefined;
  }

  wrong(text: string, value?: string): void {
    this.problems.push({ text, ...(value === undefined ? {} : { value }) });
  }

  take(where: string, { kind, to }: Said, typed: string | readonly string[]): void {
    const [first = ""] = [typed].flat();
    switch (kind) {
      case "label":
        this.values[to] = first.trim();
        return;
      case "labels":
        this.values[to] = [typed].flat().map((one) => one.trim());
        return;
      case "person":
        this.people[to] = first;
        return;
      case "time": {
        const moment = this.moment(where, first, to);
        if (moment === undefined) return;
        this.values[to] = iso(moment.at);
        if (moment.precision > 1) this.values[precisionName(to)] = moment.precision;
        return;
      }
      case "count":
        if (/^\d{1,10}$/.test(first.trim())) this.values[to] = Number(first);
        else this.wrong(`${where}: "${first.slice(0, 40)}" is no whole number`, to);
        return;
      case "yes-no":
        if (/^(yes|no)$/i.test(first.trim())) this.values[to] = /^yes$/i.test(first.trim());
        else this.wrong(`${where}: "${first.slice(0, 40)}" is neither yes nor no`, to);
        return;
      case "text":
        this.words[to] = first;
        return;
      case "texts":
        this.words[to] = [typed].flat();
        return;
    }
  }
}

function requestOf(
  custody: Custody,
  { act, args, flags: known }: IncidentCommand,
  flags: Flags,
  id: string | undefined,
  rest: readonly (string | undefined)[],
): IncidentRequest {
  const { zone } = custody.config.organisation;
  const typed = new Typed(zone, custody.clock.now());
  for (const [i, said] of args.entries()) {
    const given = said.kind === "labels" ? rest.slice(i).filter((one) => one !== undefined) : rest[i];
    if (given !== undefined) typed.take(said.to, said, given);
  }
  for (const one of known) {
    const given = flags[nameOfFlag(one)];
    if (given !== undefined) typed.take(one.flag.split(" ")[0] ?? "", one, given as string | string[]);
  }
  if (act === "measure") typed.values.result ??= "done";
  const at = flags.at === undefined ? undefined : typed.moment("--at", String(flags.at));
  const { values, people, words, problems: unread } = typed;
  const waive = act === "close" ? stringOf(flags.waive) : undefined;
  return { act, incident: id, at, values, people, words, unread, waive };
}

/** Whatever else is wrong with it: an incident that another register keeps is changed there. */
async function refusedElsewhere(custody: Custody, { act, incident, values = {} }: IncidentRequest): Promise<void> {
  if (act === "open" || incident === undefined) return;
  const { incidents } = await openRegister(custody);
  if (incidents.has(incident)) return;
  const word = values.time ?? values.role ?? values.step;
  await refuseFromElsewhere(custody, incident, act, typeof word === "string" && act !== "breach" ? word : undefined);
}

async function record(custody: Custody, output: Output, request: IncidentRequest): Promise<number> {
  const done = await recordIncident(custody, request).catch(async (error: unknown) => {
    await refusedElsewhere(custody, request);
    throw error;
  });
  await publish(custody, output.note);
  const { zone } = custody.config.organisation;
  const { incident, entry, happened, by, waived } = done;
  const opened = await openRegister(custody);
  const now = opened.find(incident);
  const said = SAID[request.act] ?? `${specOf(request.act).text} is recorded`;
  output.line(`${incident}: ${said} (record ${entry}), ${momentForPeople(happened, zone)}.`);
  for (const { text } of waived) output.line(`  Did not hold, and was waived: ${text}.`);
  for (const line of remarksAfter(opened, now, entry, request.act)) output.line(`! ${line}`);
  const next = nextStep(opened, now, request.act);
  if (next !== undefined) output.line(`  Next: ${next}`);
  for (const name of Object.values(request.people ?? {})) {
    const hint = likelyMemberWords(custody, name);
    if (hint !== undefined) output.line(`! ${clean(hint)}`);
  }
  if (done.undeclared !== undefined) output.line(`! ${done.undeclared}`);
  if (done.longAgo !== undefined)
    output.line(
      `! It was noticed on ${dateForPeople(done.longAgo, zone)}, more than a year ago. If the year is wrong: custody incident correct ${incident} ${entry} --because "…"`,
    );
  const unproven = unprovenWords(by);
  if (unproven !== undefined) output.line(unproven);
  output.object(recorded(request, done, now));
  return 0;
}

const SAID: Partial<Record<IncidentAct, string>> = {
  open: "opened",
  resolve: "resolved",
  reopen: "open again",
  close: "closed",
  withdraw: "withdrawn as opened by mistake; it stays readable",
  void: "struck out",
};

function recorded(
  { act }: IncidentRequest,
  { incident, entry, happened, by, waived, undeclared }: RecordedIncident,
  now: RegisterIncident,
) {
  return {
    ok: true,
    incident,
    act,
    entry,
    happened: iso(happened.at),
    precision: happened.precision,
    by,
    state: now.state,
    ...(waived.length > 0 ? { waived: waived.map(({ need, text }) => ({ need, text })) } : {}),
    ...(undeclared === undefined ? {} : { undeclared }),
  };
}

/** What whoever recorded it should look at once more; after a closing, what checks will find missing all the same. */
function remarksAfter(opened: OpenRegister, incident: RegisterIncident, entry: number, act: IncidentAct): string[] {
  const made = incident.history.find(({ index }) => index === entry);
  const policy = opened.timeline.policyAt((incident.times.detectedAt ?? incident.opened).at)?.policy;
  return [
    ...(made === undefined ? [] : remarksOn(incident, made, policy)),
    ...(act !== "close"
      ? []
      : askedBesides(incident, closingConditions(opened, incident)).map(
          ({ text }) => `Your rules ask for it, and reports will say that it is missing: ${text}`,
        )),
  ];
}

/** What is sensible now, as it is typed; undefined where nothing more is asked. */
function nextStep(opened: OpenRegister, incident: RegisterIncident, act: IncidentAct): string | undefined {
  if (incident.state === "closed" || incident.state === "withdrawn") return undefined;
  const conditions = closingConditions(opened, incident);
  const problems = closingProblems(incident, conditions);
  const asked = askedBesides(incident, conditions);
  if (problems.length === 0 && incident.state === "resolved") {
    const [one] = asked;
    const close = `custody incident close ${incident.id}${conditions.reason ? ' --reason "…"' : ""}`;
    return one === undefined ? close : `${close}   (first, as your rules ask: ${one.text})`;
  }
  // It is resolved when it is over, not because a program asks.
  const [first, ...rest] = incident.state === "open" ? problems.filter(({ need }) => EARLY.has(need)) : problems;
  if (first === undefined || (act === "note" && incident.state === "open")) return undefined;
  const more = rest.length === 0 ? "" : `; ${rest.length} more: custody incident show ${incident.id}`;
  return first.todo === undefined ? `${first.text}${more}` : `${first.todo}   (${first.text}${more})`;
}

/** What can be known while it goes on. */
const EARLY: ReadonlySet<string> = new Set([
  "owner",
  "commander",
  "nature",
  "severity-reasons",
  "personal-data-decision",
]);

/** On a terminal `open` asks for the few things without which nobody can respond; elsewhere flags say everything. */
async function askForRest(custody: Custody, flags: Flags): Promise<Flags> {
  if (flags.title !== undefined || flags.json || !process.stdin.isTTY || !process.stderr.isTTY) return flags;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const asked: Record<string, string> = {};
  const ask = async (name: string, question: string) => {
    if (flags[name] !== undefined) return;
    const answer = (await terminal.question(`${question} `)).trim();
    if (answer !== "") asked[name] = answer;
  };
  try {
    await ask("title", "What happened, in one line?");
    if (flags.severity === undefined) {
      const rules = (await policyTimeline(custody)).policyAt(custody.clock.now())?.policy;
      for (const line of rules === undefined ? [] : severityWords(rules)) process.stderr.write(`  ${line}\n`);
    }
    await ask("severity", "How grave is it, in the words of your rules? (empty: not known yet)");
    await ask("nature", "Does it concern availability, security or both? (empty: not known yet)");
    await ask(
      "detected",
      `When was it noticed? (empty: now; else 14:05 or a day and a time, ${custody.config.organisation.zone})`,
    );
    await ask("owner", "Who is responsible? (a short name or a full name; empty: nobody yet)");
  } finally {
    terminal.close();
  }
  return { ...flags, ...asked };
}

/** `custody incident correct ID RECORD`: another record takes the place of an earlier one, which stays readable. */
export const correct: Action = (flags, id = "", number = "") =>
  withCustody(flags, async (custody, output) => {
    const corrects = /^\d{1,15}$/.test(number) ? Number(number) : undefined;
    await refusedElsewhere(custody, { act: "void", incident: id });
    if (corrects === undefined)
      throw new CustodyError("USAGE", `"${number.slice(0, 40)}" is no number of a record`, {
        remedy: `\`custody incident show ${id}\` numbers them.`,
      });
    const because = stringOf(flags.because);
    if (because === undefined || because.trim() === "")
      throw new CustodyError("USAGE", "a correction needs --because", {
        remedy: "Say why the earlier record is wrong.",
      });
    const incident = (await openRegister(custody)).find(id);
    const target = incident.history.find(({ index }) => index === corrects);
    const words = { [CORRECTION]: because };
    if (flags.void === true) return record(custody, output, { act: "void", incident: id, corrects, words });
    if (target === undefined) {
      // Says why it cannot be corrected, in the same words as everything else.
      return record(custody, output, { act: "note", incident: id, corrects, words: { ...words, text: "-" } });
    }
    if (target.known === undefined || !isIncidentAct(target.act))
      throw new CustodyError("INPUT_INVALID", `record ${corrects} is an act that this version does not know`, {
        remedy: "Correct it with the version that wrote it.",
      });
    const command = commandOf(target.act);
    const given = requestOf(custody, withArguments(command), flags, id, []);
    const strange = allFlags().filter(
      (one) =>
        flags[nameOfFlag(one)] !== undefined &&
        !withArguments(command).flags.some((own) => nameOfFlag(own) === nameOfFlag(one)),
    );
    if (strange.length > 0)
      throw new CustodyError(
        "INPUT_INVALID",
        `${strange.map((one) => one.flag.split(" ")[0]).join(", ")}: record ${corrects} is "${target.act}" and says no such thing`,
        { remedy: "Leave that out; or record it by its own command. Nothing was recorded." },
      );
    const changed = { ...target.values, ...given.values };
    for (const name of Object.keys(given.values ?? {}))
      if (given.values?.[precisionName(name)] === undefined) delete changed[precisionName(name)];
    for (const name of Object.keys(given.people ?? {})) delete changed[name];
    return record(custody, output, {
      ...given,
      corrects,
      at: given.at ?? target.happened,
      values: changed,
      words: { ...target.record.words, ...given.words, ...words },
    });
  });

/** In a correction what stands behind the id of a command is said by flags. */
function withArguments(command: IncidentCommand): IncidentCommand {
  const flags = command.args.map((one) => ({ ...one, flag: `--${ARGUMENTS[one.to] ?? one.to} <value>`, help: "" }));
  return { ...command, args: [], flags: [...command.flags, ...flags] };
}

const ARGUMENTS: Readonly<Record<string, string>> = { tags: "tag" };

/** The words of `incident set`, and the act that each belongs to. */
const SETTABLE: Readonly<Record<string, { readonly act: IncidentAct; readonly said: Said }>> = {
  severity: { act: "classify", said: { kind: "label", to: "severity" } },
  nature: { act: "classify", said: { kind: "label", to: "nature" } },
  owner: { act: "assign", said: { kind: "person", to: "person" } },
  commander: { act: "assign", said: { kind: "person", to: "person" } },
  "personal-data": { act: "personal-data", said: { kind: "label", to: "decision" } },
  cause: { act: "cause", said: { kind: "text", to: "text" } },
  supplier: { act: "supplier", said: { kind: "label", to: "supplier" } },
  tag: { act: "tag", said: { kind: "labels", to: "tags" } },
  type: { act: "impact", said: { kind: "label", to: "type" } },
  affected: { act: "impact", said: { kind: "count", to: "affected" } },
};

/** `custody incident set ID key=value…`: the same acts by another spelling; `reason=` goes with them. */
export const set: Action = (flags, id = "", ...pairs) =>
  withCustody(flags, async (custody, output) => {
    const typed = new Typed(custody.config.organisation.zone, custody.clock.now());
    const acts = new Set<string>();
    let act: IncidentAct | undefined;
    for (const pair of pairs) {
      const [, key = "", value = ""] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
      const known = Object.hasOwn(SETTABLE, key) ? SETTABLE[key] : undefined;
      if (key === "reason") typed.words.reason = value;
      else if (known === undefined) {
        const keys = Object.keys(SETTABLE);
        typed.wrong(
          `"${pair.slice(0, 60)}": expected KEY=VALUE, with one of ${keys.join(", ")} or reason${didYouMean(key, keys)}`,
        );
      } else {
        typed.take(key, known.said, value);
        if (known.act === "assign") typed.values.role = key;
        acts.add(known.act === "assign" ? key : known.act);
        act = known.act;
      }
    }
    if (acts.size > 1) typed.wrong(`${[...acts].join(" and ")} are different records; set one after the other`);
    if (acts.size === 0 && typed.problems.length === 0) typed.wrong("nothing is to be set: KEY=VALUE is missing");
    const at = flags.at === undefined ? undefined : typed.moment("--at", String(flags.at));
    const { values, people, words, problems: unread } = typed;
    // What nobody said is not missing where nothing could be set.
    const noted = act === undefined ? { ...words, text: "-" } : words;
    return record(custody, output, { act: act ?? "note", incident: id, at, values, people, words: noted, unread });
  });
