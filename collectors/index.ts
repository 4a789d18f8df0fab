import type { Collector } from "../src/collector/define.ts";
import { alertFile } from "./alert-file.ts";
import { alertmanager } from "./alertmanager.ts";
import { custodyRuns } from "./custody-runs.ts";
import { heartbeat } from "./heartbeat.ts";
import { jobFile } from "./job-file.ts";
import { jobPings } from "./job-pings.ts";
import { markdownIncidents } from "./markdown-incidents.ts";
import { postgresIncidents } from "./postgres-incidents.ts";
import { prometheus } from "./prometheus.ts";

/** The list: every collector that comes with Custody, by name. A new one is one file and one line here. */
export const collectors: readonly Collector[] = [
  alertFile,
  alertmanager,
  prometheus,
  custodyRuns,
  heartbeat,
  jobFile,
  jobPings,
  markdownIncidents,
  postgresIncidents,
];
