import type { Incident } from "./case.ts";

/**
 * Messages that are themselves the telling that law or contract asks for: said to the authority, to the people concerned, to the
 * controller, or as a notice to customers. They count where they carry a time and nothing else says when it was done.
 */

export const TELLINGS = ["authorityAt", "controllerAt", "subjectsAt"] as const;
export type Telling = (typeof TELLINGS)[number];

type Breach = Incident["breaches"][number];
type Role = "controller" | "processor" | undefined;

/** What is known of a breach of which nothing is recorded but a message. */
const NOTHING: Breach = {
  role: null,
  dataset: null,
  awareAt: null,
  risk: null,
  riskBy: null,
  riskAt: null,
  riskReason: null,
  authorityAt: null,
  controllerAt: null,
  subjectsAt: null,
  exemption: null,
  delayReason: null,
  facts: null,
  effects: null,
  remedy: null,
  people: null,
};

export interface ToldIncident {
  readonly incident: Incident;
  /** By the place of the breach, what was taken from a message. */
  readonly byMessage: readonly (readonly Telling[])[];
}

/** The place of the first message that is such a telling. */
function messageFor(incident: Incident, breach: Breach, telling: Telling): number | undefined {
  const known = breach.awareAt ?? incident.awareAt ?? incident.detectedAt ?? Number.NEGATIVE_INFINITY;
  const fitting = incident.messages
    .map(({ at, audience, purpose }, i) => ({ at, audience, purpose, i }))
    .filter(({ at, audience, purpose, i }) => {
      if (at === null) return false;
      if (telling === "authorityAt") return audience === "authority";
      if (telling === "subjectsAt") return audience === "subjects";
      if (audience === "controller") return true;
      // Customers are told of much: only a notice after somebody knew is one of the breach.
      const isNotice = purpose === "notice" || purpose === "formal";
      return audience === "customers" && isNotice && at + (incident.precision[`messages.${i}`] ?? 1) > known;
    });
  return fitting.toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0))[0]?.i;
}

/** Whether a telling can be one of a breach in this role: of several breaches a message is only of the one that it fits. */
const fitsRole = (telling: Telling, role: Role) => role !== (telling === "controllerAt" ? "controller" : "processor");

/** The incident with what its messages tell of its breaches; the same one where they tell nothing more. */
export function withTold(incident: Incident, roleOf: (breach: Breach) => Role): ToldIncident {
  const same = { incident, byMessage: [] };
  if (incident.messages.length === 0) return same;
  const none = incident.breaches.length === 0;
  if (none && incident.personalData !== "yes") return same;
  const breaches = none ? [NOTHING] : incident.breaches;
  const precision: Record<string, number> = { ...incident.precision };
  const byMessage: Telling[][] = breaches.map(() => []);
  const completed = breaches.map((breach) => ({ ...breach }));
  for (const telling of TELLINGS) {
    const fitting = breaches.length === 1 ? [0] : placesOf(breaches, (one) => fitsRole(telling, roleOf(one)));
    const [place] = fitting;
    const breach = place === undefined ? undefined : completed[place];
    if (fitting.length !== 1 || place === undefined || breach === undefined || breach[telling] !== null) continue;
    const message = messageFor(incident, breach, telling);
    if (message === undefined) continue;
    breach[telling] = incident.messages[message]?.at ?? null;
    const exactly = incident.precision[`messages.${message}`];
    if (exactly !== undefined) precision[`breaches.${place}.${telling}`] = exactly;
    byMessage[place]?.push(telling);
  }
  if (byMessage.every((found) => found.length === 0)) return same;
  return { incident: { ...incident, breaches: completed, precision }, byMessage };
}

const placesOf = (breaches: readonly Breach[], fits: (breach: Breach) => boolean) =>
  breaches.flatMap((breach, place) => (fits(breach) ? [place] : []));

/**
 * The sources that can tell of breaches and reports: our own register, one that has a place for them, and one that told of some.
 * Of any other one nothing is no sign that there was none.
 */
export function tellersOfBreaches(
  incidents: Iterable<{ readonly fact: Incident; readonly instance: string }>,
): (instance: string) => boolean {
  const telling = new Set<string>();
  for (const { fact, instance } of incidents)
    if (fact.breaches.length > 0 || fact.lawSteps.length > 0 || fact.tellsOf?.includes("breaches"))
      telling.add(instance);
  return (instance) => instance.startsWith("custody:") || telling.has(instance);
}
