import type { Observed } from "../evidence/fact.ts";
import type { Instant } from "../lib/time.ts";
import type { InstanceHistory } from "../slots/history.ts";
import { type NilReturn, nilReturnsDue } from "./nil-return.ts";
import { type Memory, preservationDue } from "./preservation.ts";

/** Something that a person must do, ready to be shown and told. */
export interface AssessedDuty {
  readonly id: string;
  readonly title: string;
  readonly what: string;
  readonly lost?: string;
  readonly todo: string;
  readonly commands: readonly string[];
  readonly until?: string;
}

/** What follows from the facts for a person to do: evidence to preserve before a source forgets it, and what is to be confirmed. Pure. */
export function assessedDuties(seen: {
  readonly nilReturns: readonly NilReturn[];
  readonly facts: Iterable<Observed>;
  readonly memories: readonly Memory[];
  readonly instances: ReadonlyMap<string, InstanceHistory>;
  readonly now: Instant;
  readonly zone: string;
}): AssessedDuty[] {
  return [...preservationDue(seen), ...nilReturnsDue(seen.nilReturns, seen.zone, seen.now)].map(
    ({ id, title, what, todo, commands, ...more }) => ({
      id,
      title,
      what,
      todo,
      commands,
      ...("lost" in more ? { lost: more.lost, until: more.until } : {}),
    }),
  );
}
