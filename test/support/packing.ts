import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildNodeVerifier, buildPageVerifier } from "../../build/standalone.mjs";
import { digestOf } from "../../src/lib/digest.ts";
import { PackSource } from "../../src/pack/contents.ts";
import { writeZip, type ZipMember } from "../../src/pack/zip-write.ts";
import { parseCheckpoint } from "../../src/tlog/checkpoint.ts";
import type { LogReader } from "../../src/verify/reader.ts";
import { exampleLog, exampleSigner } from "./example-ledger.ts";
import { temporaryFolder } from "./ledger.ts";

const text = (words: string) => new TextEncoder().encode(words);

/** `verify.mjs` and `verify.html` as they are shipped, built from the sources as they are now, in a folder of their own. */
export async function builtVerifiers(): Promise<string> {
  built ??= Promise.all([buildNodeVerifier(), buildPageVerifier()]);
  const [program, page] = await built;
  const folder = await temporaryFolder();
  await writeFile(join(folder, "verify.mjs"), program);
  await writeFile(join(folder, "verify.html"), page);
  return folder;
}

/** Once per test file. */
let built: Promise<[string, string]> | undefined;

/** The period of the example log. */
export const NOVEMBER = {
  from: Date.UTC(2026, 10, 1),
  to: Date.UTC(2026, 11, 1),
  label: "2026-11",
  zone: "Europe/Berlin",
};

export interface TestPack {
  readonly vkey: string;
  /** Below the top folder, in the order of the ZIP. */
  readonly files: Map<string, Uint8Array>;
  readonly zip: Uint8Array;
}

/** A pack of a log, as `custody export` makes one; the report in it is no report. */
export async function packFrom(
  reader: LogReader,
  vkey: string,
  over: {
    readonly period?: typeof NOVEMBER;
    readonly verifiers?: string;
    readonly withhold?: ReadonlyMap<string, string>;
  } = {},
): Promise<TestPack> {
  const checkpoint = await reader.get("checkpoint");
  const head = checkpoint && parseCheckpoint(checkpoint);
  if (checkpoint === undefined || head === undefined) throw new Error("no checkpoint");
  const request = {
    organisation: "Example GmbH",
    origin: head.origin,
    period: over.period ?? NOVEMBER,
    size: head.size,
    software: "custody/test",
    withhold: over.withhold ?? new Map<string, string>(),
    cited: new Set<number>(),
  };
  const shipped = async (name: string) =>
    over.verifiers === undefined ? text(`${name}\n`) : await readFile(join(over.verifiers, name));
  const { members } = await (await PackSource.read(reader, request, head.size)).contents({
    checkpoint,
    vkey,
    pdf: text("%PDF-1.7\n"),
    json: text("{}"),
    program: await shipped("verify.mjs"),
    page: await shipped("verify.html"),
    steps: text("# Steps\n"),
  });
  const path = join(await temporaryFolder(), "pack.zip");
  await writeZip(path, members);
  return { vkey, files: await read(members), zip: await readFile(path) };
}

/** The pack of the example log of docs/FORMAT.md. */
export async function examplePack(over: Parameters<typeof packFrom>[2] = {}): Promise<TestPack> {
  return packFrom(await exampleLog(), exampleSigner().verifier.vkey, over);
}

const TOP = "example-0a1b2c3d-2026-11/";

/** A ZIP of these files, as the one that writes packs makes it. */
export async function zipOf(files: ReadonlyMap<string, Uint8Array>, top = TOP): Promise<Uint8Array> {
  const path = join(await temporaryFolder(), "pack.zip");
  const members: ZipMember[] = [...files].map(([name, bytes]) => ({
    path: top + name,
    size: bytes.length,
    digest: digestOf(bytes),
    open: () => [bytes],
  }));
  await writeZip(path, members);
  return readFile(path);
}

/** The pack with some files other than they were (undefined: gone), and its lists made to fit: what a careful forger does. */
export function forged(
  files: ReadonlyMap<string, Uint8Array>,
  changes: Readonly<Record<string, Uint8Array | undefined>>,
  edit: (pack: Record<string, unknown>) => void = () => {},
): Map<string, Uint8Array> {
  const all = new Map(files);
  for (const [path, bytes] of Object.entries(changes)) {
    if (bytes === undefined) all.delete(path);
    else all.set(path, bytes);
  }
  const pack = JSON.parse(new TextDecoder().decode(files.get("pack.json"))) as Record<string, unknown>;
  pack.files = [...all]
    .filter(([path]) => !path.startsWith("store/") && path !== "pack.json" && path !== "SHA256SUMS")
    .map(([path, bytes]) => ({ digest: digestOf(bytes), path, size: bytes.length }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  edit(pack);
  if (!("pack.json" in changes)) all.set("pack.json", text(sorted(pack)));
  const sums = [...all].filter(([path]) => path !== "SHA256SUMS").sort(([a], [b]) => (a < b ? -1 : 1));
  all.set("SHA256SUMS", text(sums.map(([path, bytes]) => `${digestOf(bytes)}  ${path}\n`).join("")));
  return new Map([...all].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function sorted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sorted).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${sorted(member)}`).join(",")}}`;
}

async function read(members: readonly ZipMember[]): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const { path, open } of members) {
    const parts: Uint8Array[] = [];
    for await (const part of open()) parts.push(part);
    files.set(path.slice(path.indexOf("/") + 1), Buffer.concat(parts));
  }
  return files;
}

/** Bytes as an opened file gives them, counting what is asked. */
export function sourceOf(bytes: Uint8Array) {
  const asked = { bytes: 0, most: 0 };
  return {
    asked,
    size: bytes.length,
    slice: async (from: number, to: number) => {
      if (from < 0 || to < from || to > bytes.length) throw new Error(`asked for ${from} to ${to} of ${bytes.length}`);
      asked.bytes += to - from;
      asked.most = Math.max(asked.most, to - from);
      return Uint8Array.from(bytes.subarray(from, to));
    },
  };
}
