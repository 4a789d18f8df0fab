import { spawnSync } from "node:child_process";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { loadPolicy } from "../src/policy/load.ts";
import { SHIPPED_POLICIES } from "../src/policy/shipped.ts";
import { Cli } from "./support/cli.ts";
import { describeWith } from "./support/tools.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-policy");
}, 120_000);
afterAll(() => cli.close());

interface Checked {
  readonly ok: boolean;
  readonly mistakes: readonly { line?: number; path: string; text: string }[];
  readonly remarks: readonly { line?: number; path: string; text: string }[];
}

const shipped = (name: string) => readFile(new URL(`../controls/policies/${name}.yaml`, import.meta.url), "utf8");

describe("what ships", () => {
  test("is listed and shown in plain words, without any workspace", async () => {
    const folder = await cli.place();
    const listed = await cli.run(folder, ["policy", "list"]);
    expect(listed).toMatchObject({ code: 0, stderr: "" });
    for (const name of SHIPPED_POLICIES) expect(listed.stdout).toContain(`${name}  (`);
    expect(listed.stdout).toContain("None of them is approved");
    const shown = await cli.run(folder, ["policy", "show", "p1-p4"]);
    expect(shown).toMatchObject({ code: 0, stderr: "" });
    expect(shown.stdout).toMatch(
      /triage: from when it was noticed until it was triaged, calendar office\n\s+P1 {2}in less than 15 minutes\n\s+P2 {2}in less than 1 hour/,
    );
    expect(shown.stdout).toContain("NIS2 off: ");
    expect(shown.stdout).toContain("Where it can be read in more than one way:");
    expect(shown.stdout).toContain("document.approvedBy: not filled in yet");
    for (const line of shown.stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(100);
    expect(await readdir(folder)).toEqual([]);
  });

  test("is one object with --json", async () => {
    const folder = await cli.place();
    const listed = (await cli.run(folder, ["policy", "list", "--json"])).json<{ policies: { name: string }[] }>();
    expect(listed.policies.map(({ name }) => name)).toEqual([...SHIPPED_POLICIES]);
    const shown = (await cli.run(folder, ["policy", "show", "sev1-4", "--json"])).json<{
      policy: { policy: string };
    }>();
    expect(shown.policy.policy).toBe("sev1-4");
  });

  test("a name that none has is told with the nearest one", async () => {
    const folder = await cli.place();
    const done = await cli.run(folder, ["policy", "show", "sev-4"]);
    expect([done.code, done.stderr]).toEqual([2, expect.stringContaining('did you mean "sev1-4"?')]);
    const none = await cli.run(folder, ["policy", "show"]);
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("no policy is configured here")]);
  });
});

describe("custody policy check", () => {
  const check = async (text: string | Uint8Array) => {
    const folder = await cli.place();
    await writeFile(join(folder, "rules.yaml"), text);
    return { folder, done: await cli.run(folder, ["policy", "check", "rules.yaml"]) };
  };

  test("what can be used ends with 0 and says what an auditor would ask", async () => {
    const { done, folder } = await check(await shipped("critical-low"));
    expect(done.code).toBe(0);
    expect(done.stdout).toContain("critical-low 1 can be used.");
    expect(done.stdout).toMatch(/An auditor would ask about \d+ places:/);
    const all = (await cli.run(folder, ["policy", "check", "rules.yaml", "--json"])).json<Checked>();
    expect(all).toMatchObject({ ok: true, mistakes: [] });
    expect(all.remarks.every(({ line, text }) => (line ?? 0) > 0 && text !== "")).toBe(true);
  });

  test("a hundred mistakes are told at once, with lines that are right", async () => {
    const sources = Array.from({ length: 100 }, (_, i) => ({ id: `source-${i}`, title: "x" }));
    const text = stringify({ policy: "x", version: "1", title: "x", document: {}, severities: [], sources });
    const { done, folder } = await check(text);
    expect(done.code).toBe(2);
    expect(done.stdout).toContain("cannot be used: 101 mistakes.");
    const { mistakes } = (await cli.run(folder, ["policy", "check", "rules.yaml", "--json"])).json<Checked>();
    const lines = text.split("\n");
    for (const { line = 0, path } of mistakes) {
      const [, index] = /^sources\.(\d+)\.id$/.exec(path) ?? [];
      if (index !== undefined) expect(lines[line - 1]).toContain(`source-${index}`);
    }
  });

  test("2 MiB are refused before they are read", async () => {
    const { done } = await check("#".repeat(2 * 1024 * 1024));
    expect([done.code, done.stderr]).toEqual([2, expect.stringMatching(/2097152 bytes; a policy has at most 1 MiB/)]);
  });

  test("aliases that grow without end are refused in little time and memory", async () => {
    const rows = ["a: &a [x, x, x, x, x, x, x, x, x, x]"];
    for (let i = 0; i < 8; i++) {
      const [name, before] = [98 + i, 97 + i].map((code) => String.fromCharCode(code));
      rows.push(`${name}: &${name} [${Array(10).fill(`*${before}`).join(", ")}]`);
    }
    const { done } = await check(rows.join("\n"));
    expect([done.code, done.stdout]).toEqual([2, expect.stringMatching(/not YAML: .*alias/i)]);
    expect(done.peak).toBeLessThan(300);
  });

  test("days that do not exist, an umlaut in a severity and control characters are told, and nothing acts on the terminal", async () => {
    const text = (await shipped("sev1-4"))
      .replace("effectiveFrom: 2025-01-01", "effectiveFrom: 2025-02-30")
      .replaceAll("label: Sev4", "label: Störung")
      .replace("title: Incident management procedure", 'title: "a\\e[31mb"');
    const { done } = await check(text);
    expect(done.code).toBe(2);
    expect(done.stdout).toContain("there is no day 2025-02-30");
    expect(done.stdout).toContain("write ae, oe, ue for umlauts");
    expect(done.stdout).toContain("title: holds a line break or a character that cannot be seen");
    expect(done.stdout).not.toContain("\u001b");
  });

  test.each<[string, Uint8Array | string, RegExp]>([
    ["what is no text", Buffer.from([0x70, 0xff, 0xfe, 0x00]), /this is no UTF-8 text/],
    ["an empty file", "", /expected keys with values/],
  ])("%s", async (_, text, words) => {
    const { done } = await check(text);
    expect([done.code, done.all]).toEqual([2, expect.stringMatching(words)]);
  });

  test("a file that is not there, and a folder", async () => {
    const folder = await cli.place();
    const missing = await cli.run(folder, ["policy", "check", "./nothing.yaml"]);
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining("there is no policy at")]);
    const wrong = await cli.run(folder, ["policy", "check", "."]);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("is a folder")]);
  });
});

describe("custody policy new", () => {
  test.each(SHIPPED_POLICIES)(
    "begins from %s: a file that can be used, in which nobody has approved anything",
    async (from) => {
      const folder = await cli.place();
      const made = await cli.run(folder, ["policy", "new", "ours", "--from", from, "--zone", "Europe/Vienna"]);
      expect(made).toMatchObject({ code: 0, stderr: "" });
      const text = await readFile(join(folder, "ours.yaml"), "utf8");
      const policy = loadPolicy(text);
      expect(policy).toMatchObject({
        policy: "ours",
        version: "1",
        zone: "Europe/Vienna",
        exceptions: [],
        acceptedGaps: [],
      });
      expect(policy.document.approvedBy).toMatch(/^\[/);
      expect(policy.document.lastReviewed).toBeUndefined();
      for (const { zone } of Object.values(policy.calendars)) expect(zone).toBe("Europe/Vienna");
      expect(text).toMatch(/^# Your own rules for incidents, begun from /);
      expect(text).not.toContain("Made from a public procedure");
      expect((await cli.run(folder, ["policy", "check", "ours.yaml"])).code).toBe(0);
    },
  );

  test("takes own words and numbers, and renames them wherever they stand", async () => {
    const folder = await cli.place();
    const flags = [
      "--severities",
      "Rot, Orange, Gelb, Weiss",
      "--deadlines",
      "within 10m, within 1h, within 1bd, no number",
    ];
    const made = await cli.run(folder, [
      "policy",
      "new",
      "ours",
      "--from",
      "p1-p4",
      ...flags,
      "--owner",
      "CTO",
      "--effective",
      "2027-01-01",
    ]);
    expect(made).toMatchObject({ code: 0, stderr: "" });
    const policy = loadPolicy(await readFile(join(folder, "ours.yaml"), "utf8"));
    expect(policy.severities.map(({ label }) => label)).toEqual(["Rot", "Orange", "Gelb", "Weiss"]);
    expect(policy.targets.triage?.terms).toEqual({
      Rot: "within 10m",
      Orange: "within 1h",
      Gelb: "within 1bd",
      Weiss: "no number",
    });
    expect(policy.targets.commander?.terms).toEqual({ Rot: "within 15m", Orange: "within 15m" });
    expect(policy.review?.required).toContainEqual({ severities: ["Rot", "Orange"] });
    expect(policy.document).toMatchObject({ owner: "CTO", effectiveFrom: "2027-01-01" });
    expect(policy.roles.commander?.says).toBe("Rot and Orange have a named incident commander.");
    // What the procedure said about other numbers is not passed on as ours.
    expect(policy.targets.triage?.says).toMatch(/^\[as your procedure says it\]/);
  });

  test("says what is wrong and writes nothing", { timeout: 120_000 }, async () => {
    const folder = await cli.place();
    const wrong: [string[], string][] = [
      [["--severities", "A, B"], "expected 4, worst first"],
      [["--severities", "A, B, C, Störung"], "write ae, oe, ue for umlauts"],
      [["--deadlines", "within 1h, within 15m, within 1d, within 2d"], "leaves less time than the worse"],
      [["--from", "sev4"], 'did you mean "sev1-4"?'],
      [["--zone", "Berlin"], "did you mean Europe/Berlin?"],
      [["--effective", "2026-02-30"], "there is no day 2026-02-30"],
    ];
    for (const [flags, words] of wrong) {
      const done = await cli.run(folder, ["policy", "new", "ours", ...flags]);
      expect([done.code, done.stderr]).toEqual([2, expect.stringContaining(words)]);
    }
    expect((await cli.run(folder, ["policy", "new", "Our Rules"])).code).toBe(2);
    expect((await cli.run(folder, ["policy", "new", "sev1-4"])).stderr).toContain("is the name of a shipped policy");
    expect(await readdir(folder)).toEqual([]);
  });

  test("never writes over a file", async () => {
    const folder = await cli.place();
    await writeFile(join(folder, "ours.yaml"), "mine");
    const done = await cli.run(folder, ["policy", "new", "ours"]);
    expect([done.code, done.stderr]).toEqual([2, expect.stringContaining("is not overwritten")]);
    expect(await readFile(join(folder, "ours.yaml"), "utf8")).toBe("mine");
    expect((await stat(join(folder, "ours.yaml"))).size).toBe(4);
  });
});

describeWith(["python3"], "on a terminal", () => {
  /** Answers questions at a terminal, one whenever one stands there. */
  const TYPE = `
import json, os, pty, sys
lines, args = json.loads(sys.argv[1]), sys.argv[2:]
pid, fd = pty.fork()
if pid == 0: os.execvp(args[0], args)
text, asked = b"", 0
while True:
    try: part = os.read(fd, 4096)
    except OSError: break
    if not part: break
    text += part
    while text.count(b"? [") > asked:
        asked += 1
        os.write(fd, (lines.pop(0) + "\\n").encode() if lines else b"\\x04")
sys.stdout.buffer.write(text)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
  const type = async (lines: readonly string[]) => {
    const folder = await cli.place();
    const program = [process.execPath, join(cli.folder, "program/main.js"), "policy", "new", "ours"];
    const done = spawnSync("python3", ["-c", TYPE, JSON.stringify(lines), ...program], {
      cwd: folder,
      encoding: "utf8",
      timeout: 60_000,
    });
    return { folder, code: done.status, text: done.stdout };
  };

  test("asks a few questions, and a mistyped answer again", async () => {
    const { folder, code, text } = await type([
      "p0p2",
      "p0-p2",
      "A, B, C",
      "within 10m, within 1h, within 4bh",
      "9 to 5",
      "mon-fri 08:00-16:00",
      "CTO",
      "Berlin",
      "Europe/Berlin",
    ]);
    expect([code, text]).toEqual([0, expect.stringContaining('did you mean "p0-p2"?')]);
    const policy = loadPolicy(await readFile(join(folder, "ours.yaml"), "utf8"));
    expect(policy).toMatchObject({ zone: "Europe/Berlin", document: { owner: "CTO" } });
    expect(policy.targets.acknowledge?.terms).toEqual({ A: "within 10m", B: "within 1h", C: "within 4bh" });
    expect(policy.calendars.office?.hours.fri).toEqual([["08:00", "16:00"]]);
  });

  test("an input that ends is said, and nothing is written", async () => {
    const { folder, code, text } = await type(["sev1-4"]);
    expect([code, text]).toEqual([3, expect.stringContaining("nothing was written")]);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("in a workspace", () => {
  test("rules are logged by init, kept in a history, and refused where a version changes its content", {
    timeout: 120_000,
  }, async () => {
    const folder = await cli.place();
    const run = (...args: string[]) => cli.run(folder, args);
    const mistyped = await run("init", "--name", "Example GmbH", "--zone", "Europe/Berlin", "--policy", "sev14");
    expect([mistyped.code, mistyped.stderr]).toEqual([2, expect.stringContaining('did you mean "sev1-4"?')]);
    expect(await readdir(folder)).toEqual([]);
    expect(await run("init", "--name", "Example GmbH", "--zone", "Europe/Berlin", "--policy", "sev1-4")).toMatchObject({
      code: 0,
    });
    const first = await run("policy", "history");
    expect(first.stdout).toMatch(
      /^sev1-4 1\.0 {2}in force\n {2}from .* Europe\/Berlin\n {2}record 2, sha256 [0-9a-f]{64}\n {2}the first of this log/,
    );
    expect((await run("policy", "show")).stdout).toContain("Incident management procedure (sev1-4, version 1.0)");

    expect((await run("policy", "new", "ours", "--effective", "2099-01-01")).code).toBe(0);
    const config = await readFile(join(folder, "custody.yaml"), "utf8");
    await writeFile(join(folder, "custody.yaml"), config.replace("policy: sev1-4", "policy: ./ours.yaml"));
    expect((await run("collect")).code).toBe(0);
    const second = await run("policy", "history");
    expect(second.stdout).toMatch(/ours 1 {2}not in force yet\n {2}from 1 Jan 2099, 00:00 Europe\/Berlin/);
    expect(second.stdout).toMatch(/sev1-4 1\.0 {2}in force\n {2}from .* until 1 Jan 2099, 00:00 Europe\/Berlin/);

    const text = await readFile(join(folder, "ours.yaml"), "utf8");
    await writeFile(join(folder, "ours.yaml"), text.replace("Sev1: within 15m", "Sev1: within 14m"));
    const refused = await run("collect");
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringMatching(/version 1 of ours is in the log already .*Raise the version/s),
    ]);
    await writeFile(
      join(folder, "ours.yaml"),
      text.replace("Sev1: within 15m", "Sev1: within 14m").replace('version: "1"', 'version: "2"'),
    );
    expect((await run("collect")).code).toBe(0);
    const { versions, inForce } = (await run("policy", "history", "--json")).json<{
      versions: { version: string; entry: number }[];
      inForce: number;
    }>();
    expect(versions.map(({ version }) => version)).toEqual(["1.0", "1", "2"]);
    expect(inForce).toBe(2);
    expect((await run("verify", "--json")).json()).toMatchObject({ ok: true });
  });

  test("a file of rules with mistakes is refused before anything is begun, and by `config check`", async () => {
    const folder = await cli.place();
    await writeFile(join(folder, "bad.yaml"), "policy: x\nversion: 1\n");
    const flags = ["--name", "Example GmbH", "--zone", "Europe/Berlin", "--policy", "./bad.yaml"];
    const refused = await cli.run(folder, ["init", ...flags]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/line 2: version: expected text/)]);
    expect(await readdir(folder)).toEqual(["bad.yaml"]);
    const config = (policy: string) =>
      writeFile(
        join(folder, "custody.yaml"),
        `organisation: { name: A, zone: UTC }\nstore: file:./store\npolicy: ${policy}\n`,
      );
    await config("./bad.yaml");
    const checked = await cli.run(folder, ["config", "check"]);
    expect([checked.code, checked.stderr]).toEqual([2, expect.stringMatching(/line 2: version/)]);
    await config("./elsewhere.yaml");
    expect((await cli.run(folder, ["config", "check"])).stdout).toContain("on this machine there is no policy at");
    await config("p0-p2");
    expect((await cli.run(folder, ["config", "check"])).stdout).toContain("p0-p2 1: your rules for incidents");
  });

  test("where none is configured nothing is logged, and that is said", async () => {
    const workspace = await cli.workspace();
    expect((await workspace.run("policy", "history")).stdout).toContain("No rules are in the log.");
    expect((await workspace.entries()).map(({ kind }) => kind)).not.toContain("policy");
  });
});
