import type { Custody } from "../custody.ts";
import { actsOfKind } from "../evidence/act.ts";
import type { Actor, EntryOf } from "../evidence/entry.ts";
import { Label } from "../evidence/terms.ts";
import { happenedFields, type Moment } from "../incidents/moment.ts";
import { didYouMean } from "../lib/nearest.ts";
import { nameProblem, personFor, personId } from "../people.ts";
import { clean } from "../report/clean.ts";
import { type ActivityType, activitiesOf } from "../reviews/activity.ts";
import { type ActDraft, type Acts, recordActs } from "./acting.ts";
import { attach, attachmentProblems } from "./attaching.ts";
import { Names } from "./linking.ts";
import { begin } from "./numbering.ts";
import { MAX_REASON, pushSome, timeOf, usage } from "./saying.ts";

/** Exercises, trainings and reviews of other things than incidents, as they are recorded. */

/** Series of the numbers of what was held. */
const SERIES: Readonly<Record<Exclude<ActivityType, "incident-review">, string>> = {
  exercise: "EXE",
  training: "TRN",
  "procedure-review": "PRV",
  "contact-check": "CTC",
  "log-review": "LGR",
  "recurrence-review": "RCR",
  "trend-review": "TDR",
  "restore-test": "RST",
  "test-report": "TST",
};
export type HeldType = keyof typeof SERIES;
export const HELD_TYPES = Object.keys(SERIES) as HeldType[];

export interface HeldRequest {
  readonly type: string;
  readonly date?: string | undefined;
  readonly participants?: string | undefined;
  readonly title?: string | undefined;
  readonly text?: string | undefined;
  readonly incidents?: readonly string[] | undefined;
  readonly files?: readonly string[] | undefined;
  /** `name=word`. */
  readonly values?: readonly string[] | undefined;
  readonly id?: string | undefined;
  readonly corrects?: string | undefined;
}

const MAX_PARTICIPANTS = 256;

/** Records something that was held. Throws USAGE with everything that is wrong; publishes nothing. */
export async function recordHeld(
  custody: Custody,
  request: HeldRequest,
): Promise<{ readonly id: string; readonly entry: number; readonly by: Actor; readonly moment: Moment }> {
  personFor(custody.config, "record");
  const names = await Names.read(custody);
  const activities = activitiesOf(actsOfKind(names.acts.acts, "activity"));
  const problems: string[] = [];
  const type = HELD_TYPES.find((one) => one === request.type);
  if (type === undefined)
    problems.push(
      `${clean(request.type, 40)}: expected ${HELD_TYPES.join(", ")}${didYouMean(request.type, HELD_TYPES)}`,
    );
  if (request.date === undefined) problems.push("--date is missing: when was it held?");
  const moment = timeOf(custody, names.acts, request.date, "--date", problems);
  if (request.title?.trim() === "") problems.push("--title is empty: say in one line what it was, or leave it out");
  if (!request.text?.trim()) problems.push("--text is missing: what was done and found, in words");
  for (const [flag, text, most] of [
    ["--text", request.text, MAX_REASON],
    ["--title", request.title, 300],
  ] as const)
    if ((text?.length ?? 0) > most) problems.push(`${flag}: ${text?.length} characters; at most ${most} are kept`);
  const people = [...new Set((request.participants ?? "").split(",").map((one) => one.trim()))].filter(
    (one) => one !== "",
  );
  if (people.length > MAX_PARTICIPANTS)
    problems.push(`--participants: ${people.length} people; at most ${MAX_PARTICIPANTS}`);
  for (const name of people) pushSome(problems, "--participants", nameProblem(custody, name));
  const incidents: string[] = [];
  for (const text of request.incidents ?? []) {
    const found = await names.incident(text);
    if (typeof found === "string") problems.push(`--incident: ${found}`);
    else incidents.push(found.ref.id);
  }
  const values = valuesIn(request.values ?? [], problems);
  const corrected = correctedHeld(request, type, names.acts, problems);
  problems.push(...(await attachmentProblems(request.files ?? [])));
  if (problems.length > 0 || type === undefined) throw usage(problems);
  const participants: string[] = [];
  for (const name of people) participants.push(await personId(custody, name));
  const evidence = request.files?.length ? await attach(custody, request.files) : corrected?.evidence;
  const draft = (id: string): ActDraft => ({
    kind: "activity",
    activity: id,
    type,
    act: "record",
    ...(incidents.length === 0 ? {} : { incidents }),
    ...(participants.length === 0 ? {} : { participants }),
    ...(evidence === undefined ? {} : { evidence }),
    ...(Object.keys(values).length === 0 ? {} : { values }),
    ...(corrected === undefined ? {} : { corrects: corrected.index }),
    ...happenedFields(moment),
    words: { ...(request.title?.trim() ? { title: request.title.trim() } : {}), text: request.text?.trim() ?? "" },
  });
  if (corrected === undefined) {
    const series = { series: SERIES[type], kind: "activity", taken: activities.all.keys(), own: request.id };
    const { id, index, by } = await begin(custody, series, draft);
    return { id, entry: index, by, moment };
  }
  const { by, records } = await recordActs(custody, [draft(corrected.activity)]);
  return { id: corrected.activity, entry: records[0]?.index ?? -1, by, moment };
}

function correctedHeld(
  { corrects }: HeldRequest,
  type: HeldType | undefined,
  acts: Acts,
  problems: string[],
): (EntryOf<"activity"> & { index: number }) | undefined {
  if (corrects === undefined) return undefined;
  const found = actsOfKind(acts.acts, "activity").find(({ index }) => String(index) === corrects.trim());
  if (found !== undefined && found.entry.act === "record" && found.entry.type === type) return found.entry;
  problems.push(
    `--corrects ${clean(corrects, 20)}: there is no record of a ${type ?? "such activity"} with this number; \`custody activity list\` shows them`,
  );
  return undefined;
}

function valuesIn(pairs: readonly string[], problems: string[]): Record<string, string> {
  const values: Record<string, string> = {};
  for (const pair of pairs) {
    const [, name = "", word = ""] = /^([a-z][a-zA-Z]{0,39})=(.+)$/s.exec(pair) ?? [];
    const shown = clean(pair, 60);
    if (name === "") problems.push(`--value ${shown}: expected name=word, such as scenario=ransomware`);
    else if (RESERVED.includes(name)) problems.push(`--value ${shown}: this name is taken`);
    else if (Object.hasOwn(values, name)) problems.push(`--value ${name}: given twice`);
    else if (!Label.safeParse(word).success)
      problems.push(
        `--value ${shown}: expected a word of letters, digits, spaces and . _ : @ / + -, at most 200; sentences belong into --text`,
      );
    else values[name] = word;
  }
  if (pairs.length > 32) problems.push(`--value: ${pairs.length} of them; at most 32`);
  return values;
}

const RESERVED: readonly string[] = ["missing", "author", "severity", "controlChange"];
