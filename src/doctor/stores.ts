import { randomBytes } from "node:crypto";
import { mirrorTrouble, readMirrorState } from "../daemon/mirroring.ts";
import { readPosition } from "../index/position.ts";
import { hasIndex } from "../indexing.ts";
import { isCustodyError } from "../lib/errors.ts";
import { unlessLost } from "../lost-store.ts";
import { type ProbeReport, probeMirror, probeStore } from "../store/probe.ts";
import { bad, type Check, type Diagnosis, failed, good, many, seconds, skipped, warn, withLog } from "./define.ts";
import { unwritableWithin } from "./written.ts";

/** Where records and what follows from them are kept. */

/** A store that takes longer for one small object makes everything slow. */
const SLOW = 1_000;

export const store: Check = {
  name: "store",
  title: "Store",
  limit: 60_000,
  async run(custody) {
    const { clock, config } = custody;
    const opened = await custody.store();
    const began = clock.now();
    await opened.get("checkpoint").catch(async (error: unknown) => {
      throw await unlessLost(error, config);
    });
    const reading = clock.now() - began;
    // What is tried out is tried beside the store, where nothing but the log may lie: that says nothing of the store's own folders.
    const unable =
      config.store.kind === "folder" && process.platform !== "win32" ? await unwritableWithin(opened.place) : undefined;
    if (unable !== undefined) return bad(`${unable.found}: nothing can be recorded`, `Run: ${unable.run}`);
    const report = await probeStore(opened, randomBytes);
    const found = failures(report);
    const remedy = "Use another bucket, server or disk; docs/storage.md says which do.";
    if (!report.fit) return bad(`${report.place}: ${found}`, remedy);
    const lock = opened.lock === undefined ? "" : `, ${opened.lock.mode} lock`;
    const said = `${report.place}: keeps all ${many(report.checks.length, "promise")}${lock}; one small file in ${seconds(reading)}`;
    return reading > SLOW ? warn(said, "It is slow: look at the way to it, or choose one that is nearer.") : good(said);
  },
};

export const log: Check = {
  name: "log",
  title: "Log",
  limit: 60_000,
  async run(custody) {
    try {
      await custody.store();
    } catch (error) {
      return { ...failed(error), cause: "store" };
    }
    const view = await custody.view();
    return good(`${view.origin}: ${many(view.size, "record")}, signed as pinned`);
  },
};

export const guards: Check = {
  name: "guard",
  title: "Newest state seen",
  run: (custody) =>
    withLog(custody, async ({ size }) => {
      const seen: string[] = [];
      for (const guard of await custody.guards()) {
        let head: Awaited<ReturnType<typeof guard.newest>>;
        try {
          head = await guard.newest();
        } catch (error) {
          return isCustodyError(error, "INDEX_UNREACHABLE") ? { ...failed(error), cause: "index" } : failed(error);
        }
        if (head === undefined) {
          return bad(
            `${guard.place} holds nothing: a store that was set back would go unnoticed`,
            "Put it back from a backup; docs/operation.md says how.",
          );
        }
        seen.push(`${guard.place} at ${head.size} of ${size}`);
      }
      return good(seen.join(", "));
    }),
};

export const mirror: Check = {
  name: "mirror",
  title: "Mirror",
  limit: 60_000,
  async run(custody) {
    const { config } = custody;
    if (config.mirror === undefined) {
      const locked = config.store.kind === "s3" && config.store.lock !== undefined;
      return skipped(
        locked ? "none; the store itself is locked" : "none is configured, and nothing is locked (docs/storage.md)",
      );
    }
    const opened = await custody.mirror();
    if (opened === undefined) return skipped("none");
    try {
      const report = await probeMirror(opened, randomBytes);
      if (!report.fit)
        return bad(
          `${report.place}: ${failures(report)}`,
          "Name another place under `mirror:`; docs/storage.md says which do.",
        );
      const state = await readMirrorState(config.folders.state);
      if (state === undefined)
        return warn(`${report.place}: nothing was copied to it yet`, "Run `custody store mirror`.");
      if (state.state === "current") return good(`${report.place}: holds ${many(state.size, "record")}`);
      const [found = "", remedy = ""] = mirrorTrouble(state)
        .replace(/^custody: /, "")
        .split("\n  ");
      return state.state === "behind" ? warn(found, remedy) : bad(found, remedy);
    } finally {
      await opened.close();
    }
  },
};

function failures({ checks }: ProbeReport): string {
  return checks.flatMap(({ ok, check, detail }) => (ok ? [] : [`${check}: ${detail}`])).join(" ");
}

export const index: Check = {
  name: "index",
  title: "Index",
  limit: 60_000,
  async run(custody) {
    if (!(await hasIndex(custody))) return skipped("not made yet; the first page or report makes it");
    const database = await custody.database();
    return withLog(custody, async ({ size, origin }): Promise<Diagnosis> => {
      const position = await readPosition(database);
      if (position === undefined) return good(`${database.place}: empty; it is filled when it is next used`);
      if (position.origin !== origin || position.size > size)
        return bad(`${database.place}: it was made from another log`, "Run `custody index rebuild`.");
      const behind = size - position.size;
      return good(
        behind === 0
          ? `${database.place}: in step with the log`
          : `${database.place}: ${many(behind, "record")} behind, followed when it is next used`,
      );
    });
  },
};
