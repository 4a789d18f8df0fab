import { getEventListeners } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, test, vi } from "vitest";
import { keepMirroring, mirrorNow, publish, readMirrorState } from "../src/daemon/mirroring.ts";
import { startRunning } from "../src/daemon/running.ts";
import { systemClock } from "../src/lib/clock.ts";
import { parseCheckpoint } from "../src/tlog/checkpoint.ts";
import { accessDraft } from "./support/ledger.ts";
import { keptLog, newWorkspace } from "./support/workspace.ts";

const ROOT = resolve(import.meta.dirname, "..");

async function workspace() {
  const custody = await newWorkspace("mirror: file:./mirror", systemClock);
  const place = join(custody.config.root, "mirror");
  await mkdir(place);
  const sizes = () => {
    const size = (folder: string) => parseCheckpoint(readFileSync(join(folder, "checkpoint")))?.size;
    return [size(join(custody.config.root, "data/store")), size(place)];
  };
  return { custody, place, sizes, state: () => readMirrorState(custody.config.folders.state) };
}

test("the daemon brings the mirror up to date at its start, after what it signs, and once more at its end", async () => {
  const { custody, sizes, state } = await workspace();
  const log = keptLog();
  const running = await startRunning(custody, log);
  await log.until(({ message }) => message === "mirrored");
  const ledger = await custody.ledger();
  await ledger.append([accessDraft("at-the-end")]);
  await running.stop();
  expect(sizes()).toStrictEqual([ledger.size, ledger.size]);
  expect(await state()).toMatchObject({ state: "current", size: ledger.size });
});

test("the daemon keeps nothing for each time that the mirror followed: it does so for months", async () => {
  const { custody } = await workspace();
  await publish(custody);
  const log = keptLog();
  const stop = new AbortController();
  const mirroring = keepMirroring(custody, log, stop.signal);
  for (let times = 1; times <= 5; times += 1) {
    await vi.waitFor(() => expect(log.lines.filter(({ message }) => message === "mirrored")).toHaveLength(times));
    // It sleeps again once it has said so.
    await new Promise((resolve) => setImmediate(resolve));
    mirroring.wake();
  }
  expect(getEventListeners(stop.signal, "abort").length).toBeLessThanOrEqual(2);
  stop.abort();
  await mirroring.finish();
});

test("the daemon says once that the mirror is gone and goes on; the next start makes up for it", async () => {
  const { custody, place, sizes, state } = await workspace();
  await publish(custody);
  await rename(place, `${place}.away`);
  await (await custody.ledger()).append([accessDraft("while-it-is-away")]);
  const log = keptLog();
  const running = await startRunning(custody, log);
  const said = await log.until(({ level }) => level === "warn");
  expect(said.message).toMatch(/is behind.*Collecting goes on/s);
  await running.stop();
  expect((await state())?.state).toBe("behind");
  await rename(`${place}.away`, place);
  const again = keptLog();
  const next = await startRunning(custody, again);
  await again.until(({ message }) => message === "mirrored");
  await next.stop();
  const [ours, theirs] = sizes();
  expect(theirs).toBe(ours);
});

test("a command does not wait for ever: what is given up is written down as behind", async () => {
  const { custody, state } = await workspace();
  await publish(custody);
  await (await custody.ledger()).append([accessDraft("more")]);
  const head = await (await custody.ledger()).publish();
  const given = await mirrorNow(custody, head, { signal: AbortSignal.abort(new Error("it takes too long")) });
  expect(given).toMatchObject({ state: "behind", problem: { message: "it takes too long" } });
  expect(await state()).toStrictEqual(given);
});

test("a state that cannot be read is no state", async () => {
  const { custody, state } = await workspace();
  await rm(custody.config.folders.state, { recursive: true });
  expect(await state()).toBeUndefined();
  expect(await mirrorNow(custody, undefined)).toMatchObject({ state: "current" });
});

test("every command that signs brings the mirror up to it: nothing but these files publishes by itself", () => {
  const known = ["mirroring.ts", "running.ts", "publishing.ts", "cli/demo.ts"];
  const files = [".", "cli"].flatMap((folder) =>
    readdirSync(join(ROOT, "src", folder))
      .filter((name) => name.endsWith(".ts"))
      .map((name) => (folder === "." ? name : `${folder}/${name}`)),
  );
  const publishing = files.filter((file) =>
    /ledger\)?(\(\)\))?\.publish\(\)/.test(readFileSync(join(ROOT, "src", file), "utf8")),
  );
  expect(publishing.filter((file) => !known.includes(file))).toStrictEqual([]);
});
