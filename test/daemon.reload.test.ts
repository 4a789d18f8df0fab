import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { collectors } from "../collectors/index.ts";
import { loadConfig } from "../src/config/config.ts";
import { Custody } from "../src/custody.ts";
import { type Running, startRunning } from "../src/daemon/running.ts";
import { type Entry, type EntryOf, isKind } from "../src/evidence/entry.ts";
import { CustodyError } from "../src/lib/errors.ts";
import { FakeClock } from "./support/clock.ts";
import { type KeptLog, keptLog, newWorkspace } from "./support/workspace.ts";

const ZOD = pathToFileURL(join(import.meta.dirname, "../node_modules/zod/index.js")).href;
const TOKEN = "tok-4711-aBcDeFgH";

/** A collector that says when it begins, and ends when it is told to. */
const GATED = `import { z } from "${ZOD}";
export default {
  name: "cron-health/gated", title: "gated", family: "cron-health", mode: "window", facts: [],
  cadence: "hourly", grace: "1h", reader: 1, blindSpots: [], permissions: [], config: z.object({}),
  async *collect() { globalThis.custodyTestGate.begun(); await globalThis.custodyTestGate.open; if (globalThis.custodyTestFails) throw "no"; return { seen: "full", total: 0 }; },
  *read() {},
};
`;

function gate(): { begun: Promise<void>; open(): void } {
  let [begun, open] = [() => {}, () => {}];
  const waited = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  Object.assign(globalThis, { custodyTestGate: { begun, open: opened } });
  return { begun: waited, open };
}

const text = (rest: string, store = "file:./data/store") => `organisation: { name: Example, zone: UTC }
store: ${store}
index: postgres://127.0.0.1:9/none
portal: { listen: "127.0.0.1:0" }
plugins: [./gated.mjs]
${rest}
`;
const GATE = "  - { id: gate, use: cron-health/gated }";
const JOBS = `  - { id: jobs, use: cron-health/ping, token: "\${file:./token}" }`;
const OWN = "  - { id: own, use: cron-health/custody, cadence: hourly, grace: 1h }";

interface Begun {
  readonly custody: Custody;
  readonly running: Running;
  readonly log: KeptLog;
  readonly clock: FakeClock;
  /** Puts this text in force as SIGHUP does; false when it needs a restart. */
  reload(rest: string, store?: string): Promise<boolean>;
  entries(): Promise<Entry[]>;
}

async function begin(rest: string): Promise<Begun> {
  const clock = new FakeClock();
  const made = await newWorkspace("", clock);
  const { root, path } = made.config;
  await made.close();
  await writeFile(join(root, "gated.mjs"), GATED);
  await writeFile(join(root, "token"), `${TOKEN}\n`);
  await writeFile(path, text(rest));
  const custody = new Custody(await loadConfig(path, collectors), clock);
  onTestFinished(() => custody.close());
  const log = keptLog();
  const running = await startRunning(custody, log);
  return {
    custody,
    running,
    log,
    clock,
    async reload(changed, store) {
      await writeFile(path, text(changed, store));
      return running.reconfigure(await loadConfig(path, collectors));
    },
    async entries() {
      const found: Entry[] = [];
      for await (const { entry } of (await custody.ledger()).read()) found.push(entry);
      return found;
    },
  };
}

const runsOf = (entries: readonly Entry[], id: string): EntryOf<"run">[] =>
  entries.filter((entry): entry is EntryOf<"run"> => isKind(entry, "run") && entry.instance === id);
const configs = (entries: readonly Entry[]) => entries.filter(({ kind }) => kind === "config");

describe("a configuration that is put in force while the daemon runs", () => {
  test("is logged and collects from a new collector at once, and no longer from one that is gone; a run under way ends as it began", async () => {
    const { begun, open } = gate();
    const { running, reload, entries, log, clock } = await begin(`collectors:\n${GATE}\n${OWN}`);
    await running.tick();
    await begun;
    const before = configs(await entries()).length;
    expect(await reload(`collectors:\n${OWN}\n${JOBS}`)).toBe(true);
    expect(configs(await entries())).toHaveLength(before + 1);
    expect(log.lines.find(({ message }) => message.startsWith("the configuration was read again"))).toMatchObject({
      details: { added: ["jobs"], removed: ["gate"] },
    });
    expect(runsOf(await entries(), "gate")).toEqual([]);
    open();
    await running.idle();
    expect(runsOf(await entries(), "gate")).toMatchObject([{ outcome: "collected" }]);
    expect(runsOf(await entries(), "jobs")).toHaveLength(1);
    // Nothing more is asked of it, whatever is due.
    clock.advance(3 * 3_600_000);
    await running.tick();
    await running.idle();
    expect(runsOf(await entries(), "gate")).toHaveLength(1);
    await running.stop();
  });

  test("opens a new inbox and closes one that is gone, and what was acknowledged is in the log", async () => {
    gate();
    const { running, reload, entries } = await begin(`collectors:\n${OWN}`);
    await running.tick();
    const ping = () =>
      fetch(`${running.url}hooks/jobs/backup`, { method: "POST", headers: { authorization: `Bearer ${TOKEN}` } });
    expect((await ping()).status).toBe(404);
    await reload(`collectors:\n${OWN}\n${JOBS}`);
    expect((await ping()).status).toBe(202);
    await reload(`collectors:\n${OWN}`);
    expect((await ping()).status).toBe(404);
    expect((await entries()).filter(({ kind }) => kind === "intake")).toHaveLength(1);
    await running.idle();
    await running.stop();
  });

  test("does not lose a message that is on its way in while its collector is taken out", async () => {
    gate();
    const { running, reload, entries } = await begin(`collectors:\n${OWN}\n${JOBS}`);
    await running.tick();
    let send: (text: string) => void = () => {};
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("exit "));
        send = (more) => {
          controller.enqueue(new TextEncoder().encode(more));
          controller.close();
        };
      },
    });
    const sent = fetch(`${running.url}hooks/jobs/backup`, {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "text/plain" },
      body,
      duplex: "half",
    } as RequestInit);
    await reload(`collectors:\n${OWN}`);
    send("0");
    const { status } = await sent;
    const kept = (await entries()).filter(({ kind }) => kind === "intake");
    // Either it was taken and is there, or its sender was told that it was not.
    expect([202, 404]).toContain(status);
    expect(kept).toHaveLength(status === 202 ? 1 : 0);
    await running.idle();
    await running.stop();
  });

  test("is refused whole where the store or the address differs: a restart is needed, and said", async () => {
    gate();
    const { running, reload, log, custody, entries } = await begin(`collectors:\n${OWN}`);
    await running.tick();
    const before = configs(await entries()).length;
    expect(await reload(`collectors:\n${OWN}\n${JOBS}`, "file:./data/other")).toBe(false);
    expect(custody.config.instances.map(({ id }) => id)).toEqual(["own"]);
    expect(log.lines.at(-1)).toMatchObject({ level: "error", details: { keys: ["store"] } });
    expect(log.lines.at(-1)?.message).toContain("restart");
    expect(configs(await entries())).toHaveLength(before);
    await running.idle();
    await running.stop();
  });

  test("looks at once at a collector that was changed, so that whoever changed it sees whether it is right", async () => {
    gate();
    const prom = (file: string) =>
      `collectors:\n  - { id: prom, use: alert-history/prometheus, url: "http://127.0.0.1:9", bearer: "\${file:./${file}}" }`;
    const { running, reload, entries, clock } = await begin(prom("missing"));
    await running.tick();
    await running.idle();
    await running.tick();
    await running.idle();
    const before = runsOf(await entries(), "prom").length;
    clock.advance(1_000);
    await reload(prom("missing-too"));
    await running.idle();
    expect([before, runsOf(await entries(), "prom").length]).toEqual([1, 2]);
    await running.stop();
  });

  test("looks once at a collector that was changed, also where the clock is set back afterwards", async () => {
    gate();
    const { running, reload, entries, clock } = await begin(`collectors:\n${OWN}`);
    await running.tick();
    await running.idle();
    await reload(`collectors:\n${OWN.replace("grace: 1h", "grace: 2h")}`);
    await running.idle();
    clock.advance(-2 * 3_600_000);
    for (let minute = 0; minute < 10; minute += 1) {
      await running.tick();
      await running.idle();
      clock.advance(60_000);
    }
    // Of the ten minutes one look at most is due by the clock.
    expect(runsOf(await entries(), "own").length).toBeLessThanOrEqual(3);
    await running.stop();
  });

  test("is in the log before anything is collected under it, also by who was waiting for room, or while it cannot be logged", async () => {
    const { begun, open } = gate();
    const { custody, running, reload, entries } = await begin(`schedule: { atOnce: 1 }\ncollectors:\n${GATE}\n${OWN}`);
    await running.tick();
    await begun;
    const ledger = await custody.ledger();
    const append = ledger.append.bind(ledger);
    ledger.append = (drafts) =>
      drafts.some(({ kind }) => kind === "config")
        ? Promise.reject(new CustodyError("STORE_UNREACHABLE", "the store is away"))
        : append(drafts);
    const changed = OWN.replace("grace: 1h", "grace: 2h");
    await reload(`schedule: { atOnce: 1 }\ncollectors:\n${GATE}\n${changed}`);
    open();
    await running.idle();
    expect(runsOf(await entries(), "own")).toEqual([]);
    ledger.append = append;
    await running.tick();
    await running.idle();
    const kinds = (await entries()).filter((one) => one.kind === "config" || runsOf([one], "own").length > 0);
    expect(kinds.map(({ kind }) => kind)).toEqual(["config", "config", "run"]);
    await running.stop();
  });

  test("is in the log before anything is collected under it, also where the one before was just being logged", async () => {
    gate();
    const { custody, running, reload, entries } = await begin(`collectors:\n${OWN}`);
    const ledger = await custody.ledger();
    const append = ledger.append.bind(ledger);
    let logIt: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      logIt = resolve;
    });
    let configs = 0;
    const asked = new Promise<void>((resolve) => {
      ledger.append = async (drafts) => {
        if (drafts.some(({ kind }) => kind === "config")) configs += 1;
        if (configs > 1) throw new CustodyError("STORE_UNREACHABLE", "the store is away");
        resolve();
        await held;
        return append(drafts);
      };
    });
    const waking = running.tick();
    await asked;
    const reloaded = reload(`collectors:\n${OWN.replace("grace: 1h", "grace: 2h")}`);
    await vi.waitFor(() => expect(custody.config.instances[0]?.grace).toBe("2h"));
    logIt();
    await Promise.all([waking, reloaded]);
    ledger.append = append;
    await running.idle();
    expect((await entries()).map(({ kind }) => kind)).toEqual(["genesis", "config"]);
    await running.tick();
    await running.idle();
    expect((await entries()).map(({ kind }) => kind)).toEqual(["genesis", "config", "config", "run"]);
    await running.stop();
  });

  test("is tried soon also by who was busy when it came, however often it failed before", async () => {
    const failing = () => {
      const { begun, open } = gate();
      Object.assign(globalThis, { custodyTestFails: true });
      onTestFinished(() => void Object.assign(globalThis, { custodyTestFails: false }));
      return { begun, open };
    };
    failing().open();
    const often = GATE.replace(" }", ", pull: 1m }");
    const { running, reload, entries, clock } = await begin(`collectors:\n${often}`);
    for (let minute = 0; minute < 40; minute += 1) {
      await running.tick();
      await running.idle();
      clock.advance(60_000);
    }
    const before = runsOf(await entries(), "gate").length;
    expect(before).toBe(6);
    clock.advance(30 * 60_000);
    const { begun, open } = failing();
    await running.tick();
    await begun;
    await reload(`collectors:\n${often.replace(" }", ", timeout: 5m }")}`);
    open();
    await running.idle();
    clock.advance(60_000);
    await running.tick();
    await running.idle();
    expect(runsOf(await entries(), "gate")).toHaveLength(before + 2);
    // And then it rests as before.
    clock.advance(60_000);
    await running.tick();
    await running.idle();
    expect(runsOf(await entries(), "gate")).toHaveLength(before + 2);
    await running.stop();
  });
});
