import type { Custody } from "../custody.ts";
import { actsOfKind, type RecordedAct } from "../evidence/act.ts";
import type { Observed } from "../evidence/fact.ts";
import { incidentFacts } from "../incidents/facts.ts";
import type { KnownWords } from "../incidents/fold.ts";
import type { RegisterIncident, Trouble } from "../incidents/incident.ts";
import { momentForPeople } from "../incidents/moment.ts";
import { foldRegister, OWN_REGISTER, type Register } from "../incidents/register.ts";
import { CustodyError } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import type { Instant } from "../lib/time.ts";
import { policyTimeline, policyTimelineNow } from "../policies.ts";
import { severityOf as severityIn } from "../policy/policy.ts";
import { PolicyTimeline } from "../policy/timeline.ts";
import { reviewFacts } from "../reviews/facts.ts";
import { Holds } from "../trust/holds.ts";
import { readActs } from "./acting.ts";
import type { ClosingSources } from "./closing.ts";
import { evidenceFactsOf } from "./keeping-custody.ts";

/** The register of incidents of our own, as the log has it. Commands and pages both come here. */

/** The register as of one size of the log. */
export interface OpenRegister {
  readonly register: Register;
  readonly incidents: ReadonlyMap<string, RegisterIncident>;
  readonly troubles: readonly Trouble[];
  /** The organisation's rules, by when they were in force. */
  readonly timeline: PolicyTimeline;
  /** Reviews and actions of our own, as facts. */
  readonly beside: readonly Observed[];
  /** What else decides whether an incident can be closed; undefined where only the acts were read. */
  readonly kept?: ClosingSources["kept"];
  readonly collecting?: ClosingSources["collecting"];
  /** The acts it is made of, in the order of the log. */
  readonly acts: readonly RecordedAct<"incident">[];
  /** The names behind random IDs, as far as they are still there. */
  readonly names: ReadonlyMap<string, string>;
  readonly zone: string;
  /** Time of the last record that was looked at. */
  readonly asOf: Instant;
  /** How many records were looked at. */
  readonly size: number;
  /** Those that are counted, as the facts that checks and reports read. */
  readonly facts: readonly Observed[];
  /** Throws NOT_FOUND for an id that the register does not have. */
  find(id: string): RegisterIncident;
}

/** Reads the register out of the first `size` records, all where none is given. */
export async function openRegister(custody: Custody, size?: number): Promise<OpenRegister> {
  const read = await readActs(custody, size);
  const register = registerOf(custody, read, await policyTimeline(custody, size));
  // What was collected is known up to the end of the log only.
  const collecting = size === undefined ? { collecting: [...(await custody.history()).instances.values()] } : {};
  return { ...register, kept: await keptFacts(custody, read), ...collecting };
}

/** The register as it is now, by the rules that the next record will stand under. */
export async function openAsIfDeclared(custody: Custody): Promise<OpenRegister> {
  return { ...(await openRegister(custody)), timeline: await policyTimelineNow(custody) };
}

/** What is kept as evidence, as far as the order of things goes: holds and accesses have no part in that. */
export async function keptFacts(
  custody: Custody,
  { acts, names }: Pick<Awaited<ReturnType<typeof readActs>>, "acts" | "names">,
) {
  if (actsOfKind(acts, "custody").length === 0) return [];
  const input = { acts, holds: new Holds(), accesses: [], disposals: await custody.disposals() };
  const items = evidenceFactsOf(input, { names, zone: custody.config.organisation.zone });
  return items.flatMap(({ fact }) => (fact.kind === "evidence" ? [fact] : []));
}

/** The register that is in acts which somebody has read already. */
export function registerOf(
  custody: Pick<Custody, "config">,
  { acts: all, names, asOf, seen }: Awaited<ReturnType<typeof readActs>>,
  timeline: PolicyTimeline = new PolicyTimeline([]),
): OpenRegister {
  const { zone } = custody.config.organisation;
  const acts = actsOfKind(all, "incident");
  const register = foldRegister(acts, knownWords(zone, timeline));
  const { incidents, troubles } = register;
  return {
    register,
    incidents,
    troubles,
    timeline,
    beside: reviewFacts(all, OWN_REGISTER, names),
    acts,
    names,
    zone,
    asOf,
    size: seen.size,
    facts: incidentFacts(register, names),
    find(id) {
      const found = incidents.get(id);
      if (found !== undefined) return found;
      throw notThere(id, [...incidents.keys()]);
    },
  };
}

export const knownWords = (zone: string, timeline: PolicyTimeline): KnownWords => ({
  show: (moment) => momentForPeople(moment, zone),
  isSeverity: (severity, at) => {
    const policy = timeline.policyAt(at)?.policy;
    return policy === undefined || severityIn(policy, severity) !== undefined;
  },
});

function notThere(id: string, known: readonly string[]): CustodyError {
  const remedy =
    known.length === 0
      ? 'There is none yet: `custody incident open --title "…"` opens the first.'
      : "`custody incident list` shows them.";
  return new CustodyError("NOT_FOUND", `the register has no incident ${shown(id)}${didYouMean(id, known)}`, { remedy });
}

export const shown = (text: string) => text.slice(0, 80).replace(/[^\x20-\x7e]/g, "?");
