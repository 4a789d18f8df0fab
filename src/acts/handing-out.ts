import type { Custody } from "../custody.ts";
import { MAX_TEXT } from "../evidence/act.ts";
import { type Actor, isKind } from "../evidence/entry.ts";
import { happenedFields } from "../incidents/moment.ts";
import { CustodyError } from "../lib/errors.ts";
import { personFor } from "../people.ts";
import { recordActs } from "./acting.ts";

/** Bytes that leave: who got those of incident evidence, and why, is in the log before they do. */

/** Things kept as evidence of incidents that have this file, with the incident of each. */
export async function itemsWith(custody: Custody, digest: string): Promise<ReadonlyMap<string, string | undefined>> {
  const incidents = new Map<string, string | undefined>();
  const having = new Set<string>();
  for await (const { entry } of (await custody.view()).read()) {
    if (!isKind(entry, "custody")) continue;
    const { evidence, incident, digests = [], evidenceFiles = [] } = entry;
    if (incident !== undefined) incidents.set(evidence, incident);
    if (digests.includes(digest) || evidenceFiles.some((file) => file.digest === digest)) having.add(evidence);
  }
  return new Map([...having].map((evidence) => [evidence, incidents.get(evidence)]));
}

export interface Accessed {
  /** The things that have the file. */
  readonly items: readonly string[];
  /** Indexes of the records, one for each. */
  readonly entries: readonly number[];
  readonly by: Actor;
}

/**
 * Records that somebody takes the bytes of a file, where it is evidence of an incident; undefined for any other file, of which
 * nothing is recorded. Throws USAGE where it is evidence and nobody says why, NOT_ALLOWED for whoever may not. The caller
 * publishes before the bytes leave.
 */
export async function recordAccess(
  custody: Custody,
  digest: string,
  reason: string | undefined,
): Promise<Accessed | undefined> {
  const items = await itemsWith(custody, digest);
  if (items.size === 0) return undefined;
  const ids = [...items.keys()];
  const why = reason?.trim() ?? "";
  if (why === "" || why.length > MAX_TEXT)
    throw new CustodyError(
      "USAGE",
      `this file is kept as evidence (${ids.slice(0, 5).join(", ")}), and whoever takes it says why: --reason is ${why === "" ? "missing" : "too long"}`,
      { remedy: "Nothing was recorded, and nothing was handed out." },
    );
  personFor(custody.config, "hand-out");
  const now = Math.max(custody.clock.now(), (await custody.history()).asOf);
  const { by, records } = await recordActs(
    custody,
    [...items].map(([evidence, incident]) => ({
      kind: "custody" as const,
      evidence,
      act: "access" as const,
      ...(incident === undefined ? {} : { incident }),
      digests: [digest],
      ...happenedFields({ at: now, precision: 1 }),
      words: { reason: why },
    })),
    "hand-out",
  );
  return { items: ids, entries: records.map(({ index }) => index), by };
}
