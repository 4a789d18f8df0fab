import { grantWaiver, openWaivers, revokeWaiver } from "../acts/waiving.ts";
import { boundBy } from "../assess/binding.ts";
import type { Custody } from "../custody.ts";
import { publish } from "../daemon/mirroring.ts";
import { endOf, standingAt, type Waiver, withOwners } from "../findings/waiver.ts";
import { CustodyError, messageOf } from "../lib/errors.ts";
import { type Instant, iso } from "../lib/time.ts";
import { dateForPeople, forPeople, untilForPeople } from "../lib/zone.ts";
import { namesOf, personFor, unprovenWords } from "../people.ts";
import { policyTimeline } from "../policies.ts";
import { clean } from "../report/clean.ts";
import { catalogueIn } from "../views/gathering.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { parseLimit } from "./moment.ts";
import type { Output } from "./output.ts";

interface Flags extends GlobalFlags {
  readonly incident?: string[];
  readonly until?: string;
  readonly owner?: string;
  readonly reason?: string;
  readonly earlier?: boolean;
  readonly revoke?: string;
}

/** `custody waive [REQUIREMENT]`: accepts that a check is not met, until when and why; without one, what is accepted. */
export function waive(flags: Flags, requirement?: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    if (flags.revoke !== undefined) return revoke(custody, flags, output);
    if (requirement === undefined) return list(custody, output);
    // Before anything is looked at: who may not, is told so first.
    personFor(custody.config, "sign-off");
    const { zone } = custody.config.organisation;
    const problems: string[] = [];
    const until = momentOf(flags.until, zone, problems);
    if (flags.owner === undefined) problems.push("--owner is missing: who answers for it?");
    if (flags.reason === undefined) problems.push("--reason is missing: why may it stay as it is?");
    if (problems.length > 0) throw new CustodyError("USAGE", problems.join("\n"), { remedy: "Nothing was recorded." });
    await custody.history();
    const { catalogue } = await catalogueIn(custody, { config: custody.newestConfig });
    const policies = await policyTimeline(custody);
    const known = catalogue.controls.flatMap(({ requirements }) =>
      requirements
        // What the catalogue recommends may bind by the organisation's own rules.
        .map((one) => boundBy(one, policies, { from: 0, to: custody.clock.now() }))
        .map(({ id, basis, check }) => ({ id, basis, check: check.kind })),
    );
    const incidents = flags.incident ?? [];
    const granted = await grantWaiver(
      custody,
      {
        requirement,
        incidents,
        until: until ?? 0,
        owner: flags.owner ?? "",
        reason: flags.reason ?? "",
        earlier: flags.earlier ?? false,
      },
      known,
    );
    await publish(custody, output.note);
    output.line(
      `${granted.id}: ${requirement} is accepted as not met until ${untilForPeople(until ?? 0, zone)} (record ${granted.index}).`,
    );
    output.line(
      incidents.length > 0
        ? `Only for ${incidents.join(", ")}; whatever else fails it goes on to be told.`
        : flags.earlier
          ? "For everything that fails it, also what had failed before now: reports say that it was accepted later."
          : "Only for what begins from now on. What had failed before stays as it is; name it with --incident, or add --earlier.",
    );
    output.line("Reports show what is accepted apart, with its number, who answers for it and until when.");
    output.object({ ok: true, waiver: granted.id, entry: granted.index, until: iso(until ?? 0) });
    return 0;
  });
}

async function revoke(custody: Custody, flags: Flags, output: Output): Promise<number> {
  const id = flags.revoke ?? "";
  const { index, by } = await revokeWaiver(custody, id, flags.reason);
  await publish(custody, output.note);
  output.line(`${id} is taken back from now on (record ${index}). What was reported before stays as it was.`);
  const unproven = unprovenWords(by);
  if (unproven !== undefined) output.line(unproven);
  output.object({ ok: true, entry: index });
  return 0;
}

async function list(custody: Custody, output: Output): Promise<number> {
  const { zone } = custody.config.organisation;
  const { all, troubles } = await openWaivers(custody);
  const names = all.length === 0 ? new Map<string, string>() : await namesOf(custody);
  const now = Math.max((await custody.history()).asOf, custody.clock.now());
  const named = withOwners(all, names);
  for (const one of named) output.line(waiverLine(one, now, zone));
  if (named.length === 0) output.line("Nothing is accepted as not met, and never was.");
  for (const { index, id, text } of troubles) output.line(`record ${index} (${id}) counts for nothing: ${text}`);
  output.object({
    ok: true,
    waivers: named.map((one) => ({
      id: one.id,
      entry: one.index,
      requirement: one.requirement,
      incidents: one.incidents,
      granted: iso(one.granted),
      until: iso(one.until),
      owner: one.owner,
      state: standingAt(one, now),
      ...(one.revoked === undefined ? {} : { revoked: iso(one.revoked.at) }),
    })),
    troubles,
  });
  return 0;
}

function waiverLine(one: Waiver, now: Instant, zone: string): string {
  const { id, index, requirement, incidents, granted, earlier, owner, ownerName } = one;
  const state = standingAt(one, now);
  const ended = state === "revoked" ? "taken back" : "over";
  const when =
    state === "in-force" ? `until ${untilForPeople(one.until, zone)}` : `${ended} since ${forPeople(endOf(one), zone)}`;
  const what =
    incidents.length > 0 ? ` for ${incidents.join(", ")}` : earlier ? ", also for what had failed before" : "";
  return `${id}  ${requirement}${what}: ${when}; accepted on ${dateForPeople(granted, zone)}, ${clean(ownerName ?? owner, 60)} answers for it (record ${index})`;
}

function momentOf(text: string | undefined, zone: string, problems: string[]): Instant | undefined {
  if (text === undefined) {
    problems.push("--until is missing: until when may it stay?");
    return undefined;
  }
  try {
    return parseLimit(text, zone);
  } catch (error) {
    problems.push(`--until: ${messageOf(error)}`);
    return undefined;
  }
}
