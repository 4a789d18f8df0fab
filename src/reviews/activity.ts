import { type RecordedAct, type Standing, standing, type Words, wordOf } from "../evidence/act.ts";
import type { BlobRef } from "../evidence/blob.ts";
import type { EntryOf } from "../evidence/entry.ts";
import { type GoneWords, goneWords } from "../evidence/gone-words.ts";
import { whyNoSignOff } from "../evidence/proof.ts";
import { type Deed, deedOf, latest, type Trouble } from "./stamp.ts";

/**
 * What was held and written down: reviews of incidents, exercises, trainings, reviews of other things. A document counts as
 * approved while the bytes that were approved are the bytes that are recorded.
 */

export type ActivityType = EntryOf<"activity">["type"];

/** A document, or the record of something held, in one of its versions. */
export interface Version extends Deed {
  readonly document: BlobRef | undefined;
  readonly evidence: readonly BlobRef[];
  readonly words: Words;
  /** Where these are gone. */
  readonly gone: GoneWords | undefined;
  readonly values: NonNullable<EntryOf<"activity">["values"]>;
  /** What was missing in it when it was recorded; 0 where it was whole, or nothing was looked for. */
  readonly missing: number;
  /** The record that took its place: it was the wrong one, and stays readable. */
  readonly corrected: number | undefined;
}

export interface Approval extends Deed {
  readonly document: BlobRef | undefined;
  readonly reason: string | undefined;
  /** Whoever approved is who wrote it. */
  readonly byAuthor: boolean;
  readonly controlChange: Activity["controlChange"];
  /** What they said with it, as the rules name it; none where the rules ask for nothing. */
  readonly attested: readonly string[];
}

export interface Activity {
  readonly id: string;
  readonly type: ActivityType;
  readonly title: string;
  readonly incidents: readonly string[];
  /** Random IDs. */
  readonly participants: readonly string[];
  /** Every version that was recorded, also those that were corrected, the newest last. */
  readonly versions: readonly Version[];
  readonly newest: Version;
  /** The approval that holds for the newest version. */
  readonly approval: Approval | undefined;
  /** Approvals that hold no more, or never did, and why. */
  readonly void: readonly (Approval & { readonly why: string })[];
  readonly published: (Deed & { readonly url: string | undefined; readonly evidence: readonly BlobRef[] }) | undefined;
  readonly withdrawn: (Deed & { readonly reason: string | undefined }) | undefined;
  /** Whether controls are changed for it, as was said last with a version or an approval. */
  readonly controlChange: { readonly decision: "yes" | "no"; readonly reason: string | undefined } | undefined;
}

export interface Activities {
  readonly all: ReadonlyMap<string, Activity>;
  readonly troubles: readonly Trouble[];
}

/** Folds the records of kind `activity`, in the order of the log. */
export function activitiesOf(acts: readonly RecordedAct<"activity">[]): Activities {
  const troubles: Trouble[] = [];
  const records = new Map<string, Standing<"activity">[]>();
  const replaced = new Set<number>();
  for (const one of standing(acts, ({ activity, act, type }) => `${activity} ${act} ${type}`)) {
    const { activity } = one.act.entry;
    const list = records.get(activity);
    if (list === undefined) records.set(activity, [one]);
    else list.push(one);
    for (const { index } of one.replaced) replaced.add(index);
  }
  for (const { index, entry } of acts)
    if (entry.corrects !== undefined && !replaced.has(entry.corrects))
      troubles.push({
        entry: index,
        about: entry.activity,
        why: `it says that it corrects record ${entry.corrects}, which is no earlier "${entry.act}" of ${entry.activity} that whoever recorded this may put right; it counts by itself`,
      });
  const all = new Map<string, Activity>();
  for (const [id, own] of records) {
    const folded = fold(id, own, troubles);
    if (folded !== undefined) all.set(id, folded);
  }
  troubles.sort((a, b) => a.entry - b.entry);
  return { all, troubles };
}

function fold(id: string, own: readonly Standing<"activity">[], troubles: Trouble[]): Activity | undefined {
  const versions: Version[] = [];
  let first: RecordedAct<"activity"> | undefined;
  let published: Activity["published"];
  let withdrawn: Activity["withdrawn"];
  const approvals: Approval[] = [];
  const empty: (Approval & { why: string })[] = [];
  // An approval of what was corrected afterwards is one of other words.
  const versioned = own.flatMap(({ act, replaced }) => [...replaced, act]).sort((a, b) => a.index - b.index);
  const correctedBy = new Map(
    own.flatMap(({ act, replaced }) => replaced.map(({ index }) => [index, act.index] as const)),
  );
  for (const act of versioned) {
    const { entry } = act;
    const trouble = (why: string) => troubles.push({ entry: act.index, about: id, why });
    if (first !== undefined && first.entry.type !== entry.type) {
      trouble(`${id} is a ${first.entry.type}, and this record says ${entry.type}`);
      continue;
    }
    const deed = deedOf(act);
    if (entry.act === "record" || entry.act === "document") {
      first ??= act;
      versions.push(versionOf(act, correctedBy.get(act.index)));
      withdrawn = undefined;
      continue;
    }
    const current = versions.at(-1);
    if (first === undefined || current === undefined) {
      trouble(`there was no ${id} yet`);
      continue;
    }
    if (entry.act === "approve") {
      const approval = approvalOf(act, deed, current);
      const why = whyVoid(approval, current, withdrawn !== undefined);
      if (why === undefined) approvals.push(approval);
      else {
        empty.push({ ...approval, why });
        trouble(`this approval counts for nothing: ${why}`);
      }
    } else if (entry.act === "withdraw") {
      if (withdrawn !== undefined) trouble(`${id} was withdrawn already`);
      withdrawn = { ...deed, reason: wordOf(act, "reason") };
    } else published = { ...deed, url: wordOf(act, "url"), evidence: entry.evidence ?? [] };
  }
  const newest = versions.at(-1);
  if (first === undefined || newest === undefined) return undefined;
  const holds = approvals.findLast(
    ({ entry, document }) => entry > newest.entry && document?.digest === newest.document?.digest,
  );
  const decided = [
    ...versions.map(({ entry, values, words }) => ({ entry, decision: decisionIn(values, words) })),
    ...approvals.map(({ entry, controlChange }) => ({ entry, decision: controlChange })),
  ].filter(({ decision }) => decision !== undefined);
  const over = approvals.filter((one) => one !== holds && (holds === undefined || one.entry < newest.entry));
  return {
    id,
    type: first.entry.type,
    title: titleOf(newest.words) ?? id,
    incidents: [...new Set(own.flatMap(({ act: { entry } }) => entry.incidents ?? []))],
    participants: participantsOf(own),
    versions,
    newest,
    approval: withdrawn === undefined ? holds : undefined,
    void: [...empty, ...over.map((one) => ({ ...one, why: "another version was recorded after it" }))],
    published,
    withdrawn,
    controlChange: decided.sort((a, b) => a.entry - b.entry).at(-1)?.decision,
  };
}

function decisionIn(values: Version["values"], words: Words): Activity["controlChange"] {
  const { controlChange: decision } = values;
  if (decision !== "yes" && decision !== "no") return undefined;
  return { decision, reason: wordOf({ words }, "controlReason") };
}

function titleOf(words: Words): string | undefined {
  const title = wordOf({ words }, "title");
  return title ?? wordOf({ words }, "text")?.split(/\r\n?|\n/)[0];
}

function participantsOf(own: readonly Standing<"activity">[]): string[] {
  return own.findLast(({ act }) => act.entry.participants !== undefined)?.act.entry.participants ?? [];
}

function versionOf(act: RecordedAct<"activity">, corrected: number | undefined): Version {
  const { document, evidence = [], values = {} } = act.entry;
  const missing = typeof values.missing === "number" ? values.missing : 0;
  return { ...deedOf(act), document, evidence, words: act.words, gone: goneWords(act), values, missing, corrected };
}

function approvalOf(act: RecordedAct<"activity">, deed: Deed, { values, words, by }: Version): Approval {
  // Where nobody is named as the author, it is whoever recorded it.
  const recorder = wordOf({ words }, "author") === undefined ? by.id : undefined;
  const author = typeof values.author === "string" ? values.author : recorder;
  return {
    ...deed,
    document: act.entry.document,
    reason: wordOf(act, "reason"),
    byAuthor: deed.by.id === author,
    controlChange: decisionIn(act.entry.values ?? {}, act.words),
    attested: Array.isArray(act.entry.values?.attested) ? act.entry.values.attested : [],
  };
}

function whyVoid(approval: Approval, current: Version, withdrawn: boolean): string | undefined {
  const unsigned = whyNoSignOff(approval.by);
  if (unsigned !== undefined) return unsigned;
  if (withdrawn) return "it was withdrawn before";
  if (approval.document?.digest !== current.document?.digest)
    return "it is for other bytes than those that were recorded";
  return latest(approval) < current.at ? "it says that it was before what it approves" : undefined;
}
