import { readdir, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Cli } from "./support/cli.ts";
import { startNtp } from "./support/ntp.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("config-check");
});
afterAll(() => cli.close());

const HEAD = "organisation: { name: Example GmbH, zone: Europe/Berlin }\nstore: file:./data/store\n";

async function check(text: string, ...flags: string[]) {
  const folder = await cli.place();
  await writeFile(`${folder}/some.yaml`, text);
  return { folder, done: await cli.run(folder, ["config", "check", "some.yaml", ...flags]) };
}

describe("custody config check", () => {
  test("says what would be collected, how often and when next, with neither store nor key", async () => {
    const { folder, done } = await check(`${HEAD}scope: [{ system: shop, sources: [own] }]
people: { anna: { role: owner } }
collectors:
  - { id: own, use: cron-health/custody, pull: "every day at 06:00" }
  - { id: prom, use: alert-history/prometheus, url: "http://127.0.0.1:9", bearer: "\${env:NOT_HERE}" }
notify: [{ use: webhook, url: "https://example.org/x", secret: "\${env:PATH}", at: "07:30" }]
`);
    expect([done.code, done.stderr]).toEqual([0, ""]);
    expect(done.stdout).toContain("some.yaml: it can be read, but 1 thing in it will not work:\n- on this machine");
    expect(done.stdout).toMatch(
      /own \(cron-health\/custody\)\n {2}required {3}daily, at the latest 6h after its end; .*\n.*00:00 Europe\/Berlin\n {2}looks {6}every day at 06:00 \(in records: 0 6 \* \* \*\); next .* 06:0\d Europe\/Berlin\n/,
    );
    expect(done.stdout).toMatch(/webhook \(.*\): digest, urgent; next digest .* 07:30 Europe\/Berlin/);
    expect(done.stdout).toContain("no line of `scope:` names prom");
    expect(done.stdout).toContain("NOT_HERE is not set (prom)");
    expect(await readdir(folder)).toEqual(["some.yaml"]);
  });

  test("says everything that is wrong at once, each with its line, and ends with 2", async () => {
    const { done } = await check(`organisation: { name: Example GmbH, zone: Europe/Berln }
store: file:./data/store
scope: [{ system: shop, sources: [prm] }]
retention: [{ collectors: [nobody], keep: 3y }]
gaps: [{ family: cron-helth, level: urgent }]
notify: [{ use: discrd, webhook: "\${env:X}" }]
collectors:
  - { id: prom, use: alert-history/prometheus, url: "http://127.0.0.1:9", cadence: "0 25 * * *" }
  - { id: own, use: cron-health/custody, cadence: "0 0 30 2 *" }
  - { id: inc, use: incident-log/markdown, path: ./i, cadence: fortnightly }
  - { id: utc, use: incident-log/markdown, path: ./i, zone: Mars/Base }
`);
    expect(done.code).toBe(2);
    for (const line of [1, 3, 6, 8, 9, 10, 11]) expect(done.stderr, `line ${line}`).toContain(`some.yaml:${line}: `);
    expect(done.stdout).toBe("");
  });

  test("says that all is well only where nothing is missing and every period can be seen", async () => {
    const alerts = (rest: string) =>
      check(`${HEAD}collectors: [{ id: am, use: alert-history/alertmanager, url: "http://127.0.0.1:9"${rest} }]\n`);
    const well = await alerts(", cadence: 15m");
    expect([well.done.code, well.done.stdout]).toEqual([
      0,
      expect.stringMatching(/: all is well\.[\s\S]*looks {6}every 15 min;/),
    ]);
    const daily = await alerts(", cadence: daily, pull: 1d");
    expect([daily.done.code, daily.done.stdout]).toEqual([0, expect.stringContaining(": all is well.")]);
    for (const rest of [", cadence: 1m, pull: 1h", ', cadence: "every day at 06:00", pull: 3d']) {
      const { done } = await alerts(rest);
      expect([done.code, done.stdout]).toEqual([2, expect.stringContaining("but 1 thing in it will not work:")]);
      expect(done.stdout.replace(/\s+/g, " ")).toMatch(/am looks less often .* this source cannot be asked later/);
    }
    const later = await check(`${HEAD}collectors: [{ id: own, use: cron-health/custody, cadence: 1m, pull: 1h }]\n`);
    expect([later.done.code, later.done.stdout]).toEqual([0, expect.stringContaining(": all is well.")]);
    const hasty = await alerts(", cadence: 1m, pull: 20s");
    expect(hasty.done.stdout).toMatch(/looks {6}every 1 min;[\s\S]*Note: the daemon looks once a minute at most/);
    const folder = await check(`${HEAD}collectors: [{ id: inc, use: incident-log/markdown, path: ./nowhere }]\n`);
    expect(folder.done.stdout).toMatch(/1 thing in it[\s\S]*nowhere\s+does\s+not\s+exist\s+\(inc\)/);
  });

  test("finds what names collectors and families that are not there", async () => {
    const { done } = await check(`${HEAD}retention: [{ collectors: [nobody], keep: 3y }]
gaps: [{ family: cron-helth, level: urgent }]
masking: [{ id: mails, kind: email, collectors: [on] }]
collectors: [{ id: own, use: cron-health/custody }]
`);
    expect(done.code).toBe(2);
    expect(done.stderr).toContain('some.yaml:3: retention.0.collectors.0: there is no collector with the id "nobody"');
    expect(done.stderr).toContain(
      'some.yaml:4: gaps.0.family: there is no family "cron-helth"; did you mean "cron-health"',
    );
    expect(done.stderr).toContain("some.yaml:5: masking.0.collectors.0: ");
  });
});

/** A server on loopback that answers as told. */
async function answering(handler: Parameters<typeof createServer>[1]): Promise<string> {
  const server: Server = createServer(handler as never);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("what a person gets wrong is said in plain words", () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ["an impossible cron", 'cadence: "0 0 31 2 *"', /never|no day|does not exist|no such day/i],
    ["a cron that is none", 'cadence: "61 * * * *"', /0.*59|minute/i],
    ["an unknown zone", "zone: Europe/Berln", /expected a time zone such as Europe\/Berlin/],
  ];
  for (const [what, setting, words] of cases) {
    test(what, async () => {
      const { done } = await check(`${HEAD}collectors: [{ id: own, use: cron-health/custody, ${setting} }]\n`);
      expect([done.code, done.stderr]).toEqual([2, expect.stringMatching(words)]);
    });
  }

  test("a cadence finer than the source can show", async () => {
    const place = await cli.workspace();
    await place.write(
      "status.mjs",
      `import { z } from "${pathToFileURL(join(import.meta.dirname, "../node_modules/zod/index.js")).href}";
export default { name: "cron-health/status", title: "status", family: "cron-health", mode: "snapshot", facts: [], finest: "hourly",
  cadence: "daily", grace: "1h", reader: 1, blindSpots: [], permissions: [], config: z.object({}), async *collect() {}, *read() {} };`,
    );
    await place.configure("- { id: status, use: cron-health/status, cadence: 15m }", "plugins: [./status.mjs]\n");
    for (const args of [["config", "check"], ["collect"], ["serve"]]) {
      const done = await place.run(...args);
      expect([done.code, done.stderr], args.join(" ")).toEqual([
        2,
        expect.stringContaining(
          'this is finer than cron-health/status can show; what its source says is good for "hourly" at best',
        ),
      ]);
    }
  });

  test("a webhook that redirects is not followed, and said", async () => {
    let followed = 0;
    const url = await answering((request, response) => {
      if (request.url === "/elsewhere") followed += 1;
      response.writeHead(307, { location: "/elsewhere" }).end();
    });
    const place = await cli.workspace();
    await place.configure(
      "- { id: own, use: cron-health/custody }",
      `notify: [{ use: webhook, url: "${url}/in", secret: "\${file:./hook}" }]\n`,
    );
    await place.write("hook", `whsec_${Buffer.alloc(32, 7).toString("base64")}`);
    const done = await place.run("notify", "test");
    expect([done.code === 0, followed]).toEqual([false, 0]);
    expect(done.all).toMatch(/redirect|elsewhere|307/i);
  });

  test("a clock a day off: nothing is collected, nothing is recorded, and the doctor says so", async () => {
    const { url } = await startNtp(() => ({ now: () => Date.now() - 86_400_000 }));
    const place = await cli.workspace();
    await place.configure("- { id: own, use: cron-health/custody }", `clock: { reference: "${url}" }\n`);
    const before = (await place.entries()).length;
    const tried = await place.run("collect");
    expect([tried.code, tried.stderr]).toEqual([2, expect.stringMatching(/the clock of this machine is 1 d ahead of/)]);
    expect((await place.entries()).length).toBe(before);
    const looked = await place.run("doctor", "--only", "clock");
    expect([looked.code, looked.stdout]).toEqual([2, expect.stringContaining("1 d ahead of the outside reference")]);
  });
});

describe("custody collect --dry-run", () => {
  test("says what would be asked, about which time and why, and writes nothing", async () => {
    const place = await cli.workspace();
    await place.configure("- { id: own, use: cron-health/custody }\n- { id: other, use: cron-health/custody }");
    const before = (await place.keys()).sort();
    const first = await place.run("collect", "--dry-run");
    expect(first.stdout).toContain("own (for the first time)\n  asks   ");
    expect(first.stdout).toContain("Nothing was asked and nothing was written.");
    expect((await place.keys()).sort()).toEqual(before);
    await place.run("collect");
    await place.run("pause", "other", "--reason", "moving");
    const kept = (await place.keys()).sort();
    const again = await place.run("collect", "--dry-run", "--json");
    expect(again.json()).toMatchObject({
      ok: true,
      tasks: [
        {
          instance: "own",
          trigger: "interim",
          window: { from: expect.any(String) },
          why: expect.stringContaining("still runs"),
        },
      ],
      nothing: ["other"],
    });
    expect((await place.run("collect", "--dry-run")).stdout).toContain("other: nothing would be asked; it is paused\n");
    expect((await place.keys()).sort()).toEqual(kept);
  });
});
