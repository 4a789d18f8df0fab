import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Custody } from "../../src/custody.ts";
import { runTasks, tasksNow } from "../../src/schedule/collect.ts";
import { declareNow, runParts } from "../../src/work.ts";
import { FakeClock } from "./clock.ts";
import { newWorkspace } from "./workspace.ts";

/** An incident as a file of a register: detected at nine on a day, resolved at eleven. */
export function incidentFile(id: string, day: string, fields: Readonly<Record<string, string>> = {}): string {
  const more = Object.entries({ severity: "High", owner: "Anna Muster", ...fields }).map(
    ([name, text]) => `${name}: ${text}`,
  );
  return `---
id: ${id}
title: "Printer on fire"
status: closed
detected_at: ${day}T09:00:00Z
resolvedAt: ${day}T11:00:00Z
${more.filter((line) => !line.endsWith(": ")).join("\n")}
---

It was put out.
`;
}

export interface Dated {
  readonly custody: Custody;
  readonly clock: FakeClock;
  write(id: string, day: string, fields?: Readonly<Record<string, string>>): Promise<void>;
  collect(): Promise<void>;
}

/** A workspace that looked at a folder of incidents in August and October 2026: `count` of August, and one of October. */
export async function datedIncidents(count = 10, more = ""): Promise<Dated> {
  const clock = new FakeClock("2026-08-01T08:00:00.000Z");
  const custody = await newWorkspace(
    `${more}collectors: [{ id: incidents, use: incident-log/markdown, path: ./incidents, cadence: monthly }]`,
    clock,
  );
  const folder = join(custody.config.root, "incidents");
  await mkdir(folder, { recursive: true });
  const write: Dated["write"] = (id, day, fields) => writeFile(join(folder, `${id}.md`), incidentFile(id, day, fields));
  const collect = async () => {
    const { signal } = new AbortController();
    const tasks = tasksNow(custody.config.instances, await custody.history(), clock.now(), 0);
    await runTasks(tasks, runParts(custody, signal), signal, () => {});
  };
  await declareNow(custody);
  for (let i = 1; i <= count; i += 1)
    await write(`INC-2026-${String(i).padStart(3, "0")}`, `2026-08-${String((i % 20) + 1).padStart(2, "0")}`);
  clock.set("2026-08-22T08:00:00.000Z");
  await collect();
  clock.set("2026-10-20T08:00:00.000Z");
  await write("INC-2026-200", "2026-10-18");
  await collect();
  await (await custody.ledger()).publish();
  return { custody, clock, write, collect };
}
