import { stat } from "node:fs/promises";
import type { Custody } from "./custody.ts";
import { isCustodyError } from "./lib/errors.ts";
import type { Finding } from "./verify/finding.ts";

/** True where an index was made before: a given database, or a private one with a folder. */
export async function hasIndex({ config: { index } }: Custody): Promise<boolean> {
  if (index.kind === "given") return true;
  return (await stat(index.folder).catch(() => undefined)) !== undefined;
}

/**
 * What the index says otherwise than the ledger, as findings. Pages are drawn from the index, reports and packs from the
 * ledger alone: so what is found here was shown wrongly and never reported wrongly.
 */
export async function indexFindings(custody: Custody): Promise<Finding[]> {
  const { compareIndex } = await import("./index/compare.ts");
  try {
    const found = await compareIndex(await custody.database(), await custody.view(), await custody.factReader());
    return found.map(({ row, expected, found }) => ({
      code: "index-altered",
      where: `index: ${row}`,
      expected,
      found,
    }));
  } catch (error) {
    if (!isCustodyError(error, "INDEX_UNUSABLE")) throw error;
    return [{ code: "index-altered", where: "index", expected: "an index made from this log", found: error.message }];
  }
}
