import type { Draft } from "../../src/evidence/entry.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { base64, concat } from "../../src/lib/digest.ts";
import type { Store } from "../../src/store/store.ts";
import { parseCheckpoint } from "../../src/tlog/checkpoint.ts";
import { type CosigningKey, cosign } from "../../src/tlog/cosignature.ts";

const NOTE = "text/plain; charset=utf-8";
const REPLY = "application/timestamp-reply";

/** The signed checkpoint in a store. */
export async function checkpointIn(store: Store): Promise<Uint8Array> {
  const bytes = await store.get("checkpoint");
  if (bytes === undefined) throw new Error("there is no checkpoint");
  return bytes;
}

/** Records, by hand, that a head left the store and what came back for it. */
export async function recordHead(
  ledger: Ledger,
  use: string,
  checkpoint: Uint8Array,
  receipt?: Uint8Array,
  over: object = {},
): Promise<number> {
  const { size, root } = parseCheckpoint(checkpoint) ?? { size: 0, root: new Uint8Array(32) };
  const draft = {
    kind: "head",
    actor: { type: "system", id: "custody" },
    use,
    target: use,
    size,
    root: base64(root),
    checkpoint: await ledger.put(checkpoint, NOTE),
    ...(receipt === undefined ? {} : { receipt: await ledger.put(receipt, use === "timestamp" ? REPLY : NOTE) }),
    ...over,
  } as Draft;
  const [appended] = await ledger.append([draft]);
  return appended?.index ?? -1;
}

/** Publishes, has the checkpoint stamped, and keeps the answer. */
export async function stampHead(
  ledger: Ledger,
  store: Store,
  stamp: (bytes: Uint8Array) => Uint8Array,
): Promise<number> {
  await ledger.publish();
  const checkpoint = await checkpointIn(store);
  return recordHead(ledger, "timestamp", checkpoint, stamp(checkpoint));
}

/** Publishes, has the checkpoint cosigned, and keeps the answer. */
export async function witnessHead(ledger: Ledger, store: Store, key: CosigningKey, at: number): Promise<number> {
  await ledger.publish();
  const checkpoint = await checkpointIn(store);
  return recordHead(ledger, "witness", checkpoint, await cosigned(checkpoint, key, at));
}

/** The checkpoint with a witness's line behind it. */
export async function cosigned(checkpoint: Uint8Array, key: CosigningKey, at: number): Promise<Uint8Array> {
  const text = parseCheckpoint(checkpoint)?.note.text ?? "";
  const line = await cosign(text, key, Math.floor(at / 1000));
  return concat([checkpoint, new TextEncoder().encode(line)]);
}
