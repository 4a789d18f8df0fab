import { digestOf } from "../lib/digest.ts";
import type { Instant, Interval } from "../lib/time.ts";
import { daysBetween, startOfDay } from "./calendar.ts";
import type { Incident } from "./incidents.ts";
import { type Random, randomFrom } from "./random.ts";
import { ZONE } from "./settings.ts";

/** One line of the monitoring's export: an alert as it began, and again as it ended. */
export interface AlertLine {
  readonly id: string;
  readonly name: string;
  readonly severity: "info" | "warning" | "critical";
  readonly service: string;
  readonly host: string;
  readonly began: Instant;
  /** Only on the second line. */
  readonly ended?: Instant;
  readonly written: Instant;
}

type Alert = Omit<AlertLine, "id" | "written" | "ended"> & { readonly ended: Instant };

const MINUTE = 60_000;

const EVERYDAY = [
  { name: "DiskSpaceLow", severity: "warning", service: "database", minutes: [40, 300] },
  { name: "ApiLatencyHigh", severity: "warning", service: "api", minutes: [4, 35] },
  { name: "QueueBacklog", severity: "info", service: "mail", minutes: [10, 90] },
  { name: "ProbeFailed", severity: "critical", service: "website", minutes: [1, 9] },
  { name: "FailedSignIns", severity: "warning", service: "login", minutes: [5, 25] },
  { name: "CertificateExpiresSoon", severity: "info", service: "website", minutes: [600, 2_000] },
] as const;
const HOSTS = ["app-1", "app-2", "db-1", "db-2"] as const;

/** What the monitoring exported over a span, in the order in which it was written. */
export function makeAlerts(span: Interval, seed: string, incidents: readonly Incident[]): AlertLine[] {
  const everyday = daysBetween(span.from, span.to, ZONE).flatMap((day, i) => {
    const random = randomFrom(`${seed}/alerts/${day}`);
    const start = startOfDay(day, ZONE);
    // The first day has one in any case: the log shows by its first line since when it is kept.
    const count = Math.max(i === 0 ? 1 : 0, random.int(-1, 2));
    return Array.from({ length: count }, () => everydayAlert(random, start));
  });
  const alerts = [...everyday, ...incidents.flatMap(alertsOf)];
  return alerts
    .flatMap(linesOf)
    .filter(({ written }) => written >= span.from && written < span.to)
    .sort(inOrder);
}

function everydayAlert(random: Random, day: Instant): Alert {
  const { name, severity, service, minutes } = random.pick(EVERYDAY);
  const began = day + random.int(0, 86_399) * 1_000;
  const ended = began + random.int(minutes[0] * 60, minutes[1] * 60) * 1_000;
  return { name, severity, service, host: random.pick(HOSTS), began, ended };
}

/** The monitoring saw some of the incidents; others were reported by people. */
function alertsOf({ alert, occurred, resolved, id }: Incident): Alert[] {
  if (alert === undefined) return [];
  const random = randomFrom(`alert of ${id}`);
  const ended = (resolved ?? occurred + 3 * 60 * MINUTE) + random.int(20, 180) * 1_000;
  return [
    {
      name: alert.name,
      severity: "critical",
      service: alert.service,
      host: random.pick(HOSTS),
      began: occurred + random.int(40, 150) * 1_000,
      ended,
    },
  ];
}

function linesOf(alert: Alert): AlertLine[] {
  const { name, service, host, began, ended } = alert;
  const id = digestOf(new TextEncoder().encode(`${name}/${service}/${host}/${began}`)).slice(0, 12);
  const { ended: _, ...first } = alert;
  return [
    { ...first, id, written: began + 15_000 },
    { ...alert, id, written: ended + 15_000 },
  ];
}

const inOrder = (a: AlertLine, b: AlertLine) => a.written - b.written || (a.id < b.id ? -1 : 1);
