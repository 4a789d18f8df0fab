import type { Config } from "../config/config.ts";
import { canonical, type Json } from "../lib/canonical.ts";

/** What another configuration changes, for a daemon that goes on with it. */
export interface ConfigChange {
  /** Keys of the file that only a restart can put in force. */
  readonly restart: readonly string[];
  /** IDs of collectors. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  /** Other keys of the file that differ. */
  readonly others: readonly string[];
}

/** What is opened once and held, or printed everywhere. */
const HELD = ["organisation", "store", "mirror", "index", "plugins", "portal"];

/** What differs between two configurations of one workspace. */
export function changeBetween(before: Config, after: Config): ConfigChange {
  const [old, next] = [keysOf(before.logged), keysOf(after.logged)];
  const keys = [...new Set([...Object.keys(old), ...Object.keys(next)])].filter((key) => differ(old[key], next[key]));
  const known = new Map(before.instances.map((one) => [one.id, one]));
  const ids = new Set(after.instances.map(({ id }) => id));
  return {
    restart: keys.filter((key) => HELD.includes(key)),
    added: after.instances.filter(({ id }) => !known.has(id)).map(({ id }) => id),
    removed: before.instances.filter(({ id }) => !ids.has(id)).map(({ id }) => id),
    changed: after.instances
      .filter(({ id, logged }) => known.has(id) && differ(known.get(id)?.logged, logged))
      .map(({ id }) => id),
    others: keys.filter((key) => key !== "collectors" && !HELD.includes(key)),
  };
}

function keysOf(logged: Json): Readonly<Record<string, Json>> {
  return typeof logged === "object" && logged !== null && !Array.isArray(logged)
    ? (logged as Record<string, Json>)
    : {};
}

function differ(a: Json | undefined, b: Json | undefined): boolean {
  if (a === undefined || b === undefined) return a !== b;
  return canonical(a) !== canonical(b);
}

/** The change in words, for the log. */
export function changeInWords({ added, removed, changed, others }: ConfigChange): string {
  const parts = [
    ["new", added],
    ["no longer", removed],
    ["changed", changed],
    ["other settings", others],
  ] as const;
  const said = parts.filter(([, names]) => names.length > 0).map(([word, names]) => `${word}: ${names.join(", ")}`);
  return said.length === 0 ? "nothing differs" : said.join("; ");
}
