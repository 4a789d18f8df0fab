import type { Custody } from "../custody.ts";
import { causeInWords, day, spanInTable } from "../duties/words.ts";
import { BODY_TYPE, encodeWords, type Words } from "../evidence/act.ts";
import type { Draft } from "../evidence/entry.ts";
import { caseOf, type GapCases, isAnswer, type NotedGap } from "../gaps/cases.ts";
import { wordsOf } from "../gaps/words.ts";
import { MAX_TITLE } from "../incidents/acts.ts";
import { type Instant, iso } from "../lib/time.ts";
import { untilForPeople } from "../lib/zone.ts";
import { policyTimeline } from "../policies.ts";
import { type GapMeaning, gapMeaning, gapSource, marksOf } from "../policy/gap-rule.ts";
import type { Policy } from "../policy/policy.ts";
import type { PolicyTimeline } from "../policy/timeline.ts";
import { ends } from "../slots/gap.ts";
import type { GapRecord } from "../slots/history.ts";
import { titles } from "../views/seeing.ts";

/**
 * Incidents that Custody opens by itself: for gaps of which the organisation's own rules, as they were in force when the gap was
 * noted, say so. Each gap has one at most, however many daemons look. What people do about it, and its end, is noted there; it is
 * resolved and closed by people only.
 */

const SELF = { type: "system", id: "custody" } as const;
/** Whoever sees such a gap has answered it; what is graver is answered in the incident itself. */
const ANSWERED_BY_GAP: ReadonlySet<string> = new Set(["stale-evidence", "logging-gap"]);

/** True for an incident with these marks, of Custody's own opening, that is answered by answering its gap. */
export const isAnsweredByGap = (tags: readonly string[]): boolean => tags.some((tag) => ANSWERED_BY_GAP.has(tag));

/** An incident act with words that are not stored yet. */
interface Sketch {
  readonly draft: Draft;
  readonly words?: Words;
}

/** What was looked at last, by workspace: rounds in which nothing changed cost nothing. */
const looked = new WeakMap<Custody, number>();

/** Opens what is to be opened and notes what is to be noted; what was appended. Gaps must have been noted before. */
export async function openForGaps(custody: Custody): Promise<Draft[]> {
  const cases = await custody.gapCases();
  const { changes } = cases;
  if (looked.get(custody) === changes) return [];
  const sketches = await sketchesFor(custody, cases);
  if (sketches.length > 0) {
    const ledger = await custody.ledger();
    const drafts = await Promise.all(
      sketches.map(async ({ draft, words }): Promise<Draft> => {
        if (words === undefined) return draft;
        return { ...draft, body: await ledger.put(encodeWords(words), BODY_TYPE) } as Draft;
      }),
    );
    await ledger.append(drafts);
  }
  looked.set(custody, changes);
  return sketches.map(({ draft }) => draft);
}

async function sketchesFor(custody: Custody, cases: GapCases): Promise<Sketch[]> {
  if ((await custody.policies()).length === 0 || cases.all.length === 0) return [];
  const timeline = await policyTimeline(custody);
  const { instances } = await custody.history();
  const { zone } = custody.config.organisation;
  const now = custody.clock.now();
  return cases.all.flatMap((one) => {
    const title = titles(custody)(one.noted.instance);
    const family = instances.get(one.noted.instance)?.record.family;
    const saying = { zone, title, now, cases };
    const rules = rulesFor(one, family, timeline);
    if (rules === undefined) return [];
    return [...(one.opened === undefined ? opening(one, rules, saying) : []), ...notes(one, rules.meaning, saying)];
  });
}

interface Rules {
  readonly policy: Policy;
  readonly meaning: GapMeaning;
  readonly name: string;
  readonly entry: number;
}

/** By the rules in force when it was noted. Those that were logged after that open nothing: nobody had them then. */
function rulesFor({ noted }: NotedGap, family: string | undefined, timeline: PolicyTimeline): Rules | undefined {
  const inForce = timeline.policyAt(noted.at);
  if (inForce?.policy === undefined || inForce.reachesBack || inForce.entry > noted.index) return undefined;
  const meaning = gapMeaning(inForce.policy, { requirement: noted.requirement, cause: noted.cause, family });
  if (meaning?.rule?.opensIncident !== true) return undefined;
  const { policy, entry, name, version } = inForce;
  return { policy, meaning, name: `${name} ${version}`, entry };
}

interface Saying {
  readonly zone: string;
  readonly title: string;
  readonly now: Instant;
  readonly cases: GapCases;
}

function opening({ gap, noted }: NotedGap, { policy, meaning, name, entry }: Rules, saying: Saying): Sketch[] {
  const incident = caseOf(gap);
  const source = gapSource(policy);
  const grave = meaning.kind === "log-altered" || meaning.kind === "key-compromised";
  const common = { actor: SELF, happened: iso(noted.at) } as const;
  const { title, text } = saidOf(gap, noted, saying);
  const began = beganAt(noted);
  const since = began === undefined ? " Since when it was so is not known: it was by then at the latest." : "";
  const why = `Opened by Custody itself: your rules (${name}, record ${entry}) call this ${meaning.severity} (rule "${meaning.rule?.id ?? meaning.kind}") and ask for an incident. The gap is ${gap}, noted by record ${noted.index}.${since}`;
  return [
    {
      draft: {
        ...common,
        kind: "incident",
        incident,
        act: "open",
        once: `incident:${incident}:open`,
        values: {
          severity: meaning.severity,
          origin: "custody",
          ...(began === undefined ? {} : { occurredAt: iso(began) }),
          detectedAt: iso(noted.at),
          ...(grave ? { nature: "security" } : {}),
          ...(source === undefined ? {} : { detectedBy: source }),
        },
      },
      words: { title: title.slice(0, MAX_TITLE), text: `${text} ${why}` },
    },
    {
      draft: {
        ...common,
        kind: "incident",
        incident,
        act: "tag",
        once: `gap:${gap}:incident:tag`,
        values: { tags: [...marksOf(meaning.kind)] },
      },
    },
    {
      draft: {
        ...common,
        kind: "link",
        from: { type: "incident", id: incident },
        to: { type: "gap", id: gap },
        relation: "about",
        act: "add",
        once: `gap:${gap}:incident:link`,
      },
    },
  ];
}

/** Of these the log knows the begin; of the rest only when it was seen first. */
const WITH_BEGIN: ReadonlySet<string> = new Set(["cadence", "first", "delivery"]);

/** From when on evidence is missing, or something failed. Undefined where it is only known to have been so at the latest when it was noted. */
export function beganAt({
  requirement,
  window,
  at,
}: Pick<GapRecord, "requirement" | "window" | "at">): Instant | undefined {
  return WITH_BEGIN.has(requirement) && window.from < at ? window.from : undefined;
}

/** The gap in the words in which people are told of it. */
function saidOf(
  gap: string,
  { instance, requirement, window, cause, at }: GapRecord,
  { zone, title }: Saying,
): { readonly title: string; readonly text: string } {
  if (requirement === "cadence")
    return {
      title: `Evidence missing: ${title}, from ${day(window.from, zone)} on`,
      text: `${title}: ${spanInTable(window, zone)} was not collected in time (${causeInWords(cause)}).`,
    };
  const about = { id: gap, instance, requirement, from: window.from, opened: at, times: 1 };
  const words = wordsOf(about, zone, causeInWords(cause), title);
  return { title: words.title, text: `${words.what} ${words.lost}` };
}

/** What came after it was noted: that somebody answered, that it ended, that it is open again. */
function notes({ gap, noted, later, opened }: NotedGap, { kind }: GapMeaning, saying: Saying): Sketch[] {
  if (opened?.withdrawn === true) return [];
  const incident = caseOf(gap);
  const answer = ANSWERED_BY_GAP.has(kind) ? later.find(isAnswer) : undefined;
  const stamp = `gap:${gap}:incident:responded`;
  const responded: Sketch[] =
    answer === undefined || opened?.responded === true || saying.cases.has(stamp)
      ? []
      : [
          {
            draft: {
              kind: "incident",
              actor: SELF,
              incident,
              act: "stamp",
              happened: iso(answer.at),
              once: stamp,
              values: { time: "responded" },
            },
            words: { text: `Somebody answered the gap ${gap} then: record ${answer.index}, by ${answer.actor.id}.` },
          },
        ];
  const said = later.flatMap((record): Sketch[] => {
    const once = `gap:${gap}:incident:note:${record.index}`;
    const text = noteOn(record, saying);
    if (text === undefined || saying.cases.has(once)) return [];
    const happened = iso(Math.max(record.at, noted.at));
    const draft: Draft = { kind: "incident", actor: SELF, incident, act: "note", happened, once };
    return [{ draft, words: { text } }];
  });
  return [...responded, ...said];
}

function noteOn(record: GapRecord, { zone }: Saying): string | undefined {
  const { action, index, until } = record;
  const by = `(record ${index})`;
  if (action === "close-late") return `What was missing has come in late; the gap is closed ${by}.`;
  if (ends(record)) return `What was wrong is over; the gap is closed ${by}.`;
  if (action === "open") return `The gap is open again ${by}.`;
  if (action === "accept" && until !== undefined)
    return `Somebody accepted the gap until ${untilForPeople(until, zone)} ${by}.`;
  return undefined;
}
