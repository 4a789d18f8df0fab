import type { Fact, FactOf } from "../../src/evidence/fact.ts";
import { at, fact, incident } from "./acceptance.ts";

/** The records beside incidents that acceptance tests judge; each says nothing beyond what it is given. */

type Of<K extends Fact["kind"]> = Partial<FactOf<K>>;

export type Message = FactOf<"incident">["messages"][number];

export const message = (when: string, channel: string, more: Partial<Message> = {}): Message => ({
  at: at(when),
  channel,
  audience: "customers",
  purpose: "notice",
  reached: null,
  of: null,
  ...more,
});

/** Steps and when each was taken: `steps({ "rotate-credentials": "03T10:20" })`. */
export const steps = (taken: Readonly<Record<string, string | null>>): Of<"incident"> => ({
  measures: Object.keys(taken),
  measuresAt: Object.values(taken).map((when) => (when === null ? null : at(when))),
});

/** Something of INC-1 that was collected on the third at eleven. */
export const item = (more: Of<"evidence"> = {}): FactOf<"evidence"> =>
  fact("evidence", "EVD-1", {
    kind: "evidence",
    title: "logs",
    incident: "INC-1",
    physical: false,
    holder: "anna",
    collectedAt: at("03T11:00"),
    collectedBy: "anna",
    hashedAt: at("03T11:00"),
    verifiedAt: null,
    released: false,
    disposedAt: null,
    digests: ["a".repeat(64)],
    filled: ["title", "source", "query"],
    events: [],
    holes: [],
    ...more,
  });

export const review = (more: Of<"review"> = {}): FactOf<"review"> =>
  fact("review", "REV-1", { incident: "INC-1", title: "Review", author: "anna", date: at("05T10:00"), ...more });

export const action = (more: Of<"action"> = {}, id = "ACT-1"): FactOf<"action"> =>
  fact("action", id, {
    kind: "action",
    title: "Harden it",
    type: "corrective",
    incident: "INC-1",
    finding: null,
    activity: null,
    owner: "anna",
    due: at("09T00:00"),
    createdAt: at("04T10:00"),
    doneAt: null,
    verifiedAt: null,
    cancelledAt: null,
    result: null,
    evidence: 0,
    replanned: [],
    tracker: null,
    ...more,
  });

export const report = (more: Of<"event"> = {}): FactOf<"event"> =>
  fact("event", "EVT-1", {
    kind: "event",
    title: "a report",
    channel: "email",
    receivedAt: at("03T10:00"),
    ...more,
  });

/** What a person recorded of a restore that was tried. */
export const restoreTest = (when: string, documented = true): FactOf<"activity"> =>
  fact("activity", "RST-1", {
    kind: "activity",
    type: "restore-test",
    title: "Restore of the database",
    at: at(when),
    participants: [],
    incidents: [],
    documented,
    approvedBy: null,
    approvedAt: null,
    values: {},
  });

/** Runs of a job, one a day at one o'clock of these days of November 2026, each as long as given. */
export const jobRuns = (
  job: string,
  days: readonly number[],
  minutes = 5,
  outcome: "success" | "failure" = "success",
) =>
  days.map((day) => {
    const began = at(`${String(day).padStart(2, "0")}T01:00`);
    return fact("job-run", `${job}-${day}`, { job, startedAt: began, endedAt: began + minutes * 60_000, outcome });
  });

/** When it was resolved and closed, on the third. */
export const OVER: Of<"incident"> = { resolvedAt: at("03T14:00"), closedAt: at("03T18:00"), closedBy: "anna" };

/** An incident of a severity with its marks. */
export const tagged = (severity: string, tags: readonly string[], more: Of<"incident"> = {}) =>
  incident({ severity, tags: [...tags], nature: "security", ...more });
