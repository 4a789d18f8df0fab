import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { describeWith } from "./support/tools.ts";

const ROOT = join(import.meta.dirname, "..");
const UNITS = join(ROOT, "deploy/systemd");

function run(program: string, args: readonly string[]): Promise<{ code: number | null; all: string }> {
  return new Promise((resolve) => {
    const child = execFile(program, args, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, all: stdout + stderr }),
    );
  });
}

/** The units as they would be on a machine where Custody lies in this folder. */
async function installed(): Promise<{ folder: string; units: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), "custody-units-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const units = (await readdir(UNITS)).sort();
  for (const unit of units)
    await writeFile(
      join(folder, unit),
      (await readFile(join(UNITS, unit), "utf8")).replaceAll("/opt/custody/", `${ROOT}/`),
    );
  return { folder, units: units.map((unit) => join(folder, unit)) };
}

describeWith(["systemd-analyze"], "the systemd units", () => {
  test("are units as systemd understands them, without a remark", async () => {
    const { units } = await installed();
    expect(units).toHaveLength(3);
    expect(await run("systemd-analyze", ["verify", "--man=no", ...units])).toEqual({ code: 0, all: "" });
  });

  test("leave the services little to harm: at most 2.0 of 10", async () => {
    const { units } = await installed();
    for (const unit of units.filter((name) => name.endsWith(".service"))) {
      const { code, all } = await run("systemd-analyze", [
        "security",
        "--offline=true",
        "--no-pager",
        "--threshold=20",
        unit,
      ]);
      expect(code, all.slice(-2_000)).toBe(0);
    }
  });
});

test("what the units call are commands, and the exit codes that they name are ours", async () => {
  const [daemon, collect] = await Promise.all(
    ["custody.service", "custody-collect.service"].map((name) => readFile(join(UNITS, name), "utf8")),
  );
  expect(daemon).toMatch(/^ExecStart=\/opt\/custody\/bin\/custody\.js serve --config \S+$/m);
  expect(collect).toMatch(/^ExecStart=\/opt\/custody\/bin\/custody\.js collect --config \S+$/m);
  expect(daemon).toMatch(/^RestartPreventExitStatus=2 4$/m);
  // Whoever is told to reload before it can is started again.
  expect(daemon).toMatch(/^RestartForceExitStatus=SIGHUP$/m);
  expect(daemon).toMatch(/^ExecReload=\/bin\/kill -HUP \$MAINPID$/m);
  const readme = await readFile(join(ROOT, "deploy/README.md"), "utf8");
  for (const unit of ["custody.service", "custody-collect.timer"]) expect(readme).toContain(unit);
});
