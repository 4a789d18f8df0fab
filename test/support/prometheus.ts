import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { findProgram } from "./tools.ts";

/** What the real Prometheus and Alertmanager of this machine need to fire a real alert. */
export const PROMETHEUS_PROGRAMS = ["prometheus", "prometheus-alertmanager"] as const;

const POLL = 100;

/** Asks again and again until there is an answer; what the others do takes its time and nobody tells when it is done. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined>, deadline = 30_000): Promise<T> {
  const until = Date.now() + deadline;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > until) throw new Error(`${what}: not within ${deadline} ms`);
    await delay(POLL);
  }
}

/** A port nobody listens on right now. */
async function freePort(): Promise<number> {
  const socket = createSocket();
  await new Promise<void>((resolve) => socket.listen(0, "127.0.0.1", resolve));
  const { port } = socket.address() as AddressInfo;
  await new Promise((resolve) => socket.close(resolve));
  return port;
}

/** A program that runs until it is stopped, and answers `/-/ready` once it is ready. */
class Program {
  readonly url: string;
  readonly #path: string;
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;
  #output = "";

  constructor(names: readonly string[], port: number, args: readonly string[]) {
    const path = findProgram(...names);
    if (!path) throw new Error(`${names.join(" or ")} is not installed`);
    this.#path = path;
    this.#args = [...args, `--web.listen-address=127.0.0.1:${port}`];
    this.url = `http://127.0.0.1:${port}`;
  }

  async start(): Promise<void> {
    const child = spawn(this.#path, this.#args, { stdio: ["ignore", "ignore", "pipe"] });
    this.#child = child;
    child.stderr?.on("data", (text) => {
      this.#output = (this.#output + text).slice(-4000);
    });
    await eventually(`${this.#path} ready`, async () => {
      if (child.exitCode !== null) throw new Error(`${this.#path} ended with ${child.exitCode}: ${this.#output}`);
      const answer = await fetch(`${this.url}/-/ready`).catch(() => undefined);
      return answer?.ok ? true : undefined;
    });
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
  }
}

/** What Prometheus scrapes: up while it listens. */
class Target {
  readonly port: number;
  #server: Server | undefined;

  constructor(port: number) {
    this.port = port;
  }

  async up(): Promise<void> {
    if (this.#server) return;
    const server = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "text/plain; version=0.0.4", connection: "close" });
      response.end("demo 1\n");
    });
    await new Promise<void>((resolve) => server.listen(this.port, "127.0.0.1", resolve));
    this.#server = server;
  }

  async down(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

export interface MonitoringOptions {
  /** Where Alertmanager sends its webhook, and with which bearer token. */
  readonly hook?: { readonly url: string; readonly token: string };
  /** How long the condition must hold before the alert fires. */
  readonly for?: string;
}

/** One series of the past: every sample has a time in milliseconds. */
export interface PastSeries {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly (readonly [at: number, value: number])[];
}

/** A real Prometheus that has only this past, as promtool writes it, and watches nothing. */
export async function startHistory(
  series: readonly PastSeries[],
  retention = "400d",
): Promise<{ prometheus: Program; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "custody-prometheus-"));
  const lines = series.flatMap(({ name, labels, samples }) => {
    const written = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
    return samples.map(([at, value]) => `${name}{${written.join(",")}} ${value} ${(at / 1000).toFixed(3)}`);
  });
  await writeFile(join(folder, "past.om"), `${lines.join("\n")}\n# EOF\n`);
  await writeFile(join(folder, "prometheus.yml"), "global: { scrape_interval: 1m }\n");
  const promtool = findProgram("promtool");
  if (!promtool) throw new Error("promtool is not installed");
  const data = join(folder, "prometheus");
  await promisify(execFile)(promtool, ["tsdb", "create-blocks-from", "openmetrics", join(folder, "past.om"), data]);
  const prometheus = new Program(["prometheus"], await freePort(), [
    `--config.file=${join(folder, "prometheus.yml")}`,
    `--storage.tsdb.path=${data}`,
    `--storage.tsdb.retention.time=${retention}`,
  ]);
  const stop = async () => {
    await prometheus.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await prometheus.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return { prometheus, stop };
}

/** A Prometheus with one target and one alert `TargetDown`, and its Alertmanager, evaluating every second. */
export interface Monitoring {
  readonly prometheus: Program;
  readonly alertmanager: Program;
  /** Down at first. */
  readonly target: Target;
  /** Resolves once the alert `TargetDown` is in this state at Prometheus; `inactive` once it is over. */
  alert(state: "pending" | "firing" | "inactive"): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the real ones on free loopback ports with a folder of their own; about a second. Stop them in an `afterAll`. */
export async function startMonitoring(options: MonitoringOptions = {}): Promise<Monitoring> {
  const folder = await mkdtemp(join(tmpdir(), "custody-prometheus-"));
  const ports = await Promise.all([freePort(), freePort(), freePort()]);
  const [prometheusPort, alertmanagerPort, targetPort] = ports as [number, number, number];
  await writeFile(
    join(folder, "prometheus.yml"),
    `global: { scrape_interval: 1s, evaluation_interval: 1s, external_labels: { cluster: test } }
rule_files: [rules.yml]
alerting: { alertmanagers: [{ static_configs: [{ targets: ["127.0.0.1:${alertmanagerPort}"] }] }] }
scrape_configs: [{ job_name: target, static_configs: [{ targets: ["127.0.0.1:${targetPort}"] }] }]
`,
  );
  await writeFile(
    join(folder, "rules.yml"),
    `groups:
  - name: test
    interval: 1s
    rules:
      - alert: TargetDown
        expr: up{job="target"} == 0
        for: ${options.for ?? "2s"}
        labels: { severity: critical }
        annotations: { summary: "target {{ $labels.instance }} is down" }
`,
  );
  const hook = options.hook
    ? `
    webhook_configs:
      - url: ${options.hook.url}
        send_resolved: true
        http_config: { authorization: { type: Bearer, credentials: ${JSON.stringify(options.hook.token)} } }`
    : "";
  await writeFile(
    join(folder, "alertmanager.yml"),
    `route: { receiver: test, group_by: [alertname], group_wait: 1s, group_interval: 1s, repeat_interval: 1h }
receivers:
  - name: test${hook}
`,
  );
  const alertmanager = new Program(["prometheus-alertmanager", "alertmanager"], alertmanagerPort, [
    `--config.file=${join(folder, "alertmanager.yml")}`,
    `--storage.path=${join(folder, "alertmanager")}`,
    // Empty: no gossip port beside the one given.
    "--cluster.listen-address=",
  ]);
  const prometheus = new Program(["prometheus"], prometheusPort, [
    `--config.file=${join(folder, "prometheus.yml")}`,
    `--storage.tsdb.path=${join(folder, "prometheus")}`,
    "--storage.tsdb.retention.time=400d",
  ]);
  const target = new Target(targetPort);
  const stop = async () => {
    await Promise.all([prometheus.stop(), alertmanager.stop(), target.down()]);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all([alertmanager.start(), prometheus.start()]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    prometheus,
    alertmanager,
    target,
    stop,
    async alert(state) {
      await eventually(`TargetDown ${state}`, async () => {
        const answer = await fetch(`${prometheus.url}/api/v1/alerts`);
        const { data } = (await answer.json()) as { data: { alerts: { state: string }[] } };
        const found = data.alerts[0]?.state ?? "inactive";
        return found === state ? true : undefined;
      });
    },
  };
}
