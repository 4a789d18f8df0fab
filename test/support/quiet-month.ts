import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { beginWorkspace } from "../../src/cli/init.ts";
import type { Custody } from "../../src/custody.ts";
import { runTasks, tasksNow } from "../../src/schedule/collect.ts";
import { declareNow, noteGaps, runParts } from "../../src/work.ts";
import { FakeClock } from "./clock.ts";
import { HttpSource, json } from "./http-source.ts";

const DAY = 86_400_000;

export interface QuietMonth {
  readonly custody: Custody;
  readonly clock: FakeClock;
  readonly folder: string;
  readonly source: HttpSource;
  /** The month in which nothing happened, as `2026-10`, and its beginning and end. */
  readonly month: string;
  readonly from: number;
  readonly to: number;
  /** Collects once, as of the clock. */
  collect(): Promise<void>;
  /** Lets go of the workspace, so that a command can have it. */
  close(): Promise<void>;
}

/** The last month but one day before `now` that was over for two days at least, in UTC. */
export function monthBefore(now: number): { month: string; from: number; to: number } {
  const end = new Date(now - 3 * DAY);
  const to = Date.UTC(end.getUTCFullYear(), end.getUTCMonth(), 1);
  const from = Date.UTC(end.getUTCFullYear(), end.getUTCMonth() - 1, 1);
  return { month: new Date(from).toISOString().slice(0, 7), from, to };
}

/**
 * A workspace in this folder that watched a register of incidents and a source of alerts, `prom`, every day at noon from a
 * week before a month to two days after it, and found nothing. On the days of `down` (of the month) the source refused.
 */
export async function quietMonth(
  folder: string,
  over: {
    readonly down?: readonly number[];
    readonly people?: string;
    readonly index?: string;
    readonly more?: string;
  } = {},
  /** Told what is to be done when nobody needs it any more. */
  atEnd: (clean: () => Promise<void>) => void = onTestFinished,
): Promise<QuietMonth> {
  const { month, from, to } = monthBefore(Date.now());
  const source = await new HttpSource().start();
  atEnd(() => source.stop());
  await mkdir(join(folder, "incidents"), { recursive: true });
  await writeFile(
    join(folder, "custody.yaml"),
    `organisation: { name: Example GmbH, zone: UTC }
store: file:./data/store
index: "${over.index ?? "postgres://127.0.0.1:9/none"}"
portal: { listen: "127.0.0.1:0" }
people:
${over.people ?? "  anna: { role: owner }"}
${over.more ?? ""}
collectors:
  # Both are looked at daily.
  - { id: register, use: incident-log/markdown, path: ./incidents, cadence: daily, grace: 1d }
  - { id: prom,     use: alert-history/alertmanager, url: "${source.url}", cadence: daily, grace: 6h }
`,
  );
  const clock = new FakeClock(from - 7 * DAY + DAY / 2);
  const custody = await beginWorkspace(join(folder, "custody.yaml"), clock, { origin: "example.com/evidence" });
  const collect = async () => {
    const { signal } = new AbortController();
    await declareNow(custody);
    const tasks = tasksNow(custody.config.instances, await custody.history(), clock.now(), 0);
    await runTasks(tasks, runParts(custody, signal), signal, () => {});
    await noteGaps(custody);
  };
  for (; clock.now() < to + 2 * DAY; clock.advance(DAY)) {
    const down = clock.now() >= from && clock.now() < to && over.down?.includes(new Date(clock.now()).getUTCDate());
    const refused = { status: 401, body: "no" };
    source.on("/api/v2/status", down ? refused : json({ versionInfo: {} }));
    source.on("*", down ? refused : json([]));
    await collect();
  }
  await (await custody.ledger()).publish();
  let open = true;
  const close = async () => {
    if (open) await custody.close();
    open = false;
  };
  atEnd(close);
  return { custody, clock, folder, source, month, from, to, collect, close };
}
