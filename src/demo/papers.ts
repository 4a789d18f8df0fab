import type { Instant } from "../lib/time.ts";
import { withOffset } from "./calendar.ts";
import { ZONE } from "./settings.ts";

/** What people of the made-up company write: reviews, protocols, and the file that is kept as evidence. */

export const contractorReview = (detected: string): string => `---
title: Export key of a former contractor
severity: Sev1
date: ${detected.slice(0, 10)}
author: jonas
---

# Review: export key of a former contractor

## What happened

A contractor left five weeks ago. One export key of theirs was not revoked, and somebody fetched three exports with it.
A customer noticed it at ${detected}.

## Root cause

The list that is worked through when somebody leaves names accounts and laptops. Keys of the export service are made in the
service itself, so they are on no list.

## What went well

The key was revoked 26 minutes after the customer's message, and the log was kept before anything was changed.

## What to improve

Keys have no end. Whoever makes one should have to say until when it is needed.

## Action items

| Item | Owner | Due |
|---|---|---|
| Put export keys on the list for people who leave | jonas | within two weeks |
| Let export keys end by themselves after 90 days | lena | within four weeks |
`;

export const outageReview = (detected: string): string => `---
title: Previews of documents failed
severity: Sev2
date: ${detected.slice(0, 10)}
author: lena
---

# Review: previews of documents failed

## What happened

From ${detected} on one preview in three failed. The alert came at once and was looked at after lunch.

## Root cause

A new format of documents needs three times the memory, and nobody measures memory before a format is released.

## What went well

Downloads worked throughout, so nobody was cut off from their documents.

## What to improve

Who has the rota at noon was not clear.

## Action items

| Item | Owner | Due |
|---|---|---|
| Measure memory for each new format before it is released | lena | within three weeks |
`;

/** Lines of the export service around the night before. */
export function accessLog(from: Instant): string {
  const line = (minutes: number, what: string) => `${withOffset(from + minutes * 60_000, ZONE)} key=ext-07 ${what}\n`;
  return [
    line(0, "auth ok from=203.0.113.40"),
    line(2, "export=4410 documents=212 bytes=9120443"),
    line(9, "export=4411 documents=96 bytes=4410239"),
    line(31, "export=4412 documents=301 bytes=15022198"),
    line(33, "session end"),
  ].join("");
}

/** A few lines of a policy replaced by others; throws where the shipped text has changed, so that nobody has an old copy. */
export function secondVersion(effective: string, until: string): (text: string) => string {
  const changes: readonly (readonly [string, string])[] = [
    ['version: "1.0"', 'version: "1.1"'],
    ["effectiveFrom: 2025-01-01", `effectiveFrom: ${effective}`],
    ['approvedBy: "[approved by: role or name]"', "approvedBy: Katrin Vogel, managing director"],
    [
      "terms: { Sev1: within 15m, Sev2: within 2h, Sev3: within 24h, Sev4: within 72h }",
      "terms: { Sev1: within 15m, Sev2: within 1h, Sev3: within 24h, Sev4: within 72h }",
    ],
    ["Respond: Sev1 within 15 minutes, Sev2 within 2 hours,", "Respond: Sev1 within 15 minutes, Sev2 within 1 hour,"],
    ["Suspected or serious; respond within 2 hours", "Suspected or serious; respond within 1 hour"],
    [
      "upkeep:\n",
      `upkeep:
  backups: { every: daily, job: nightly-backup, says: "The database is backed up every night." }
  restores: { every: weekly, job: restore-test, says: "The newest backup is restored and compared every week." }
`,
    ],
    [
      "intake:\n  everyReport: true\n",
      `intake:
  everyReport: true
  rules:
    - id: everyday-alerts
      version: "1"
      owner: jonas
      approvedBy: katrin
      approvedAt: ${effective}
      until: ${until}
      when: { name: [DiskSpaceLow, ApiLatencyHigh, QueueBacklog, CertificateExpiresSoon], severity: [info, warning], shorterThan: 6h }
      decision: event-only
      reason: Over within hours and felt by nobody; the weekly look at capacity sees them all.
`,
    ],
  ];
  return (text) =>
    changes.reduce((before, [from, to]) => {
      const found = before.indexOf(from);
      if (found < 0) throw new RangeError(`the shipped rules do not say "${from.split("\n")[0]}" any more`);
      return before.slice(0, found) + to + before.slice(found + from.length);
    }, text);
}
