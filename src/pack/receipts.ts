import { fromBase64 } from "../lib/digest.ts";
import { leafHash, verifyInclusion } from "../tlog/merkle.ts";
import { parseReceipt } from "../tlog/proof.ts";
import type { Findings } from "../verify/finding.ts";
import { PACK_FILES } from "./pack-json.ts";
import type { PackFiles } from "./reader.ts";

/** An entry, its proof and a checkpoint, all at their largest. */
const MAX_RECEIPT_BYTES = 1024 ** 2;
const NAME = /^receipts\/(\d{12})\.tlog-proof$/;

/** Each receipt proves the record of its name, under the very checkpoint of the pack, whose signature was judged before. */
export async function checkReceipts(
  files: PackFiles,
  sizes: ReadonlyMap<string, number>,
  head: { readonly size: number; readonly root: string | undefined },
  findings: Findings,
): Promise<void> {
  const root = fromBase64(head.root ?? "");
  const checkpoint = await files.get(`${PACK_FILES.store}checkpoint`);
  if (root === undefined || checkpoint === undefined) return;
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const note = decoder.decode(checkpoint);
  for (const [path, size] of sizes) {
    if (!path.startsWith(PACK_FILES.receipts)) continue;
    const problem = (expected: string, found: string) => findings.add("receipt-invalid", path, expected, found);
    const index = NAME.exec(path)?.[1];
    const bytes = size <= MAX_RECEIPT_BYTES ? await files.get(path) : undefined;
    const receipt = bytes && parseReceipt(decoder.decode(bytes));
    if (receipt === undefined) problem("a receipt of at most 1 MiB, as c2sp.org/tlog-proof@v1", `${size} other bytes`);
    else if (index === undefined || receipt.index !== Number(index))
      problem("the number of the record as its name", `a receipt for record ${receipt.index}`);
    else if (receipt.checkpoint !== note) problem("the checkpoint of the pack", "another one");
    else if (!verifyInclusion(receipt.index, head.size, leafHash(receipt.extra), receipt.proof, root))
      problem(`a proof that its record is record ${receipt.index} of the log`, "one that does not lead to the root");
  }
}
