import { actsOfKind, type RecordedAct, standing, wordOf } from "../evidence/act.ts";
import type { BlobRef } from "../evidence/blob.ts";
import { isProven, whyNoSignOff } from "../evidence/proof.ts";
import { fromIso, type Instant, type Interval } from "../lib/time.ts";
import { type AfterLook, proofsOf } from "./after-look.ts";
import type { Misfit } from "./known.ts";

/**
 * Findings: a requirement that was not met, and what became of it. Folded from the records; nothing about how they stand is
 * stored, and a record that does not fit changes nothing and is told.
 */

/**
 * `open`: nobody has said why, or what is to be done. `planned`: somebody has. `done`: it was done. `verified`: somebody looked
 * whether it helped, and it did. `closed`.
 */
export type FindingState = "open" | "planned" | "done" | "verified" | "closed";

/** Something that was said in the life of a finding. */
export interface Said {
  readonly index: number;
  /** When it happened, as whoever recorded it says; and when it was logged. */
  readonly happened: Instant;
  readonly logged: Instant;
  /** Random ID, and whether they proved who they are. */
  readonly by: string;
  readonly proven: boolean;
  /** Undefined where nothing was said, or the words are gone. */
  readonly text: string | undefined;
}

/** A step that belongs to a finding, as the records of actions tell it. */
export interface Step {
  readonly action: string;
  readonly state: "open" | "done" | "verified" | "not-effective" | "cancelled" | "unknown";
}

export interface Finding {
  readonly id: string;
  readonly state: FindingState;
  readonly origin: NonNullable<RecordedAct<"finding">["entry"]["origin"]>;
  readonly opened: Said;
  /** The check of the catalogue, or another rule by its id. */
  readonly requirement: string | undefined;
  /** The rule in words, and the number under which somebody else reported it. */
  readonly requirementText: string | undefined;
  readonly reference: string | undefined;
  readonly control: string | undefined;
  /** What is missing. */
  readonly gap: string | undefined;
  readonly extent: { readonly failing: number; readonly of: number } | undefined;
  /** The time that was looked at. */
  readonly window: Interval | undefined;
  /** Records and files that show it. */
  readonly entries: readonly number[];
  readonly evidence: readonly BlobRef[];
  readonly owner: string | undefined;
  readonly due: Instant | undefined;
  readonly cause: Said | undefined;
  /** What was put right at once. */
  readonly correction: Said | undefined;
  /** What shall keep it from happening again. */
  readonly plan: Said | undefined;
  readonly steps: readonly Step[];
  readonly done: Said | undefined;
  readonly verified: (Said & { readonly result: "effective" | "not-effective" }) | undefined;
  /** What belongs to it and happened only after somebody had looked whether it helped. */
  readonly afterLook: readonly AfterLook[];
  readonly closed: (Said & { readonly without: boolean }) | undefined;
  readonly reopened: number;
  readonly notes: readonly Said[];
  /** All records about it that count, in order; a corrected one is not among them. */
  readonly acts: readonly RecordedAct<"finding">[];
}

export interface Findings {
  /** In the order in which they were opened. */
  readonly findings: readonly Finding[];
  readonly troubles: readonly Misfit[];
}

type Act = RecordedAct<"finding">;
type Building = { -readonly [K in keyof Finding]: Finding[K] } & { notes: Said[]; acts: Act[]; evidence: BlobRef[] };

/** Every finding as the acts tell it. Pure; the order of the log decides, not the times that people gave. */
export function foldFindings(acts: readonly RecordedAct[]): Findings {
  const troubles: Misfit[] = [];
  const found = new Map<string, Building>();
  // A correction takes the place of an act of the same sort about the same finding; anything else counts by itself.
  const own = standing(actsOfKind(acts, "finding"), (entry) => `${entry.finding} ${entry.act}`);
  for (const { act } of own) {
    const wrong = (text: string) => troubles.push({ index: act.index, id: act.entry.finding, text });
    const known = found.get(act.entry.finding);
    if (act.entry.act === "open") {
      if (known !== undefined) wrong(`there is a ${known.id} already, by record ${known.opened.index}`);
      else found.set(act.entry.finding, opened(act));
      continue;
    }
    if (known === undefined) {
      wrong("it speaks of a finding that nobody opened");
      continue;
    }
    const refused = whyNot(known, act.entry.act, whyNoSignOff(act.entry.actor));
    if (refused !== undefined) wrong(refused);
    else apply(known, act);
  }
  const [steps, proofs] = [stepsOf(acts), proofsOf(acts)];
  for (const finding of found.values()) {
    finding.steps = steps(finding.id);
    finding.afterLook = afterLook(finding, proofs(finding.id));
  }
  return { findings: [...found.values()], troubles };
}

/** What lies after the look whether it helped: that it was done at all, or one of its steps. */
function afterLook({ done, verified }: Building, proofs: readonly AfterLook[]): AfterLook[] {
  if (verified === undefined) return [];
  const own = done === undefined ? [] : [{ id: "that it was done", happened: done.happened, entry: done.index }];
  return [...own, ...proofs].filter(({ happened }) => happened > verified.happened);
}

const said = ({ index, at, entry, words }: Act, name = "text"): Said => ({
  index,
  happened: fromIso(entry.happened),
  logged: at,
  by: entry.actor.id,
  proven: isProven(entry.actor),
  text: wordOf({ words }, name),
});

function opened(act: Act): Building {
  const { entry } = act;
  return {
    id: entry.finding,
    state: "open",
    origin: entry.origin ?? "own",
    opened: said(act),
    requirement: entry.requirement,
    requirementText: wordOf(act, "requirement"),
    reference: wordOf(act, "reference"),
    control: entry.control,
    gap: wordOf(act, "gap"),
    extent: entry.extent && { failing: entry.extent.failing, of: entry.extent.of },
    window: entry.window && { from: fromIso(entry.window.from), to: fromIso(entry.window.to) },
    entries: entry.entries ?? [],
    evidence: [...(entry.evidence ?? [])],
    owner: entry.owner,
    due: entry.due === undefined ? undefined : fromIso(entry.due),
    cause: undefined,
    correction: undefined,
    plan: undefined,
    steps: [],
    done: undefined,
    verified: undefined,
    afterLook: [],
    closed: undefined,
    reopened: 0,
    notes: [],
    acts: [act],
  };
}

/** What may follow on what, in words where something may not. `unsigned`: why the act would be no sign-off. */
export function whyNot(
  finding: Pick<Finding, "state" | "closed" | "plan" | "cause">,
  act: Act["entry"]["act"],
  unsigned: string | undefined,
): string | undefined {
  const { state } = finding;
  if (act === "note") return undefined;
  if (act === "reopen")
    return state === "closed" || state === "verified" || state === "done"
      ? undefined
      : "it is not over, so it cannot be opened again";
  if (state === "closed") return `it was closed by record ${finding.closed?.index}; it has to be opened again first`;
  if (act === "open") return "it is open already";
  if (act === "done" && state !== "planned")
    return state === "open"
      ? "nobody has said why it happened or what is to be done"
      : "that it was done is recorded already";
  if (act === "verify" && state !== "done")
    return state === "verified"
      ? "that it helped is recorded already"
      : "nothing was done yet whose effect could be looked at";
  if (act === "close" && state !== "verified" && unsigned !== undefined)
    return `nobody has verified that it helped, and to close it without that is a sign-off: ${unsigned}`;
  return undefined;
}

function apply(finding: Building, act: Act): void {
  const { entry } = act;
  finding.acts.push(act);
  finding.evidence.push(...(entry.evidence ?? []));
  if (entry.entries !== undefined) finding.entries = [...new Set([...finding.entries, ...entry.entries])];
  if (entry.owner !== undefined) finding.owner = entry.owner;
  if (entry.due !== undefined) finding.due = fromIso(entry.due);
  switch (entry.act) {
    case "cause":
    case "plan":
      finding[entry.act] = said(act);
      if (finding.state === "open") finding.state = "planned";
      break;
    case "correct":
      finding.correction = said(act);
      break;
    case "done":
      finding.done = said(act);
      finding.state = "done";
      break;
    case "verify": {
      // Without a word on it nobody knows that it helped.
      const result = entry.result ?? "not-effective";
      finding.verified = { ...said(act), result };
      if (result === "effective") finding.state = "verified";
      else reopen(finding);
      break;
    }
    case "close":
      finding.closed = { ...said(act), without: finding.state !== "verified" };
      finding.state = "closed";
      break;
    case "reopen":
      reopen(finding);
      finding.notes.push(said(act));
      break;
    default:
      finding.notes.push(said(act));
  }
}

/** What was done did not do: why, and what is to be done, has to be said anew. */
function reopen(finding: Building): void {
  finding.state = "open";
  finding.closed = undefined;
  finding.reopened += 1;
}

const STEP_STATES: Readonly<Record<string, Step["state"]>> = {
  done: "done",
  cancel: "cancelled",
  reopen: "open",
  open: "open",
};

/** The actions that name a finding, or that a link joins to it, in the order in which they were. Reads the acts once. */
function stepsOf(acts: readonly RecordedAct[]): (finding: string) => Step[] {
  const joined = new Map<string, Set<string>>();
  const actionsOfFinding = (id: string) => {
    const known = joined.get(id) ?? new Set<string>();
    joined.set(id, known);
    return known;
  };
  for (const { entry } of actsOfKind(acts, "link")) {
    const ends = [entry.from, entry.to].flatMap((end) => ("type" in end ? [end] : []));
    const action = ends.find(({ type }) => type === "action")?.id;
    if (action === undefined) continue;
    for (const { id } of ends.filter(({ type }) => type === "finding"))
      if (entry.act === "add") actionsOfFinding(id).add(action);
      else actionsOfFinding(id).delete(action);
  }
  const states = new Map<string, Step["state"]>();
  for (const { act } of standing(actsOfKind(acts, "action"), (entry) => `${entry.action} ${entry.act}`)) {
    const { entry } = act;
    if (entry.act === "open" && entry.finding !== undefined) actionsOfFinding(entry.finding).add(entry.action);
    const state =
      entry.act === "verify"
        ? entry.result === "not-effective"
          ? "not-effective"
          : "verified"
        : STEP_STATES[entry.act];
    if (state !== undefined) states.set(entry.action, state);
  }
  return (finding) =>
    [...(joined.get(finding) ?? [])].map((action) => ({ action, state: states.get(action) ?? "unknown" }));
}

/** Not over, and past the time by which it was to be. What was done in time and only waits to be looked at is not late. */
export function isOverdue({ state, due }: Pick<Finding, "state" | "due">, at: Instant): boolean {
  return due !== undefined && at >= due && (state === "open" || state === "planned");
}

/** True where whoever did it, and nobody else, looked whether it helped. */
export function isSelfVerified({ done, verified }: Pick<Finding, "done" | "verified">): boolean {
  return done !== undefined && verified !== undefined && done.by === verified.by;
}

/** Steps that are not over. */
export function openSteps({ steps }: Pick<Finding, "steps">): readonly Step[] {
  return steps.filter(({ state }) => state === "open" || state === "unknown" || state === "not-effective");
}
