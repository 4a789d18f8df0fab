import { readActs } from "../acts/acting.ts";
import { oncePerIncident } from "../acts/linking.ts";
import { sourceFacts } from "../acts/preserving.ts";
import type { Custody } from "../custody.ts";
import type { FactOf, Observed } from "../evidence/fact.ts";
import { OWN_REGISTER } from "../incidents/register.ts";
import { linksOf } from "../reviews/links.ts";

/**
 * Incidents of our own register with what linked records of other registers tell of them, by id; without those that are linked
 * with none. Nothing but the links is read where there are none.
 */
export async function toldTogether(
  custody: Custody,
  own: readonly Observed[],
): Promise<ReadonlyMap<string, FactOf<"incident">>> {
  const links = linksOf((await readActs(custody)).acts);
  if (links.groups.length === 0) return new Map();
  const all = oncePerIncident([...own, ...(await sourceFacts(custody))], links);
  return new Map(
    all.flatMap(({ fact, instance }) =>
      fact.kind === "incident" && fact.linked !== undefined && instance === OWN_REGISTER ? [[fact.id, fact]] : [],
    ),
  );
}
