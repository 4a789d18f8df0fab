import type { Instant } from "../lib/time.ts";
import { forPeople } from "../lib/zone.ts";
import type { Duty } from "./duty.ts";
import { sentence } from "./words.ts";

/** A place that refused a head because it holds or has seen another history of this log. */
export interface Refusal {
  readonly place: string;
  readonly at: Instant;
  readonly message: string;
}

/** Nothing is graver: somebody outside has seen another history of this log than this one. */
export function refusalDuty({ place, at, message }: Refusal, zone: string): Duty {
  return {
    id: `refused:${place.replaceAll(/[^A-Za-z0-9._-]+/g, "-").slice(0, 100)}`,
    title: `${place} has seen another history of this log`,
    what: sentence(`${forPeople(at, zone)}: ${message}`),
    lost: "It cannot be told from here which history is the right one. Do not touch the store.",
    todo: "Either the log was rewritten or set back, or a copy of this workspace goes on writing elsewhere: look for one, and ask the place what it holds.",
    commands: ["custody verify"],
  };
}
