import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Custody } from "./custody.ts";
import type { EntryOf } from "./evidence/entry.ts";
import { loadLaw } from "./law/load.ts";
import type { Law } from "./law/shape.ts";
import { type Digest, digestOf, matching } from "./lib/digest.ts";
import { readOnce } from "./lib/read-once.ts";
import { LAWS } from "./policy/afterwards.ts";
import { PACKAGE_ROOT } from "./software.ts";

/** The laws that ship with Custody, as data. */
export function shippedLaws(): Law[] {
  return lawFiles().map(({ law }) => law);
}

/** A law as data, with the SHA-256 of its file. */
export interface LawFile {
  readonly law: Law;
  readonly digest: Digest;
}

/** The same, each with its digest. */
export function lawFiles(): LawFile[] {
  return lawTexts().map(readLaw);
}

/** Their files, as they are stored in the log. */
export function lawTexts(): Uint8Array[] {
  return LAWS.map((name) => readFileSync(join(PACKAGE_ROOT, "controls/laws", `${name}.yaml`)));
}

/** Every act on an incident asks the laws. */
const lawOf = readOnce(loadLaw);

const readLaw = (bytes: Uint8Array): LawFile => ({
  law: lawOf(new TextDecoder().decode(bytes)),
  digest: digestOf(bytes),
});

/** The laws that were in force, as data, by a `config` record; those of this build where it names none, or where one is gone or altered. */
export async function lawsIn(custody: Custody, config: EntryOf<"config"> | undefined): Promise<LawFile[]> {
  const view = await custody.view();
  const logged = await Promise.all(
    (config?.laws ?? []).map(async ({ digest }) => matching(await view.blob(digest), digest)),
  );
  const there = logged.filter((bytes) => bytes !== undefined);
  return there.length === 0 || there.length < logged.length ? lawFiles() : there.map(readLaw);
}
