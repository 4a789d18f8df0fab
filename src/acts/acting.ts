import type { Custody } from "../custody.ts";
import {
  type ActKind,
  BODY_TYPE,
  decodeWords,
  encodeWords,
  isAct,
  type RecordedAct,
  type Words,
} from "../evidence/act.ts";
import type { Actor, Draft, EntryOf } from "../evidence/entry.ts";
import { mayReplace } from "../evidence/proof.ts";
import { base64, matching } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { fromIso, type Instant } from "../lib/time.ts";
import { type Act, actor, namesOf, personShown } from "../people.ts";
import { Frontier } from "../tlog/frontier.ts";
import { leafHash } from "../tlog/merkle.ts";
import type { Disposals } from "../trust/disposals.ts";

/** The acts of people in the log, and the one way to record more of them. */

export interface Acts {
  /** In the order of the log. */
  readonly acts: readonly RecordedAct[];
  /** Time of the last entry that was looked at. */
  readonly asOf: Instant;
  /** The log as it was looked at. */
  readonly seen: { readonly size: number; readonly root: string };
  /** The zone that the log began with. */
  readonly zone: string;
  /** The names behind the random IDs, as far as they are still there. */
  readonly names: ReadonlyMap<string, string>;
}

/** What was read of one workspace: the log only grows, so that whoever asks again reads what came since. */
interface Known {
  readonly acts: RecordedAct[];
  readonly frontier: Frontier;
  asOf: Instant;
  zone: string;
  /** The disposal that was the newest: what it took is not shown after it. */
  readonly disposed: number | undefined;
}

const known = new WeakMap<Custody, Promise<Known>>();

/** Reads the acts among the first `size` entries, all where none is given; what was captured from sources is not touched. */
export async function readActs(custody: Custody, size = Number.POSITIVE_INFINITY): Promise<Acts> {
  const reading = size === Number.POSITIVE_INFINITY ? readOn(custody) : readTo(custody, await freshly(custody), size);
  const { acts, frontier, asOf, zone } = await reading;
  // Somebody else may read on meanwhile.
  const found = { acts: acts.slice(), asOf, zone, seen: { size: frontier.size, root: base64(frontier.root()) } };
  return { ...found, names: await namesOf(custody) };
}

function readOn(custody: Custody): Promise<Known> {
  const before = known.get(custody);
  const reading = (async () => {
    const kept = await before?.catch(() => undefined);
    const { newest } = await custody.disposals();
    const isGood = kept !== undefined && kept.disposed === newest;
    return readTo(custody, isGood ? kept : await freshly(custody), Number.POSITIVE_INFINITY);
  })();
  known.set(custody, reading);
  return reading;
}

async function freshly(custody: Custody): Promise<Known> {
  const { newest: disposed } = await custody.disposals();
  return { acts: [], frontier: Frontier.empty(), asOf: 0, zone: "UTC", disposed };
}

async function readTo(custody: Custody, kept: Known, size: number): Promise<Known> {
  const ledger = await custody.view();
  const disposals = await custody.disposals();
  for (const [i, { index, entry }] of [...kept.acts.entries()].filter(([, act]) => isLacking(act)))
    kept.acts[i] = await recordedAct(custody, index, entry, disposals);
  for await (const { index, entry, bytes } of ledger.read(kept.frontier.size)) {
    if (index >= size) break;
    const act = isAct(entry) ? await recordedAct(custody, index, entry, disposals) : undefined;
    kept.frontier.append(leafHash(bytes));
    kept.asOf = fromIso(entry.at);
    if (entry.kind === "genesis") kept.zone = (entry as EntryOf<"genesis">).zone;
    if (act !== undefined) kept.acts.push(act);
  }
  return kept;
}

/** Words that were not there are looked for again, however long a process lives. */
export const isLacking = ({ gone }: RecordedAct): boolean => gone !== undefined && gone !== "disposed";

/** An act with its words, as far as they are there. */
export async function recordedAct(
  custody: Custody,
  index: number,
  entry: EntryOf<ActKind>,
  known?: Disposals,
): Promise<RecordedAct> {
  const body = "body" in entry ? entry.body : undefined;
  const at = fromIso(entry.at);
  if (body === undefined) return { index, at, entry, words: {} };
  const disposals = known ?? (await custody.disposals());
  const disposed = disposals.explains(body.digest, index);
  if (disposed !== undefined) return { index, at, entry, words: {}, gone: "disposed", disposal: disposed.index };
  const bytes = await (await custody.view()).blob(body.digest);
  if (bytes === undefined) return { index, at, entry, words: {}, gone: "missing" };
  // Words that somebody put in their place are nobody's.
  const own = matching(bytes, body.digest);
  const words = own && decodeWords(own);
  return words === undefined ? { index, at, entry, words: {}, gone: "unreadable" } : { index, at, entry, words };
}

/** An act that is about to be recorded: without whoever acts, and with its words instead of their digest. */
export type ActDraft = {
  [K in ActKind]: Omit<Extract<Draft, { kind: K }>, "actor" | "body"> & { words?: Words };
}[ActKind];

export interface Acted {
  readonly by: Actor;
  /** For each draft its record; `repeated` where its `once` was taken already and nothing new was written for it. */
  readonly records: readonly { readonly index: number; readonly repeated: boolean }[];
}

/**
 * Records acts of the person at hand, all of them or none. Throws NOT_ALLOWED for whoever may not, INPUT_INVALID and
 * INPUT_TOO_LARGE for what no record can hold. Signs nothing yet: the caller publishes.
 */
export async function recordActs(custody: Custody, drafts: readonly ActDraft[], act: Act = "record"): Promise<Acted> {
  const encoded = drafts.map(({ words }) => (isEmpty(words) ? undefined : encodeWords(words)));
  await requireMayCorrect(
    custody,
    drafts.flatMap((draft) => ("corrects" in draft ? (draft.corrects ?? []) : [])),
  );
  const by = await actor(custody, act);
  const ledger = await custody.ledger();
  const complete = await Promise.all(
    drafts.map(async ({ words: _, ...draft }, i) => {
      const bytes = encoded[i];
      const body = bytes === undefined ? undefined : await ledger.put(bytes, BODY_TYPE);
      return { ...draft, actor: by, ...(body ? { body } : {}) } as Draft;
    }),
  );
  const records = await ledger.append(complete);
  return { by, records: records.map(({ index, repeated }) => ({ index, repeated })) };
}

/**
 * Throws NOT_ALLOWED where one of these records was made by somebody who was recognised, or by Custody itself, and whoever is
 * about to put it right is not. Writes nothing.
 */
export async function requireMayCorrect(custody: Custody, corrects: readonly number[]): Promise<void> {
  if (corrects.length === 0 || personShown(custody.config) !== undefined) return;
  const { acts } = await readActs(custody);
  const shell = { type: "person", auth: "unauthenticated" } as const;
  const fixed = acts.find(({ index, entry }) => corrects.includes(index) && !mayReplace(shell, entry.actor));
  if (fixed === undefined) return;
  throw new CustodyError(
    "NOT_ALLOWED",
    `record ${fixed.index} was made by somebody who showed who they are, and only somebody who does so too puts it right`,
    {
      remedy:
        "Put your personal token into CUSTODY_TOKEN, or name its file with --token-file; `custody people token NAME` makes one. Nothing was recorded.",
    },
  );
}

const isEmpty = (words: Words | undefined): words is undefined =>
  words === undefined || Object.keys(words).length === 0;
