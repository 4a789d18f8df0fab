import { closingConditions } from "../acts/closing.ts";
import { registerOf } from "../acts/open-register.ts";
import type { Custody } from "../custody.ts";
import { withOwners } from "../findings/waiver.ts";
import { closingProblems } from "../incidents/closing.ts";
import { OWN_REGISTER } from "../incidents/register.ts";
import type { CasesInput, EventsInput } from "../report/cases-input.ts";
import { linksOf } from "../reviews/links.ts";
import type { Gathered } from "./gathering.ts";

/** What a report tells of single incidents and events, out of what was read of the log. */

type Read = Pick<Gathered, "acts" | "names" | "policies" | "waivers" | "facts" | "history" | "events">;

export function casesIn(custody: Pick<Custody, "config">, read: Read): CasesInput {
  const { acts, names, policies, waivers, facts, history } = read;
  const { asOf } = history;
  const newest = acts.at(-1)?.index ?? -1;
  const opened = registerOf(
    custody,
    { acts, names, asOf, seen: { size: newest + 1, root: "" }, zone: custody.config.organisation.zone },
    policies,
  );
  const kept = facts.flatMap(({ fact, instance }) =>
    fact.kind === "evidence" && instance === OWN_REGISTER ? [fact] : [],
  );
  const sources = { ...opened, kept, collecting: [...history.instances.values()] };
  return {
    register: opened.incidents,
    names,
    links: linksOf(acts),
    waivers: withOwners(waivers.all, names),
    closing: new Map(
      [...opened.incidents.values()].map((incident) => {
        const conditions = closingConditions(sources, incident);
        return [incident.id, { needs: conditions.needs, open: closingProblems(incident, conditions) }];
      }),
    ),
  };
}

export function eventsIn({ events: { log, rules }, names }: Pick<Read, "events" | "names">): EventsInput {
  const { timeline, limits, troubles } = rules;
  return { log, rules: timeline, limits, names, troubles: [...log.troubles, ...troubles] };
}
