import { createPrivateKey } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { MANIFEST_TYPE } from "../../src/evidence/blob.ts";
import { createLedger } from "../../src/ledger/create.ts";
import { canonicalBytes } from "../../src/lib/canonical.ts";
import type { MemoryStore } from "../../src/store/memory.ts";
import { newSigner, parseVkey, type Signer } from "../../src/tlog/note.ts";
import { FakeClock } from "./clock.ts";
import { accessDraft, ledgerParts, newLedger, temporaryFolder } from "./ledger.ts";

const ORIGIN = "example-0a1b2c3d";
const text = (words: string) => new TextEncoder().encode(words);

/** The key of the examples: its seed is the bytes 0 to 31 (or from another one on), so everybody has it and it proves nothing. */
export function exampleSigner(first = 0): Signer {
  const seed = Uint8Array.from({ length: 32 }, (_, i) => first + i);
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  return newSigner(ORIGIN, createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
}

/**
 * The complete example of docs/FORMAT.md: three entries in two batches, three blobs, two checkpoints. The same bytes each
 * time, if `randomBytes` is replaced by something that always answers the same.
 */
export async function exampleLog(): Promise<MemoryStore> {
  const clock = new FakeClock("2026-11-20T16:40:10.123Z");
  const parts = { ...(await ledgerParts({ clock })), signer: exampleSigner(), software: "custody/0.1.0" };
  const ledger = await createLedger(parts, { zone: "Europe/Berlin" });
  clock.advance(60_000);
  const actor = { type: "person", id: "p-5d1f0c2a9b3e", auth: "unauthenticated" } as const;
  const identity = await ledger.put(canonicalBytes({ v: 1, person: actor.id, osUser: "anna" }), "application/json");
  const evidence = await ledger.put(text("Contact list checked on 20 November.\n"), "text/plain");
  const manifest = await ledger.put(
    canonicalBytes({ v: 1, reason: "Yearly check of contacts", files: [{ ...evidence, name: "contacts.txt" }] }),
    MANIFEST_TYPE,
  );
  await ledger.append([
    { kind: "identity", actor, person: actor.id, identity },
    { kind: "upload", actor, evidence: [evidence], controls: ["A.5.24"], manifest },
  ]);
  await ledger.publish();
  return parts.store as MemoryStore;
}

/** A published log of exactly this many entries. */
export async function logOf(entries: number, publishAt: readonly number[] = []) {
  const { ledger, parts } = await newLedger();
  let size = 1;
  for (const until of [...publishAt, entries]) {
    const drafts = Array.from({ length: Math.max(0, until - size) }, (_, i) => accessDraft(`n${size + i}`));
    if (drafts.length > 0) await ledger.append(drafts);
    size = Math.max(size, until);
    await ledger.publish();
  }
  return { store: parts.store as MemoryStore, keys: [parts.signer.verifier] };
}

/** The objects of a store as files in a folder of their own, gone when the test ends. */
export async function asFolder(objects: ReadonlyMap<string, Uint8Array>): Promise<string> {
  const folder = join(await temporaryFolder(), "store");
  await mkdir(folder);
  const made = new Set<string>();
  for (const [key, bytes] of objects) {
    const path = join(folder, key);
    if (!made.has(dirname(path))) await mkdir(dirname(path), { recursive: true });
    made.add(dirname(path));
    await writeFile(path, bytes);
  }
  return folder;
}

/** The files of a folder by key. */
export async function filesOf(folder: string): Promise<Map<string, Uint8Array>> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((file) => file.isFile());
  const paths = files.map((file) => join(file.parentPath, file.name)).sort();
  return new Map(
    await Promise.all(
      paths.map(async (path) => [relative(folder, path).replaceAll(sep, "/"), await readFile(path)] as const),
    ),
  );
}

const FROZEN = fileURLToPath(new URL("../ledgers/v1-small", import.meta.url));

/** The frozen ledger `v1-small`: a full tile, several checkpoints, evidence, manifests, an orphan, slots, a kind nobody knows. */
export async function frozenLedger() {
  const vkey = (await readFile(join(FROZEN, "ledger.vkey"), "utf8")).trim();
  return { objects: await filesOf(join(FROZEN, "store")), vkey, keys: [parseVkey(vkey)] };
}
