import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "./support/free-port.ts";
import { eventually, type Monitoring, PROMETHEUS_PROGRAMS, startMonitoring } from "./support/prometheus.ts";
import { RGW_PROGRAMS, type Rgw, startRgw } from "./support/rgw.ts";
import { describeWith } from "./support/tools.ts";

const run = promisify(execFile);
const BIN = resolve(import.meta.dirname, "../bin/custody.js");

/**
 * The main job on real parts: a real alert fires at a real Prometheus, is sent by a real Alertmanager to the daemon's inbox,
 * is collected beside incident records and pings into a real bucket, found again through a real Postgres, printed in a PDF
 * that a third-party tool reads, and verified by somebody who has the bucket and the key.
 */
describeWith(
  [...PROMETHEUS_PROGRAMS, ...RGW_PROGRAMS, "pdftotext", "qpdf", "curl"],
  "from a firing alert to a verified report",
  () => {
    let rgw: Rgw;
    let monitoring: Monitoring;
    let folder: string;
    let daemon: ChildProcess | undefined;
    let port: number;
    const env = () => ({
      ...process.env,
      KEY: rgw.credentials.accessKeyId,
      SECRET: rgw.credentials.secretAccessKey,
      HOOK_TOKEN: "a-token-for-the-journey",
    });
    const custody = (...args: string[]) =>
      run(process.execPath, [BIN, ...args], { cwd: folder, env: env(), maxBuffer: 64 * 1024 * 1024 });
    const json = async (...args: string[]) => JSON.parse((await custody(...args, "--json")).stdout);
    /** The answer of a command that may well end with something to do: exit 3 where a source knew only a part. */
    const jsonWhatever = (...args: string[]) =>
      custody(...args, "--json").then(
        ({ stdout }) => JSON.parse(stdout),
        (error: { code: number; stdout: string }) => {
          if (error.code !== 3) throw new Error(`${args.join(" ")}: exit ${error.code}: ${error.stdout}`);
          return JSON.parse(error.stdout);
        },
      );

    beforeAll(async () => {
      port = await freePort();
      rgw = await startRgw();
      monitoring = await startMonitoring({
        hook: { url: `http://127.0.0.1:${port}/hooks/am`, token: "a-token-for-the-journey" },
      });
      folder = await mkdtemp(join(tmpdir(), "custody-journey-"));
      await mkdir(join(folder, "incidents"));
      await writeFile(
        join(folder, "incidents", "checkout-down.md"),
        "---\nid: INC-7\ntitle: Zahlungsseite nicht erreichbar, 決済停止\nseverity: Sev1\nstatus: closed\ndetected: 2026-11-03T08:12:00+01:00\nacknowledged: 2026-11-03T08:20:00+01:00\nresolved: 2026-11-03T09:05:00+01:00\nclosed: 2026-11-04T09:00:00+01:00\nowner: Jörg Müßig\ncommander: Åsa Lind\npersonal_data: no\nnature: availability\n---\nRolled back the deploy.\n",
      );
      const collectors = [
        { id: "incidents", use: "incident-log/markdown", path: "./incidents", cadence: "monthly" },
        { id: "prom", use: "alert-history/prometheus", url: monitoring.prometheus.url },
        { id: "am", use: "alert-history/alertmanager", url: monitoring.alertmanager.url, token: "${env:HOOK_TOKEN}" },
        {
          id: "jobs",
          use: "cron-health/ping",
          token: "${env:HOOK_TOKEN}",
          jobs: [{ job: "nightly-backup", every: "daily" }],
        },
        { id: "custody", use: "cron-health/custody" },
      ];
      const config = {
        organisation: { name: "Nordlicht Software GmbH", zone: "Europe/Berlin" },
        scope: [
          { system: "shop", sources: ["prom", "am"] },
          { system: "support mailbox", notConnected: "IMAP is not enabled yet" },
        ],
        store: {
          bucket: "evidence",
          prefix: "custody",
          endpoint: rgw.endpoint,
          accessKey: "${env:KEY}",
          secretKey: "${env:SECRET}",
        },
        collectors,
        portal: { listen: `127.0.0.1:${port}` },
      };
      // JSON is YAML.
      await writeFile(join(folder, "custody.yaml"), JSON.stringify(config, null, 2));
    }, 180_000);

    afterAll(async () => {
      daemon?.kill("SIGKILL");
      await Promise.all([rgw?.stop(), monitoring?.stop()]);
      if (folder) await rm(folder, { recursive: true, force: true });
    });

    test("a workspace over a bucket that init makes", async () => {
      const { origin } = await json("init", ".", "--create-bucket");
      expect(origin).toMatch(/^nordlicht-software-gmbh-[0-9a-f]{8}$/);
      expect((await json("store", "probe")).fit).toBe(true);
    }, 60_000);

    test("the daemon takes the real webhook and a ping by curl, and collects by itself", async () => {
      daemon = spawn(process.execPath, [BIN, "serve"], {
        cwd: folder,
        env: env(),
        stdio: ["ignore", "ignore", "pipe"],
      });
      let said = "";
      daemon.stderr?.on("data", (part) => {
        said += String(part);
      });
      await eventually(
        "the daemon",
        async () => {
          if (daemon?.exitCode !== null) throw new Error(`the daemon ended: ${said}`);
          return (await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined))?.ok || undefined;
        },
        60_000,
      );
      await run("curl", [
        "-fsS",
        "-X",
        "POST",
        "-H",
        "Authorization: Bearer a-token-for-the-journey",
        `http://127.0.0.1:${port}/hooks/jobs/nightly-backup`,
      ]);
      await monitoring.alert("firing");
      await eventually(
        "the webhook in the log",
        async () =>
          ((await json("log", "-n", "200")).entries as { kind: string; instance: string }[]).find(
            (e) => e.kind === "intake" && e.instance === "am",
          ),
        60_000,
      );
      expect(said).not.toContain("a-token-for-the-journey");
      const page = await (await fetch(`http://127.0.0.1:${port}/`)).text();
      expect(page).toContain("Nordlicht Software GmbH");
      expect(page).toContain("support mailbox");
      const ended = new Promise<number | null>((resolve) => daemon?.once("exit", resolve));
      daemon.kill("SIGTERM");
      expect(await ended).toBe(0);
    }, 120_000);

    test("what fired is collected from Prometheus, and the report's text names it", async () => {
      const { runs } = await jsonWhatever("collect", "prom", "am", "incidents", "custody");
      expect((runs as { outcome: string }[]).every((r) => r.outcome === "collected" || r.outcome === "partial")).toBe(
        true,
      );
      await custody("report", "--period", new Date().toISOString().slice(0, 4), "--out", "report.pdf");
      await run("qpdf", ["--check", join(folder, "report.pdf")]);
      const { stdout: text } = await run("pdftotext", ["-layout", join(folder, "report.pdf"), "-"], {
        maxBuffer: 64 * 1024 * 1024,
      });
      for (const expected of [
        "Nordlicht Software GmbH",
        "TargetDown",
        "INC-7",
        "Jörg Müßig",
        "nightly-backup",
        "IMAP is not enabled yet",
        "not an audit",
      ]) {
        expect(text.replaceAll(/\s+/g, " ")).toContain(expected);
      }
    }, 120_000);

    test("the index is made again with the same answer, and the log verifies for whoever has bucket and key", async () => {
      expect((await json("index", "rebuild")).size).toBeGreaterThan(5);
      const result = await json("verify");
      expect(result).toMatchObject({ ok: true, findings: [], verdicts: { integrity: { word: "intact" } } });
      const receipt = await json("prove", "1");
      expect(receipt.receipt).toContain("c2sp.org/tlog-proof@v1");
      expect(await readFile(join(folder, "ledger.vkey"), "utf8")).toContain("nordlicht-software-gmbh");
    }, 120_000);
  },
);
