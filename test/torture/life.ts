import { createLedger } from "../../src/ledger/create.ts";
import { Ledger, type LedgerParts } from "../../src/ledger/ledger.ts";
import { isCustodyError } from "../../src/lib/errors.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { generateKey, newSigner } from "../../src/tlog/note.ts";
import { SkippingClock } from "../support/clock.ts";
import { accessDraft, memoryGuard } from "../support/ledger.ts";
import type { Account } from "./oracle.ts";

/** A ledger in memory, its key, and a guard that keeps every head it was told. */
export interface Parts extends LedgerParts {
  readonly store: MemoryStore;
  readonly guard: ReturnType<typeof memoryGuard>;
}

export function newParts(): Parts {
  const signer = newSigner("torture-0a1b2c3d", generateKey());
  return { store: new MemoryStore(), signer, guard: memoryGuard(), clock: new SkippingClock(), software: "torture" };
}

/** One process's hold on the ledger. */
export interface Hand {
  ledger: Ledger;
  /** Lets go of it and opens it anew. */
  reopen(): Promise<void>;
}

type Step = (hand: Hand, account: Account, who: string) => Promise<void>;

/** Everything that a ledger goes through in its life, a step each; across the border of a tile when it begins empty. */
export const LIFE: readonly Step[] = [
  (hand, account, who) => append(hand, account, [`${who}.first`]),
  (hand, account, who) => putEvidence(hand, account, who),
  (hand, account) => publish(hand, account),
  (hand, account, who) => append(hand, account, [`${who}.a`, `${who}.b`], "key:pair"),
  (hand) => hand.reopen(),
  (hand, account) => publish(hand, account),
  (hand, account, who) => append(hand, account, names(`${who}.many`, 244)),
  appendTogether,
  (hand, account) => publish(hand, account),
  (hand, account, who) => append(hand, account, [`${who}.255`]),
  (hand, account) => publish(hand, account),
  (hand, account, who) => append(hand, account, [`${who}.256`], "key:border"),
  (hand, account) => publish(hand, account),
  (hand, account, who) => append(hand, account, [`${who}.257`]),
  (hand, account) => publish(hand, account),
];

/** Opens the ledger, or begins it, or finishes what was begun. */
export async function beginOrOpen(parts: LedgerParts): Promise<Ledger> {
  try {
    return await createLedger(parts, { zone: "UTC" });
  } catch (error) {
    if (!isCustodyError(error, "STORE_EXISTS")) throw error;
    return Ledger.open(parts);
  }
}

/** Appends an entry of each name; the names of what was acknowledged are noted. `once` makes keys of it and a number. */
export async function append(
  { ledger }: Pick<Hand, "ledger">,
  account: Account,
  all: readonly string[],
  once?: string,
): Promise<void> {
  const keys = all.map((_, i) => (once === undefined ? undefined : `${once}:${i}`));
  const answers = await ledger.append(all.map((name, i) => accessDraft(name, keys[i])));
  for (const [i, answer] of answers.entries()) account.appended.push({ ...answer, name: all[i] ?? "", once: keys[i] });
  if (answers.length !== all.length) throw new Error(`${all.length} appended, ${answers.length} answered`);
}

export async function publish({ ledger }: Pick<Hand, "ledger">, account: Account): Promise<void> {
  const { size } = ledger;
  const head = await ledger.publish();
  account.heads.push(head);
  if (head.size < size) throw new Error(`a checkpoint of size ${head.size} was acknowledged for ${size} entries`);
}

/** Stores a file and records it. The entry is not noted; that its file is there is for the verifier to say. */
export async function putEvidence({ ledger }: Pick<Hand, "ledger">, account: Account, name: string): Promise<void> {
  const evidence = await ledger.put(new TextEncoder().encode(`evidence ${name}`), "text/plain");
  account.blobs.push(evidence);
  const actor = { type: "system", id: "torture" } as const;
  await ledger.append([{ kind: "upload", actor, evidence: [evidence], controls: ["A.5.28"], manifest: evidence }]);
}

/** Calls at once, which one commit takes together: with and without keys, and the same key twice. */
async function appendTogether({ ledger }: Hand, account: Account, who: string): Promise<void> {
  const calls = Array.from({ length: 5 }, (_, i) =>
    append({ ledger }, account, [`${who}.together.${i}`], i % 2 === 0 ? undefined : "key:together"),
  );
  const failed = (await Promise.allSettled(calls)).find((call) => call.status === "rejected");
  if (failed) throw failed.reason;
}

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}.${i}`);
}
