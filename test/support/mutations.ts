import { readFile } from "node:fs/promises";

/** One step of breaking a store; test/vectors/log-mutations.json says what each does. */
type Step = { readonly key: string } & (
  | { readonly op: "flip"; readonly byte: number; readonly bit: number }
  | { readonly op: "replace"; readonly find: string; readonly put: string }
  | { readonly op: "delete" | "sparebit" }
  | { readonly op: "copy"; readonly to: string }
  | { readonly op: "exchange"; readonly with: string }
  | { readonly op: "write" | "append"; readonly text: string }
  | { readonly op: "truncate"; readonly bytes: number }
);

export interface Mutation {
  readonly name: string;
  readonly do: readonly Step[];
  /** Codes that must be among those found; none means intact. */
  readonly codes: readonly string[];
}

export async function readMutations(): Promise<Mutation[]> {
  const text = await readFile(new URL("../vectors/log-mutations.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { mutations: Mutation[] }).mutations;
}

/** Blobs of the frozen ledger by what they begin with, so that the table need not hold digests. */
const NAMED: Record<string, string> = {
  "@evidence": "backup ok on 2026-03-02",
  "@listed": "only in the manifest of 2026-03-02",
  "@unknown": "named by a kind",
  "@orphan": "an orphan",
};

/** The objects after a mutation; those given stay as they are. */
export function mutate(good: ReadonlyMap<string, Uint8Array>, mutation: Mutation): Map<string, Uint8Array> {
  const objects = new Map(good);
  const nameOf = (key: string): string => {
    const beginning = NAMED[key];
    if (beginning === undefined) return key;
    for (const [name, bytes] of good)
      if (name.startsWith("blob/") && Buffer.from(bytes).toString().startsWith(beginning)) return name;
    throw new Error(`no blob begins with "${beginning}"`);
  };
  for (const step of mutation.do) {
    const key = nameOf(step.key);
    const bytes = Buffer.from(objects.get(key) ?? []);
    if (step.op !== "write" && !objects.has(key)) throw new Error(`${mutation.name}: there is no ${key}`);
    if (step.op === "flip") bytes[step.byte] = (bytes[step.byte] ?? 0) ^ (1 << step.bit);
    if (step.op === "delete") objects.delete(key);
    else if (step.op === "copy") objects.set(step.to, bytes);
    else if (step.op === "exchange") {
      objects.set(key, objects.get(nameOf(step.with)) ?? new Uint8Array());
      objects.set(nameOf(step.with), bytes);
    } else objects.set(key, edited(bytes, step, mutation.name));
  }
  return objects;
}

function edited(bytes: Buffer, step: Step, name: string): Buffer {
  if (step.op === "write") return Buffer.from(step.text);
  if (step.op === "append") return Buffer.concat([bytes, Buffer.from(step.text)]);
  if (step.op === "truncate") return bytes.subarray(0, step.bytes);
  if (step.op === "sparebit")
    return Buffer.from(bytes.toString().replace(/(.)=\n$/, (_, last: string) => `${nextLetter(last)}=\n`));
  if (step.op !== "replace") return bytes;
  const at = bytes.indexOf(step.find);
  if (at < 0) throw new Error(`${name}: "${step.find}" is not there`);
  return Buffer.concat([
    bytes.subarray(0, at),
    Buffer.from(step.put),
    bytes.subarray(at + Buffer.byteLength(step.find)),
  ]);
}

/** The base64 letter whose lowest bit differs: before `=` that bit says nothing. */
function nextLetter(letter: string): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return letters[letters.indexOf(letter) ^ 1] ?? letter;
}
