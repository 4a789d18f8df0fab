import { execFile } from "node:child_process";
import { cp, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { buildStandalone } from "../../build/standalone.mjs";
import type { Custody } from "../../src/custody.ts";
import { MANIFEST_TYPE } from "../../src/evidence/blob.ts";
import { canonicalBytes } from "../../src/lib/canonical.ts";
import { runTasks, tasksNow } from "../../src/schedule/collect.ts";
import { type Exported, type ExportRequest, exportPack } from "../../src/views/exporting.ts";
import { declareNow, runParts } from "../../src/work.ts";
import { FakeClock } from "./clock.ts";
import { filesOf } from "./example-ledger.ts";
import { temporaryFolder } from "./ledger.ts";
import { newWorkspace } from "./workspace.ts";

const INCIDENTS = resolve(import.meta.dirname, "../recordings/markdown/company/incidents");
const person = { type: "person", id: "p-5d1f0c2a9b3e", auth: "unauthenticated" } as const;

export const Q3 = { from: Date.UTC(2026, 6, 1), to: Date.UTC(2026, 9, 1), label: "2026-Q3" };
export const text = (words: string) => new TextEncoder().encode(words);

export interface Evidence {
  readonly custody: Custody;
  readonly clock: FakeClock;
  /** Digests: uploaded in June, in August, and in October for August; all with a manifest. */
  readonly uploads: { readonly june: string; readonly august: string; readonly october: string };
  /** A remark of June that no report cites. */
  readonly remark: string;
}

/** A workspace that watched a folder of incidents from June to October 2026, with uploads; nothing is made up but the clock. */
export async function workspaceWithEvidence(): Promise<Evidence> {
  const clock = new FakeClock("2026-06-10T08:00:00.000Z");
  const custody = await newWorkspace(
    "collectors: [{ id: incidents, use: incident-log/markdown, path: ./incidents, cadence: monthly }]",
    clock,
  );
  const folder = join(custody.config.root, "incidents");
  await cp(INCIDENTS, folder, { recursive: true });
  await declareNow(custody);
  await collect(custody);
  const ledger = await custody.ledger();
  const body = await ledger.put(text("The time zone was wrong at first.\n"), "text/plain");
  await ledger.append([{ kind: "correction", actor: person, of: 0, body }]);
  const june = await upload(custody, "Contact list of June", "A.5.24");
  clock.set("2026-07-20T08:00:00.000Z");
  await writeFile(join(folder, "INC-2026-050.md"), incident("INC-2026-050", "2026-07-11"));
  await collect(custody);
  clock.set("2026-08-20T08:00:00.000Z");
  // More captures than a record names itself.
  for (let i = 100; i < 120; i += 1)
    await writeFile(join(folder, `INC-2026-${i}.md`), incident(`INC-2026-${i}`, "2026-08-15"));
  await collect(custody);
  const august = await upload(custody, "Minutes of the exercise in August", "A.5.24");
  clock.set("2026-10-20T08:00:00.000Z");
  await writeFile(join(folder, "INC-2026-200.md"), incident("INC-2026-200", "2026-10-18"));
  await collect(custody);
  const october = await upload(custody, "Handed in late, made in August", "A.5.27", "2026-08-02T00:00:00.000Z");
  await ledger.publish();
  return { custody, clock, uploads: { june, august, october }, remark: body.digest };
}

async function collect(custody: Custody): Promise<void> {
  const { signal } = new AbortController();
  const tasks = tasksNow(custody.config.instances, await custody.history(), custody.clock.now(), 0);
  await runTasks(tasks, runParts(custody, signal), signal, () => {});
}

/** As `custody upload` records a file; returns its digest. */
export function upload(custody: Custody, words: string, control: string, captured?: string): Promise<string> {
  return uploadBytes(custody, text(`${words}\n`), words, control, captured);
}

/** As `custody upload` records these bytes; returns their digest. */
export async function uploadBytes(
  custody: Custody,
  bytes: Uint8Array,
  words: string,
  control: string,
  captured?: string,
): Promise<string> {
  const ledger = await custody.ledger();
  const evidence = await ledger.put(bytes, "text/plain");
  const files = [{ ...evidence, name: "note.txt" }];
  const manifest = await ledger.put(canonicalBytes({ v: 1, reason: words, files }), MANIFEST_TYPE);
  const when = captured === undefined ? {} : { captured };
  await ledger.append([
    { kind: "upload", actor: person, evidence: [evidence], controls: [control], manifest, ...when },
  ]);
  return evidence.digest;
}

function incident(id: string, day: string): string {
  return `# ${id}: Printer on fire\n\n| Field | Value |\n|---|---|\n| Severity | Sev3 |\n| Detected | ${day} 09:00 UTC |\n| Resolved | ${day} 11:00 UTC |\n| Status | Closed |\n`;
}

/** A pack of the third quarter in a folder of its own. */
export async function packOf(
  custody: Custody,
  over: Partial<ExportRequest> = {},
): Promise<Exported & { path: string }> {
  const path = over.out ?? join(await temporaryFolder(), "pack.zip");
  const exported = await exportPack(custody, { period: Q3, out: path, verifiers: await verifiers(), ...over });
  return { ...exported, path };
}

let built: Promise<string> | undefined;

/** Folder with the verifiers as they are shipped; built once for each test file. */
export function verifiers(): Promise<string> {
  built ??= (async () => {
    const folder = resolve(
      import.meta.dirname,
      `../../node_modules/.cache/custody-test-verifiers-${process.env.VITEST_POOL_ID}`,
    );
    await buildStandalone(folder);
    return folder;
  })();
  return built;
}

/** The files of a pack as `unzip` makes them, in a folder of their own: its path and what is in it. */
export async function unpacked(path: string): Promise<{ folder: string; files: Map<string, Uint8Array> }> {
  const into = await temporaryFolder();
  await promisify(execFile)("unzip", ["-q", path, "-d", into]);
  const files = await filesOf(into);
  const top = [...files.keys()][0]?.split("/")[0] ?? "";
  return {
    folder: join(into, top),
    files: new Map([...files].map(([name, bytes]) => [name.slice(top.length + 1), bytes])),
  };
}
