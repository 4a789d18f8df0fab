import type { Custody } from "../custody.ts";
import { blobKey } from "../evidence/blob.ts";
import type { ItemFile } from "../handling/item.ts";
import type { Stamp } from "../handling/order.ts";
import { newDigest } from "../lib/digest.ts";
import type { CustodyDraft } from "./keeping-custody.ts";

/** Whether the stored bytes of evidence are still those that were recorded. */

/** Hashes the stored bytes of a file again, piece by piece. */
export async function checkBytes(custody: Custody, digest: string): Promise<"matches" | "differs" | "absent"> {
  const parts = await (await custody.store()).read(blobKey(digest));
  if (parts === undefined) return "absent";
  const hash = newDigest();
  for await (const part of parts) hash.update(part);
  return hash.digest("hex") === digest ? "matches" : "differs";
}

export interface CheckedFiles {
  readonly good: readonly ItemFile[];
  readonly bad: readonly { readonly file: ItemFile; readonly found: "differs" | "absent" }[];
}

/** The same for all files of a thing that were not disposed of. */
export async function checkFiles(custody: Custody, files: readonly ItemFile[]): Promise<CheckedFiles> {
  const good: ItemFile[] = [];
  const bad: { file: ItemFile; found: "differs" | "absent" }[] = [];
  for (const file of files) {
    if (file.disposed !== undefined) continue;
    const found = await checkBytes(custody, file.digest);
    if (found === "matches") good.push(file);
    else bad.push({ file, found });
  }
  return { good, bad };
}

/** The acts that say what was found, the good before the bad. */
export function checkActs(
  { good, bad }: CheckedFiles,
  when: Stamp,
  reason: string | undefined,
): (CustodyDraft & { readonly when: Stamp })[] {
  const words = (note: string | undefined) => ({ ...(reason ? { reason } : {}), ...(note ? { note } : {}) });
  const absent = bad.filter(({ found }) => found === "absent").length;
  return [
    ...(good.length === 0
      ? []
      : [
          {
            act: "verify" as const,
            result: "matches" as const,
            digests: good.map(({ digest }) => digest),
            words: words(undefined),
            when,
          },
        ]),
    ...(bad.length === 0
      ? []
      : [
          {
            act: "verify" as const,
            result: "differs" as const,
            digests: bad.map(({ file }) => file.digest),
            words: words(absent > 0 ? `${absent} of ${bad.length} not there at all` : undefined),
            when,
          },
        ]),
  ];
}
