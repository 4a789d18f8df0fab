import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Running, startRunning } from "../../src/daemon/running.ts";
import { FakeClock } from "./clock.ts";
import { HttpSource } from "./http-source.ts";
import { type KeptLog, keptLog, newWorkspace } from "./workspace.ts";

/** Text that would be a script, were it not escaped. */
export const HOSTILE = `<script>document.title="owned"</script><img src=x onerror="document.title='owned'">`;

const RECORD = `---
id: INC-1
title: "Login down ${HOSTILE.replaceAll('"', '\\"')}"
severity: "${HOSTILE.replaceAll('"', "'")}"
detected: 2026-11-02T09:00:00Z
resolved: 2026-11-02T11:00:00Z
---
# Login down
`;
const BROKEN = `---
id: INC-2
title: Without a zone
detected: "<b>tomorrow</b>"
---
`;

export interface Watched {
  readonly running: Running;
  readonly clock: FakeClock;
  readonly root: string;
  readonly log: KeptLog;
}

/** A daemon with two weeks behind it: incidents, an Alertmanager that was away for two days, an inbox, a source that never answers. */
export async function watchedWeeks(over: { index?: string; simulatedUntil?: number } = {}): Promise<Watched> {
  const clock = new FakeClock("2026-11-01T08:00:30.000Z");
  const source = await new HttpSource().start();
  onTestFinished(() => source.stop());
  const well = () => {
    source.on("/am/api/v2/status", { headers: { "content-type": "application/json" }, body: '{"versionInfo":{}}' });
    source.on("*", { headers: { "content-type": "application/json" }, body: "[]" });
  };
  well();
  source.on("/prom/api/v1/status/runtimeinfo", { status: 403, body: HOSTILE });
  const custody = await newWorkspace(
    `scope:
  - { system: production API, sources: [alerts, prom] }
  - { system: ${JSON.stringify(HOSTILE)}, sources: [incidents] }
  - { system: support mailbox, notConnected: IMAP is not enabled yet }
collectors:
  - { id: incidents, use: incident-log/markdown, path: ./incidents, cadence: weekly }
  - { id: alerts, use: alert-history/alertmanager, url: "${source.url}/am", cadence: daily, grace: 6h }
  - { id: prom, use: alert-history/prometheus, url: "${source.url}/prom", cadence: daily }
  - { id: jobs, use: cron-health/ping, token: "\${env:CUSTODY_TEST_UNSET}", cadence: daily }
  - { id: own, use: cron-health/custody }`,
    clock,
    { zone: "Europe/Berlin", ...over },
  );
  const { root } = custody.config;
  await mkdir(join(root, "incidents"));
  await writeFile(join(root, "incidents/INC-1.md"), RECORD);
  await writeFile(join(root, "incidents/INC-2.md"), BROKEN);
  await writeFile(join(root, "reports/2026-10.pdf"), "%PDF-1.7 not really");
  await writeFile(join(root, "reports/.hidden.pdf"), "secret");
  const log = keptLog();
  const running = await startRunning(custody, log);
  onTestFinished(() => running.stop());
  await running.tick();
  await running.idle();
  for (let day = 2; day <= 14; day += 1) {
    if (day === 9) source.on("*", { status: 401, body: "no" }).on("/am/api/v2/status", { status: 401, body: "no" });
    if (day === 12) well();
    // In time for what is due at 05:00, but for one day.
    clock.set(Date.parse(`2026-11-${String(day).padStart(2, "0")}T${day === 13 ? "08" : "04"}:01:00.000Z`));
    await running.tick();
    await running.idle();
  }
  return { running, clock, root, log };
}
