import { itemNamed, type Kept, nowIn, readKept, recordHandling } from "../acts/keeping-custody.ts";
import type { Custody } from "../custody.ts";
import { publish } from "../daemon/mirroring.ts";
import type { Words } from "../evidence/act.ts";
import type { BlobRef } from "../evidence/blob.ts";
import type { FieldValue } from "../handling/fields.ts";
import type { EvidenceItem, HandlingAct } from "../handling/item.ts";
import type { Stamp } from "../handling/order.ts";
import { remarksOn, stateInWords } from "../handling/words.ts";
import { CustodyError } from "../lib/errors.ts";
import { likelyMemberWords, personId, unprovenWords } from "../people.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { checkName, checkNumber, checkWords, readWhen } from "./item-fields.ts";
import { carefully, eventInWords, faultsOf, itemRecord } from "./item-words.ts";
import type { Output } from "./output.ts";

/** What every command about one thing kept as evidence begins and ends with. */

export interface Flags extends GlobalFlags {
  readonly to?: string;
  readonly from?: string;
  readonly reason?: string;
  readonly at?: string;
  readonly corrects?: string;
  readonly location?: string;
  readonly note?: string;
  readonly what?: string;
  readonly of?: string[];
  readonly person?: string[];
  readonly withdraw?: boolean;
  readonly authority?: string;
  readonly method?: string;
  readonly found?: string;
  readonly incident?: string;
}

/** What every act may say, checked. */
export interface Said {
  readonly when: Stamp | undefined;
  readonly corrects: number | undefined;
  readonly words: Record<string, string>;
}

export function readSaid(custody: Custody, flags: Flags, reasonNeeded: string | undefined, problems: string[]): Said {
  if (reasonNeeded !== undefined && !flags.reason?.trim()) problems.push(`--reason is missing: ${reasonNeeded}`);
  checkWords("--reason", flags.reason, problems);
  checkWords("--note", flags.note, problems);
  checkWords("--location", flags.location, problems);
  checkName(custody, "--to", flags.to, problems);
  checkName(custody, "--from", flags.from, problems);
  return {
    when: readWhen(custody, "--at", flags.at, problems),
    corrects: checkNumber("--corrects", flags.corrects, problems),
    words: {
      ...(flags.reason?.trim() ? { reason: flags.reason } : {}),
      ...(flags.note?.trim() ? { note: flags.note } : {}),
      ...(flags.location?.trim() ? { location: flags.location } : {}),
    },
  };
}

/** An act of a thing that is corrected must be one of its own. */
export function checkCorrects(item: EvidenceItem, corrects: number | undefined): void {
  if (corrects === undefined || item.events.some(({ entry, purpose }) => entry === corrects && purpose === undefined))
    return;
  const known = item.events.map(({ entry }) => entry).join(", ");
  throw new CustodyError("USAGE", `--corrects ${corrects}: this is no record about ${item.id} that still counts`, {
    remedy: `Its records are ${known}. Nothing was recorded.`,
  });
}

interface Done {
  readonly act: HandlingAct;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly values?: Record<string, FieldValue>;
  readonly words: Words;
  readonly digests?: readonly string[];
  /** Files that the record names anew. */
  readonly files?: readonly BlobRef[];
}

/** Files that one record names at most. */
const FILES_IN_RECORD = 16;

/** Records one act, publishes, and says how the thing stands. */
export async function carryOut(
  custody: Custody,
  output: Output,
  kept: Kept,
  item: EvidenceItem,
  said: Said,
  { act, from, to, values, words, digests, files = [] }: Done,
): Promise<number> {
  checkCorrects(item, said.corrects);
  const when = said.when ?? nowIn(custody, kept);
  const incident = item.incident === undefined ? {} : { incident: item.incident };
  const { by, entries } = await recordHandling(custody, item.id, [
    {
      act,
      ...(item.physical ? { physical: true } : {}),
      ...incident,
      ...(files.length === 0 ? {} : { evidenceFiles: files.slice(0, FILES_IN_RECORD) }),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(digests === undefined || digests.length === 0 ? {} : { digests: [...digests] }),
      ...(values === undefined || Object.keys(values).length === 0 ? {} : { values: values as never }),
      ...(said.corrects === undefined ? {} : { corrects: said.corrects }),
      words: { ...said.words, ...words },
      when,
    },
    ...inGroups(files.slice(FILES_IN_RECORD)).map((some) => ({ act, ...incident, evidenceFiles: some, when })),
  ]);
  await publish(custody, output.note);
  await tell(custody, output, item.id, entries);
  const unproven = unprovenWords(by);
  if (unproven !== undefined) output.line(unproven);
  return 0;
}

function inGroups(files: readonly BlobRef[]): BlobRef[][] {
  const groups: BlobRef[][] = [];
  for (let from = 0; from < files.length; from += FILES_IN_RECORD)
    groups.push(files.slice(from, from + FILES_IN_RECORD));
  return groups;
}

/** What was recorded and what it leaves open: holes are told at once, while somebody still knows. */
export async function tell(custody: Custody, output: Output, id: string, entries: readonly number[]): Promise<void> {
  const kept = await readKept(custody);
  const item = itemNamed(kept, id);
  const speaking = carefully(kept.speaking);
  for (const event of item.events) {
    if (!entries.includes(event.entry)) continue;
    output.line(`${id}: ${eventInWords(event, speaking)}.`);
    for (const remark of remarksOn(event, speaking)) output.line(`  ${remark}`);
  }
  output.line(`Now: ${stateInWords(item, speaking)}.`);
  for (const fault of faultsOf(item, speaking)) output.line(`! ${fault}`);
  output.object({ ok: true, entries, evidence: itemRecord(item, kept.speaking) });
}

/** Opens, checks and reads: what every command about one thing begins with. */
export function about(
  flags: Flags,
  id: string,
  work: (custody: Custody, output: Output, kept: Kept, item: EvidenceItem) => Promise<number>,
  read = readKept,
): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const kept = await read(custody);
    return work(custody, output, kept, itemNamed(kept, id));
  });
}

/** Somebody by name; where it is whoever holds the thing, by the ID under which they hold it. */
export async function personIn(
  custody: Custody,
  item: EvidenceItem,
  kept: Kept,
  name: string,
  note: Output["note"],
): Promise<string> {
  const given = name.normalize("NFC").trim();
  const { holder } = item;
  if (holder !== undefined && (holder === given || kept.acts.names.get(holder) === given)) return holder;
  const hint = likelyMemberWords(custody, given);
  if (hint !== undefined) note(`custody: ${hint}`);
  return personId(custody, name);
}
