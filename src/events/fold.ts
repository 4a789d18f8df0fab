import type { RecordedAct } from "../evidence/act.ts";
import type { Observed } from "../evidence/fact.ts";
import type { Instant } from "../lib/time.ts";
import { type Decision, type PastDecision, ruleDecision } from "./decision.ts";
import { featuresOf, type SecurityEvent, type Trouble } from "./event.ts";
import { alertLinks, eventKey, factKey } from "./links.ts";
import { changesSince, conflicts, decisionsOf } from "./people.ts";
import { reportsIn } from "./reports.ts";
import { type BoundRule, type RuleTimeline, ruleKey, ruleWord } from "./rules.ts";
import { Telling } from "./telling.ts";

/**
 * What was decided about each event. Derived: a decision of a person is a record, one of a rule follows from the rules that were
 * in force, and nothing about the state is stored. What does not fit is kept and named.
 */

export interface EventInput {
  /** The acts of the log, in order. */
  readonly acts: readonly RecordedAct[];
  /**
   * What sources told, in the order of the log; or what took it in already, which is then used up. Facts of `register` are passed
   * over: reports are taken from the acts.
   */
  readonly facts: Iterable<Observed> | Telling;
  readonly rules: RuleTimeline;
  /** The family of each collector. */
  readonly families: ReadonlyMap<string, string>;
  /** Incidents that can be named; undefined where they are not known, and no name is then called wrong. */
  readonly incidents: ReadonlySet<string> | undefined;
  /** The name under which our own records are told. */
  readonly register: string;
  readonly asOf: Instant;
}

export interface EventState extends SecurityEvent {
  /** The decision that counts; undefined while there is none. */
  readonly decided: Decision | undefined;
  /** What people decided, oldest first, also what counts no more or never did. */
  readonly past: readonly PastDecision[];
  /** What a rule decides about it, also where a person decided otherwise. */
  readonly byRule: Decision | undefined;
  /** Why somebody has to look at it again, or for the first time; each a clause without a stop. */
  readonly again: readonly string[];
  /** Incidents to which it was linked as an alert. */
  readonly linked: readonly string[];
  /** From when it began until it was decided, in milliseconds, at least and at most; undefined while undecided or not known. */
  readonly lag: { readonly least: number; readonly most: number } | undefined;
  /** How long it has been waiting, in milliseconds; undefined once it is decided. */
  readonly age: number | undefined;
}

/** How often a rule was asked for. */
export interface RuleUse {
  readonly bound: BoundRule;
  /** Events that it matched while it bound, and of these those that it decided in the end. */
  readonly matched: number;
  readonly decided: number;
  readonly last: Instant | undefined;
}

export interface EventLog {
  /** Oldest first. */
  readonly events: readonly EventState[];
  readonly troubles: readonly Trouble[];
  /** By `ruleKey`; a rule that never matched is not in it. */
  readonly uses: ReadonlyMap<string, RuleUse>;
  /** The wordings of reports in our own records, as facts. */
  readonly reports: readonly Observed[];
  readonly asOf: Instant;
}

const NOTHING: readonly never[] = Object.freeze([]);

/** Folds the records into the state of every event. Pure; takes seconds for 100,000 alerts. */
export function foldEvents(input: EventInput): EventLog {
  const { acts, facts, rules, families, register, asOf } = input;
  const { facts: reports, troubles } = reportsIn(acts, register);
  const telling = facts instanceof Telling ? facts : new Telling((kind) => rules.takesIn(kind), register);
  if (!(facts instanceof Telling)) for (const seen of facts) if (seen.instance !== register) telling.add(seen);
  for (const seen of reports) telling.add(seen);

  const all = [...telling.events(families)];
  const pasts = decisionsOf(acts, all, troubles);
  const links = alertLinks(acts);
  const uses = new Map<string, { bound: BoundRule; matched: number; decided: number; last: Instant | undefined }>();
  const drafts: Draft[] = [];
  for (const event of all) {
    const ruled = ruledFor(event, rules);
    // Raw telemetry that no rule takes in is no event.
    if (!isEvent(event.kind) && ruled.matching.length === 0) continue;
    const past = pasts.get(event.event);
    const standing = past?.findLast((one) => one.void === undefined && one.supersededAt === undefined);
    const key = event.kind === "event" ? eventKey(event.event) : factKey(event.instance, event.kind, event.id);
    // A link names the alert by its id, which the source uses for its last firing now.
    const linked = event.shadowed ? undefined : links.get(key);
    drafts.push({ event, past: past ?? NOTHING, standing, ruled, linked: linked ?? NOTHING });
  }
  const byName = new Map(drafts.map((draft) => [draft.event.event, draft]));
  unravelDuplicates(drafts, byName, troubles);
  const events = drafts.map((draft) => stateOf(draft, input, byName));
  for (const [i, { ruled }] of drafts.entries()) {
    for (const bound of ruled.matching) {
      const key = ruleKey(bound);
      const use = uses.get(key) ?? { bound, matched: 0, decided: 0, last: undefined };
      use.matched++;
      const { decided, when } = events[i] as EventState;
      if (decided?.by.type === "rule" && decided.by.bound === bound) use.decided++;
      use.last = Math.max(use.last ?? when, when);
      uses.set(key, use);
    }
  }
  events.sort((a, b) => a.when - b.when || (a.event < b.event ? -1 : 1));
  return { events, troubles: troubles.sort((a, b) => a.index - b.index), uses, reports, asOf };
}

interface Draft {
  readonly event: SecurityEvent;
  past: readonly PastDecision[];
  standing: PastDecision | undefined;
  readonly ruled: Ruled;
  readonly linked: readonly string[];
}

const isEvent = (kind: string) => kind === "alert" || kind === "event";

/** Duplicates of what nobody knows, and of each other, decide nothing: the decision would rest on nothing. */
function unravelDuplicates(drafts: readonly Draft[], byName: ReadonlyMap<string, Draft>, troubles: Trouble[]): void {
  const next = ({ standing }: Draft) =>
    standing?.decision === "duplicate" ? byName.get(standing.duplicateOf ?? "") : undefined;
  const settled = new Set<Draft>();
  const broken = new Map<Draft, string>();
  for (const draft of drafts) {
    const path: Draft[] = [];
    const onPath = new Set<Draft>();
    let at: Draft | undefined = draft;
    while (at !== undefined && !settled.has(at) && !onPath.has(at)) {
      path.push(at);
      onPath.add(at);
      at = next(at);
    }
    if (at !== undefined && onPath.has(at)) {
      const circle = path.slice(path.indexOf(at));
      const names = circle.map(({ event }) => event.event).join(", ");
      for (const one of circle) broken.set(one, `${names} are called duplicates of each other, and none is decided`);
    }
    for (const one of path) settled.add(one);
  }
  for (const draft of drafts) {
    const { standing, event } = draft;
    if (standing?.decision !== "duplicate") continue;
    const of = standing.duplicateOf ?? "";
    const why =
      broken.get(draft) ?? (byName.has(of) ? undefined : `it is called a duplicate of ${of}, which nobody knows`);
    if (why === undefined) continue;
    troubles.push({ index: standing.index ?? 0, event: event.event, words: why });
    const void_ = { ...standing, void: why };
    draft.past = draft.past.map((one) => (one === standing ? void_ : one));
    draft.standing = undefined;
  }
}

interface Ruled {
  readonly matching: readonly BoundRule[];
  readonly decision: Decision | undefined;
  /** Why the rules do not decide although they match. */
  readonly remark: string | undefined;
}

const UNRULED: Ruled = { matching: NOTHING, decision: undefined, remark: undefined };

/** What the rules say about an event. What people reported, people decide. */
function ruledFor(event: SecurityEvent, rules: RuleTimeline): Ruled {
  if (event.kind === "event") return UNRULED;
  const { when } = event;
  const matching = rules.matching(event, when);
  const word = ruleWord(matching, when);
  if (word === undefined) return UNRULED;
  if (word.word === "person") return { matching, decision: undefined, remark: undefined };
  if (word.word === "disagree") {
    const each = word.rules.map(({ rule }) => `${rule.id} says ${rule.decision}`).join(", ");
    return { matching, decision: undefined, remark: `the intake rules disagree about it: ${each}` };
  }
  const { bound, reachesBack } = word;
  const { decision } = bound.rule;
  if (decision === "person") return { matching, decision: undefined, remark: undefined };
  const since = matchedSince(event, bound);
  const at = since === undefined ? null : Math.max(since, bound.set.logged, event.when);
  const { entry, item, ordinal } = event.newest;
  return {
    matching,
    decision: ruleDecision(bound, decision, reachesBack, at, { entry, item, ordinal }),
    remark: undefined,
  };
}

/** Since when the log knew the event in words that the rule matches, without a break. */
function matchedSince({ wordings, family }: SecurityEvent, { matches }: BoundRule): Instant | undefined {
  let since: Instant | undefined;
  for (const { seen, at } of wordings.toReversed()) {
    if (!matches(featuresOf(seen, family))) break;
    since = at;
  }
  return since ?? wordings.at(-1)?.at;
}

function stateOf(draft: Draft, input: EventInput, byName: ReadonlyMap<string, Draft>): EventState {
  const { event, past, standing, ruled, linked } = draft;
  const decided: Decision | undefined = standing ?? ruled.decision;
  const again = reasonsToLook(draft, decided, input, byName);
  const { when, precision } = event;
  const lag =
    decided === undefined || decided.at === null
      ? undefined
      : { least: Math.max(0, decided.at - (when + precision - 1)), most: decided.at + decided.precision - 1 - when };
  const age = decided === undefined ? Math.max(0, input.asOf - when) : undefined;
  return { ...event, decided, past, byRule: ruled.decision, again, linked, lag, age };
}

function reasonsToLook(
  { event, past, standing, ruled, linked }: Draft,
  decided: Decision | undefined,
  { incidents }: EventInput,
  byName: ReadonlyMap<string, Draft>,
): readonly string[] {
  const found: string[] = [];
  if (standing !== undefined) found.push(...changesSince(event, standing), ...conflicts(past, standing));
  else if (ruled.remark !== undefined) found.push(ruled.remark);
  if (decided?.decision === "incident") {
    const { incident } = decided;
    if (incident === undefined && linked.length === 0)
      found.push("it was decided to be an incident, and nothing says which");
    if (incident !== undefined && incidents !== undefined && !incidents.has(incident))
      found.push(`there is no incident ${incident}`);
  } else if (decided !== undefined && decided.decision !== "duplicate" && linked.length > 0)
    found.push(`it belongs to ${linked.join(", ")} as an alert, and was decided to be no incident`);
  if (standing?.decision === "duplicate") {
    const other = byName.get(standing.duplicateOf ?? "")?.standing;
    if (other?.decision === "duplicate")
      found.push(`${standing.duplicateOf} is itself called a duplicate, of ${other.duplicateOf}`);
  }
  if (standing !== undefined && standing.reason === undefined)
    found.push("the decision bears no reason that can be read");
  return found.length === 0 ? NOTHING : found;
}
