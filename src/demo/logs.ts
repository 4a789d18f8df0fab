import type { Instant } from "../lib/time.ts";
import type { AlertLine } from "./alerts.ts";
import { weekName, withOffset, withoutZone } from "./calendar.ts";
import type { JobRun } from "./jobs.ts";
import { FOLDERS, ZONE } from "./settings.ts";

/** A line of a log, and the file that it went to when it was written. */
export interface LogLine {
  readonly written: Instant;
  readonly file: string;
  readonly text: string;
}

/** First line of each file of job runs. */
export const JOBS_HEAD = "run,job,started,ended,result,detail\n";

/** NDJSON as monitoring systems export it; times with their offset. */
export function alertLog(alerts: readonly AlertLine[]): LogLine[] {
  return alerts.map(({ id, name, severity, service, host, began, ended, written }) => {
    const state = ended === undefined ? "firing" : "resolved";
    const ends_at = ended === undefined ? null : withOffset(ended, ZONE);
    const record = {
      id,
      alert: name,
      severity,
      state,
      starts_at: withOffset(began, ZONE),
      ends_at,
      labels: { service, host },
    };
    return {
      written,
      file: `${FOLDERS.alerts}/alerts-${weekName(written, ZONE)}.ndjson`,
      text: `${JSON.stringify(record)}\n`,
    };
  });
}

/** CSV as schedulers write it; local times without a zone. */
export function jobLog(runs: readonly JobRun[]): LogLine[] {
  return runs.map(({ number, job, started, ended, result, detail, written }) => {
    const end = ended === undefined ? "" : withoutZone(ended, ZONE);
    const text = `${number},${job},${withoutZone(started, ZONE)},${end},${result},"${detail}"\n`;
    return { written, file: `${FOLDERS.jobs}/jobs-${weekName(written, ZONE)}.csv`, text };
  });
}
