import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Running, startRunning } from "../src/daemon/running.ts";
import { Watching } from "../src/daemon/watching.ts";
import { systemClock } from "../src/lib/clock.ts";
import { CustodyError } from "../src/lib/errors.ts";
import { exposition } from "../src/portal/exposition.ts";
import { FakeClock } from "./support/clock.ts";
import { eventually } from "./support/prometheus.ts";
import { describeWith, findProgram } from "./support/tools.ts";
import { keptLog, newWorkspace } from "./support/workspace.ts";

const RULES = resolve(import.meta.dirname, "../deploy/prometheus");
const HOUR = 3_600_000;
const CONFIG = `people: { anna: { role: owner } }
collectors:
  - { id: own, use: cron-health/custody, cadence: hourly, grace: 1h, jitter: 0s }
  - { id: heartbeat, use: cron-health/heartbeat }`;

async function metrics(running: Running): Promise<string> {
  const answer = await fetch(`${running.url}metrics`, { headers: { host: "custody.internal:8484" } });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  return answer.text();
}

/** Value of one series. */
function seriesValue(text: string, series: string): number | undefined {
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

async function running(clock = new FakeClock("2026-11-20T12:00:30.000Z"), config = CONFIG, index?: string) {
  const custody = await newWorkspace(config, clock, index === undefined ? {} : { index });
  const daemon = await startRunning(custody, keptLog());
  onTestFinished(() => daemon.stop());
  await daemon.tick();
  await daemon.idle();
  return { custody, daemon, clock };
}

describe("the metrics", () => {
  test("say how evidence stands, and follow it as it goes stale", async () => {
    const { custody, daemon, clock } = await running();
    const before = await metrics(daemon);
    expect(seriesValue(before, "custody_ledger_readable")).toBe(1);
    expect(seriesValue(before, "custody_ledger_records")).toBe((await custody.view()).size);
    expect(seriesValue(before, 'custody_standing{collector="own",standing="current"}')).toBe(1);
    expect(seriesValue(before, 'custody_runs_total{collector="own",outcome="collected"}')).toBe(1);
    expect(seriesValue(before, 'custody_gaps_open{level="urgent",requirement="cadence",state="open"}')).toBe(0);
    expect(seriesValue(before, "custody_append_duration_seconds_count")).toBeGreaterThan(0);
    expect(seriesValue(before, 'custody_source_duration_seconds_bucket{collector="own",le="+Inf"}')).toBe(1);
    clock.advance(3 * HOUR);
    const after = await metrics(daemon);
    expect(seriesValue(after, 'custody_standing{collector="own",standing="stale"}')).toBe(1);
    expect(seriesValue(after, 'custody_standing{collector="own",standing="current"}')).toBe(0);
    expect(seriesValue(after, 'custody_evidence_age_seconds{collector="own"}')).toBe(3 * 3_600);
    const open = after.match(
      /^custody_gaps_open\{collector="own",level="normal",requirement="cadence",state="open"\} \d+$/m,
    );
    expect(open).not.toBeNull();
    expect(Number(after.match(/^custody_requirement_evidence_age_seconds\{requirement="[^"]+"\} (\d+)$/m)?.[1])).toBe(
      10_800,
    );
  });

  test("are there also for what never happened, so that an alert can tell it", async () => {
    const { daemon, clock } = await running(
      new FakeClock("2026-11-20T12:00:30.000Z"),
      `${CONFIG}
heads: [{ use: file, path: ./no/such/place }]
watch: { ping: "\${file:./nothing}" }`,
    );
    clock.advance(4 * 24 * HOUR);
    const text = await metrics(daemon);
    const began = Date.parse("2026-11-20T12:00:30.000Z") / 1_000;
    expect(text).toContain('custody_head_age_seconds{target="file"} +Inf\n');
    expect(seriesValue(text, 'custody_self_check_timestamp_seconds{check="integrity"}')).toBe(began);
    expect(seriesValue(text, 'custody_self_check_good{check="integrity"}')).toBeUndefined();
    expect(seriesValue(text, "custody_ping_timestamp_seconds")).toBe(began);
  });

  test("tell from the start on when the schedule was worked out last", async () => {
    const clock = new FakeClock("2026-11-20T12:00:30.000Z");
    const custody = await newWorkspace(CONFIG, clock);
    const daemon = await startRunning(custody, keptLog());
    onTestFinished(() => daemon.stop());
    clock.advance(HOUR);
    expect(seriesValue(await metrics(daemon), "custody_last_round_timestamp_seconds")).toBe(
      Date.parse("2026-11-20T12:00:30.000Z") / 1_000,
    );
  });

  test("do not go on telling of what is no longer looked at", async () => {
    const clock = new FakeClock("2026-11-20T12:00:30.000Z");
    const { custody, daemon } = await running(clock);
    clock.advance(HOUR);
    await new Watching(custody).checkDue(new AbortController().signal, false);
    const series = 'custody_self_check_good{check="integrity"}';
    expect(seriesValue(await metrics(daemon), series)).toBe(1);
    custody.reconfigure({ ...custody.config, watch: { ...custody.config.watch, verify: "off" } });
    expect(seriesValue(await metrics(daemon), series)).toBeUndefined();
    expect(await metrics(daemon)).not.toContain('custody_self_check_timestamp_seconds{check="integrity"}');
  });

  test("hold no name of a person, no path and no organisation", async () => {
    const { custody, daemon } = await running();
    const text = await metrics(daemon);
    for (const word of ["anna", "Example", custody.config.root]) expect(text).not.toContain(word);
  });

  test("escape what a label may not hold", () => {
    const metric = {
      name: "a",
      type: "gauge",
      help: 'x\n"y"\\',
      samples: [{ labels: { l: 'q"\\\n' }, value: 0.5 }],
    } as const;
    expect(exposition([metric, { ...metric, name: "none", samples: [] }])).toBe(
      '# HELP a x\\n"y"\\\\\n# TYPE a gauge\na{l="q\\"\\\\\\n"} 0.5\n',
    );
  });

  test("are there when the ledger cannot be read, and say that", async () => {
    const { custody, daemon } = await running();
    await rm(join(custody.config.root, "data/store/checkpoint"));
    const text = await metrics(daemon);
    expect(seriesValue(text, "custody_ledger_readable")).toBe(0);
    expect(seriesValue(text, "custody_halted")).toBe(0);
    const ready = await fetch(`${daemon.url}ready`);
    expect(ready.status).toBe(503);
    expect(await ready.text()).toBe("The ledger cannot be read now.\n");
  });
});

describe("/ready", () => {
  test("says in words, or as JSON, that all is well", async () => {
    const { daemon } = await running(new FakeClock(), CONFIG, "./data/index");
    expect(await (await fetch(`${daemon.url}ready`)).text()).toBe("ready\n");
    const answer = await fetch(`${daemon.url}ready`, { headers: { accept: "application/json" } });
    expect(await answer.json()).toEqual({
      ready: true,
      checks: ["running", "log", "store", "clock", "database"].map((check) => ({ check, ok: true })),
    });
  });

  test("stays ready without its database, and says so", async () => {
    const { daemon } = await running();
    const answer = await fetch(`${daemon.url}ready`, { headers: { accept: "application/json" } });
    expect(answer.status).toBe(200);
    const { checks } = (await answer.json()) as { checks: { check: string }[] };
    expect(checks.find(({ check }) => check === "database")).toMatchObject({ ok: false, reason: "INDEX_UNREACHABLE" });
  });

  test("lets senders try again once nobody has written for a while: a store that is back is found out by them", async () => {
    const { custody, daemon, clock } = await running(
      new FakeClock("2026-11-20T12:10:30.000Z"),
      `collectors: [{ id: jobs, use: cron-health/ping, token: "\${file:./token}", jobs: [] }]`,
    );
    await writeFile(join(custody.config.root, "token"), "t0ken-of-a-sender");
    const headers = { authorization: "Bearer t0ken-of-a-sender" };
    const send = async () => (await fetch(`${daemon.url}hooks/jobs/backup`, { method: "POST", headers })).status;
    const ready = async () => (await fetch(`${daemon.url}ready`)).status;
    const ledger = await custody.ledger();
    const append = ledger.append.bind(ledger);
    ledger.append = () => Promise.reject(new CustodyError("STORE_UNREACHABLE", "the store is away"));
    expect([await send(), await ready()]).toEqual([503, 503]);
    clock.advance(60_000);
    expect(await ready()).toBe(503);
    ledger.append = append;
    clock.advance(60_000);
    expect([await ready(), await send(), await ready()]).toEqual([200, 202, 200]);
  });

  test("says by its code why nothing can be recorded", async () => {
    const { custody, daemon, clock } = await running();
    await rename(join(custody.config.root, "data/store/seq"), join(custody.config.root, "seq"));
    await writeFile(join(custody.config.root, "data/store/seq"), "in the way");
    clock.advance(HOUR);
    await daemon.tick();
    await daemon.idle();
    const answer = await fetch(`${daemon.url}ready`, { headers: { accept: "application/json" } });
    expect(answer.status).toBe(503);
    const said = await answer.text();
    expect(said).toMatch(/"reason":"STORE_|"reason":"LEDGER_/);
    expect(said).not.toContain(custody.config.root);
    await rm(join(custody.config.root, "data/store/seq"));
    await rename(join(custody.config.root, "seq"), join(custody.config.root, "data/store/seq"));
  });
});

describeWith(["promtool"], "the alert rules", () => {
  test("are read by promtool, and do what their tests say", () => {
    const promtool = findProgram("promtool") ?? "promtool";
    const said = execFileSync(promtool, ["check", "rules", join(RULES, "custody.rules.yml")], { encoding: "utf8" });
    expect(said).toMatch(/SUCCESS: \d+ rules found/);
    execFileSync(promtool, ["test", "rules", join(RULES, "custody.rules.test.yml")], { stdio: "pipe" });
  });

  test("name no metric that is not there", async () => {
    const rules = await readFile(join(RULES, "custody.rules.yml"), "utf8");
    const source = await readFile(resolve(import.meta.dirname, "../src/portal/metrics.ts"), "utf8");
    const known = new Set([...source.matchAll(/"(custody_[a-z_]+)"/g)].map(([, name]) => name));
    const used = [...rules.matchAll(/\bcustody_[a-z_]+/g)].map(([name]) => name);
    expect(used.length).toBeGreaterThan(15);
    expect(used.filter((name) => !known.has(name))).toEqual([]);
  });

  test("and the metrics themselves pass promtool's check", async () => {
    const { daemon } = await running();
    const text = await metrics(daemon);
    const checking = promisify(execFile)(findProgram("promtool") ?? "promtool", ["check", "metrics"]);
    checking.child.stdin?.end(text);
    const { stdout, stderr } = await checking;
    expect(`${stdout}${stderr}`).toBe("");
  });
});

async function freePort(): Promise<number> {
  const socket = createServer();
  await new Promise<void>((done) => socket.listen(0, "127.0.0.1", done));
  const { port } = socket.address() as { port: number };
  await new Promise((done) => socket.close(done));
  return port;
}

/** A real Prometheus that scrapes this address every second and knows the rules as they are shipped. */
async function startPrometheus(target: string): Promise<{ url: string }> {
  const folder = await mkdtemp(join(tmpdir(), "custody-prometheus-"));
  const port = await freePort();
  await writeFile(
    join(folder, "prometheus.yml"),
    `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: ["${join(RULES, "custody.rules.yml")}"]
scrape_configs: [{ job_name: custody, static_configs: [{ targets: ["${target}"] }] }]
`,
  );
  const args = [`--config.file=${join(folder, "prometheus.yml")}`, `--storage.tsdb.path=${join(folder, "data")}`];
  const child = spawn(findProgram("prometheus") ?? "prometheus", [...args, `--web.listen-address=127.0.0.1:${port}`], {
    stdio: "ignore",
  });
  onTestFinished(async () => {
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true, force: true });
  });
  const url = `http://127.0.0.1:${port}`;
  await eventually("prometheus ready", async () =>
    (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok ? true : undefined,
  );
  return { url };
}

describeWith(["prometheus"], "a real Prometheus with the shipped rules", () => {
  test("fires when evidence goes stale, and stops when it is current again", async () => {
    // A cadence of a minute: the shortest there is.
    const clock = new FakeClock(systemClock.now());
    const { daemon } = await running(
      clock,
      "collectors: [{ id: own, use: cron-health/custody, cadence: 1m, grace: 1m, pull: 1s, jitter: 0s }]",
    );
    const { url } = await startPrometheus(new URL(daemon.url).host);
    const alerts = async () => {
      const answer = await fetch(`${url}/api/v1/alerts`);
      const { data } = (await answer.json()) as {
        data: { alerts: { labels: Record<string, string>; state: string }[] };
      };
      return data.alerts
        .filter(({ state }) => state === "firing")
        .map(({ labels }) => `${labels.alertname} ${labels.collector ?? ""}`);
    };
    await eventually("it is scraped", async () => {
      const answer = await fetch(`${url}/api/v1/query?query=custody_standing`);
      const { data } = (await answer.json()) as { data: { result: unknown[] } };
      return data.result.length > 0 ? true : undefined;
    });
    expect(await alerts()).toEqual([]);
    clock.advance(5 * 60_000);
    await eventually("it is stale", async () =>
      (await alerts()).includes("CustodyEvidenceStale own") ? true : undefined,
    );
    await daemon.tick();
    await daemon.idle();
    await eventually("it is over", async () =>
      (await alerts()).includes("CustodyEvidenceStale own") ? undefined : true,
    );
  }, 60_000);
});
