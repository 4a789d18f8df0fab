import { registerFacts } from "../acts/preserving.ts";
import { recordId } from "../assess/preservation.ts";
import type { Custody } from "../custody.ts";
import { didYouMean } from "../lib/nearest.ts";

/**
 * That no register has an incident of this id, in words; undefined where one has. Evidence may be had before anybody wrote the
 * incident down, so this is said and not refused.
 */
export async function unknownIncident(custody: Custody, incident: string | undefined): Promise<string | undefined> {
  if (incident === undefined) return undefined;
  const known = (await registerFacts(custody)).flatMap(({ fact }) => (fact.kind === "incident" ? [fact.id] : []));
  if (known.some((id) => id === incident || recordId(id) === incident)) return undefined;
  return `! No register has an incident ${incident} so far${didYouMean(incident, [...new Set(known)])}. It is recorded all the same; \`custody evidence describe ID incident=…\` puts a wrong number right.`;
}
