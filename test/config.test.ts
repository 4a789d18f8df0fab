import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collectors } from "../collectors/index.ts";
import { type Config, configPath, loadConfig } from "../src/config/config.ts";
import { CustodyError } from "../src/lib/errors.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "custody-config-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const HEAD = `organisation: { name: Example GmbH, zone: Europe/Berlin }
store: file:./data/store
`;

async function load(text: string, env: Record<string, string> = {}): Promise<Config> {
  const path = join(folder, "custody.yaml");
  await writeFile(path, text);
  return loadConfig(path, collectors, env);
}

/** The mistakes of a text, a line each, without the folder. */
async function mistakes(text: string): Promise<string[]> {
  try {
    await load(text);
  } catch (error) {
    if (!(error instanceof CustodyError)) throw error;
    expect(error.code).toBe("CONFIG_INVALID");
    expect(error.remedy).toBeTruthy();
    return error.message.split("\n").map((line) => line.replace(`${folder}/`, ""));
  }
  throw new Error("nothing was wrong with it");
}

/** HEAD has two lines, so that the first line of `text` is line 3. */
const afterHead = (text: string) => mistakes(HEAD + text);

describe("what stands in a file", () => {
  test("the smallest one is filled with defaults", async () => {
    const config = await load(HEAD);
    expect(config.store).toEqual({ kind: "folder", path: join(folder, "data/store") });
    expect(config.index).toEqual({ kind: "private", folder: join(folder, "data/index") });
    expect(config.listen).toEqual({ host: "127.0.0.1", port: 8484 });
    expect(config.instances).toEqual([]);
    expect(config.vkey).toBe(join(folder, "ledger.vkey"));
  });

  test("a collector brings its own cadence, grace and zone where none is stated", async () => {
    const { instances } = await load(`${HEAD}collectors:
  - { id: incidents, use: incident-log/markdown, path: ./incidents }
  - { id: own, use: cron-health/custody, cadence: 6h, grace: 30m, zone: UTC, pull: 5m }
`);
    expect(instances.map(({ id, cadence, grace, zone, pull }) => ({ id, cadence, grace, zone, pull }))).toEqual([
      { id: "incidents", cadence: "monthly", grace: "3d", zone: "Europe/Berlin", pull: 3_600_000 },
      { id: "own", cadence: "6h", grace: "30m", zone: "UTC", pull: 300_000 },
    ]);
  });

  test("how often is required and looked is read from plain words and crons, and kept in one spelling", async () => {
    const { instances, logged } = await load(`${HEAD}collectors:
  - { id: a, use: cron-health/custody, cadence: every weekday at 07:30, pull: every 20 minutes, jitter: 0s, timeout: 5m }
  - { id: b, use: cron-health/custody, cadence: "*/30 8-17 * * MON-FRI", pull: 90s, jitter: 2m }
  - { id: c, use: cron-health/custody, cadence: twice a day, pull: "5 * * * *" }
schedule: { atOnce: 3 }
`);
    expect(instances.map(({ collector: _, config: __, logged: ___, ...rest }) => rest)).toMatchObject([
      { id: "a", cadence: "30 7 * * 1-5", pull: 1_200_000, pullTimes: "20m", jitter: 0, timeout: 300_000 },
      { id: "b", cadence: "0,30 8-17 * * 1-5", pull: 90_000, jitter: 120_000 },
      { id: "c", cadence: "12h", pullTimes: "5 * * * *" },
    ]);
    expect(JSON.stringify(logged)).toContain("every weekday at 07:30");
    const config = await load(`${HEAD}schedule: { atOnce: 3 }\n`);
    expect([config.schedule.atOnce, (await load(HEAD)).schedule.atOnce]).toEqual([3, 8]);
  });

  test("times that never come, that nobody can read or that are out of bounds are refused in words", async () => {
    const own = (rest: string) => afterHead(`collectors: [{ id: own, use: cron-health/custody, ${rest} }]\n`);
    const line = "custody.yaml:3: collectors.0";
    expect(await own('cadence: "0 0 31 2 *"')).toEqual([
      expect.stringContaining(
        `${line}.cadence: expected how often evidence is required; this never comes: no year has such a date. Write five`,
      ),
    ]);
    expect(await own("cadence: evry day at 06:00")).toEqual([
      expect.stringContaining('did you mean "every day at 06:00"? Or use one of hourly'),
    ]);
    expect(await own("pull: often")).toEqual([
      expect.stringContaining(`${line}.pull: expected a duration such as 15m, or times; use one of hourly`),
    ]);
    expect(await own("timeout: 30d")).toEqual([`${line}.timeout: expected a duration from 1s to 1d`]);
    expect(await own("zone: Europe/Atlantis")).toEqual([
      `${line}.zone: expected a time zone such as Europe/Berlin or UTC`,
    ]);
    expect(await afterHead("schedule: { atOnce: 0 }\n")).toHaveLength(1);
  });

  test("a cadence finer than a collector's source allows is refused, and a collector that says nonsense is named", async () => {
    const plugin = (finest: string, cadence = "daily") => `export default {
  name: "cron-health/slow", title: "Slow", family: "cron-health", mode: "window", facts: [], cadence: "${cadence}",
  grace: "1h", finest: "${finest}", reader: 1, blindSpots: [], permissions: [],
  config: { safeParse: (data) => ({ success: true, data }) }, async *collect() { return { seen: "full" }; }, *read() {},
};`;
    await writeFile(join(folder, "slow.mjs"), plugin("hourly"));
    await writeFile(join(folder, "odd.mjs"), plugin("hourly", "now and then"));
    const slow = (file: string, rest: string) =>
      afterHead(`plugins: [./${file}]\ncollectors: [{ id: own, use: cron-health/slow${rest} }]\n`);
    expect(await slow("slow.mjs", ", cadence: every 15 minutes")).toEqual([
      'custody.yaml:4: collectors.0.cadence: this is finer than cron-health/slow can show; what its source says is good for "hourly" at best',
    ]);
    expect(await slow("slow.mjs", ', cadence: "0,5 9 * * *"')).toHaveLength(1);
    const fine = `plugins: [./slow.mjs]\ncollectors: [{ id: own, use: cron-health/slow, cadence: every 2 hours }]\n`;
    expect((await load(`${HEAD}${fine}`)).instances).toMatchObject([{ cadence: "2h" }]);
    expect(await slow("odd.mjs", "")).toEqual([expect.stringContaining('itself has a mistake: "now and then" is not')]);
  });

  test("times without a zone are read in a stated zone, never in the organisation's", async () => {
    const { instances } = await load(`${HEAD}collectors:
  - { id: a, use: incident-log/markdown, path: a }
  - { id: b, use: incident-log/markdown, path: b, zone: Asia/Kolkata }
`);
    expect(instances.map(({ config }) => (config as { zone?: string }).zone)).toEqual([undefined, "Asia/Kolkata"]);
  });

  test("what is logged is what stands there, with references instead of secrets", async () => {
    const env = { PROM_TOKEN: "pr0m-s3cr3t-value" };
    const text = `${HEAD}collectors: [{ id: prom, use: alert-history/prometheus, url: "http://127.0.0.1:9090", bearer: "\${env:PROM_TOKEN}" }]\n`;
    const config = await load(text, env);
    expect(JSON.stringify(config.logged)).toContain("${env:PROM_TOKEN}");
    expect(JSON.stringify([config.logged, config.instances])).not.toContain(env.PROM_TOKEN);
    const [prom] = config.instances.map((instance) => instance.config as { bearer: { secret: string } });
    expect(prom && config.reveal(prom.bearer)).toBe(env.PROM_TOKEN);
  });

  test("the flag comes before CUSTODY_CONFIG, and that before the folder", () => {
    expect(configPath("/a/b.yaml", { CUSTODY_CONFIG: "/c/d.yaml" })).toBe("/a/b.yaml");
    expect(configPath(undefined, { CUSTODY_CONFIG: "/c/d.yaml" })).toBe("/c/d.yaml");
    expect(configPath(undefined, {})).toBe(join(process.cwd(), "custody.yaml"));
  });
});

describe("mistakes", () => {
  test("an unknown key is named with its line and the nearest known key", async () => {
    expect(await afterHead("reprot: {}\n")).toEqual(['custody.yaml:3: reprot: unknown key; did you mean "report"?']);
    expect(await afterHead("portal:\n  listn: 127.0.0.1:1\n")).toEqual([
      'custody.yaml:4: portal.listn: unknown key; did you mean "listen"?',
    ]);
  });

  test("a key that is like no other gets no suggestion", async () => {
    expect(await afterHead("frobnicate: 1\n")).toEqual(["custody.yaml:3: frobnicate: unknown key"]);
  });

  test("an unknown key inside a bucket, a collector, a list and a deeper map", async () => {
    expect(
      await mistakes(`organisation: { name: A, zone: UTC }
store:
  bucket: evidence
  acessKey: "\${env:A}"
  accessKey: "\${env:A}"
  secretKey: "\${env:B}"
scope:
  - { system: A, notConected: later }
  - system: B
    notConnected: later
collectors:
  - id: incidents
    use: incident-log/markdown
    path: ./incidents
    pathh: ./incidents
    fields:
      detectdAt: entdeckt
  - { id: own, use: cron-health/custody, cadance: daily }
`),
    ).toEqual([
      'custody.yaml:4: store.acessKey: unknown key; did you mean "accessKey"?',
      'custody.yaml:8: scope.0.notConected: unknown key; did you mean "notConnected"?',
      'custody.yaml:15: collectors.0.pathh: unknown key of incident-log/markdown; did you mean "path"?',
      'custody.yaml:17: collectors.0.fields.detectdAt: unknown key of incident-log/markdown; did you mean "detectedAt"?',
      'custody.yaml:18: collectors.1.cadance: unknown key of cron-health/custody; did you mean "cadence"?',
    ]);
  });

  test("all mistakes are said at once, in the order of the file", async () => {
    expect(
      await mistakes(`organisation:
  name: 42
  zone: Europe/Berln
scope:
  - { system: API, sources: [promm] }
  - { system: Mail }
collectors:
  - { id: My jobs, use: alert-history/prometheus, url: "http://127.0.0.1:9090" }
  - { id: prom, use: alert-history/promethus, url: "http://127.0.0.1:9090" }
  - { id: prom, use: incident-log/markdown }
  - { id: own, use: cron-health/custody, cadence: fortnightly, grace: soon, pull: 10ms }
portal: { listen: "0.0.0.0:8484" }
`),
    ).toEqual([
      "custody.yaml:1: store: is missing; expected text or keys with values",
      "custody.yaml:2: organisation.name: expected text, found a number; put it in quotes",
      "custody.yaml:3: organisation.zone: expected a time zone such as Europe/Berlin or UTC; did you mean Europe/Berlin?",
      'custody.yaml:5: scope.0.sources.0: there is no collector with the id "promm"; did you mean "prom"?',
      "custody.yaml:6: scope.1: expected either `sources`, or `notConnected` with the reason",
      "custody.yaml:8: collectors.0.id: expected lower-case letters, digits and dashes, beginning with a letter or a digit",
      'custody.yaml:9: collectors.1.use: there is no collector of this name; did you mean "alert-history/prometheus"?',
      'custody.yaml:10: collectors.2.id: "prom" is used twice; each collector needs an id of its own',
      "custody.yaml:10: collectors.2.path: is missing; expected text",
      expect.stringMatching(
        /^custody\.yaml:11: collectors\.3\.cadence: expected how often evidence is required; use one of hourly, daily/,
      ),
      "custody.yaml:11: collectors.3.grace: expected a duration such as 15m, 6h or 3d",
      "custody.yaml:11: collectors.3.pull: expected a duration of at least 1s",
      "custody.yaml:12: portal.listen: expected 127.0.0.1:PORT; only this machine itself is served",
    ]);
  });

  test("an item with one mistake is looked at for all others, and no secret is said", async () => {
    const found = await mistakes(`${HEAD}people: { anna: { role: ownr } }
collectors:
  - { id: a, use: incident-log/markdwon, path: x, cadence: never }
  - { id: a, use: cron-health/custody, grace: soon }
  - { id: prom, use: alert-history/prometheus, url: "http://me:hunter2@127.0.0.1:9090", bearer: abc-plain, pull: 1ms }
gaps: [{ collectors: [promm], level: urgentt }]
masking: [{ id: Bad One, kind: email, collectors: [promm] }]
heads: [{ use: timestmp, every: 1s }]
notify: [{ use: slack, at: morning, webhook: "https://hooks.slack.com/services/T0/B0/s3cr3t" }]
mirror: file:./data/store/inner
`);
    const places = found.map((line) => line.replace(/^custody\.yaml:(\d+): ([^:]+): .*$/, "$1 $2"));
    expect(places).toEqual([
      "3 people.anna.role",
      "5 collectors.0.cadence",
      "5 collectors.0.use",
      "6 collectors.1.grace",
      "6 collectors.1.id",
      "7 collectors.2.pull",
      "7 collectors.2.url",
      "7 collectors.2.bearer",
      "8 gaps.0.level",
      "8 gaps.0.collectors.0",
      "9 masking.0.id",
      "9 masking.0.collectors.0",
      "10 heads.0.every",
      "10 heads.0.use",
      "11 notify.0.at",
      "11 notify.0.webhook",
      "12 mirror",
    ]);
    expect(found[0]).toContain('expected owner, operator, auditor, found "ownr"; did you mean "owner"?');
    expect(found.join("\n")).not.toMatch(/hunter2|abc-plain|s3cr3t/);
    expect(await afterHead("people: { anna: { role: Sw0rdfish } }\n")).toEqual([
      "custody.yaml:3: people.anna.role: expected owner, operator, auditor",
    ]);
  });

  test("a part that is wrong in itself makes no second mistake of what depends on it", async () => {
    expect(await afterHead("scope: [{ system: API, sources: [Not An Id] }]\n")).toHaveLength(1);
    expect(await afterHead("masking: [{ id: a, kind: pattern, pattern: '(' }]\n")).toHaveLength(1);
    expect(await afterHead("heads: [{ use: file, id: A B, path: ./a }, { use: file, path: ./b }]\n")).toHaveLength(1);
    expect(await afterHead("disposal: { accessKey: plain, secretKey: '${env:B}' }\n")).toHaveLength(1);
    const family = "collectors: [{ id: a, use: mine/own }]\ngaps: [{ family: mine, level: urgent }]\n";
    expect(await afterHead(family)).toHaveLength(1);
  });

  test("a zone of a like name is suggested, and none where none is like it", async () => {
    const zone = async (name: string) =>
      (await mistakes(`organisation: { name: A, zone: "${name}" }\nstore: file:./a\n`)).join();
    expect(await zone("Berlin")).toContain("did you mean Europe/Berlin?");
    expect(await zone("Europa/Berlin")).toContain("did you mean Europe/Berlin?");
    expect(await zone("MESZ")).not.toContain("did you mean");
  });

  test("a cadence that does not divide a day is refused before anything is expected of it", async () => {
    const [line] = await afterHead("collectors: [{ id: own, use: cron-health/custody, cadence: 7h }]\n");
    expect(line).toMatch(/^custody\.yaml:3: collectors\.0\.cadence: .*2h 3h 4h 6h/);
  });

  test("an empty file, a list, a word and a number say what is expected", async () => {
    expect(await mistakes("")).toContain("custody.yaml:1: organisation: is missing; expected keys with values");
    expect(await mistakes("- a\n")).toEqual(["custody.yaml:1: the file: expected keys with values, found a list"]);
    expect(await mistakes("hello\n")).toEqual(["custody.yaml:1: the file: expected keys with values, found text"]);
    expect(await mistakes("42\n")).toEqual(["custody.yaml:1: the file: expected keys with values, found a number"]);
  });

  test("nothing where a list or a map belongs is said as such", async () => {
    expect(await afterHead("collectors:\n")).toEqual(["custody.yaml:3: collectors: expected a list, found nothing"]);
    expect(await afterHead("collectors:\n  - incidents\n")).toEqual([
      "custody.yaml:4: collectors.0: expected keys with values, found text",
    ]);
  });

  test("broken YAML is named with its line", async () => {
    expect(await afterHead("collectors:\n  - id: a\n   use: b\n")).toEqual([
      expect.stringMatching(/^custody\.yaml:[45]: /),
    ]);
    expect(await mistakes('organisation: { name: "Example\nstore: x\n')).toEqual(
      expect.arrayContaining([expect.stringMatching(/^custody\.yaml:\d+: /)]),
    );
    expect(await mistakes("a: 1\n\tb: 2\n")).toEqual(
      expect.arrayContaining([expect.stringMatching(/^custody\.yaml:\d: /)]),
    );
  });

  test("a key that stands twice is a mistake, not a matter of luck", async () => {
    expect(await afterHead("store: file:./other\n")).toEqual(["custody.yaml:3: Map keys must be unique"]);
  });

  test("keys with a meaning to JavaScript are unknown keys like others", async () => {
    expect(await afterHead("__proto__: { collectors: [] }\n")).toEqual(["custody.yaml:3: __proto__: unknown key"]);
    expect(await afterHead("constructor: 1\n")).toEqual(["custody.yaml:3: constructor: unknown key"]);
  });

  test("numbers that a record cannot hold are refused where they stand", async () => {
    const text = `collectors:
  - id: jobs
    use: cron-health/file
    path: runs.csv
    format: csv
    job: backup
    fields: { outcome: code, endedAt: ended }
    outcomes:
      success: [0.5]
`;
    expect(await afterHead(text)).toEqual([
      "custody.yaml:11: collectors.0.outcomes.success.0: expected a whole number; put anything else in quotes",
    ]);
  });

  test("a port that does not exist is refused", async () => {
    expect(await afterHead('portal: { listen: "127.0.0.1:70000" }\n')).toHaveLength(1);
  });

  test("a plug-in that is missing or is no collector is a mistake among the others", async () => {
    await writeFile(join(folder, "nothing.mjs"), "export default {};\n");
    expect(await afterHead("plugins: [./absent.mjs, ./nothing.mjs]\nreprot: {}\n")).toEqual([
      expect.stringMatching(/^custody\.yaml:3: plugins\.0: this file cannot be loaded: /),
      expect.stringMatching(/^custody\.yaml:3: plugins\.1: this file cannot be loaded: its default export/),
      'custody.yaml:4: reprot: unknown key; did you mean "report"?',
    ]);
  });
});

describe("hostile files", () => {
  test("aliases of aliases are refused instead of unfolded", async () => {
    const bomb = [
      'a: &a ["x","x","x","x","x","x","x","x","x"]',
      ...["b", "c", "d", "e", "f", "g", "h", "i"].map((name, i) => {
        const earlier = "abcdefgh"[i];
        return `${name}: &${name} [${Array(9).fill(`*${earlier}`).join(",")}]`;
      }),
    ].join("\n");
    const started = process.hrtime.bigint();
    const [line] = await mistakes(`${bomb}\n`);
    expect(line).toMatch(/^custody\.yaml: .*alias/i);
    expect(Number(process.hrtime.bigint() - started) / 1e6).toBeLessThan(5_000);
  });

  test("an alias without its anchor is a mistake", async () => {
    expect(await afterHead("index: *nowhere\n")).toEqual([expect.stringMatching(/^custody\.yaml(:3)?: .*nowhere/)]);
  });

  test("nesting without end is refused", async () => {
    expect(await mistakes("[".repeat(200_000))).not.toEqual([]);
    expect(await mistakes(`${HEAD}x: ${"[".repeat(3_000)}${"]".repeat(3_000)}\n`)).not.toEqual([]);
  });

  test("a file above 1 MiB is not read", async () => {
    const [line] = await mistakes(`${HEAD}#${"x".repeat(1024 * 1024)}`);
    expect(line).toMatch(/^custody\.yaml: \d+ bytes; a configuration has at most 1 MiB$/);
  });

  test("a missing file, a folder and an unreadable file are told apart", async () => {
    await expect(loadConfig(join(folder, "absent.yaml"), collectors, {})).rejects.toMatchObject({
      code: "CONFIG_NOT_FOUND",
      message: `there is no configuration at ${folder}/absent.yaml`,
    });
    await expect(loadConfig(folder, collectors, {})).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: `${folder} is a folder, not a configuration file`,
    });
    if (process.getuid?.() === 0) return;
    const path = join(folder, "closed.yaml");
    await writeFile(path, HEAD);
    await chmod(path, 0o000);
    await expect(loadConfig(path, collectors, {})).rejects.toMatchObject({
      code: "CONFIG_NOT_FOUND",
      message: `the configuration ${path} cannot be read (EACCES)`,
    });
  });
});

describe("secrets", () => {
  const LITERAL = "hunter2-literal-secret";

  test("a literal secret is refused and never repeated", async () => {
    const lines = await mistakes(`organisation: { name: A, zone: UTC }
store: { bucket: evidence, accessKey: ${LITERAL}, secretKey: "\${env:B}" }
collectors:
  - { id: prom, use: alert-history/prometheus, url: "http://127.0.0.1:9090", bearer: ${LITERAL} }
  - { id: db, use: incident-log/postgres, connection: "postgres://u:${LITERAL}@h/d", query: SELECT 1, columns: { id: id } }
  - { id: jobs, use: cron-health/ping, token: ${LITERAL} }
`);
    const expected = "expected a reference to a secret: ${env:NAME} or ${file:PATH}, never the secret itself";
    expect(lines).toEqual([
      `custody.yaml:2: store.accessKey: ${expected}`,
      `custody.yaml:4: collectors.0.bearer: ${expected}`,
      `custody.yaml:5: collectors.1.connection: ${expected}`,
      `custody.yaml:6: collectors.2.token: ${expected}`,
    ]);
    expect(lines.join()).not.toContain(LITERAL);
  });

  test.each([
    `index: "postgres://custody:${LITERAL}@db/custody"`,
    `index: "postgresql://custody:${LITERAL}/with@db/custody"`,
    `index: "postgres://custody:${LITERAL}@x@db/custody"`,
    `index: "postgres://db/custody?password=${LITERAL}"`,
    `index: "POSTGRES://custody:${LITERAL}@db/custody"`,
    `store: { bucket: evidence, endpoint: "https://u:${LITERAL}@s3.example.com", accessKey: "\${env:A}", secretKey: "\${env:B}" }`,
    `collectors: [{ id: prom, use: alert-history/prometheus, url: "http://u:${LITERAL}@127.0.0.1:9090" }]`,
    `collectors: [{ id: prom, use: alert-history/alertmanager, url: "http://${LITERAL}@127.0.0.1:9093" }]`,
    `frobnicate: ${LITERAL}`,
    `portal: { listen: ${LITERAL} }`,
  ])("an address with a password in it is refused and never repeated: %s", async (line) => {
    const text = line.startsWith("store:") ? `organisation: { name: A, zone: UTC }\n${line}\n` : `${HEAD}${line}\n`;
    const lines = await mistakes(text);
    expect(lines).toHaveLength(1);
    expect(lines.join()).not.toContain(LITERAL);
    expect(lines[0]).toMatch(/^custody\.yaml:\d: /);
  });

  test("an address without a password is taken as it is, one by reference is revealed when it is needed", async () => {
    expect((await load(`${HEAD}index: postgres://db/custody\n`)).index).toEqual({
      kind: "given",
      url: "postgres://db/custody",
    });
    const config = await load(`${HEAD}index: "\${env:INDEX_URL}"\n`, { INDEX_URL: "postgres://u:p@db/custody" });
    if (config.index.kind !== "given" || typeof config.index.url === "string") throw new Error("no reference");
    expect(config.reveal(config.index.url)).toBe("postgres://u:p@db/custody");
  });

  test("a reference that leads nowhere is named, and what to do", async () => {
    const config = await load(HEAD);
    expect(() => config.reveal({ secret: "${env:ABSENT}" })).toThrow(
      expect.objectContaining({
        code: "SECRET_UNAVAILABLE",
        message: "the environment variable ABSENT is not set",
        remedy: expect.stringContaining("ABSENT"),
      }),
    );
    expect(() => config.reveal({ secret: "${file:absent.txt}" })).toThrow(
      expect.objectContaining({
        code: "SECRET_UNAVAILABLE",
        message: `the secret file ${folder}/absent.txt cannot be read: ENOENT`,
      }),
    );
  });

  test("a secret file is read from the folder of the configuration, without its line end", async () => {
    await writeFile(join(folder, "token"), "s3cr3t\n");
    await writeFile(join(folder, "empty"), "\n");
    await writeFile(join(folder, "large"), "x".repeat(70_000));
    const config = await load(HEAD);
    expect(config.reveal({ secret: "${file:token}" })).toBe("s3cr3t");
    expect(() => config.reveal({ secret: "${file:empty}" })).toThrow("it is empty");
    expect(() => config.reveal({ secret: "${file:large}" })).toThrow("larger than 64 KiB");
  });
});
