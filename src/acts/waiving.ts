import type { Custody } from "../custody.ts";
import type { Actor } from "../evidence/entry.ts";
import { LONGEST_WAIVER, standingAt, type Waiver, whyNotWaivable } from "../findings/waiver.ts";
import { CustodyError } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { type Instant, iso } from "../lib/time.ts";
import { dateForPeople, untilForPeople } from "../lib/zone.ts";
import { nameProblem, personFor, personId } from "../people.ts";
import { type ActDraft, recordActs } from "./acting.ts";
import { begin } from "./numbering.ts";

/** Waivers: what a person accepts until a day, and takes back. */

/** What somebody accepts. */
export interface WaiverRequest {
  readonly requirement: string;
  readonly incidents: readonly string[];
  readonly until: Instant;
  readonly owner: string;
  readonly reason: string;
  readonly earlier: boolean;
}

const MAX_INCIDENTS = 64;
const INCIDENT = /^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,199}$/;

/** The waivers of the log. */
export async function openWaivers(custody: Custody): Promise<{
  readonly all: readonly Waiver[];
  readonly troubles: readonly { index: number; id: string; text: string }[];
}> {
  const { all, troubles } = await custody.waivers();
  return { all: [...all], troubles: [...troubles] };
}

/**
 * Accepts that a check is not met. Throws NOT_ALLOWED unless an owner has shown who they are, and USAGE with everything that is
 * wrong; nothing is recorded then.
 */
export async function grantWaiver(
  custody: Custody,
  request: WaiverRequest,
  requirements: readonly { readonly id: string; readonly basis: string; readonly check: string }[],
): Promise<{ readonly id: string; readonly index: number; readonly by: Actor }> {
  personFor(custody.config, "sign-off");
  const { requirement, incidents, until, owner, reason, earlier } = request;
  const { zone } = custody.config.organisation;
  const now = custody.clock.now();
  const problems: string[] = [];
  const known = requirements.find((one) => one.id === requirement);
  if (known === undefined)
    problems.push(
      `there is no requirement ${requirement.slice(0, 80)}${didYouMean(
        requirement,
        requirements.map(({ id }) => id),
      )}`,
    );
  else {
    const why = whyNotWaivable(known);
    if (why !== undefined) problems.push(`${requirement} cannot be accepted: ${why}`);
  }
  if (until <= now) problems.push(`--until: ${untilForPeople(until, zone)} has passed already`);
  else if (until - now > LONGEST_WAIVER)
    problems.push(
      `--until: ${untilForPeople(until, zone)} is more than 366 days away; the latest day is ${dateForPeople(now + LONGEST_WAIVER - 86_400_000, zone)}`,
    );
  const unnamed = nameProblem(custody, owner);
  if (unnamed !== undefined) problems.push(`--owner: ${unnamed}`);
  if (reason.trim() === "") problems.push("--reason is missing: why may it stay as it is?");
  if (incidents.length > MAX_INCIDENTS)
    problems.push(`--incident: ${incidents.length}; at most ${MAX_INCIDENTS} in one record`);
  for (const one of incidents)
    if (!INCIDENT.test(one))
      problems.push(
        `--incident ${one.slice(0, 60)}: expected the number of a record: letters, digits and . _ : @ / + -`,
      );
  if (problems.length > 0) throw new CustodyError("USAGE", problems.join("\n"), { remedy: "Nothing was recorded." });
  const { all } = await custody.waivers();
  const person = await personId(custody, owner);
  return begin(
    custody,
    { series: "WVR", kind: "waiver", taken: all.map(({ id }) => id) },
    (waiver) => ({
      kind: "waiver",
      waiver,
      act: "grant",
      happened: iso(now),
      requirement,
      ...(incidents.length > 0 ? { incidents: [...new Set(incidents)] } : {}),
      owner: person,
      until: iso(until),
      ...(earlier ? { earlier } : {}),
      words: { reason },
    }),
    "sign-off",
  );
}

/** Takes a waiver back, from now on. Throws NOT_FOUND, and USAGE where there is nothing to take back. */
export async function revokeWaiver(
  custody: Custody,
  id: string,
  reason: string | undefined,
): Promise<{ readonly index: number; readonly by: Actor }> {
  const { all } = await custody.waivers();
  const waiver = all.findLast((one) => one.id === id);
  if (waiver === undefined)
    throw new CustodyError(
      "NOT_FOUND",
      `there is no waiver ${id.slice(0, 60)}${didYouMean(
        id,
        all.map((one) => one.id),
      )}`,
      {
        remedy: "`custody waive` lists them.",
      },
    );
  const problems: string[] = [];
  const state = standingAt(waiver, custody.clock.now());
  if (state === "revoked") problems.push(`${id} was taken back already`);
  if (state === "expired") problems.push(`${id} is over already`);
  if (reason === undefined || reason.trim() === "") problems.push("--reason is missing: why is it taken back?");
  if (problems.length > 0) throw new CustodyError("USAGE", problems.join("\n"), { remedy: "Nothing was recorded." });
  const { requirement, owner, until } = waiver;
  const draft: ActDraft = {
    kind: "waiver",
    waiver: id,
    act: "revoke",
    happened: iso(custody.clock.now()),
    requirement,
    owner,
    until: iso(until),
    words: { reason: reason ?? "" },
  };
  const { by, records } = await recordActs(custody, [draft]);
  return { index: records[0]?.index ?? -1, by };
}
