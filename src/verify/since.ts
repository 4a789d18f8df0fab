import { base64, sameBytes } from "../lib/digest.ts";
import type { Findings } from "./finding.ts";
import type { Leaves } from "./leaves.ts";
import type { KnownHead } from "./verify.ts";

/**
 * Each head known from elsewhere must be a prefix of this log, as far as it is proven and as `seq/` continues it. Returns
 * those that are.
 */
export function verifySince(
  proven: Leaves,
  leaves: Leaves,
  heads: readonly KnownHead[],
  findings: Findings,
): KnownHead[] {
  const sizes = heads.map(({ size }) => size);
  const [right, there] = [proven.roots(sizes), leaves.roots(sizes)];
  return heads.filter((head) => {
    if (!isLongEnough(leaves, head, findings)) return false;
    const root = right.get(head.size) ?? there.get(head.size);
    if (root !== undefined && sameBytes(root, head.root)) return true;
    findings.add(
      "forked",
      `seq/ up to entry ${head.size}`,
      `root ${base64(head.root)}, as ${head.from} knows`,
      root ? `root ${base64(root)}` : "unreadable entries",
    );
    return false;
  });
}

/** False, and told, where a known head has more entries than the log. */
export function isLongEnough(leaves: Leaves, { size, from }: KnownHead, findings: Findings): boolean {
  if (size <= leaves.length) return true;
  findings.add("rolled-back", "seq/", `at least ${size} entries, as ${from} knows`, `${leaves.length} entries`);
  return false;
}
