import { actsOfKind, type RecordedAct } from "../evidence/act.ts";
import { recordName } from "./name.ts";

/** Which incidents an event was linked to as one of its alerts. */

/** A key for anything that a link can name. */
export type EndKey = string;

export const factKey = (instance: string, kind: string, id: string): EndKey =>
  `${instance}\n${kind}\n${recordName(kind, id)}`;
export const eventKey = (event: string): EndKey => `\nevent\n${event}`;

type End = RecordedAct<"link">["entry"]["from"];

const keyOf = (end: End): EndKey =>
  "instance" in end && "kind" in end ? factKey(end.instance as string, end.kind as string, end.id) : eventKey(end.id);

const incidentOf = (end: End): string | undefined =>
  ("type" in end && end.type === "incident") || ("kind" in end && end.kind === "incident") ? end.id : undefined;

/** For each end that is linked to an incident as its alert: which incidents. The newest link between two counts. */
export function alertLinks(acts: readonly RecordedAct[]): ReadonlyMap<EndKey, readonly string[]> {
  const found = new Map<EndKey, Map<string, boolean>>();
  for (const { entry } of actsOfKind(acts, "link")) {
    if (entry.relation !== "alert") continue;
    for (const [one, other] of [
      [entry.from, entry.to],
      [entry.to, entry.from],
    ] as const) {
      const incident = incidentOf(one);
      if (incident === undefined || incidentOf(other) !== undefined) continue;
      const own = found.get(keyOf(other)) ?? new Map<string, boolean>();
      own.set(incident, entry.act === "add");
      found.set(keyOf(other), own);
    }
  }
  return new Map(
    [...found].flatMap(([key, own]) => {
      const linked = [...own].flatMap(([incident, isLinked]) => (isLinked ? [incident] : []));
      return linked.length === 0 ? [] : [[key, linked]];
    }),
  );
}
