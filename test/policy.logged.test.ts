import { readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { collectors } from "../collectors/index.ts";
import { loadConfig } from "../src/config/config.ts";
import { Custody } from "../src/custody.ts";
import { startRunning } from "../src/daemon/running.ts";
import { type EntryOf, isKind } from "../src/evidence/entry.ts";
import { policyTimeline } from "../src/policies.ts";
import { declareNow } from "../src/work.ts";
import { FakeClock } from "./support/clock.ts";
import { keptLog, newWorkspace } from "./support/workspace.ts";

const SEV = readFileSync(new URL("../controls/policies/sev1-4.yaml", import.meta.url), "utf8");
/** The rules of a version, with the time in which the worst is answered. */
const rules = (version: string, term = "within 15m", effective = "2025-01-01") =>
  SEV.replace('version: "1.0"', `version: "${version}"`)
    .replace("Sev1: within 15m", `Sev1: ${term}`)
    .replace("effectiveFrom: 2025-01-01", `effectiveFrom: ${effective}`);

async function begin(zone = "Europe/Berlin") {
  const clock = new FakeClock();
  const made = await newWorkspace("", clock, { zone });
  const { root, path } = made.config;
  await made.close();
  const config = (policy: string, at = zone) =>
    writeFile(
      path,
      `organisation: { name: Example, zone: ${at} }\nstore: file:./data/store\nindex: postgres://127.0.0.1:9/none\nportal: { listen: "127.0.0.1:0" }\n${policy}\n`,
    );
  const open = async () => {
    const custody = new Custody(await loadConfig(path, collectors), clock);
    onTestFinished(() => custody.close());
    return custody;
  };
  const declare = async () => {
    const custody = await open();
    await declareNow(custody);
    await (await custody.ledger()).publish();
    return custody;
  };
  const policies = async () => {
    const found: { index: number; entry: EntryOf<"policy"> }[] = [];
    for await (const { index, entry } of (await (await open()).view()).read())
      if (isKind(entry, "policy")) found.push({ index, entry });
    return found;
  };
  return {
    clock,
    root,
    path,
    config,
    open,
    declare,
    policies,
    write: (text: string) => writeFile(join(root, "rules.yaml"), text),
  };
}

const DAY = 86_400_000;

describe("rules in the log", () => {
  test("nothing is logged where none are configured", async () => {
    const { config, declare, policies } = await begin();
    await config("");
    await declare();
    expect(await policies()).toEqual([]);
  });

  test("are logged once, with the day they name and the text as it was written", async () => {
    const { config, declare, policies } = await begin();
    await config("policy: sev1-4");
    await declare();
    const custody = await declare();
    const [one, ...more] = await policies();
    expect(more).toEqual([]);
    expect(one?.entry).toMatchObject({
      policy: "sev1-4",
      version: "1.0",
      effective: "2024-12-31T23:00:00.000Z",
      actor: { type: "system" },
    });
    const bytes = await (await custody.view()).blob(one?.entry.definition.digest ?? "");
    expect(new TextDecoder().decode(bytes)).toBe(SEV);
  });

  test("a new version is logged beside the old one, which still judges what it judged", async () => {
    const { config, declare, policies, write, clock } = await begin();
    await config("policy: ./rules.yaml");
    await write(rules("1"));
    const before = clock.now();
    await declare();
    clock.advance(30 * DAY);
    const lastMonth = (await policyTimeline(await declare())).policyAt(before);
    await write(rules("2", "within 5m", "2020-01-01"));
    const timeline = await policyTimeline(await declare());
    expect((await policies()).map(({ entry }) => entry.version)).toEqual(["1", "2"]);
    const judged = timeline.policyAt(before);
    expect(judged).toMatchObject({ version: "1", entry: lastMonth?.entry, digest: lastMonth?.digest });
    expect(judged?.policy?.targets.respond?.terms.Sev1).toBe("within 15m");
    expect(timeline.policyAt(clock.now())?.policy?.targets.respond?.terms.Sev1).toBe("within 5m");
    expect(timeline.policyAt(clock.now() - 1)?.version).toBe("1");
  });

  test("another content under the same version is refused before anything is logged", async () => {
    const { config, declare, policies, write, open } = await begin();
    await config("policy: ./rules.yaml");
    await write(rules("1"));
    const { size } = await (await declare()).view();
    await write(rules("1", "within 16m"));
    await expect(declare()).rejects.toMatchObject({
      code: "INPUT_INVALID",
      message: expect.stringMatching(
        /version 1 of sev1-4 is in the log already \(record \d+\) and says something else/,
      ),
      remedy: expect.stringContaining("Raise the version"),
    });
    expect((await (await open()).view()).size).toBe(size);
    expect(await policies()).toHaveLength(1);
  });

  test("also where that version is not the newest", async () => {
    const { config, declare, write } = await begin();
    await config("policy: ./rules.yaml");
    await write(rules("1"));
    await declare();
    await write(rules("2"));
    await declare();
    await write(rules("1", "within 16m"));
    await expect(declare()).rejects.toMatchObject({ code: "INPUT_INVALID" });
  });

  test("going back to an earlier version is a change of its own", async () => {
    const { config, declare, policies, write } = await begin();
    await config("policy: ./rules.yaml");
    for (const version of ["1", "2", "1"]) {
      await write(rules(version));
      await declare();
    }
    expect((await policies()).map(({ entry }) => entry.version)).toEqual(["1", "2", "1"]);
  });

  test("comments and spacing are no other content", async () => {
    const { config, declare, policies, write } = await begin();
    await config("policy: ./rules.yaml");
    await write(rules("1"));
    await declare();
    await write(`# approved in May\n${rules("1").replace("zone:", "zone:  ")}\n\n`);
    await declare();
    expect(await policies()).toHaveLength(1);
  });

  test("rules without a zone keep the one of the organisation in which they were logged", async () => {
    const { config, declare, policies, open } = await begin("Europe/Berlin");
    await config("policy: p0-p2");
    await declare();
    await config("policy: p0-p2", "America/New_York");
    await declare();
    const timeline = await policyTimeline(await open());
    expect(timeline.all.map(({ policy }) => [policy?.zone, policy?.calendars.office?.zone])).toEqual([
      ["Europe/Berlin", "Europe/Berlin"],
      ["America/New_York", "America/New_York"],
    ]);
    expect(await policies()).toHaveLength(2);
  });

  test("two that begin at once say it once", async () => {
    const { config, policies, open } = await begin();
    await config("policy: sev1-4");
    const [one, two] = [await open(), await open()];
    await Promise.all([one.history(), two.history()]);
    await Promise.all([declareNow(one), declareNow(two)]);
    expect(await policies()).toHaveLength(1);
  });

  test("a file with mistakes is refused with all of them and the lines, and nothing is logged", async () => {
    const { config, declare, write, open } = await begin();
    await config("policy: ./rules.yaml");
    const { size } = await (await open()).view();
    await write(rules("1", "soonish").replace("rank: high", "rank: hgih"));
    await expect(declare()).rejects.toMatchObject({
      code: "INPUT_INVALID",
      message: expect.stringMatching(
        /rules\.yaml: .*cannot be used:\nline \d+: severities\.1\.rank: .*\nline \d+: targets\.respond\.terms\.Sev1/s,
      ),
    });
    expect((await (await open()).view()).size).toBe(size);
  });

  test("a file that is not there is named", async () => {
    const { config, declare } = await begin();
    await config("policy: ./nothing.yaml");
    await expect(declare()).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining("nothing.yaml"),
    });
  });

  test("rules whose text is gone are told as in force and unreadable", async () => {
    const { config, declare, policies, open, root } = await begin();
    await config("policy: sev1-4");
    await declare();
    const digest = (await policies())[0]?.entry.definition.digest ?? "";
    await rm(join(root, "data/store/blob/sha256", digest.slice(0, 2), digest));
    expect((await policyTimeline(await open())).policyAt(0)).toMatchObject({
      version: "1.0",
      policy: undefined,
      reachesBack: true,
    });
  });
});

describe("a daemon", () => {
  const daemon = async (at: Awaited<ReturnType<typeof begin>>) => {
    const custody = await at.open();
    const log = keptLog();
    const running = await startRunning(custody, log);
    onTestFinished(() => running.stop());
    const reload = async () => running.reconfigure(await loadConfig(at.path, collectors));
    return { custody, running, log, reload };
  };

  test("logs rules when it starts and when it reads its configuration again, also where only the file of rules is new", async () => {
    const at = await begin();
    await at.config("policy: ./rules.yaml");
    await at.write(rules("1"));
    const { running, reload } = await daemon(at);
    await running.tick();
    await running.idle();
    await at.write(rules("2"));
    await reload();
    expect((await at.policies()).map(({ entry }) => entry.version)).toEqual(["1", "2"]);
  });

  test("refuses rules that cannot be used when it reads them again, and goes on", async () => {
    const at = await begin();
    await at.config("policy: ./rules.yaml");
    await at.write(rules("1"));
    const { running, reload } = await daemon(at);
    await running.tick();
    await at.write(rules("1", "within 20m"));
    await expect(reload()).rejects.toMatchObject({ message: expect.stringContaining("says something else") });
    expect(await at.policies()).toHaveLength(1);
  });

  test("does not start with rules that cannot be used", async () => {
    const at = await begin();
    await at.config("policy: ./rules.yaml");
    await at.write("policy: x");
    await expect(startRunning(await at.open(), keptLog())).rejects.toMatchObject({ code: "INPUT_INVALID" });
  });

  test("collects all the same where a version was changed while it was down", async () => {
    const at = await begin();
    await at.config("policy: ./rules.yaml");
    await at.write(rules("1"));
    await at.declare();
    await at.write(rules("1", "within 20m"));
    await at.config("policy: ./rules.yaml\ncollectors: [{ id: own, use: cron-health/custody }]");
    const { running, log, custody } = await daemon(at);
    await running.tick();
    await running.idle();
    expect(log.lines.find(({ message }) => message.startsWith("the policy is refused"))).toMatchObject({
      level: "error",
    });
    expect((await custody.history()).instances.get("own")?.runs.length).toBeGreaterThan(0);
    expect(await at.policies()).toHaveLength(1);
  });
});
