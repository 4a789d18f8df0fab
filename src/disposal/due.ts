import { Temporal } from "temporal-polyfill";
import type { Entry } from "../evidence/entry.ts";
import type { Instant } from "../lib/time.ts";
import { stayingContents, structural } from "./judge.ts";
import { lastNamed, type NamedFile, type Naming } from "./naming.ts";

/** What is past the time for which it is to be kept. Nothing follows from it by itself. */

export interface RetentionRule {
  readonly collectors?: readonly string[] | undefined;
  readonly family?: string | undefined;
  /** Calendar years in the organisation's zone, or days of 24 hours. */
  readonly keep: { readonly years?: number; readonly days?: number };
}

export interface DueFile {
  readonly file: NamedFile;
  /** When its time was over. */
  readonly since: Instant;
  /** Lists: files it names that are still to be kept, so that it stays as well. */
  readonly waitsFor: number;
}

/** Kinds that take in evidence; what other records name is kept as long as the log. */
const EVIDENCE = new Set(["run", "intake", "import", "upload"]);

/**
 * The files whose time is over, the longest over first. A file is kept until the newest record that names it is old enough
 * under the first rule that fits that record; one record without a rule keeps it for good.
 */
export function dueFiles(
  naming: Naming,
  rules: readonly RetentionRule[],
  families: ReadonlyMap<string, string>,
  zone: string,
  now: Instant,
): DueFile[] {
  if (rules.length === 0) return [];
  const over: { readonly file: NamedFile; readonly since: Instant }[] = [];
  for (const file of naming.files.values()) {
    if (naming.disposals.explains(file.digest, lastNamed(file)) !== undefined) continue;
    const records = naming.records(file);
    if (structural(records) !== undefined) continue;
    const since = Math.max(...records.map((entry) => endOf(entry, rules, families, zone)));
    if (since <= now) over.push({ file, since });
  }
  const digests = new Set(over.map(({ file }) => file.digest));
  // A list stays while anything on it does; what lists that stay name may itself go.
  return over
    .map(({ file, since }) => ({ file, since, waitsFor: stayingContents(naming, file, digests).length }))
    .sort((a, b) => a.since - b.since || (a.file.digest < b.file.digest ? -1 : 1));
}

function endOf(
  entry: Entry,
  rules: readonly RetentionRule[],
  families: ReadonlyMap<string, string>,
  zone: string,
): Instant {
  if (!EVIDENCE.has(entry.kind)) return Number.POSITIVE_INFINITY;
  const { instance } = entry as { instance?: unknown };
  const id = typeof instance === "string" ? instance : undefined;
  const rule = rules.find(
    ({ collectors, family }) =>
      (collectors === undefined || (id !== undefined && collectors.includes(id))) &&
      (family === undefined || (id !== undefined && families.get(id) === family)),
  );
  if (rule === undefined) return Number.POSITIVE_INFINITY;
  return Temporal.Instant.from(entry.at).toZonedDateTimeISO(zone).add(rule.keep).epochMilliseconds;
}
