import type { Instant } from "../lib/time.ts";
import { dayOf, withOffset } from "./calendar.ts";
import { type Incident, quoted, reviewId } from "./incidents.ts";
import { ZONE } from "./settings.ts";

/** The review of an incident as it stood at a moment; undefined where there is none (yet). */
export function reviewText(incident: Incident, at: Instant): string | undefined {
  const { script, reviewed } = incident;
  const { review } = script;
  if (!review || reviewed === undefined || at < reviewed) return undefined;
  const day = dayOf(reviewed, ZONE);
  const actions = review.actions.map(({ item, owner, dueDays }) => {
    return `| ${item} | ${owner ?? ""} | ${dueDays === undefined ? "" : day.add({ days: dueDays })} |`;
  });
  const timeline = [
    [incident.occurred, "Began"],
    [incident.detected, "Noticed"],
    [incident.contained, "Contained"],
    [incident.resolved, "Resolved"],
  ] as const;
  return `---
id: ${reviewId(incident)}
type: post-incident review
title: ${quoted(`Review: ${script.title}`)}
incident: ${incident.id}
severity: ${script.severity}
author: ${incident.owner}
approved by: Katrin Vogel
date: ${day}
---

# ${reviewId(incident)}

## What happened

${script.description}

## Timeline

${timeline.flatMap(([moment, what]) => (moment === undefined ? [] : [`- ${withOffset(moment, ZONE)} ${what}`])).join("\n")}

## Root cause

${review.cause || "TBD"}

## What went well

${review.good || "TBD"}

## What went wrong

${review.bad}

## Action items

| Action | Owner | Due |
| --- | --- | --- |
${actions.join("\n")}
`;
}
