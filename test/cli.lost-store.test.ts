import { chmod, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { unwritable, unwritableWithin } from "../src/doctor/written.ts";
import { Cli } from "./support/cli.ts";
import { freePort } from "./support/free-port.ts";
import { temporaryFolder } from "./support/ledger.ts";
import { serving } from "./support/serving.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.compile("lost-store");
});
afterAll(() => cli.close());

interface Answer {
  readonly checks: readonly { name: string; state: string; found: string; remedy?: string }[];
}

const OWN = "- { id: own, use: cron-health/custody }";

describe("a store that is gone where records were seen in it", () => {
  test.each(["missing", "empty"])(
    "is to be mounted or restored, and nobody is told to make a new one: %s",
    async (how) => {
      const place = await cli.workspace();
      await place.configure(OWN);
      expect((await place.run("collect")).code).toBe(0);
      await rename(place.path("data/store"), place.path("elsewhere"));
      if (how === "empty") await mkdir(place.path("data/store"));
      const collect = await place.run("collect");
      expect([collect.code, collect.all]).toEqual([
        2,
        expect.stringMatching(
          /this installation has seen \d+ records there: the disk is not mounted, or the store was lost/,
        ),
      ]);
      expect(collect.all.match(/has seen/g)).toHaveLength(1);
      expect(collect.all).toContain("do not run `custody init`");
      const done = await place.run("doctor", "--json");
      const { checks } = done.json<Answer>();
      const bad = checks.filter(({ state }) => state === "bad");
      // Once, by whoever is about it.
      expect([done.code, bad.map(({ name }) => name)]).toEqual([2, [how === "empty" ? "log" : "store"]]);
      expect(bad[0]?.remedy).toContain("restore it from the mirror or from a backup");
      expect(JSON.stringify(checks)).not.toContain("mkdir");
      expect((await place.run("doctor", "--only", "guard")).code).toBe(2);
    },
  );

  test("and a folder of state that is gone is not to be made anew either", async () => {
    const place = await cli.workspace();
    await rm(place.path("data/state"), { recursive: true });
    const { checks } = (await place.run("doctor", "--only", "files", "--json")).json<Answer>();
    expect(checks).toMatchObject([{ state: "bad", remedy: expect.stringContaining("restore it from a backup") }]);
    expect(JSON.stringify(checks)).not.toContain("mkdir");
  });
});

test("a key file that is missing is to be restored, and only key files are named", async () => {
  const place = await cli.workspace();
  const [key = ""] = (await readdir(place.path("data/keys"))).filter((name) => name.endsWith(".pem"));
  await rm(place.path("data/keys", key));
  await writeFile(place.path("data/keys/ping.token"), "x");
  const { checks } = (await place.run("doctor", "--only", "key", "--json")).json<Answer>();
  expect(checks).toMatchObject([{ state: "bad", remedy: expect.stringContaining("custody keys restore FILE") }]);
  expect(JSON.stringify(checks)).not.toContain("ping.token");
});

describe("what cannot be written", () => {
  test.skipIf(process.platform === "win32" || process.getuid?.() === 0)(
    "by its own owner needs another mode, not another owner, however deep it lies",
    async () => {
      const folder = await temporaryFolder();
      await mkdir(`${folder}/a/b`, { recursive: true });
      await chmod(`${folder}/a/b`, 0o500);
      onTestFinished(() => chmod(`${folder}/a/b`, 0o700));
      expect(await unwritable(folder)).toBeUndefined();
      expect((await unwritableWithin(folder))?.run).toBe(`chmod -R u+rwX ${folder}/a/b`);
    },
  );
});

test("a daemon that ended in good order is not called running, and one that was killed is not called well", async () => {
  const place = await cli.workspace();
  const port = await freePort();
  await place.configure(OWN, `portal: { listen: "127.0.0.1:${port}" }\n`);
  const daemon = async () => (await place.run("doctor", "--only", "daemon", "--json")).json<Answer>().checks[0];
  const first = await serving(cli.folder, place.folder);
  expect((await daemon())?.found).toContain("runs, under");
  first.child.kill("SIGTERM");
  expect((await first.ended).code).toBe(0);
  expect((await place.run("status")).stdout).toContain("The daemon is not running; it was last alive");
  expect((await daemon())?.found).toContain("was last alive on");
  const second = await serving(cli.folder, place.folder);
  expect((await place.run("status")).stdout).toContain("The daemon is running.");
  second.child.kill("SIGKILL");
  await second.ended;
  expect(await daemon()).toMatchObject({ state: "warn", found: expect.stringContaining("nobody answers under") });
});

test("a daemon that goes on with an older configuration says so on its page and in its numbers, until it is mended", async () => {
  const place = await cli.workspace();
  await place.configure(OWN, `portal: { listen: "127.0.0.1:0" }\n`);
  const { child, url, logged } = await serving(cli.folder, place.folder);
  const text = async (path: string) => (await fetch(`${url}${path}`)).text();
  expect(await text("metrics")).toContain("custody_config_in_force 1\n");
  await place.configure("- { id: own, use: no-such/thing }", `portal: { listen: "127.0.0.1:0" }\n`);
  child.kill("SIGHUP");
  await logged(({ msg }) => msg.includes("is refused"));
  expect(await text("")).toContain("The daemon goes on with an older configuration");
  expect(await text("metrics")).toMatch(/^custody_config_refused_timestamp_seconds \d+/m);
  await place.configure(OWN, `portal: { listen: "127.0.0.1:0" }\n`);
  child.kill("SIGHUP");
  await logged(({ msg }) => msg.startsWith("the configuration was read again; "));
  expect(await text("")).not.toContain("The daemon goes on with an older configuration");
  expect(await text("metrics")).toContain("custody_config_in_force 1\n");
});
