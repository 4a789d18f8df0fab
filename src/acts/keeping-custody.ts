import type { Custody } from "../custody.ts";
import type { Naming } from "../disposal/naming.ts";
import { actsOfKind, type RecordedAct, type Words } from "../evidence/act.ts";
import type { BlobRef } from "../evidence/blob.ts";
import { type Actor, type EntryOf, isKind } from "../evidence/entry.ts";
import type { Observed } from "../evidence/fact.ts";
import { evidenceFacts } from "../handling/facts.ts";
import type { FieldValue } from "../handling/fields.ts";
import type { Access, EvidenceItem, HandlingInput } from "../handling/item.ts";
import { evidenceItems } from "../handling/items.ts";
import type { Stamp } from "../handling/order.ts";
import type { Speaking } from "../handling/words.ts";
import { happenedFields, momentForPeople } from "../incidents/moment.ts";
import { OWN_REGISTER } from "../incidents/register.ts";
import { CustodyError } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { fromIso } from "../lib/time.ts";
import { dateForPeople } from "../lib/zone.ts";
import { actor } from "../people.ts";
import { namingOf } from "../remembering.ts";
import { Holds } from "../trust/holds.ts";
import { type ActDraft, type Acts, readActs, recordActs } from "./acting.ts";
import { begin } from "./numbering.ts";

/** Things kept as evidence of incidents: read from the log, brought in, handed on, looked at, checked. */

export interface Kept {
  readonly acts: Acts;
  readonly items: readonly EvidenceItem[];
  readonly speaking: Speaking;
}

/**
 * Everything that is or was kept as evidence of an incident. `naming` is who names which file, where that is at hand: it
 * tells of holds on files that came in otherwise.
 */
export async function readKept(custody: Custody, naming?: Naming): Promise<Kept> {
  const acts = await readActs(custody);
  const holds = new Holds();
  const accesses: Access[] = [];
  for await (const { index, entry } of (await custody.view()).read()) {
    holds.add(index, entry);
    if (isKind(entry, "access")) accesses.push({ index, at: fromIso(entry.at), entry });
  }
  const input: HandlingInput = {
    acts: acts.acts,
    holds,
    disposals: await custody.disposals(),
    accesses,
    ...(naming === undefined ? {} : await namingInput(custody, naming, acts.acts)),
  };
  return { acts, items: evidenceItems(input), speaking: speakingFor(acts.names, custody.config.organisation.zone) };
}

/** The same with every hold on every file: some are on what a collector took in, and reading who names what takes longer. */
export async function readWithHolds(custody: Custody): Promise<Kept> {
  const { readNaming } = await import("./disposing.ts");
  return readKept(custody, await readNaming(custody));
}

/** What holds over files are judged by, as disposal judges them. */
async function namingInput(
  custody: Custody,
  naming: Naming,
  acts: readonly RecordedAct[],
): Promise<Required<Pick<HandlingInput, "recordsOf" | "incidentsOf">>> {
  const { incidentsOf } = await import("./disposing.ts");
  const own = actsOfKind(acts, "custody").flatMap(({ entry }) => entry.evidenceFiles ?? []);
  const digests = [...new Set(own.map(({ digest }) => digest))];
  const incidents = await incidentsOf(custody, naming, digests);
  return {
    recordsOf: (digest) => recordsNaming(naming, digest),
    incidentsOf: (digest) => {
      const file = naming.files.get(digest);
      return file === undefined ? new Set() : incidents(file);
    },
  };
}

export const recordsNaming = (naming: Naming, digest: string) => {
  const file = naming.files.get(digest);
  return file === undefined ? [] : naming.records(file);
};

/** Names and times as people read them; whoever has no name any more is their ID. */
export function speakingFor(names: ReadonlyMap<string, string>, zone: string): Speaking {
  return {
    person: (id) => names.get(id) ?? id,
    moment: (at, precision = 1_000) => momentForPeople({ at, precision }, zone),
    day: (at) => dateForPeople(at, zone),
  };
}

/** The same out of acts that were read already, with every hold that is on the files of an item. */
export async function handledItems(
  custody: Custody,
  { acts }: Pick<Acts, "acts">,
  beside: Pick<HandlingInput, "holds" | "accesses">,
): Promise<EvidenceItem[]> {
  if (actsOfKind(acts, "custody").length === 0) return [];
  const naming = await namingInput(custody, await namingOf(custody), acts);
  return evidenceItems({ acts, ...beside, disposals: await custody.disposals(), ...naming });
}

/** The facts about what is kept as evidence, as checks and reports take them. */
export function evidenceFactsOf(
  input: HandlingInput,
  { names, zone }: { readonly names: ReadonlyMap<string, string>; readonly zone: string },
): Observed[] {
  return itemFacts(evidenceItems(input), { names, zone });
}

/** The same out of items that are known already. */
export function itemFacts(
  items: readonly EvidenceItem[],
  { names, zone }: { readonly names: ReadonlyMap<string, string>; readonly zone: string },
): Observed[] {
  return evidenceFacts(items, OWN_REGISTER, speakingFor(names, zone));
}

/** Throws NOT_FOUND, with the nearest that there is. */
export function itemNamed({ items }: Kept, id: string): EvidenceItem {
  const found = items.find((one) => one.id === id);
  if (found !== undefined) return found;
  const known = items.map((one) => one.id);
  throw new CustodyError("NOT_FOUND", `there is no evidence ${id.slice(0, 60)}${didYouMean(id, known)}`, {
    remedy: "`custody evidence list` shows what is kept. Nothing was recorded.",
  });
}

/** Now, as the log will tell it: never before what is recorded already, should the clock have gone back. */
export const nowIn = (custody: Custody, { acts }: Kept): Stamp => ({
  at: Math.max(custody.clock.now(), acts.asOf),
  precision: 1,
});

export type CustodyDraft = Omit<Extract<ActDraft, { kind: "custody" }>, "kind" | "evidence" | "happened" | "precision">;

/** Records one or more acts on a thing, all of them or none; the caller publishes. */
export async function recordHandling(
  custody: Custody,
  id: string,
  acts: readonly (CustodyDraft & { readonly when: Stamp })[],
  allowed: "record" | "hand-out" = "record",
): Promise<{ readonly by: Actor; readonly entries: readonly number[] }> {
  const drafts = acts.map(({ when, ...act }) => ({
    kind: "custody" as const,
    evidence: id,
    ...act,
    ...happenedFields(when),
  }));
  const { by, records } = await recordActs(custody, drafts, allowed);
  return { by, entries: records.map(({ index }) => index) };
}

export interface NewItem {
  /** Chosen by a person; the next number of the year without it. */
  readonly id: string | undefined;
  readonly incident: string | undefined;
  readonly physical: boolean;
  readonly files: readonly { readonly ref: BlobRef; readonly name: string | undefined }[];
  readonly values: Readonly<Record<string, FieldValue>>;
  readonly words: Words;
  readonly holder: string | undefined;
  /** When it was collected; now, where nobody says. */
  readonly when: Stamp | undefined;
}

/** Records a new thing. Two who do so at once get two numbers. Throws INPUT_INVALID for an ID that is taken. */
export async function recordItem(
  custody: Custody,
  kept: Kept,
  item: NewItem,
): Promise<{ readonly id: string; readonly entry: number; readonly by: Actor }> {
  const { files, words, incident, physical } = item;
  const me = await actor(custody);
  const values = { collectedBy: me.id, ...item.values } as NonNullable<EntryOf<"custody">["values"]>;
  const taken = kept.items.map(({ id }) => id);
  const when = happenedFields(item.when ?? nowIn(custody, kept));
  const begun = await begin(custody, { series: "EVD", kind: "custody", taken, own: item.id }, (id) => ({
    kind: "custody",
    evidence: id,
    act: "collect",
    ...(incident === undefined ? {} : { incident }),
    ...(physical ? { physical } : {}),
    to: item.holder ?? me.id,
    ...(files.length === 0
      ? {}
      : { digests: files.map(({ ref }) => ref.digest), evidenceFiles: files.map(({ ref }) => ref) }),
    values,
    words: files.some(({ name }) => name !== undefined)
      ? { ...words, files: files.map(({ name = "" }) => name) }
      : words,
    ...when,
  }));
  return { id: begun.id, entry: begun.index, by: begun.by };
}
