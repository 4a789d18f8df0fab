import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Draft } from "../../src/evidence/entry.ts";
import { iso } from "../../src/lib/time.ts";
import { parseCadence, windows } from "../../src/slots/cadence.ts";
import type { MemoryStore } from "../../src/store/memory.ts";
import { FakeClock } from "./clock.ts";
import { newLedger } from "./ledger.ts";

const ZONE = "Europe/Berlin";
const MINUTE = 60_000;
const SYSTEM = { type: "system", id: "custody" } as const;

/** Cron cadences that a change of clocks, a weekend or the calendar makes uneven. */
const CADENCES = {
  nightly: "30 2 * * *",
  weekdays: "30 7 * * 1-5",
  "friday-or-first": "0 6 1 * 5",
  leap: "0 0 29 2 *",
} as const;

/**
 * A log of sources that only know the present, seen once at the beginning of each of their periods, with no grace: whoever
 * lets one of these cadences fire at another minute, twice, or not at all finds a period in which nothing was seen. With
 * `without` one look is left out.
 */
export async function cadenceLog(from: number, to: number, without?: string) {
  const clock = new FakeClock(from);
  const { ledger, parts } = await newLedger({ clock, origin: "cadences-5eed0002" });
  const config = await ledger.put(new TextEncoder().encode("{}"), "application/json");
  const given = {
    use: "alert-history/example",
    family: "alert-history",
    mode: "snapshot",
    grace: "0s",
    zone: ZONE,
  } as const;
  const instances = Object.entries(CADENCES).map(([id, cadence]) => ({ id, ...given, cadence }));
  await ledger.append([{ kind: "config", actor: SYSTEM, config, zone: ZONE, instances }]);
  const looks = instances.flatMap(({ id, cadence }) =>
    [...windows(parseCadence(cadence, ZONE), { from, to })].map((window) => ({
      id,
      at: Math.max(window.from, from) + MINUTE,
      name: `${id}@${iso(window.from)}`,
    })),
  );
  for (const { id, at, name } of looks.sort((a, b) => a.at - b.at)) {
    if (name === without) continue;
    clock.set(at + MINUTE);
    const window = { from: iso(at - MINUTE), to: iso(at) };
    const draft: Draft = {
      kind: "run",
      actor: SYSTEM,
      instance: id,
      use: given.use,
      trigger: "schedule",
      window,
      started: iso(at),
      ended: iso(at),
      outcome: "collected",
      covered: [],
      instants: [iso(at)],
      requests: 1,
      found: { reader: 1, facts: 0, problems: 0 },
      items: 0,
      evidence: [],
    };
    await ledger.append([draft]);
  }
  await ledger.publish();
  await ledger.close();
  return { objects: (parts.store as MemoryStore).objects, vkey: parts.signer.verifier.vkey };
}

/** Writes such a log to a folder, for good. */
export async function writeLog(folder: string, objects: ReadonlyMap<string, Uint8Array>): Promise<void> {
  for (const [key, bytes] of objects) {
    await mkdir(dirname(join(folder, key)), { recursive: true });
    await writeFile(join(folder, key), bytes);
  }
}
