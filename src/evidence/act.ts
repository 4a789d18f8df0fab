import { z } from "zod";
import { canonicalBytes, parseCanonical } from "../lib/canonical.ts";
import { CustodyError } from "../lib/errors.ts";
import type { Instant } from "../lib/time.ts";
import { actKinds } from "./acts.ts";
import { type Actor, type Entry, type EntryOf, isKind } from "./entry.ts";
import { mayReplace } from "./proof.ts";

/** The records of what people do, with the words that belong to them. */

export type ActKind = keyof typeof actKinds;
export const ACT_KINDS = Object.keys(actKinds) as ActKind[];

/** Media type of the words of an act. */
export const BODY_TYPE = "application/vnd.custody.act+json";
/** Characters of one text, and bytes of all words of an act. */
export const MAX_TEXT = 20_000;
export const MAX_BODY_BYTES = 256 * 1024;

/**
 * Words of people, by name: `title`, `text`, `reason`, `to`. All that may have to be disposed of one day: free text, names,
 * addresses. Canonical JSON, so that the same words have the same digest.
 */
export type Words = Readonly<Record<string, string | readonly string[]>>;

const Text = z.string().max(MAX_TEXT);
const Body = z.looseObject({ v: z.literal(1), words: z.record(z.string().max(40), z.union([Text, z.array(Text)])) });

/** Bytes of the words of an act. Throws INPUT_TOO_LARGE where they are more than anybody reads. */
export function encodeWords(words: Words): Uint8Array {
  for (const [name, text] of Object.entries(words)) {
    const longest = typeof text === "string" ? text.length : Math.max(0, ...text.map((one) => one.length));
    if (longest > MAX_TEXT)
      throw new CustodyError("INPUT_TOO_LARGE", `${name}: ${longest} characters; at most ${MAX_TEXT} are kept`, {
        remedy: "Keep the long text in a file of its own and attach that.",
      });
  }
  const bytes = canonicalBytes({ v: 1, words });
  if (bytes.length > MAX_BODY_BYTES)
    throw new CustodyError("INPUT_TOO_LARGE", `${bytes.length} bytes of words; at most ${MAX_BODY_BYTES} are kept`);
  return bytes;
}

/** The words in these bytes; undefined for anything else. */
export function decodeWords(bytes: Uint8Array): Words | undefined {
  if (bytes.length > MAX_BODY_BYTES) return undefined;
  try {
    return Body.parse(parseCanonical(bytes)).words;
  } catch {
    return undefined;
  }
}

/** A record of an act as the log has it. */
export interface RecordedAct<K extends ActKind = ActKind> {
  readonly index: number;
  /** When it was logged. */
  readonly at: Instant;
  readonly entry: EntryOf<K>;
  /** Empty where there are none, or none any more. */
  readonly words: Words;
  /** Why words that the record names are not here. */
  readonly gone?: "disposed" | "missing" | "unreadable";
  /** Index of the record by which they were disposed of. */
  readonly disposal?: number;
}

/** The one text of this name; undefined where there is none. */
export function wordOf({ words }: Pick<RecordedAct, "words">, name: string): string | undefined {
  const text = Object.hasOwn(words, name) ? words[name] : undefined;
  return typeof text === "string" && text.trim() !== "" ? text : undefined;
}

/** True for a record of an act as this version knows it. */
export function isAct(entry: Entry): entry is EntryOf<ActKind> {
  return (ACT_KINDS as readonly string[]).includes(entry.kind) && isKind(entry, entry.kind as ActKind);
}

/** Those of one kind, in order. */
export function actsOfKind<K extends ActKind>(acts: readonly RecordedAct[], kind: K): RecordedAct<K>[] {
  return acts.filter((one): one is RecordedAct<ActKind> & RecordedAct<K> => one.entry.kind === kind);
}

const actorOf = (act: { readonly entry: unknown }): Actor => (act.entry as EntryOf<ActKind>).actor;

/** An act that counts, and those that it took the place of, oldest first. */
export interface Standing<K extends ActKind> {
  readonly act: RecordedAct<K>;
  readonly replaced: readonly RecordedAct<K>[];
}

/**
 * The acts that count: an act that a later one about the same thing corrects is told as replaced, and the later one stands
 * in its place. One that claims to correct something else, or what comes after it, counts by itself and corrects nothing; so
 * does one by somebody unrecognised of what somebody recorded who was recognised.
 */
export function standing<K extends ActKind>(
  acts: readonly RecordedAct<K>[],
  thingOf: (entry: EntryOf<K>) => string,
): Standing<K>[] {
  const places = new Map<number, { act: RecordedAct<K>; replaced: RecordedAct<K>[] }>();
  const order: { act: RecordedAct<K>; replaced: RecordedAct<K>[] }[] = [];
  for (const act of acts) {
    const { corrects } = act.entry as { corrects?: number };
    const place = corrects === undefined ? undefined : places.get(corrects);
    const fits = place !== undefined && thingOf(place.act.entry) === thingOf(act.entry);
    if (place !== undefined && fits && mayReplace(actorOf(act), actorOf(place.act))) {
      place.replaced.push(place.act);
      place.act = act;
      places.set(act.index, place);
      continue;
    }
    const own = { act, replaced: [] };
    places.set(act.index, own);
    order.push(own);
  }
  return order;
}
