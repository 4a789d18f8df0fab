import { assessControls, type ControlAssessment } from "../assess/assess.ts";
import { boundBy } from "../assess/binding.ts";
import type { Catalogue, CheckOf, Requirement } from "../assess/catalogue.ts";
import { type NilReturn, nilReturnsOf } from "../assess/nil-return.ts";
import { named, type SignOff, type VoidSignOff } from "../assess/sign-off.ts";
import type { Custody } from "../custody.ts";
import { decodeManifest } from "../evidence/manifest.ts";
import { base64, matching } from "../lib/digest.ts";
import { type Interval, iso } from "../lib/time.ts";
import { actor, namesOf } from "../people.ts";
import { assessmentOf, catalogueIn, type Gathered, readLedger } from "../views/gathering.ts";
import { signedSize } from "../views/reporting.ts";

/** What people can sign, out of the ledger itself, and the entry by which they do. */

/** A check of the catalogue that only a person can answer. */
export interface HumanRequirement extends Pick<Requirement, "id" | "text" | "freshness"> {
  readonly control: string;
  readonly subject: string;
}

/** Everything that signing needs to know, as of one signed size of the log. */
export interface Signing {
  readonly found: Gathered;
  readonly catalogue: Catalogue;
  readonly signOffs: readonly SignOff[];
  readonly void: readonly VoidSignOff[];
  readonly human: readonly HumanRequirement[];
  /** Size and root of what was looked at. */
  readonly seen: { readonly size: number; readonly root: string };
  nilReturns(period: Interval): NilReturn[];
  controls(period: Interval): ControlAssessment[];
}

/** Reads the whole log, facts and all. What is committed is signed first, so that it can be said what somebody saw. */
export async function openSigning(custody: Custody): Promise<Signing> {
  const size = await signedSize(custody, undefined);
  const found = await readLedger(custody, size);
  const { catalogue } = await catalogueIn(custody, found);
  const names = await namesOf(custody);
  const known = found.signOffs;
  const judged = (period: Interval) => assessmentOf(custody, found, catalogue, period, names);
  return {
    found,
    catalogue,
    signOffs: known.counting.map((one) => named(one, names)),
    void: known.void.map((one) => named(one, names)),
    human: humanIn(catalogue, found),
    seen: { size, root: base64(found.frontier.root()) },
    nilReturns: (period) => nilReturnsOf(judged(period)),
    controls: (period) => assessControls(judged(period)),
  };
}

/** How often it is signed is for the rules to say where they ask for it. */
function humanIn({ controls }: Catalogue, { policies, history }: Pick<Gathered, "policies" | "history">) {
  const now = { from: history.asOf, to: history.asOf + 1 };
  return controls.flatMap(({ id: control, requirements }): HumanRequirement[] =>
    requirements
      .map((one) => boundBy(one, policies, now))
      .filter((one): one is Requirement & { check: CheckOf<"human"> } => one.check.kind === "human")
      .map(({ id, text, freshness, check }) => ({ id, text, freshness, control, subject: check.subject })),
  );
}

export interface SignRequest {
  /** `nil-return`, or the subject of a human check. */
  readonly subject: string;
  readonly window: Interval;
  readonly requirements: readonly string[];
  /** What they sign, in words. */
  readonly statement: string;
}

/**
 * Writes the sign-offs, one entry each, all of them or none. Throws NOT_ALLOWED unless whoever acts has shown who they are
 * and may sign.
 */
export async function signAll(
  custody: Custody,
  { seen }: Pick<Signing, "seen">,
  requests: readonly SignRequest[],
): Promise<number[]> {
  const by = await actor(custody, "sign-off");
  const ledger = await custody.ledger();
  const drafts = await Promise.all(
    requests.map(async ({ subject, window, requirements, statement }) => ({
      kind: "sign-off" as const,
      actor: by,
      subject,
      window: { from: iso(window.from), to: iso(window.to) },
      ...(requirements.length > 0 ? { requirements: requirements.slice(0, 64) } : {}),
      seen,
      body: await ledger.put(new TextEncoder().encode(statement), "text/plain; charset=utf-8"),
    })),
  );
  return (await ledger.append(drafts)).map(({ index }) => index);
}

/** Addresses named for one source. */
const MAX_QUERIES = 4;

/** What was asked of a source in these runs: addresses and paths as the manifest of the newest of them has them. */
export async function queriesOf(
  custody: Custody,
  { found }: Pick<Signing, "found">,
  instance: string,
  runs: readonly number[],
): Promise<string[]> {
  const own = found.history.instances.get(instance)?.runs.filter(({ index }) => runs.includes(index)) ?? [];
  const manifest = own.findLast(({ items, manifest: list }) => items > 0 && list !== undefined)?.manifest;
  const bytes = manifest && matching(await (await custody.view()).blob(manifest.digest), manifest.digest);
  if (bytes === undefined) return [];
  try {
    const asked = decodeManifest(bytes).captures.map(({ request, origin }) => request?.url ?? origin);
    const queries = [...new Set(asked)];
    const rest = queries.length - MAX_QUERIES;
    return rest > 0 ? [...queries.slice(0, MAX_QUERIES), `and ${rest} more`] : queries;
  } catch {
    return [];
  }
}
