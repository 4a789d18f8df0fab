import { canonical, type Json } from "../lib/canonical.ts";
import { plural } from "./words.ts";

/** What differs between two configurations as the log has them: by the names of their keys and the roles of people, never by values. */

type Keyed = Readonly<Record<string, Json>>;

/** Told by what is recorded of each collector beside the file. */
const TOLD: Readonly<Record<string, string>> = {
  every: "cadence",
  cadence: "cadence",
  grace: "grace",
  zone: "zone",
  use: "use",
};

/** In words; `told` is what was said of collectors already. Pure. */
export function settingsChanges(before: Json | undefined, after: Json | undefined, told: readonly string[]): string[] {
  const [was, is] = [keyed(before), keyed(after)];
  if (was === undefined || is === undefined) return [];
  const others = differing(was, is).filter((key) => !APART.includes(key));
  return [
    ...collectorChanges(was.collectors, is.collectors, told),
    ...peopleChanges(keyed(was.people) ?? {}, keyed(is.people) ?? {}),
    ...(others.length > 0 ? [`settings changed: ${others.join(", ")}`] : []),
  ];
}

/** Told by themselves. */
const APART = ["collectors", "people", "register"];

function collectorChanges(before: Json | undefined, after: Json | undefined, told: readonly string[]): string[] {
  const [was, is] = [byId(before), byId(after)];
  return [...is].flatMap(([id, now]) => {
    const old = was.get(id);
    if (old === undefined) return [];
    const keys = differing(old, now).filter(
      (key) => TOLD[key] === undefined || !told.some((text) => text.startsWith(`collector ${id}: ${TOLD[key]} `)),
    );
    return keys.length > 0 ? [`collector ${id}: settings changed (${keys.join(", ")})`] : [];
  });
}

function peopleChanges(was: Keyed, is: Keyed): string[] {
  const roles = (names: readonly string[], of: Keyed) =>
    names.map((name) => String(keyed(of[name])?.role ?? "no role")).sort();
  const added = Object.keys(is).filter((name) => was[name] === undefined);
  const removed = Object.keys(was).filter((name) => is[name] === undefined);
  const kept = Object.keys(is).filter((name) => was[name] !== undefined);
  const moved = kept.flatMap((name) => {
    const [old, now] = [keyed(was[name])?.role, keyed(is[name])?.role];
    return old === now ? [] : [`role ${old ?? "none"} became ${now ?? "none"} for one person`];
  });
  const others = kept.filter((name) => canonical(without(was[name])) !== canonical(without(is[name])));
  const people = (n: number) => plural(n, "person", "people");
  return [
    ...(added.length > 0 ? [`${people(added.length)} added (${roles(added, is).join(", ")})`] : []),
    ...(removed.length > 0 ? [`${people(removed.length)} removed (${roles(removed, was).join(", ")})`] : []),
    ...moved,
    ...(others.length > 0 ? [`how ${people(others.length)} can be recognised changed`] : []),
  ];
}

const without = (person: Json | undefined): Json => ({ ...keyed(person), role: null });

const differing = (was: Keyed, is: Keyed) =>
  [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .filter((key) => canonical(was[key] ?? null) !== canonical(is[key] ?? null))
    .sort();

const keyed = (value: Json | undefined): Keyed | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Keyed) : undefined;

function byId(value: Json | undefined): Map<string, Keyed> {
  const all = Array.isArray(value) ? value.map((one) => keyed(one)).filter((one) => one !== undefined) : [];
  return new Map(all.map((one) => [String(one.id ?? one.use ?? ""), one]));
}
