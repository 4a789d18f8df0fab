import type { Fact, Observed } from "../evidence/fact.ts";
import type { Instant } from "../lib/time.ts";
import type { Features } from "./rule.ts";

/** Events: alerts of sources, reports by people, and raw telemetry that an intake rule takes in. */

/** A fact in one of its wordings: the first word, and each one after which something that matters was different. */
export interface Wording {
  readonly seen: Observed;
  /** When the log took it. */
  readonly at: Instant | undefined;
}

/** Something that may be an incident, and that somebody has to decide about. */
export interface SecurityEvent extends Features {
  /** How people and records call it: `alert-1f0c8a5b7d3e9a42`, `EVT-2026-001`. `name` is what its source calls the alert. */
  readonly event: string;
  readonly id: string;
  readonly title: string;
  /** When it began, or was received. */
  readonly when: Instant;
  /** Milliseconds by which it may be later than that. */
  readonly precision: number;
  readonly endsAt: Instant | null;
  /** True while it may still go on. */
  readonly lasting: boolean;
  /** Its wordings, oldest first; never empty. */
  readonly wordings: readonly Wording[];
  /** The newest word about it, whether or not anything that matters changed. */
  readonly newest: Observed;
  /** True where its source used the same id again for another firing, of which it spoke last. */
  readonly shadowed: boolean;
}

/** Something in the records that does not fit; nothing is left out without one. */
export interface Trouble {
  /** Index of the record. */
  readonly index: number;
  readonly words: string;
  /** The event that it is about, by its name. */
  readonly event?: string;
}

const NONE: Readonly<Record<string, string>> = Object.freeze({});

/** What rules and people see of a fact. */
export function featuresOf(seen: Observed, family: string | undefined): Features & { title: string } {
  const { fact, instance } = seen;
  const { from, to } = timesOf(seen);
  // A run of which only the end is known took nobody knows how long.
  const isKnown = from !== undefined && to !== null && (fact.kind !== "job-run" || fact.startedAt !== null);
  const lasted = isKnown ? to - from : undefined;
  const own = { kind: fact.kind, instance, family, lasted };
  switch (fact.kind) {
    case "alert":
      return {
        ...own,
        name: fact.name,
        severity: fact.severity,
        state: fact.state,
        labels: fact.labels,
        title: fact.name,
      };
    case "job-run":
      return {
        ...own,
        name: fact.job,
        severity: null,
        state: fact.outcome,
        labels: NONE,
        title: `${fact.job}: ${fact.outcome}`,
      };
    case "alert-rule":
      return { ...own, name: fact.name, severity: fact.severity, state: null, labels: NONE, title: fact.name };
    case "silence":
      return { ...own, name: fact.matches, severity: null, state: null, labels: NONE, title: fact.matches };
    case "event":
      return { ...own, name: null, severity: null, state: null, labels: NONE, title: fact.title };
    default:
      return { ...own, name: null, severity: null, state: null, labels: NONE, title: fact.id };
  }
}

/** When the thing that a fact tells of began and ended; `from` is undefined where it bears no time. */
export function timesOf({ fact, at }: Observed): {
  readonly from: Instant | undefined;
  readonly to: Instant | null;
  readonly lasting: boolean;
} {
  switch (fact.kind) {
    case "alert":
    case "silence":
      return { from: fact.startsAt, to: fact.endsAt, lasting: true };
    case "job-run": {
      const begun = fact.startedAt ?? fact.endedAt;
      return { from: begun ?? at, to: fact.endedAt, lasting: false };
    }
    case "event":
      return { from: fact.receivedAt ?? at, to: fact.receivedAt, lasting: false };
    default:
      return { from: at, to: null, lasting: false };
  }
}

/** True where two wordings say the same about all that a decision or a rule rests on. */
export function saysTheSame(a: Fact, b: Fact): boolean {
  if (a === b) return true;
  if (a.kind === "alert" && b.kind === "alert")
    return (
      a.name === b.name &&
      a.severity === b.severity &&
      a.state === b.state &&
      a.startsAt === b.startsAt &&
      a.endsAt === b.endsAt &&
      sameLabels(a.labels, b.labels)
    );
  if (a.kind === "event" && b.kind === "event") return a.title === b.title && a.receivedAt === b.receivedAt;
  if (a.kind === "job-run" && b.kind === "job-run") return a.job === b.job && a.outcome === b.outcome;
  return JSON.stringify(a) === JSON.stringify(b);
}

function sameLabels(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && a[name] === b[name]);
}
