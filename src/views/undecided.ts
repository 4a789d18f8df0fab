import { rulesIn } from "../acts/intake-rules.ts";
import type { Custody } from "../custody.ts";
import { inBoth } from "../duties/clocks.ts";
import type { Duty } from "../duties/duty.ts";
import { many, sentence } from "../duties/words.ts";
import { type EventState, foldEvents } from "../events/fold.ts";
import type { Observed } from "../evidence/fact.ts";
import { OWN_REGISTER } from "../incidents/register.ts";
import { lengthForPeople } from "../lib/length.ts";
import type { Instant } from "../lib/time.ts";
import { liveRecords } from "./live-acts.ts";

/** Reports and alerts about which nobody has decided yet, with their age. */

const NAMED = 3;
const HOUR = 3_600_000;

/**
 * One duty for all of them, or none. Reports of people always wait for somebody; alerts do where the organisation's own rules say
 * that each is decided. `alerts` are their wordings in the order of the log, as far as they are known.
 */
export async function undecidedDuties(custody: Custody, alerts: Iterable<Observed>, now: Instant): Promise<Duty[]> {
  const { acts, timeline } = await liveRecords(custody);
  const everything = timeline.policyAt(now)?.policy?.intake?.everyReport === true;
  if (!everything && !acts.some(({ entry }) => entry.kind === "event")) return [];
  const { instances } = await custody.history();
  const { timeline: rules } = await rulesIn(custody, acts);
  const { events } = foldEvents({
    acts,
    facts: everything ? alerts : [],
    rules,
    families: new Map([...instances.values()].map(({ id, record }) => [id, record.family])),
    incidents: undefined,
    register: OWN_REGISTER,
    asOf: now,
  });
  return dutyOf(
    events.filter(({ decided }) => decided === undefined),
    custody.config.organisation.zone,
    now,
  );
}

function dutyOf(waiting: readonly EventState[], zone: string, now: Instant): Duty[] {
  const [oldest] = waiting;
  if (oldest === undefined) return [];
  // Never told as younger than it is.
  const age = Math.max(HOUR, Math.ceil((now - oldest.when) / HOUR) * HOUR);
  const names = waiting.slice(0, NAMED).map(({ event, title }) => `${event} (${title})`);
  const rest = waiting.length - names.length;
  const reports = waiting.filter(({ kind }) => kind === "event").length;
  const kinds = [
    ...(reports > 0 ? [many(reports, "report")] : []),
    ...(waiting.length > reports ? [many(waiting.length - reports, "alert")] : []),
  ];
  return [
    {
      id: `undecided:${oldest.event}`.slice(0, 200),
      title: `${kinds.join(" and ")} ${waiting.length === 1 ? "waits" : "wait"} for a decision`,
      what: `The oldest waits since ${inBoth(oldest.when, zone)}, for up to ${lengthForPeople(age)}. ${sentence(`${names.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`)}`,
      todo: "Say of each whether it is an incident, and why or why not:",
      commands: ["custody event list --undecided", `custody event decide ${oldest.event} event-only --reason "…"`],
    },
  ];
}
