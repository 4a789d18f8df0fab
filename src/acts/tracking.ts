import type { Custody } from "../custody.ts";
import { actsOfKind, type Words } from "../evidence/act.ts";
import type { Actor, EntryOf } from "../evidence/entry.ts";
import { happenedFields, type Moment, momentForPeople, momentOrProblem } from "../incidents/moment.ts";
import { CustodyError } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { type Instant, iso } from "../lib/time.ts";
import { forPeople, wallClock } from "../lib/zone.ts";
import { nameProblem, personFor, personId } from "../people.ts";
import { type ActionAct, type Actions, actionsOf, likeAction, stateAfter, whyNot } from "../reviews/action.ts";
import { dueAhead } from "../reviews/due.ts";
import { isFactRef } from "../reviews/links.ts";
import { type ActDraft, type Acts, readActs, recordActs } from "./acting.ts";
import { attach, attachmentProblems } from "./attaching.ts";
import { Names } from "./linking.ts";
import { begin } from "./numbering.ts";

/** Actions as people open them, do them and look whether they helped. */

export const ACTION_TYPES = [
  "containment",
  "eradication",
  "recovery",
  "corrective",
  "preventive",
  "improvement",
] as const;
export const RESULTS = ["effective", "not-effective", "not-applicable"] as const;

/** One act on an action, as a person gives it. */
export interface ActionRequest {
  readonly act: ActionAct;
  /** Of the action; with `open` only a number of one's own. */
  readonly id?: string | undefined;
  readonly title?: string | undefined;
  readonly text?: string | undefined;
  readonly reason?: string | undefined;
  readonly type?: string | undefined;
  readonly incident?: string | undefined;
  readonly finding?: string | undefined;
  readonly activity?: string | undefined;
  readonly owner?: string | undefined;
  readonly due?: string | undefined;
  readonly at?: string | undefined;
  readonly result?: string | undefined;
  readonly tracker?: string | undefined;
  readonly files?: readonly string[] | undefined;
  /** Record that this one takes the place of. */
  readonly corrects?: string | undefined;
}

export interface Acted {
  readonly id: string;
  readonly entry: number;
  readonly by: Actor;
  readonly actions: Actions;
}

const MAX_TITLE = 300;
const MAX_TEXT = 20_000;
const TRACKER = /^[A-Za-z0-9][A-Za-z0-9._:@/+#-]{0,199}$/;
/** Nobody plans further ahead; more is a slip of the pen. */
const MAX_AHEAD_YEARS = 50;

/** All actions as they stand, and the records behind them. */
export async function readActions(custody: Custody): Promise<{ acts: Acts; actions: Actions }> {
  const acts = await readActs(custody);
  return { acts, actions: actionsOf(actsOfKind(acts.acts, "action"), Math.max(acts.asOf, custody.clock.now())) };
}

/**
 * By when something is to be done: a day, with its last moment in the zone; a time; or `+14d`, `+2w`, `+1mo` from today.
 * What is wrong with it, in words, where it is none of these.
 */
export function readDue(text: string, zone: string, now: Instant): Instant | string {
  const ahead = dueAhead(text, zone, now);
  const limit = wallClock(now, zone).add({ years: MAX_AHEAD_YEARS }).epochMilliseconds;
  if (ahead !== undefined)
    return ahead <= limit ? ahead : `"${text.trim()}" is more than ${MAX_AHEAD_YEARS} years ahead`;
  if (!/^\s*\d{4}-/.test(text))
    return `"${text.slice(0, 40).replace(/[^\x20-\x7e]/g, "?")}" is no date; expected 2026-12-01, 2026-12-01T17:00, or +14d, +2w, +1mo from today`;
  const moment = momentOrProblem(text, zone, limit);
  if (typeof moment === "string")
    return moment.includes("has not come yet")
      ? `"${text.trim().slice(0, 40)}" is more than ${MAX_AHEAD_YEARS} years ahead`
      : moment;
  // A day is over with its last moment; a time of day is meant as it is written.
  return moment.precision > 60_000 ? moment.at + moment.precision - 1 : moment.at;
}

/** Records one act on an action. Throws USAGE with everything that is wrong with it; nothing is half recorded. Publishes nothing. */
export async function actOnAction(custody: Custody, request: ActionRequest): Promise<Acted> {
  personFor(custody.config, "record");
  const names = await Names.read(custody);
  const { zone } = custody.config.organisation;
  const now = Math.max(custody.clock.now(), names.acts.asOf);
  const actions = actionsOf(actsOfKind(names.acts.acts, "action"), now);
  const problems: string[] = [];
  const problem = (found: string | undefined) => found !== undefined && problems.push(found);

  const moment = momentOrProblem(request.at ?? "now", zone, now);
  if (typeof moment === "string") problem(`--at: ${moment}`);
  const at = typeof moment === "string" ? { at: now, precision: 1 } : moment;
  const corrected = correctedBy(request, names.acts, problems);
  if (request.act !== "open") problems.push(...stateProblems(request, actions, at, zone, corrected !== undefined));
  else if (corrected === undefined && !request.title?.trim())
    problem("TITLE is missing: what is to be done, in one line");

  const due = request.due === undefined ? undefined : readDue(request.due, zone, now);
  if (typeof due === "string") problem(`--due: ${due}`);
  else if (due !== undefined) problem(dueProblem(request, due, at, now, zone));
  problems.push(...wordProblems(request));
  if (request.owner !== undefined) {
    const why = nameProblem(custody, request.owner);
    if (why !== undefined) problem(`--owner: ${why}`);
  }
  const incident = request.incident === undefined ? undefined : await names.incident(request.incident);
  if (typeof incident === "string") problem(`--incident: ${incident}`);
  for (const kind of ["finding", "activity"] as const) {
    const named = request[kind] === undefined ? undefined : await names.resolve(`${kind}:${request[kind]}`);
    if (typeof named === "string") problem(`--${kind}: ${named}`);
  }
  problems.push(...(await attachmentProblems(request.files ?? [])));
  if (problems.length > 0) throw new CustodyError("USAGE", problems.join("\n"), { remedy: "Nothing was recorded." });

  const evidence = request.files?.length ? await attach(custody, request.files) : undefined;
  const owner = request.owner === undefined ? undefined : await personId(custody, request.owner);
  const outside = typeof incident === "object" && isFactRef(incident.ref) ? incident : undefined;
  const words = {
    ...wordsOf(request),
    ...(outside === undefined ? {} : { incident: outside.name }),
  } as Words;
  const fields = {
    ...before(corrected),
    act: request.act,
    ...(request.type === undefined ? {} : { type: request.type }),
    ...(typeof incident === "object" ? { incident: incident.ref.id } : {}),
    ...(request.finding === undefined ? {} : { finding: request.finding }),
    ...(request.activity === undefined ? {} : { activity: request.activity }),
    ...(owner === undefined ? {} : { owner }),
    ...(typeof due === "number" ? { due: iso(due) } : {}),
    ...(request.result === undefined ? {} : { result: request.result }),
    ...(request.tracker === undefined ? {} : { tracker: request.tracker }),
    ...(evidence === undefined ? {} : { evidence }),
    ...(corrected === undefined ? {} : { corrects: corrected.index }),
    ...(corrected !== undefined && request.at === undefined ? momentOfRecord(corrected.entry) : happenedFields(at)),
    words: { ...(corrected?.words ?? {}), ...words },
  };
  const draft = (id: string) => ({ kind: "action", action: id, ...fields }) as ActDraft;
  if (request.act === "open" && corrected === undefined) {
    const series = { series: "ACT", kind: "action", taken: actions.all.keys(), own: request.id };
    const begun = await begin(custody, series, draft);
    return { id: begun.id, entry: begun.index, by: begun.by, actions: (await readActions(custody)).actions };
  }
  const id = request.id ?? corrected?.entry.action ?? "";
  const { by, records } = await recordActs(custody, [draft(id)]);
  return { id, entry: records[0]?.index ?? -1, by, actions: (await readActions(custody)).actions };
}

type Corrected = { readonly index: number; readonly entry: EntryOf<"action">; readonly words: Words };

function correctedBy({ corrects, act, id }: ActionRequest, acts: Acts, problems: string[]): Corrected | undefined {
  if (corrects === undefined) return undefined;
  const found = actsOfKind(acts.acts, "action").find(({ index }) => String(index) === corrects.trim());
  const wrong = (why: string) => void problems.push(`--corrects ${corrects.slice(0, 20)}: ${why}`);
  if (found === undefined)
    wrong("there is no record of an action with this number; `custody action show ID` lists them");
  else if (found.entry.act !== act)
    wrong(`this record is "${found.entry.act}"; correct it with \`custody action ${found.entry.act}\``);
  else if (id !== undefined && found.entry.action !== id) wrong(`this record is about ${found.entry.action}`);
  else if (found.gone !== undefined) wrong(`the words of this record are ${found.gone}`);
  else return found;
  return undefined;
}

/** What a correction does not say stays as it was. */
function before(corrected: Corrected | undefined): Partial<EntryOf<"action">> {
  if (corrected === undefined) return {};
  const { type, incident, finding, activity, owner, due, result, tracker, evidence } = corrected.entry;
  const kept = { type, incident, finding, activity, owner, due, result, tracker, evidence };
  return Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
}

const momentOfRecord = ({ happened, precision }: EntryOf<"action">) => ({
  happened,
  ...(precision === undefined ? {} : { precision }),
});

function stateProblems(
  { act, id, result, tracker, files, due, owner, reason, text }: ActionRequest,
  actions: Actions,
  at: Moment,
  zone: string,
  corrects: boolean,
): string[] {
  const action = id === undefined ? undefined : actions.all.get(id);
  if (id !== undefined && action === undefined)
    return [`there is no action ${id.slice(0, 60)}${likeAction(id, actions)}`];
  if (action === undefined) return corrects ? [] : ["ID is missing: which action? `custody action list` shows them"];
  const problems: string[] = [];
  const verified = RESULTS.find((one) => one === result);
  if (!corrects && stateAfter(action.state, act, verified) === undefined)
    problems.push(whyNot(action.id, action.state, act));
  if (at.at + at.precision - 1 < action.opened.at)
    problems.push(`--at: ${action.id} was opened on ${momentForPeople(action.opened, zone)}, after that`);
  if (act === "verify" && action.done !== undefined && at.at + at.precision - 1 < action.done.at)
    problems.push(`--at: ${action.id} was done on ${momentForPeople(action.done, zone)}, after that`);
  if (act === "verify" && result === undefined && !corrects)
    problems.push(`--result is missing: ${RESULTS.join(", ")}`);
  if (act === "done" && !files?.length && !tracker && !corrects)
    problems.push(
      "--file or --tracker is missing: what shows that it was done? a file, or where to see it: a commit, a ticket",
    );
  if (act === "assign" && owner === undefined) problems.push("--owner is missing: who is to do it?");
  if (act === "replan" && due === undefined && !corrects)
    problems.push("--due is missing: until when is it to be done now?");
  if (act === "follow" && tracker === undefined) problems.push("--tracker is missing: where is it followed?");
  if (["replan", "cancel", "reopen"].includes(act) && !reason?.trim() && !corrects)
    problems.push("--reason is missing: why?");
  if (act === "verify" && verified === "not-effective" && !text?.trim() && !reason?.trim())
    problems.push("--text is missing: what shows that it did not help?");
  return problems;
}

function dueProblem({ act }: ActionRequest, due: Instant, at: Moment, now: Instant, zone: string): string | undefined {
  if (act === "open") return due < at.at ? `--due: ${forPeople(due, zone)} is before it was opened` : undefined;
  return due <= now ? `--due: ${forPeople(due, zone)} has passed already; a later date is wanted` : undefined;
}

function wordProblems(request: ActionRequest): string[] {
  const { title, text, reason, type, result, tracker } = request;
  const long = (flag: string, given: string | undefined, most: number) =>
    given !== undefined && given.length > most ? [`${flag}: ${given.length} characters; at most ${most} are kept`] : [];
  const oneOf = (flag: string, given: string | undefined, words: readonly string[]) =>
    given !== undefined && !words.includes(given)
      ? [`${flag} ${given.slice(0, 40)}: expected ${words.join(", ")}${didYouMean(given, words)}`]
      : [];
  return [
    ...long("TITLE", title, MAX_TITLE),
    ...long("--text", text, MAX_TEXT),
    ...long("--reason", reason, MAX_TEXT),
    ...oneOf("--type", type, ACTION_TYPES),
    ...oneOf("--result", result, RESULTS),
    ...(tracker !== undefined && !TRACKER.test(tracker)
      ? [
          "--tracker: expected github:owner/name#12, a commit or an address: letters, digits and . _ : @ / + # -, at most 200",
        ]
      : []),
  ];
}

function wordsOf({ title, text, reason }: ActionRequest): Words {
  const given = { title: title?.trim(), text: text?.trim(), reason: reason?.trim() };
  return Object.fromEntries(Object.entries(given).filter((pair): pair is [string, string] => Boolean(pair[1])));
}
