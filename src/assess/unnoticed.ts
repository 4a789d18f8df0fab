import type { FactOf } from "../evidence/fact.ts";
import { lengthForPeople } from "../lib/length.ts";
import type { Instant } from "../lib/time.ts";
import { stampOf } from "./case.ts";

/** How long something went on before it was noticed. The clocks of an incident begin when it was noticed, so this stands in none. */

type Incident = FactOf<"incident">;

export interface Unnoticed {
  readonly began: Instant;
  readonly noticed: Instant;
  /** Milliseconds, as long as it may have been. */
  readonly took: number;
}

/** Undefined where one of the two times is not recorded, or they are one: then it began at the latest when it was noticed. */
export function unnoticed(incident: Incident): Unnoticed | undefined {
  const [began, noticed] = [stampOf(incident, "occurredAt"), stampOf(incident, "detectedAt")];
  if (began === undefined || noticed === undefined || began.at >= noticed.at) return undefined;
  const took = noticed.at + Math.max(0, noticed.precision - 1) - began.at;
  return { began: began.at, noticed: noticed.at, took };
}

/** Said beside a clock of an incident that Custody opened itself; undefined where nothing is known of the time before it. */
export function unnoticedInWords(incident: Incident): string | undefined {
  const found = incident.origin === "custody" ? unnoticed(incident) : undefined;
  return found && `before that it went on for ${lengthForPeople(found.took)} and was not noticed`;
}
