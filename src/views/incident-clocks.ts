import { oncePerIncident } from "../acts/linking.ts";
import { keptFacts } from "../acts/open-register.ts";
import { sourceFacts } from "../acts/preserving.ts";
import { DONE } from "../assess/clock.ts";
import { logsExpiring } from "../assess/logs-expiring.ts";
import type { Review } from "../assess/review-clock.ts";
import { type DueClock, dueClocks } from "../assess/running.ts";
import type { Custody } from "../custody.ts";
import { isAnsweredByGap } from "../daemon/gap-incidents.ts";
import { type LiveClock, WARN } from "../duties/clocks.ts";
import { sentence } from "../duties/words.ts";
import type { FactOf, Observed } from "../evidence/fact.ts";
import { answeredAt, caseOf } from "../gaps/cases.ts";
import { OWN_REGISTER } from "../incidents/register.ts";
import { writeThere } from "../incidents/written-elsewhere.ts";
import { lawClocks, type RunningClock } from "../law/clocks.ts";
import { tellersOfBreaches } from "../law/told.ts";
import { shippedLaws } from "../laws.ts";
import { isCustodyError } from "../lib/errors.ts";
import type { Instant } from "../lib/time.ts";
import { dateForPeople } from "../lib/zone.ts";
import type { Policy } from "../policy/policy.ts";
import { linksOf } from "../reviews/links.ts";
import type { LiveRecords } from "./live-acts.ts";

/** The clocks of rules, laws and contracts that run for incidents now, with the commands that settle them. */

type Incident = FactOf<"incident">;

/** Of an incident that is closed, what is still due is told for so long; what is older belongs to reports. */
const AFTER_CLOSING = 90 * 86_400_000;

/** The incidents of all registers, each once, with the reviews that tell of them. */
export async function incidentClocks(custody: Custody, records: LiveRecords, now: Instant): Promise<LiveClock[]> {
  const all = await everythingTold(custody, records);
  const reviews = all.flatMap(({ fact }) => (fact.kind === "review" ? [fact] : []));
  const open = onceIn(all, records).filter(
    ({ fact }) => fact.closedAt === null || now - fact.closedAt <= AFTER_CLOSING,
  );
  const cases = await custody.gapCases();
  const unanswered = new Set(
    cases.all.flatMap(({ gap, later }) => (answeredAt(later) === undefined ? [caseOf(gap)] : [])),
  );
  const kept = await keptFacts(custody, records);
  const expiring = open.flatMap((seen) => logsClock(custody, records, seen, kept, now));
  const telling = tellersOfBreaches(open);
  const running = open.flatMap((seen) => {
    // Whoever answers the gap answers this one, and is told so there.
    const byGap = seen.instance === OWN_REGISTER && unanswered.has(seen.fact.id) && isAnsweredByGap(seen.fact.tags);
    return clocksOf(custody, records, seen, reviews, now, { byGap, tells: telling(seen.instance) });
  });
  return [...running, ...expiring];
}

type SeenIncident = Observed & { readonly fact: Incident };

/** The incidents of all registers, each once; those of other registers as the newest look shows them. */
export async function incidentsOnce(custody: Custody, records: LiveRecords): Promise<SeenIncident[]> {
  return onceIn(await everythingTold(custody, records), records);
}

async function everythingTold(custody: Custody, { register }: LiveRecords): Promise<readonly Observed[]> {
  return [...register.facts, ...register.beside, ...(await toldElsewhere(custody))];
}

const onceIn = (all: readonly Observed[], { acts }: LiveRecords): SeenIncident[] =>
  oncePerIncident(all, linksOf(acts)).filter((seen): seen is SeenIncident => seen.fact.kind === "incident");

/** Logs of the beginning that are gone soon, of an incident of which nothing is kept yet. */
function logsClock(
  custody: Custody,
  { timeline }: LiveRecords,
  { fact, instance }: SeenIncident,
  kept: readonly FactOf<"evidence">[],
  now: Instant,
): LiveClock[] {
  const policy = timeline.policyAt(fact.detectedAt ?? now)?.policy;
  const gone = policy && logsExpiring(fact, kept, policy, now);
  if (gone === undefined) return [];
  const { due, warn, keep } = gone;
  const about = instance === OWN_REGISTER ? fact.id : `${instance}/${fact.id}`;
  const from = dateForPeople(fact.occurredAt ?? fact.detectedAt ?? now, custody.config.organisation.zone);
  return [
    {
      about,
      name: JSON.stringify(["logs"]),
      title: `${about}: logs of its beginning are gone soon`,
      what: `${sentence(`"${fact.title}"`)} It began on ${from}, your rules keep logs for ${keep}, and nothing is kept as evidence of it.`,
      todo: "Keep what is needed of them as evidence:",
      commands: [`custody evidence add FILE --incident ${fact.id} --title "…"`],
      since: undefined,
      due,
      late: due <= now,
      warn,
      grave: false,
      who: [...new Set([fact.commander, fact.owner])].filter((name) => name !== null).join(", ") || undefined,
    },
  ];
}

function clocksOf(
  custody: Custody,
  { timeline }: LiveRecords,
  { fact, instance, origin }: SeenIncident,
  reviews: readonly Review[],
  now: Instant,
  { byGap, tells }: { readonly byGap: boolean; readonly tells: boolean },
): LiveClock[] {
  const { zone } = custody.config.organisation;
  const own = instance === OWN_REGISTER;
  const about = own ? fact.id : `${instance}/${fact.id}`;
  const who = [...new Set([fact.commander, fact.owner])].filter((name) => name !== null).join(", ") || undefined;
  const place: Place = { own, about, instance, origin, who, title: fact.title };
  const byLaw = lawClocks(fact, { laws: shippedLaws(), policies: timeline, asOf: now, zone, tells });
  return [
    ...byLaw.filter(isTold).map((clock) => lawClock(clock, fact, place)),
    ...dueClocks(fact, reviews, timeline, now).flatMap((clock) => {
      const policy = timeline.policyAt(fact.detectedAt ?? now)?.policy;
      const isAnswer = clock.kind === "target" && policy?.targets[clock.name]?.to === "respondedAt";
      return byGap && isAnswer ? [] : [ruleClock(clock, fact, place, policy)];
    }),
  ];
}

interface Place {
  readonly own: boolean;
  readonly about: string;
  readonly instance: string;
  readonly origin: string | undefined;
  readonly who: string | undefined;
  readonly title: string;
}

/** What cannot be told yet, for what it starts with is not recorded, is asked for by the checks. */
const isTold = ({ due, word, term }: RunningClock): boolean =>
  word === "not_met" || due !== undefined || (word === "pending" && term === "no number");

/** How it is settled: in our register by a command, elsewhere where the incident is kept. */
function settled(
  { own, instance, origin }: Place,
  todo: string,
  commands: readonly string[],
): Pick<LiveClock, "todo" | "commands"> {
  if (own) return { todo, commands };
  const [command = ""] = commands;
  return {
    todo: `Do it, and ${writeThere(command, { instance, origin })}; then have it collected:`,
    commands: [`custody collect ${instance}`],
  };
}

function lawClock(clock: RunningClock, fact: Incident, place: Place): LiveClock {
  const { id, what, basis, source, role, dataset, due, dueUntil, word, reason, record } = clock;
  const whose = [role && `as ${role}`, dataset && `of ${dataset}`].filter(Boolean).join(" ");
  const breach = fact.breaches.find((one) => one.dataset === (dataset ?? null)) ?? fact.breaches[0];
  return {
    about: place.about,
    name: JSON.stringify([id, role ?? null, dataset ?? null]),
    title: `${place.about}: to be done by ${basis}: ${what.charAt(0).toLowerCase()}${what.slice(1)}`,
    what: `${sentence(`"${place.title}"`)} ${sentence(`${source}${whose === "" ? "" : `, ${whose}`}: ${reason}`)}`,
    ...settled(place, "Tell them, and record when it was done:", [`custody ${record}`]),
    since: breach?.awareAt ?? fact.awareAt ?? fact.detectedAt ?? undefined,
    due,
    dueUntil,
    late: word === "not_met",
    warn: WARN.hours,
    grave: true,
    who: place.who,
  };
}

const REVIEWS = { review: "the review", publicReview: "the review for the public" } as const;

function ruleClock(clock: DueClock, fact: Incident, place: Place, policy: Policy | undefined): LiveClock {
  const { kind, name, verdict, since, due, late, worst } = clock;
  const level = verdict.level ?? "";
  const target = policy?.targets[name];
  const done =
    kind === "target"
      ? `to be ${DONE[target?.to ?? ""] ?? name}`
      : kind === "updates"
        ? "the next update"
        : `${REVIEWS[kind]} is due`;
  return {
    about: place.about,
    // Each update that was missed is told by itself; that the next one is near, once.
    name: JSON.stringify([kind, name, level, ...(kind === "updates" && late ? [due] : [])]),
    title: `${place.about}: ${done}`,
    what: `${sentence(`"${place.title}"`)} ${sentence(verdict.what ?? "")}`,
    ...settled(place, "Do it, and record when it was done:", commandsFor(clock, fact, policy)),
    since,
    due,
    dueUntil: verdict.dueUntil,
    late,
    warn: kind === "review" || kind === "publicReview" ? WARN.task : WARN.hours,
    grave: worst && (kind === "target" || kind === "updates"),
    who: place.who,
  };
}

/** What records the end of a clock of our own register. */
function commandsFor({ kind, name }: DueClock, { id }: Incident, policy: Policy | undefined): string[] {
  if (kind === "review") return [`custody review new ${id}`];
  if (kind === "publicReview") return [`custody review list`];
  const tell = (channels: readonly string[], audience: string | undefined, purpose: string) =>
    channels.map(
      (channel) =>
        `custody incident communicate ${id} --channel ${channel} --audience ${audience ?? "customers"} --purpose ${purpose}`,
    );
  if (kind === "updates") {
    const rule = policy?.updates[name];
    return tell(rule?.channels.slice(0, 1) ?? [], rule?.audience, "update");
  }
  const target = policy?.targets[name];
  if (target?.done !== undefined) return tell(target.done.channels, target.done.audience, "acknowledgement");
  switch (target?.to) {
    case "commanderAt":
      return [`custody incident assign ${id} commander NAME`];
    case "resolvedAt":
      return [`custody incident resolve ${id}`];
    case "closedAt":
      return [`custody incident close ${id} --reason "…"`];
    default:
      return [`custody incident stamp ${id} ${(target?.to ?? name).replace(/At$/, "")}`];
  }
}

interface Told {
  readonly key: string;
  readonly facts: readonly Observed[];
}
const told = new WeakMap<Custody, Told>();

/** Incidents and reviews of other registers; read anew when one of them was looked at. What cannot be read is told elsewhere. */
async function toldElsewhere(custody: Custody): Promise<readonly Observed[]> {
  const { instances } = await custody.history();
  const tells = (use: string) => custody.config.collectors.find(({ name }) => name === use)?.facts.includes("incident");
  const registers = [...instances.values()].filter(({ record }) => tells(record.use));
  // What a disposal took is not shown after it.
  const { newest: disposed = null } = await custody.disposals();
  const looks = registers.map(({ id, runs, imports }) => [id, runs.length, imports.length]);
  const key = JSON.stringify([disposed, ...looks]);
  const known = told.get(custody);
  if (known?.key === key) return known.facts;
  try {
    const facts = await sourceFacts(custody);
    told.set(custody, { key, facts });
    return facts;
  } catch (error) {
    // A store that does not answer, or that was altered, is no register without incidents; nor is a failure remembered.
    if (!isCustodyError(error) || error.kind !== "input") throw error;
    return known?.facts ?? [];
  }
}
