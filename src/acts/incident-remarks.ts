import { STAMPS } from "../incidents/acts.ts";
import type { RegisterAct, RegisterIncident } from "../incidents/incident.ts";
import { isBefore } from "../incidents/statement.ts";
import { nearest } from "../lib/nearest.ts";
import { channelOf, type Policy } from "../policy/policy.ts";

/** What somebody is told of a record right after it was made, while a slip of the hand is still easily put right. Refuses nothing. */

/** Words of the record that the rules do not know, and times that are seldom so. `policy`: the rules by which it counts. */
export function remarksOn(incident: RegisterIncident, act: RegisterAct, policy: Policy | undefined): string[] {
  return [
    ...lateRemark(incident, act),
    ...(act.known === "measure" ? measureRemark(incident, act, policy) : []),
    ...(act.known === "communicate" ? channelRemark(incident, act, policy) : []),
    ...(act.known === "stamp" ? orderRemark(incident, act) : []),
  ];
}

const correction = ({ id }: RegisterIncident, { index }: RegisterAct, flag: string) =>
  `custody incident correct ${id} ${index} ${flag} --because "…"`;

/** Of what was written down after the closing, which record closed it; undefined for everything else. */
export function closedBefore({ closing }: RegisterIncident, { act, index }: RegisterAct): number | undefined {
  return closing !== null && index > closing.index && !OPENLY_LATER.has(act) ? closing.index : undefined;
}

/** What comes after a closing by its nature. */
const OPENLY_LATER: ReadonlySet<string> = new Set(["close", "reopen", "withdraw", "note", "void"]);

function lateRemark(incident: RegisterIncident, act: RegisterAct): string[] {
  const closing = closedBefore(incident, act);
  return closing === undefined ? [] : [`It was recorded after it was closed (record ${closing}), and is marked so.`];
}

function measureRemark(incident: RegisterIncident, act: RegisterAct, policy: Policy | undefined): string[] {
  const said = String(act.values.measure ?? "");
  const known = [...(policy?.measures ?? []), ...(policy?.recovery?.checks ?? [])].map(({ id }) => id);
  const meant = known.includes(said) ? undefined : nearest(said, known);
  if (meant === undefined) return [];
  const mend = correction(incident, act, `--measure ${meant}`);
  return [`Your rules know no measure "${said}". If you meant "${meant}": ${mend}`];
}

function channelRemark(incident: RegisterIncident, act: RegisterAct, policy: Policy | undefined): string[] {
  const said = String(act.values.channel ?? "");
  const channels = policy?.communications?.channels ?? [];
  if (policy === undefined || channels.length === 0 || channelOf(policy, said) !== undefined) return [];
  const known = channels.map(({ id }) => id).join(", ");
  return [`Your rules name no channel "${said}"; they name ${known}. ${correction(incident, act, "--channel NAME")}`];
}

/** Something can be contained before anybody noticed it, so it is said and not refused. */
function orderRemark(incident: RegisterIncident, act: RegisterAct): string[] {
  const { detectedAt } = incident.times;
  const time = STAMPS.find((one) => one === act.values.time);
  if (time === undefined || !SELDOM_BEFORE.has(time) || detectedAt === undefined) return [];
  if (!isBefore(act.happened, detectedAt)) return [];
  return [
    `By its records it was ${time} before it was noticed (record ${detectedAt.index}). If that is wrong: ${correction(incident, act, "--at TIME")}`,
  ];
}

const SELDOM_BEFORE: ReadonlySet<string> = new Set(["contained", "eradicated", "recovered", "verified"]);
