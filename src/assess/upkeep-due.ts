import type { FactOf } from "../evidence/fact.ts";
import type { Instant } from "../lib/time.ts";
import type { PolicyTimeline } from "../policy/timeline.ts";
import type { Catalogue } from "./catalogue.ts";
import { daysOf, later, written } from "./conduct-document.ts";
import { heldAs } from "./held.ts";
import type { SignOff } from "./sign-off.ts";

/** What has to be looked after every so often, whatever happens: the procedure itself, its exercise, its list of contacts. */

export interface UpkeepDue {
  readonly what: "procedure" | "exercise" | "contacts";
  /** When it was done last; undefined where it never was. */
  readonly last: Instant | undefined;
  /** Counted from then, or from when the rules began to hold. */
  readonly since: Instant;
  readonly due: Instant;
  /** Who the rules name for it. */
  readonly owner: string | undefined;
  /** True where only the catalogue recommends it. */
  readonly recommended: boolean;
}

type Activity = FactOf<"activity">;

/** When each of them is due next. What is only recommended is due again once it was done, not before. */
export function upkeepDue(seen: {
  readonly policies: PolicyTimeline;
  readonly activities: readonly Activity[];
  readonly signOffs: readonly SignOff[];
  readonly catalogue: Catalogue;
  readonly now: Instant;
  readonly zone: string;
}): UpkeepDue[] {
  return [...procedureDue(seen), ...HELD.flatMap((one) => heldDue(one, seen))];
}

type Seen = Parameters<typeof upkeepDue>[0];

const newestOf = (times: readonly Instant[]): Instant | undefined =>
  times.length === 0 ? undefined : Math.max(...times);

/** By the rules in force now. Of a month without its day the last one counts: nobody is called too early. */
function procedureDue({ policies, activities, now, zone }: Seen): UpkeepDue[] {
  const inForce = policies.policyAt(now);
  const every = inForce?.policy?.document.review?.every;
  if (inForce?.policy === undefined || every === undefined) return [];
  const { document } = inForce.policy;
  const days = written(document.lastReviewed) ? daysOf(document.lastReviewed, zone) : undefined;
  const held = newestOf([
    ...(days === undefined || days.from > now ? [] : [Math.min(days.to - 1, now)]),
    ...activities.flatMap(({ type, at, approvedBy }) =>
      type === "procedure-review" && at !== null && at <= now && approvedBy !== null ? [at] : [],
    ),
  ]);
  const began = (written(document.effectiveFrom) && daysOf(document.effectiveFrom, zone)?.from) || inForce.from;
  const since = held ?? began;
  const owner = written(document.owner) ? document.owner : undefined;
  return [{ what: "procedure", last: held, since, due: later(since, every, zone), owner, recommended: false }];
}

const HELD = [
  { what: "exercise", subject: "incident-exercise" },
  { what: "contacts", subject: "contact-list" },
] as const;

/** How long each freshness of the catalogue lasts, as the rules write it. */
const LASTS: Readonly<Record<string, string>> = { monthly: "1mo", quarterly: "3mo", yearly: "1y" };

function heldDue({ what, subject }: (typeof HELD)[number], seen: Seen): UpkeepDue[] {
  const { activities, signOffs, catalogue, now, zone } = seen;
  const asked = catalogue.controls
    .flatMap(({ requirements }) => requirements)
    .find(({ check }) => check.kind === "human" && check.subject === subject);
  const every = asked && LASTS[asked.freshness];
  const last = newestOf([
    ...activities.flatMap((one) => (one.type === heldAs(subject) && one.at !== null && one.at <= now ? [one.at] : [])),
    ...signOffs.filter((one) => one.subject === subject).map(({ at }) => at),
  ]);
  if (every === undefined || last === undefined) return [];
  const recommended = asked?.basis === "recommended";
  return [{ what, last, since: last, due: later(last, every, zone), owner: undefined, recommended }];
}
