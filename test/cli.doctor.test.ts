import { chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Cli, configuration, SECRETS } from "./support/cli.ts";
import { freePort } from "./support/free-port.ts";
import { HttpSource } from "./support/http-source.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("doctor");
});
afterAll(() => cli.close());

interface Answer {
  readonly ok: boolean;
  readonly checks: readonly { name: string; state: string; found: string; remedy?: string }[];
}

const INCIDENTS = "- { id: incidents, use: incident-log/markdown, path: ./incidents }";
const at = async () => `portal: { listen: "127.0.0.1:${await freePort()}" }\n`;

describe("custody doctor", () => {
  test("finds nothing broken in a new workspace, looks at each thing, and writes no record", async () => {
    const place = await cli.workspace();
    await place.configure(INCIDENTS, await at());
    await mkdir(place.path("incidents"), { recursive: true });
    const before = (await place.keys()).sort();
    const done = await place.run("doctor", "--json");
    const { ok, checks } = done.json<Answer>();
    expect([done.code, ok, checks.filter(({ state }) => state === "bad")]).toEqual([0, true, []]);
    expect(checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(
        "node software config files secrets store log guard mirror key backup index disk clock source:incidents inbox daemon".split(
          " ",
        ),
      ),
    );
    expect(checks.find(({ name }) => name === "backup")).toMatchObject({
      state: "warn",
      remedy: expect.stringContaining("custody keys backup"),
    });
    expect((await place.keys()).sort()).toEqual(before);
    const table = await place.run("doctor");
    expect(table.stdout).toContain("ok     Signing key [key]\n");
    // Only a path that is longer stands out, as it is there to be copied.
    for (const line of table.stdout.split("\n"))
      expect(line.length <= 80 || !line.trim().includes(" ") || line.includes("["), line).toBe(true);
  });

  test("says everything that is wrong at once, each with what to do, and no secret", async () => {
    const place = await cli.workspace();
    const source = await new HttpSource().start();
    onTestFinished(() => source.stop());
    source.on("*", () => ({ status: 401, body: `no, not ${SECRETS.password}` }));
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as { port: number };
    await place.configure(
      `${INCIDENTS}
- { id: prom, use: alert-history/prometheus, url: "${source.url}", bearer: "\${file:./bearer}" }
- { id: jobs, use: cron-health/ping, token: "\${env:NO_SUCH_TOKEN}" }`,
      `portal: { listen: "127.0.0.1:${port}" }\n`,
    );
    await mkdir(place.path("incidents"), { recursive: true });
    await writeFile(place.path("bearer"), SECRETS.password, { mode: 0o600 });
    const [key = ""] = (await readdir(place.path("data/keys"))).filter((name) => name.endsWith(".pem"));
    await chmod(place.path("data/keys", key), 0o644);
    const done = await place.run("doctor", "--json");
    const { ok, checks } = done.json<Answer>();
    expect([done.code, ok]).toEqual([2, false]);
    const bad = checks.filter(({ state }) => state === "bad");
    expect(bad.map(({ name }) => name).sort()).toEqual(["daemon", "files", "inbox", "key", "secrets", "source:prom"]);
    for (const { remedy } of bad) expect(remedy?.length).toBeGreaterThan(10);
    const of = (name: string) => bad.find((one) => one.name === name);
    expect(of("files")?.remedy).toContain(`chmod 600 ${place.path("data/keys", key)}`);
    expect(of("secrets")?.found).toContain("collectors.jobs.token: the environment variable NO_SUCH_TOKEN is not set");
    expect(of("daemon")?.found).toContain("is taken by another program");
    expect(of("source:prom")?.found).toContain("401");
  });

  test("ends with 3 where only something outside does not answer, and looks at one thing where asked", async () => {
    const place = await cli.workspace();
    const nobody = `http://127.0.0.1:${await freePort()}`;
    await place.configure(`- { id: prom, use: alert-history/prometheus, url: "${nobody}" }`, await at());
    const done = await place.run("doctor", "--only", "source", "--only", "key", "--json");
    const { checks } = done.json<Answer>();
    expect([done.code, checks.map(({ name, state }) => `${name} ${state}`)]).toEqual([
      3,
      ["key good", "source:prom bad"],
    ]);
    const wrong = await place.run("doctor", "--only", "sorce");
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('there is no check "sorce"')]);
  });

  test("does not call all well what it was stopped in", async () => {
    const place = await cli.workspace();
    const source = await new HttpSource().start();
    onTestFinished(() => source.stop());
    const asked = new Promise<void>((resolve) => {
      source.on("*", () => {
        resolve();
        return "silence";
      });
    });
    await place.configure(`- { id: prom, use: alert-history/prometheus, url: "${source.url}" }`, await at());
    const child = cli.start(place.folder, ["doctor", "--only", "source", "--json"]);
    let out = "";
    child.stdout.on("data", (data) => {
      out += data;
    });
    const ended = new Promise((resolve) => child.on("close", resolve));
    await asked;
    child.kill("SIGINT");
    expect([await ended, (JSON.parse(out) as Answer).ok]).toEqual([3, false]);
  });

  test("does not call well a channel whose newest notice did not arrive, whoever sent it", async () => {
    const place = await cli.workspace();
    const receiver = await new HttpSource().start();
    onTestFinished(() => receiver.stop());
    receiver.on("*", { status: 404 });
    await place.configure(
      INCIDENTS,
      `${await at()}notify: [{ use: webhook, url: "${receiver.url}/x", secret: "\${file:./hook}" }]\n`,
    );
    await place.write("hook", "s".repeat(40));
    expect((await place.run("notify", "test")).code).toBe(2);
    const done = await place.run("doctor", "--only", "notify", "--json");
    expect(done.json<Answer>().checks).toMatchObject([{ state: "warn", found: expect.stringContaining("not arrive") }]);
  });

  test("goes on with the rest where the log itself is broken, and says so", async () => {
    const place = await cli.workspace();
    await place.configure(INCIDENTS, await at());
    await writeFile(place.path("data/store/checkpoint"), "rubbish\n");
    const done = await place.run("doctor", "--json");
    const { checks } = done.json<Answer>();
    expect(done.code).toBe(2);
    expect(checks.find(({ name }) => name === "log")).toMatchObject({ state: "bad" });
    expect(checks.find(({ name }) => name === "guard")).toMatchObject({
      state: "skipped",
      found: expect.stringContaining("see `log`"),
    });
    expect(checks.find(({ name }) => name === "disk")).toMatchObject({ state: "good" });
  });

  test("tells a broken configuration with all its mistakes", async () => {
    const place = await cli.workspace();
    await place.write(
      "custody.yaml",
      configuration(`${INCIDENTS.replace("path", "pth")}\n- { id: x, use: nothing/here }`),
    );
    const done = await place.run("doctor", "--json");
    const { checks } = done.json<Answer>();
    expect([done.code, checks.length, checks[0]?.found.split("\n").length]).toEqual([2, 1, 3]);
  });
});
