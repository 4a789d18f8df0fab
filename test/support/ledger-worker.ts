import { writeSync } from "node:fs";
import { fileGuard } from "../../src/ledger/guard.ts";
import { loadKey } from "../../src/ledger/keys.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { base64 } from "../../src/lib/digest.ts";
import { FolderStore } from "../../src/store/folder.ts";
import { S3Store, type S3StoreOptions } from "../../src/store/s3.ts";
import { parseVkey } from "../../src/tlog/note.ts";

/** What a process is told, as JSON in its first argument. */
export interface WorkerTask {
  readonly store: { readonly folder: string } | { readonly s3: Omit<S3StoreOptions, "clock"> };
  readonly guard: string;
  readonly keys: string;
  readonly vkey: string;
  /** Begins the names of its entries. */
  readonly who: string;
  /** The slot it begins with; every process takes the same ones, in order. */
  readonly slot: number;
}

/** What a process says, a line of JSON each, once it has been told so by the ledger. */
export type WorkerLine =
  | {
      readonly appended: { index: number; digest: string; repeated: boolean; name: string; once?: string }[];
      readonly slot: number;
    }
  | { readonly size: number; readonly root: string };

const task = JSON.parse(process.argv[2] ?? "") as WorkerTask;
const actor = { type: "system", id: "worker" } as const;

/** Written at once: what was said is not lost when this process is killed. */
function say(line: WorkerLine): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

const store =
  "folder" in task.store
    ? await FolderStore.open(task.store.folder)
    : await S3Store.open({ ...task.store.s3, clock: systemClock });
const signer = await loadKey(task.keys, parseVkey(task.vkey));
const ledger = await Ledger.open({
  store,
  signer,
  guard: fileGuard(task.guard),
  clock: systemClock,
  software: "worker",
});

async function publish(): Promise<void> {
  const { size, root } = await ledger.publish();
  say({ size, root: base64(root) });
}

let going = true;
process.stdin.on("end", () => {
  going = false;
});
process.stdin.resume();
for (let slot = task.slot; going; slot += 1) {
  const names = [`${task.who}.${slot}`, `${task.who}.${slot}.late`];
  const evidence = await ledger.put(new TextEncoder().encode(names[0]), "text/plain");
  const appended = await ledger.append([
    { kind: "access", actor, purpose: names[0] ?? "", digests: [evidence.digest] },
    { kind: "access", actor, purpose: names[1] ?? "", digests: [], once: `slot:${slot}` },
  ]);
  const [own, slotted] = appended.map((answer, i) => ({ ...answer, name: names[i] ?? "" }));
  say({ appended: own && slotted ? [own, { ...slotted, once: `slot:${slot}` }] : [], slot });
  if (slot % 4 === 3) await publish();
}
await publish();
await ledger.close();
