import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { collectors } from "../collectors/index.ts";
import { loadConfig } from "../src/config/config.ts";
import { Custody } from "../src/custody.ts";
import { type Entry, type EntryOf, isKind } from "../src/evidence/entry.ts";
import { type Running, startRunning } from "../src/running.ts";
import { FakeClock } from "./support/clock.ts";
import { type KeptLog, keptLog, newWorkspace } from "./support/workspace.ts";

const ZOD = pathToFileURL(join(import.meta.dirname, "../node_modules/zod/index.js")).href;
const TOKEN = "tok-4711-aBcDeFgH";

/** A collector that says when it begins, and ends when it is told to. */
const GATED = `import { z } from "${ZOD}";
export default {
  name: "cron-health/gated", title: "gated", family: "cron-health", mode: "window", facts: [],
  cadence: "hourly", grace: "1h", reader: 1, blindSpots: [], permissions: [], config: z.object({}),
  async *collect() { globalThis.custodyTestGate.begun(); await globalThis.custodyTestGate.open; return { seen: "full", total: 0 }; },
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
});
