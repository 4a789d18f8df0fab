import { type ActionRequest, actOnAction, readActions } from "../acts/tracking.ts";
import type { Custody } from "../custody.ts";
import { publish } from "../daemon/mirroring.ts";
import { momentForPeople } from "../incidents/moment.ts";
import { CustodyError } from "../lib/errors.ts";
import { type Instant, iso } from "../lib/time.ts";
import { forPeople, limitForPeople } from "../lib/zone.ts";
import { unprovenWords } from "../people.ts";
import { clean } from "../report/clean.ts";
import { type Action, type ActionAct, type Due, inOrder, isSelfVerified, likeAction } from "../reviews/action.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import type { Output } from "./output.ts";

interface Flags extends GlobalFlags, Omit<ActionRequest, "act" | "id" | "title" | "files"> {
  readonly file?: string[];
  readonly id?: string;
  readonly all?: boolean;
}

/** `custody action open TITLE`. */
export const open = (flags: Flags, ...title: string[]) => act("open", flags, flags.id, title.join(" "));
export const assign = (flags: Flags, id: string) => act("assign", flags, id);
export const replan = (flags: Flags, id: string) => act("replan", flags, id);
export const done = (flags: Flags, id: string) => act("done", flags, id);
export const verify = (flags: Flags, id: string) => act("verify", flags, id);
export const cancel = (flags: Flags, id: string) => act("cancel", flags, id);
export const reopen = (flags: Flags, id: string) => act("reopen", flags, id);
export const follow = (flags: Flags, id: string) => act("follow", flags, id);

function act(what: ActionAct, flags: Flags, id: string | undefined, title?: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { text, reason, type, incident, finding, activity, owner, due, at, result, tracker, file, corrects } = flags;
    const request = { text, reason, type, incident, finding, activity, owner, due, at, result, tracker, corrects };
    const files = file === undefined ? {} : { files: file };
    if (file?.length) output.progress(`${file.length} file${file.length === 1 ? "" : "s"} …`);
    const named = title?.trim() ? { title } : {};
    const acted = await actOnAction(custody, { ...request, ...files, ...named, act: what, id });
    await publish(custody, output.note);
    const action = acted.actions.all.get(acted.id);
    const { zone } = custody.config.organisation;
    output.line(`${acted.id}: ${SAID[what](action, zone)} (record ${acted.entry}).`);
    for (const line of remarks(action, what, zone)) output.line(line);
    for (const { why } of acted.actions.troubles.filter(({ entry }) => entry === acted.entry)) output.line(`${why}.`);
    const unproven = unprovenWords(acted.by);
    if (unproven !== undefined) output.line(unproven);
    const names = (await readActions(custody)).acts.names;
    output.object({ ok: true, id: acted.id, entry: acted.entry, action: action && inRecords(action, names) });
    return 0;
  });
}

type Said = (action: Action | undefined, zone: string) => string;
const until = (action: Action | undefined, zone: string) =>
  action?.due === undefined ? "no date yet" : `due ${dueInWords(action.due, zone)}`;

const SAID: Readonly<Record<ActionAct, Said>> = {
  open: (action, zone) => `opened, ${until(action, zone)}`,
  assign: () => "somebody is to do it",
  replan: (action, zone) => `now ${until(action, zone)}`,
  done: () => "done",
  verify: (action) =>
    action?.verified?.result === "not-effective"
      ? "looked at, and it did not help; it is to be done again"
      : action?.verified?.result === "not-applicable"
        ? "looked at; there is nothing to see whether it helped"
        : "looked at, and it helped",
  cancel: () => "cancelled",
  reopen: (action, zone) => `to be done again, ${until(action, zone)}`,
  follow: (action) => `followed as ${clean(action?.tracker ?? "")}`,
};

/** What is still missing, and what stays visible. */
function remarks(action: Action | undefined, act: ActionAct, zone: string): string[] {
  if (action === undefined) return [];
  const { id, owner, due, overdue, dues, state } = action;
  const missing = [owner === undefined ? "who is to do it" : "", due === undefined ? "until when" : ""].filter(
    (one) => one,
  );
  const missed = dues.filter((one) => one.missed === "yes");
  return [
    ...(state === "open" && missing.length > 0
      ? [
          `It does not say ${missing.join(" or ")}: custody action ${owner === undefined ? `assign ${id} --owner NAME` : `replan ${id} --due DATE --reason "…"`}`,
        ]
      : []),
    ...(act === "replan" || act === "open" || !missed.length
      ? []
      : [`It was not done ${missed.map((one) => byWhen(one.due, zone)).join(", nor ")}; that stays visible.`]),
    ...(act === "replan" && missed.length > 0
      ? [
          `It was not done ${missed.map((one) => byWhen(one.due, zone)).join(", nor ")}; a new date does not change that.`,
        ]
      : []),
    ...(act === "verify" && isSelfVerified(action)
      ? ["! Whoever did it also looked whether it helped; somebody else's look says more."]
      : []),
    ...(overdue && act === "reopen"
      ? [`Its date has passed: custody action replan ${id} --due DATE --reason "…"`]
      : []),
  ];
}

/** A whole day by its end; else with the time of day. */
export function dueInWords(due: Instant, zone: string): string {
  return limitForPeople(due, zone);
}

const byWhen = (due: Instant, zone: string): string => dueInWords(due, zone).replace(/^(?!by )/, "by ");

/** `custody action list`: what is to be done, what is overdue first; with --all also what is done or cancelled. */
export function list(flags: Flags): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { acts, actions } = await readActions(custody);
    const { zone } = custody.config.organisation;
    const wanted = (one: Action) =>
      (flags.all === true || one.state === "open" || (one.state === "done" && one.verified === undefined)) &&
      (flags.incident === undefined || one.incident === flags.incident) &&
      (flags.owner === undefined || one.owner === flags.owner || acts.names.get(one.owner ?? "") === flags.owner);
    const shown = inOrder(actions.all.values()).filter(wanted);
    for (const action of shown) output.line(lineOf(action, acts.names, zone));
    for (const { entry, about, why } of actions.troubles)
      output.line(`record ${entry} (${clean(about, 60)}): ${clean(why)}`);
    const overdue = shown.filter((one) => one.overdue).length;
    const open = shown.filter(({ state }) => state === "open").length;
    const hidden = actions.all.size - shown.length;
    output.line(
      `${open} to be done${overdue > 0 ? `, ${overdue} of them overdue` : ""}${hidden > 0 ? `; ${hidden} more with --all` : ""}.`,
    );
    output.object({
      ok: true,
      actions: shown.map((one) => inRecords(one, acts.names)),
      troubles: actions.troubles,
    });
    return 0;
  });
}

function lineOf(action: Action, names: ReadonlyMap<string, string>, zone: string): string {
  const { id, title, state, overdue, owner, due, done, verified } = action;
  const words = overdue
    ? "OVERDUE"
    : state === "open"
      ? verified?.result === "not-effective"
        ? "again"
        : "open"
      : state;
  const who = owner === undefined ? "nobody" : clean(names.get(owner) ?? owner, 40);
  const when =
    state === "open"
      ? due === undefined
        ? "no date"
        : dueInWords(due, zone)
      : done === undefined
        ? ""
        : `done ${momentForPeople(done, zone)}`;
  return `${id}  ${words.padEnd(9)}  ${when.padEnd(12)}  ${who.padEnd(10)}  ${clean(title, 100)}`;
}

/** `custody action show ID`: everything that was recorded about one. */
export function show(flags: Flags, id: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { acts, actions } = await readActions(custody);
    const action = actions.all.get(id);
    if (action === undefined)
      throw new CustodyError("NOT_FOUND", `there is no action ${clean(id, 60)}${likeAction(id, actions)}`, {
        remedy: "`custody action list --all` shows them.",
      });
    showAction(custody, action, acts.names, output);
    output.object({
      ok: true,
      action: inRecords(action, acts.names),
      troubles: actions.troubles.filter(({ about }) => about === id),
    });
    return 0;
  });
}

const MISSED: Readonly<Record<Due["missed"], string>> = {
  yes: "not done by then",
  no: "",
  unclear: "whether it was done by then cannot be said: its time is not known exactly enough",
};

function showAction({ config }: Custody, action: Action, names: ReadonlyMap<string, string>, output: Output): void {
  const { zone } = config.organisation;
  const name = (one: string) => clean(names.get(one) ?? one, 60);
  output.line(lineOf(action, names, zone));
  const { type, incident, finding, activity, tracker, text } = action;
  const about = [incident, finding, activity].filter((one) => one !== undefined).map((one) => clean(one, 100));
  if (about.length > 0 || type)
    output.line(`  ${[type, about.length > 0 ? `for ${about.join(", ")}` : ""].filter(Boolean).join(" ")}`);
  if (text !== undefined) output.line(`  ${clean(text)}`);
  if (tracker !== undefined) output.line(`  followed as ${clean(tracker)}`);
  for (const [i, { due, set, reason, missed, entry }] of action.dues.entries()) {
    const which = i === 0 ? "first date" : "later date";
    const why = reason === undefined ? "" : `: ${clean(reason)}`;
    const told = MISSED[missed] === "" ? "" : `; ${MISSED[missed]}`;
    output.line(`  ${which} ${dueInWords(due, zone)}, set ${forPeople(set, zone)} (record ${entry})${why}${told}`);
  }
  if (isSelfVerified(action)) output.line("  Whoever did it also looked whether it helped.");
  for (const { act, replaced } of action.records) {
    const { entry, index } = act;
    const moment = { at: Date.parse(entry.happened), precision: entry.precision ?? 1 };
    const by = `${name(entry.actor.id)}${entry.actor.auth === "unauthenticated" ? " (nobody checked who that was)" : ""}`;
    const files = (entry.evidence ?? []).map(({ digest }) => `\n      file ${digest}`).join("");
    const result = entry.result === undefined ? "" : `: ${entry.result.replace("-", " ")}`;
    const instead =
      replaced.length === 0 ? "" : `, instead of record ${replaced.map((one) => one.index).join(" and ")}`;
    output.line(
      `  record ${index}  ${entry.act}${result}  ${momentForPeople(moment, zone)}, by ${by}${instead}${files}`,
    );
  }
}

export function inRecords(action: Action, names: ReadonlyMap<string, string>) {
  const { id, title, type, incident, finding, activity, owner, state, due, dues, overdue, tracker, reopened } = action;
  const { opened, done, verified, cancelled } = action;
  const at = (moment: { at: number } | undefined) => (moment === undefined ? null : iso(moment.at));
  return {
    id,
    title,
    type: type ?? null,
    incident: incident ?? null,
    finding: finding ?? null,
    activity: activity ?? null,
    owner: owner === undefined ? null : { id: owner, name: names.get(owner) ?? null },
    state,
    overdue,
    due: due === undefined ? null : iso(due),
    dues: dues.map((one) => ({
      due: iso(one.due),
      set: iso(one.set),
      reason: one.reason ?? null,
      missed: one.missed,
      entry: one.entry,
    })),
    opened: at(opened),
    done: at(done),
    evidence: done?.evidence ?? [],
    verified: at(verified),
    result: verified?.result ?? null,
    cancelled: at(cancelled),
    reopened,
    tracker: tracker ?? null,
  };
}
