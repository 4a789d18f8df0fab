import type { Instant, Interval } from "../lib/time.ts";
import { startOfDay, weekOf } from "./calendar.ts";
import { incidentText, reviewId } from "./incidents.ts";
import { JOBS_HEAD, type LogLine } from "./logs.ts";
import { reviewText } from "./reviews.ts";
import { FOLDERS, ZONE } from "./settings.ts";
import type { Year } from "./year.ts";

/** Text of each source file by its path below the workspace. */
export type SourceFiles = ReadonlyMap<string, string>;

/** The source files as they stood at a moment of the story. Pure: the same year and moment give the same bytes. */
export function sourcesAt(year: Year, at: Instant): SourceFiles {
  const files = new Map<string, string>([[`${FOLDERS.sources}/README.md`, README]]);
  const { mishaps } = year;
  const within = ({ from, to }: Interval) => from <= at && at < to;
  if (!within(mishaps.registerGone)) addRegister(files, year, at);
  if (!within(mishaps.alertsGone)) addLog(files, year.alerts, at);
  const lost = at >= mishaps.jobsLost.from;
  const jobLog = lost ? year.jobLog.filter(({ written }) => written >= mishaps.jobsLost.to) : year.jobLog;
  addLog(files, jobLog, at, JOBS_HEAD);
  return files;
}

function addRegister(files: Map<string, string>, { incidents }: Year, at: Instant): void {
  for (const incident of incidents) {
    const record = incidentText(incident, at);
    if (record !== undefined) files.set(`${FOLDERS.register}/incidents/${incident.name}.md`, record);
    const review = reviewText(incident, at);
    if (review !== undefined) files.set(`${FOLDERS.register}/reviews/${reviewId(incident)}.md`, review);
  }
  if (incidents.length > 0) files.set(`${FOLDERS.register}/README.md`, REGISTER_README);
}

/** One file a week; two are kept beside the current one, older ones are gone: as logs are rotated. */
function addLog(files: Map<string, string>, lines: readonly LogLine[], at: Instant, head = ""): void {
  const kept = startOfDay(weekOf(at, ZONE, -2), ZONE);
  for (const { written, file, text } of lines) {
    if (written >= kept && written <= at) files.set(file, (files.get(file) ?? head) + text);
  }
}

/** When a file was last written: the day's collecting sees it as it would have been left. */
export function writtenAt({ alerts, jobLog }: Year, path: string, at: Instant): Instant {
  return [...alerts, ...jobLog].findLast(({ file, written }) => file === path && written <= at)?.written ?? at;
}

const README = `# Made-up sources

Everything in this folder is invented: the company, its people, its customers and what happened to them. Custody reads
these files with the same collectors as it would read yours.

- register/  incident records and reviews, one Markdown file each
- alerts/    what the monitoring exported, one line when an alert begins and one when it ends
- jobs/      the log of the job scheduler
`;

const REGISTER_README = `# Incident register

One file for each incident below incidents/, one for each review below reviews/. Sev1 and Sev2 need a review.
`;
