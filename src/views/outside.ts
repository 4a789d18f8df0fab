import { resolve } from "node:path";
import type { Config } from "../config/config.ts";
import { trustedRoots } from "../heads/timestamp.ts";
import type { Outside } from "../trust/anchor.ts";
import type { Certificate } from "../tsp/certificate.ts";

/** Nobody outside is trusted: their proofs are neither good nor bad. */
export const NOBODY: Outside = { stampRoots: [], witnesses: [] };

/** Everybody that either trusts. */
export function joinOutside(a: Outside, b: Outside): Outside {
  return { stampRoots: [...a.stampRoots, ...b.stampRoots], witnesses: [...new Set([...a.witnesses, ...b.witnesses])] };
}

/**
 * The outside parties that the configuration names under `heads:`: root certificates of time stamping services, keys of
 * witnesses. Throws SOURCE_MISCONFIGURED, INPUT_INVALID or INPUT_TOO_LARGE where a file with certificates is not right.
 */
export async function outsideOf(config: Pick<Config, "heads" | "root">): Promise<Outside> {
  const stampRoots: Certificate[] = [];
  const witnesses: string[] = [];
  for (const { target, config: own } of config.heads) {
    const { roots, key } = own as { roots?: string; key?: string };
    if (target.use === "timestamp" && roots !== undefined)
      stampRoots.push(...(await trustedRoots(resolve(config.root, roots))));
    if (target.use === "witness" && key !== undefined) witnesses.push(key);
  }
  return { stampRoots, witnesses };
}
