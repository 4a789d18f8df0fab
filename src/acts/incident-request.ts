import type { Custody } from "../custody.ts";
import type { RecordedAct, Words } from "../evidence/act.ts";
import { Id } from "../evidence/terms.ts";
import { actProblems, type IncidentAct, type IncidentValues, timesAfter, withoutWrong } from "../incidents/acts.ts";
import { foldIncident } from "../incidents/fold.ts";
import type { RegisterIncident, Trouble } from "../incidents/incident.ts";
import { AHEAD, happenedFields, type Moment } from "../incidents/moment.ts";
import { stepProblem } from "../law/steps.ts";
import { shippedLaws } from "../laws.ts";
import { CustodyError } from "../lib/errors.ts";
import { type Instant, iso } from "../lib/time.ts";
import { nameProblem } from "../people.ts";
import { knownWords, type OpenRegister, shown } from "./open-register.ts";

/** What somebody wants to record of an incident, and everything that is wrong with it. */

/** One act that somebody wants to record. */
export interface IncidentRequest {
  readonly act: IncidentAct;
  /** Which incident; for `open` an id of their own, or none. */
  readonly incident?: string | undefined;
  /** When it happened; now where left out. */
  readonly at?: Moment | undefined;
  readonly values?: IncidentValues;
  /** Values that are people, by the names that they were given: `{ owner: "anna" }`. */
  readonly people?: Readonly<Record<string, string>>;
  readonly words?: Words;
  /** Index of the record that this one takes the place of. */
  readonly corrects?: number | undefined;
  /** What was said and could not be read, each with its value, where it is one: it is refused with all the rest that is wrong. */
  readonly unread?: readonly { readonly value?: string; readonly text: string }[];
  /** `close`: why it is closed although conditions do not hold. */
  readonly waive?: string | undefined;
}

/** Stands for a person until it is certain that something will be recorded. */
const NOBODY = "p-000000000000";

/** Everything that is wrong with a request; none where it can be recorded. */
export function requestProblems(
  custody: Custody,
  opened: OpenRegister,
  request: IncidentRequest,
  happened: Moment,
  now: Instant,
): string[] {
  const { act, incident, corrects, waive } = request;
  const people = Object.fromEntries(Object.keys(request.people ?? {}).map((name) => [name, NOBODY]));
  const values = { ...request.values, ...people };
  const words = { ...request.words, ...(waive === undefined ? {} : { waiver: waive }) };
  const { unread = [] } = request;
  const absent = unread.map(({ value }) => `${value} is missing`);
  const problems = [
    ...unread.map(({ text }) => text),
    // It is not missing, it is wrong.
    ...actProblems(act, values, words).filter((text) => !absent.some((one) => text.startsWith(one))),
  ];
  if (act === "law-step" && typeof values.step === "string")
    problems.push(...[stepProblem(shippedLaws(), values.step)].filter((one) => one !== undefined));
  for (const [name, person] of Object.entries(request.people ?? {})) {
    const wrong = nameProblem(custody, person);
    if (wrong !== undefined) problems.push(`${name}: ${wrong}`);
  }
  if (waive?.trim() === "") problems.push("a waiver without a reason is none");
  for (const name of timesAfter(act, values, now + AHEAD)) problems.push(`${name} lies in the future`);
  // What is right is looked at all the same: a person mends everything at once.
  const rest = problems.length === 0 ? { values, words } : withoutWrong(act, values, words);
  const troubles = (found: RegisterIncident | undefined) =>
    rest === undefined ? [] : newTroubles(opened, found, { ...request, ...rest }, happened, now);
  if (act === "open" && corrects === undefined)
    return [...problems, ...idProblems(opened, incident), ...troubles(undefined)];
  if (incident === undefined || !Id.safeParse(incident).success)
    return [...problems, `"${shown(incident ?? "")}" is no id of an incident`];
  const found = problems.length === 0 ? opened.find(incident) : opened.incidents.get(incident);
  if (found === undefined) return [...problems, `the register has no incident ${shown(incident)}`];
  const wrong = corrects === undefined ? [] : correctionProblems(found, act, corrects);
  // A correction of something else would be judged by itself.
  return wrong.length > 0 ? [...problems, ...wrong] : [...problems, ...troubles(found)];
}

function idProblems({ incidents, acts }: OpenRegister, id: string | undefined): string[] {
  if (id === undefined) return [];
  if (!Id.safeParse(id).success)
    return [`--id "${shown(id)}": expected letters, digits and . _ : @ / + -, beginning with a letter or a digit`];
  const alike = [...incidents.keys(), ...acts.map(({ entry }) => entry.incident)].find(
    (known) => known.toLowerCase() === id.toLowerCase(),
  );
  return alike === undefined ? [] : [`--id ${id}: the register has ${alike} already`];
}

function correctionProblems({ id, history }: RegisterIncident, act: IncidentAct, corrects: number): string[] {
  const all = history.flatMap((one) => [one, ...one.replaced]);
  const target = all.find(({ index }) => index === corrects);
  if (target === undefined)
    return [`record ${corrects} is none about ${id}; \`custody incident show ${id}\` numbers them`];
  const first = history.find(
    ({ index, replaced }) => index === corrects || replaced.some((one) => one.index === corrects),
  );
  const newest = first?.index ?? corrects;
  if (newest !== corrects) return [`record ${corrects} was corrected already, by record ${newest}; correct that one`];
  if (act === "void" && target.act === "open")
    return [
      `record ${corrects} opened ${id} and cannot be struck out; \`custody incident withdraw ${id}\` says it was a mistake`,
    ];
  return act === "void" || act === target.act ? [] : [`record ${corrects} is of another kind ("${target.act}")`];
}

/** What would not fit if it were recorded: whatever reading the register would call a trouble is refused. */
function newTroubles(
  { acts, zone, size, timeline }: OpenRegister,
  found: RegisterIncident | undefined,
  { act, corrects, values, words = {}, waive }: IncidentRequest,
  happened: Moment,
  now: Instant,
): string[] {
  const id = found?.id ?? "INC-0";
  const own = found === undefined ? [] : acts.filter(({ entry }) => entry.incident === id);
  const opening = own.findIndex(({ entry }) => entry.act === "open");
  const entry: RecordedAct<"incident">["entry"] = {
    v: 1,
    index: size,
    prev: "",
    batch: "",
    software: "",
    kind: "incident",
    incident: id,
    act,
    ...happenedFields(happened),
    ...(corrects === undefined ? {} : { corrects }),
    ...(values ? { values } : {}),
    at: iso(now),
    // Whoever may not is refused elsewhere, with better words.
    actor: { type: "person", id: NOBODY, role: "owner", auth: "token" },
  };
  const all = [...own.slice(Math.max(0, opening)), { index: size, at: now, entry, words }];
  const would = foldIncident(id, all, knownWords(zone, timeline));
  const troubles = found?.troubles ?? [];
  const before = new Set(troubles.map(({ index, text }) => `${index} ${text}`));
  return (
    would.troubles
      .filter(({ index, text }) => !before.has(`${index} ${text}`))
      .filter(({ text }) => !(act === "close" && waive !== undefined) || !text.startsWith("closes it although"))
      // What must hold before it is closed is told with all the rest of it.
      .filter(({ text }) => act !== "close" || text !== "closes it although it was not resolved")
      .map((trouble) => saidBefore(trouble, id, size, own) ?? trouble.text)
      .map((text) => (/^(by its records|record \d+) /.test(text) ? text : `it ${text}`))
      .map((text) => text.replace(/^by its records it (.*)$/s, "it $1, which cannot be"))
  );
}

/** Of two words about one time: what the record that is there says, and the command that puts it right. */
function saidBefore(
  { index, text }: Trouble,
  id: string,
  size: number,
  acts: readonly RecordedAct<"incident">[],
): string | undefined {
  const [, own, time = "", other, otherSays] =
    /^says (.*) for "([^"]+)".*, record (\d+) says (.*); the \w+ one counts until one corrects the other$/s.exec(
      text,
    ) ?? [];
  if (other === undefined) return undefined;
  const [before, says] = index === size ? [Number(other), otherSays] : [index, own];
  const act = acts.find((one) => one.index === before)?.entry.act;
  const flag = act === "breach" ? "…" : `${act === "open" ? `--${time}` : "--at"} TIME`;
  return `record ${before} says ${says} for "${time}" already; if that is wrong: \`custody incident correct ${id} ${before} ${flag} --because "…"\``;
}

export function refused({ act, incident }: IncidentRequest, problems: readonly string[]): CustodyError {
  const what = incident === undefined ? `incident ${act}` : `incident ${act} ${shown(incident)}`;
  const [only] = problems;
  const text =
    problems.length === 1
      ? `${what}: ${only}`
      : `${what}: ${problems.length} things are wrong\n${problems.map((one) => `  - ${one}`).join("\n")}`;
  return new CustodyError("INPUT_INVALID", text, { remedy: "Mend that and run it again. Nothing was recorded." });
}
