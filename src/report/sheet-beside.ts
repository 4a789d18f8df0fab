import type { Waiver } from "../findings/waiver.ts";
import { type Names, nameOf } from "../incidents/facts.ts";
import { OWN_REGISTER } from "../incidents/register.ts";
import { iso } from "../lib/time.ts";
import { isFactRef, keyOf, type Links, type Ref } from "../reviews/links.ts";
import { clean, cleanOrNull } from "./clean.ts";
import { isoOrNull } from "./coverage.ts";
import { type IncidentCase, recordsOf, refOf } from "./incident-case.ts";
import type { Beside } from "./incidents.ts";
import type { UploadInput } from "./input.ts";
import { sortedBy } from "./order.ts";
import type { IncidentSheet } from "./sheets-shape.ts";

/** What other records say of an incident: steps, evidence, links, accepted failures. */

export function actionRows(actions: Beside["actions"]): IncidentSheet["actions"] {
  return sortedBy(
    actions.map(({ fact, entry }) => ({
      id: clean(fact.id),
      title: clean(fact.title),
      type: cleanOrNull(fact.type),
      owner: cleanOrNull(fact.owner),
      due: isoOrNull(fact.due),
      replanned: isoOrNull(fact.replanned.at(-1)?.due),
      done: isoOrNull(fact.doneAt),
      verified: isoOrNull(fact.verifiedAt),
      cancelled: isoOrNull(fact.cancelledAt),
      result: cleanOrNull(fact.result),
      files: fact.evidence,
      entry,
    })),
    ({ id }) => id,
    ({ entry }) => entry,
  );
}

export function evidenceRows(items: Beside["evidence"]): IncidentSheet["evidence"] {
  return sortedBy(
    items.map(({ fact, entry }) => ({
      id: clean(fact.id),
      title: clean(fact.title),
      physical: fact.physical,
      holder: cleanOrNull(fact.holder),
      collected: isoOrNull(fact.collectedAt),
      digests: [...fact.digests],
      holes: fact.holes.length,
      entry,
    })),
    ({ id }) => id,
    ({ entry }) => entry,
  );
}

export function uploadRows(uploads: readonly UploadInput[]): IncidentSheet["uploads"] {
  return sortedBy(uploads, ({ entry }) => entry).flatMap(({ entry, files }) =>
    files.map(({ name, digest }) => ({ entry, name: clean(name), digest })),
  );
}

/** The links of all its records; that these are the same incident is said beside them. */
export function linkRows(one: IncidentCase, links: Links): IncidentSheet["links"] {
  const own = new Set(recordsOf(one).map((seen) => keyOf(refOf(seen))));
  const found = new Map(
    recordsOf(one)
      .flatMap((seen) => links.of(refOf(seen)))
      .map((link) => [link.entry, link] as const),
  );
  return sortedBy([...found.values()], ({ entry }) => entry).flatMap(({ from, to, relation, reason, entry }) => {
    const isFrom = own.has(keyOf(from));
    if (isFrom && own.has(keyOf(to)) && relation !== "same") return [];
    return [{ relation, other: spelled(isFrom ? to : from), reason: cleanOrNull(reason), entry }];
  });
}

/** `INC-2026-004`, `prom/alert/HighLoad`, `file 3f9a…`. */
function spelled(ref: Ref): string {
  if (isFactRef(ref)) return clean(ref.instance === OWN_REGISTER ? ref.id : `${ref.instance}/${ref.kind}/${ref.id}`);
  return clean(ref.type === "incident" ? ref.id : `${ref.type} ${ref.id}`);
}

/** Accepted failures that name it, also those that are over. */
export function waiverRows(
  waivers: readonly Waiver[],
  ids: ReadonlySet<string>,
  names: Names,
): IncidentSheet["waivers"] {
  return sortedBy(
    waivers.filter(({ incidents }) => incidents.some((id) => ids.has(id))),
    ({ index }) => index,
  ).map(({ id, requirement, owner, ownerName, until, revoked, index }) => ({
    id: clean(id),
    requirement: clean(requirement),
    owner: clean(ownerName ?? nameOf(owner, names)),
    until: iso(until),
    revoked: revoked?.index ?? null,
    entry: index,
  }));
}
