import type { Instant } from "../lib/time.ts";
import { dateForPeople, forPeople } from "../lib/zone.ts";
import { REMIND_BEFORE, standingAt, type Waiver } from "./waiver.ts";

/** Something that a person must do about waivers, ready to be shown and told. */
export interface WaiverDuty {
  readonly id: string;
  readonly title: string;
  readonly what: string;
  readonly lost: string;
  readonly todo: string;
  readonly commands: readonly string[];
  readonly until: string;
}

/** What is accepted now and soon will not be. The one that ends first comes first. Pure. */
export function waiversDue(waivers: readonly Waiver[], now: Instant, zone: string): WaiverDuty[] {
  const soon = waivers.filter((one) => standingAt(one, now) === "in-force" && one.until - now <= REMIND_BEFORE);
  return [...soon]
    .sort((a, b) => a.until - b.until || a.index - b.index)
    .map(({ id, requirement, incidents, granted, until, owner, ownerName }) => ({
      id: `waiver:${id}`,
      title: `${id}: what is accepted will soon not be accepted any more`,
      what: `That ${requirement} is not met${incidents.length > 0 ? ` for ${incidents.slice(0, 5).join(", ")}${incidents.length > 5 ? ` and ${incidents.length - 5} more` : ""}` : ""} was accepted on ${dateForPeople(granted, zone)}; ${ownerName ?? owner} answers for it.`,
      lost: "From then on reports say again that it is not met.",
      todo: "Mend it, or accept it anew with a reason:",
      commands: [
        `custody waive ${requirement}${incidents.map((one) => ` --incident ${one}`).join("")} --until DATE --owner NAME --reason "…"`,
      ],
      until: forPeople(until, zone),
    }));
}
