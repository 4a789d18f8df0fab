import { blobKey } from "../evidence/blob.ts";
import { base64 } from "../lib/digest.ts";
import { signCheckpoint } from "../tlog/checkpoint.ts";
import { generateKey, newSigner } from "../tlog/signer.ts";
import type { Attack } from "./attack.ts";
import { addBlob, batchesOf, copyOf, type Forged, findEntry, need, rewritten } from "./forge.ts";
import type { Objects, Range } from "./range.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function checkpointText(objects: Objects): string {
  return decoder.decode(need(objects, "checkpoint"));
}

function withCheckpoint(objects: Objects, change: (text: string) => string): Objects {
  const text = checkpointText(objects);
  const other = change(text);
  if (other === text) throw new Error("the checkpoint was not changed");
  return copyOf(objects).set("checkpoint", encoder.encode(other));
}

/** Batches in which the last successful run is made a failed one: what somebody with a stolen key would like to have been. */
function withAnotherEnd(objects: Objects): Forged[][] {
  const batches = batchesOf(objects).map(({ entries }) => entries);
  const last = batches.at(-1) ?? [];
  batches[batches.length - 1] = last.map((entry) => ({ ...entry, software: "custody/0.0.0" }) as Forged);
  return batches;
}

/** The store as it was when it had this many records. */
function asOf({ objects, earlier }: Range): Map<string, Uint8Array> {
  const there = new Map([...objects].filter(([key]) => key.startsWith("blob/")));
  for (const { key, entries } of batchesOf(objects))
    if ((entries[0]?.index ?? 0) < earlier.size) there.set(key, need(objects, key));
  for (const [key, bytes] of objects) {
    const width = Number(/^tile\/(?:\d+|entries)\/000\.p\/(\d+)$/.exec(key)?.[1] ?? Number.NaN);
    if (width <= earlier.size) there.set(key, bytes);
  }
  return there.set("checkpoint", earlier.checkpoint);
}

/** Attacks on the signed head, by somebody without the key. */
export const signatureAttacks: readonly Attack[] = [
  {
    name: "checkpoint-deleted",
    story: "The signed head is deleted.",
    expected: ["checkpoint-missing"],
    carryOut({ objects }) {
      const changed = copyOf(objects);
      changed.delete("checkpoint");
      return changed;
    },
  },
  {
    name: "signature-stripped",
    story: "The signature is taken off, in the hope that what is unsigned is accepted.",
    expected: ["checkpoint-malformed"],
    carryOut: ({ objects }) => withCheckpoint(objects, (text) => text.slice(0, text.lastIndexOf("\n\n") + 2)),
  },
  {
    name: "signature-respelled",
    story: "A bit of the signature that many programs ignore is changed.",
    expected: ["checkpoint-malformed"],
    carryOut: ({ objects }) =>
      withCheckpoint(objects, (text) =>
        text.replace(/([A-Za-z0-9+/])=\n$/, (_, letter: string) => `${nextLetter(letter)}=\n`),
      ),
  },
  {
    name: "signature-replayed",
    story: "The signature of an earlier head is put under the newest one.",
    expected: ["signature-invalid"],
    carryOut({ objects, earlier, keys }) {
      const old = decoder.decode(earlier.checkpoint);
      const lines = old.slice(old.lastIndexOf("\n\n") + 2);
      // Under the ID of the key that signs now, or it would be the signature of another key.
      const [, blob = ""] = /^— \S+ (\S+)\n/m.exec(lines) ?? [];
      const bytes = Buffer.from(blob, "base64");
      bytes.set(keys.current.verifier.id);
      const text = checkpointText(objects);
      const line = `— ${keys.current.verifier.name} ${bytes.toString("base64")}\n`;
      return copyOf(objects).set("checkpoint", encoder.encode(text.slice(0, text.lastIndexOf("\n\n") + 2) + line));
    },
  },
  {
    name: "size-raised",
    story: "The signed number of records is raised.",
    expected: ["signature-invalid"],
    carryOut: ({ objects }) => withCheckpoint(objects, (text) => text.replace(/\n(\d+)\n/, "\n9007199254740991\n")),
  },
  {
    name: "root-exchanged",
    story: "The signed root is exchanged for another one.",
    expected: ["signature-invalid"],
    carryOut: ({ objects }) =>
      withCheckpoint(objects, (text) => text.replace(/\n[A-Za-z0-9+/]{43}=\n/, `\n${base64(new Uint8Array(32))}\n`)),
  },
  {
    name: "origin-exchanged",
    story: "The head is given the name of another log.",
    expected: ["key-untrusted"],
    carryOut: ({ objects }) =>
      withCheckpoint(objects, (text) => text.replaceAll(/range-[0-9a-f]{8}/g, "range-00000000")),
  },
  {
    name: "extension-line",
    story: "A line that only some programs read is added to the signed head.",
    expected: ["checkpoint-malformed"],
    carryOut: ({ objects }) => withCheckpoint(objects, (text) => text.replace("\n\n", "\nall well\n\n")),
  },
  {
    name: "planted-key",
    story:
      "The log is rewritten and signed with a key of the attacker's own, which is put into the log's first record.",
    expected: ["key-untrusted"],
    async carryOut({ objects, pinned }) {
      const thief = newSigner(pinned.name, generateKey());
      const batches = withAnotherEnd(objects).map((entries) =>
        entries.map((entry) => (entry.kind === "genesis" ? ({ ...entry, key: thief.verifier.vkey } as Forged) : entry)),
      );
      return (await rewritten(objects, batches, [thief])).objects;
    },
  },
  {
    name: "planted-key-introduced",
    story: "A key of the attacker's own is introduced by a record that no trusted key has signed.",
    expected: ["key-untrusted"],
    async carryOut({ objects, pinned }) {
      const thief = newSigner(pinned.name, generateKey());
      const { vkey } = thief.verifier;
      const { entry } = findEntry(objects, (e) => e.kind === "key" && e.action === "introduce");
      const batches = batchesOf(objects).map(({ entries }) => entries);
      const last = batches.at(-1)?.at(-1);
      batches.push([{ ...entry, key: vkey, at: last?.at ?? entry.at, batch: "ab".repeat(16) } as Forged]);
      return (await rewritten(objects, batches, [thief])).objects;
    },
  },
  {
    name: "other-log",
    story: "The whole store is exchanged for a well-formed one of somebody else's.",
    expected: ["key-untrusted"],
    async carryOut({ objects }) {
      const stranger = newSigner("elsewhere-00000001", generateKey());
      return (await rewritten(objects, withAnotherEnd(objects), [stranger])).objects;
    },
  },
  {
    name: "earlier-head-put-back",
    story: "The newest records are deleted and the genuine head of that time is put back.",
    expected: ["rolled-back"],
    given: "guard",
    carryOut: (range) => asOf(range),
  },
  {
    name: "whole-log-rolled-back",
    story:
      "The whole store is set back to an earlier, genuine state, long after a report was printed from a later one.",
    expected: ["rolled-back"],
    given: "printed head",
    carryOut: (range) => asOf(range),
  },
];

/** The next letter of base64 with the same upper bits: decoders that do not look read the same bytes. */
function nextLetter(letter: string): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return letters[letters.indexOf(letter) ^ 1] ?? "";
}

/** Attacks by somebody who has stolen a key. */
export const keyAttacks: readonly Attack[] = [
  {
    name: "retired-key",
    story:
      "The end of the log is rewritten and signed with a key that was taken out of use, after another one was stolen.",
    expected: ["key-revoked"],
    carryOut: async ({ objects, keys }) => (await rewritten(objects, withAnotherEnd(objects), [keys.retired])).objects,
  },
  {
    name: "revoked-key",
    story: "The end of the log is rewritten and signed with a key that was revoked as stolen.",
    expected: ["key-revoked"],
    carryOut: async ({ objects, keys }) => (await rewritten(objects, withAnotherEnd(objects), [keys.revoked])).objects,
  },
  {
    name: "attestation-removed",
    story:
      "The record in which a person vouches for what the stolen key may have signed is left out of a rewritten log.",
    expected: ["key-revoked"],
    async carryOut({ objects, keys }) {
      const batches = batchesOf(objects)
        .map(({ entries }) => entries.filter((e) => !(e.kind === "key" && e.action === "attest")))
        .filter((entries) => entries.length > 0);
      return (await rewritten(objects, batches, [keys.current])).objects;
    },
  },
  {
    name: "rotation-cut-out",
    story: "At the change of keys, the record that introduces the new key is left out of a rewritten log.",
    expected: ["key-untrusted"],
    async carryOut({ objects, keys }) {
      const batches = batchesOf(objects)
        .map(({ entries }) => entries.filter((e) => !(e.kind === "key" && e.action === "introduce")))
        .filter((entries) => entries.length > 0);
      return (await rewritten(objects, batches, [keys.current])).objects;
    },
  },
  {
    name: "statement-altered",
    story: "The thief of the current key changes from when on the old key counts as stolen.",
    expected: ["key-untrusted"],
    async carryOut({ objects, keys }) {
      const batches = batchesOf(objects).map(({ entries }) =>
        entries.map((e) =>
          e.kind === "key" && e.action === "revoke"
            ? ({ ...e, compromisedSince: "2027-01-01T00:00:00.000Z" } as Forged)
            : e,
        ),
      );
      return (await rewritten(objects, batches, [keys.current])).objects;
    },
  },
  {
    name: "rewritten-against-printed-head",
    story:
      "With the stolen key the newest records are rewritten and everything is signed anew; a report printed before holds another head.",
    expected: ["forked"],
    given: "printed head",
    async carryOut({ objects, keys, printed }) {
      const batches = batchesOf(objects).map(({ entries }) =>
        entries.map((entry) =>
          entry.index >= printed.size - 1 ? ({ ...entry, software: "custody/0.0.0" } as Forged) : entry,
        ),
      );
      return (await rewritten(objects, batches, [keys.current])).objects;
    },
  },
  {
    name: "split-view",
    story: "With the stolen key another log of the same size is signed, to be shown to one person only.",
    expected: ["forked"],
    given: "guard",
    carryOut: async ({ objects, keys }) => (await rewritten(objects, withAnotherEnd(objects), [keys.current])).objects,
  },
  {
    name: "time-turned-back",
    story: "With the stolen key a record is added that claims to be older than the one before it.",
    expected: ["chain-broken"],
    async carryOut({ objects, keys }) {
      const batches = batchesOf(objects).map(({ entries }) => entries);
      const { entry } = findEntry(objects, (e) => e.kind === "run");
      batches.push([{ ...entry, batch: "ef".repeat(16) }]);
      return (await rewritten(objects, batches, [keys.current])).objects;
    },
  },
  {
    name: "time-stamp-replayed",
    story: "With the stolen key a genuine time stamp of an earlier head is recorded as that of a later one.",
    expected: ["receipt-invalid"],
    carryOut: (range) => withHead(range, "timestamp"),
  },
  {
    name: "cosignature-replayed",
    story: "With the stolen key a witness's genuine cosignature of an earlier head is recorded as that of a later one.",
    expected: ["receipt-invalid"],
    carryOut: (range) => withHead(range, "witness"),
  },
  {
    name: "disposal-turned-round",
    story: "With the stolen key a file is deleted, and its lawful disposal recorded before the record that names it.",
    expected: ["blob-missing"],
    async carryOut({ objects, keys }) {
      const { entry: disposal } = findEntry(objects, (e) => e.kind === "disposal");
      const batches = batchesOf(objects).map(({ entries }) => entries);
      const last = batches.at(-1)?.at(-1);
      const copy = new Map(objects);
      const made = addBlob(copy, encoder.encode("something inconvenient\n"), "text/plain");
      copy.delete(blobKey(made.digest));
      const place = { at: last?.at ?? "", batch: "12".repeat(16) };
      const items = [{ digest: made.digest, size: made.size, entries: [last?.index ?? 0] }];
      const { entry: upload } = findEntry(objects, (e) => e.kind === "upload");
      batches.push([{ ...disposal, ...place, items }] as Forged[]);
      batches.push([{ ...upload, ...place, batch: "34".repeat(16), evidence: [made] }] as Forged[]);
      return (await rewritten(copy, batches, [keys.current])).objects;
    },
  },
];

/** Attacks that nothing in the store shows, told apart so that nobody believes otherwise. */
export const unseenAttacks: readonly Attack[] = [
  {
    name: "unseen-rollback",
    story: "The whole store is set back to an earlier, genuine state, and nobody who verifies knows a later head.",
    expected: [],
    carryOut: (range) => asOf(range),
  },
  {
    name: "unseen-rewrite",
    story: "With the stolen key the newest records are rewritten, and no head of them has left the house.",
    expected: [],
    carryOut: async ({ objects, keys }) => (await rewritten(objects, withAnotherEnd(objects), [keys.current])).objects,
  },
];

/** A new last record that says of the newest head what came back for an earlier one; all signed with the stolen key. */
async function withHead({ objects, keys }: Range, use: string): Promise<Objects> {
  const { entry } = findEntry(objects, (e) => e.kind === "head" && e.use === use);
  const batches = batchesOf(objects).map(({ entries }) => entries);
  const plain = await rewritten(objects, batches, [keys.current]);
  const last = batches.at(-1)?.at(-1);
  const store = copyOf(objects);
  const signed = await signCheckpoint(keys.current.verifier.name, plain.head, [keys.current]);
  const checkpoint = addBlob(store, signed, "text/plain; charset=utf-8");
  const head = { size: plain.head.size, root: base64(plain.head.root), checkpoint };
  batches.push([{ ...entry, ...head, at: last?.at ?? entry.at, batch: "56".repeat(16) } as Forged]);
  return (await rewritten(store, batches, [keys.current])).objects;
}
