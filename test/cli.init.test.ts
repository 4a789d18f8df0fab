import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Cli, SECRETS, Workspace } from "./support/cli.ts";
import { startS3Server } from "./support/s3-server.ts";
import { describeWith, THOROUGH } from "./support/tools.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-init");
});
afterAll(() => cli.close());

/** What init makes, in this order. */
const MADE = ["custody.yaml", "data/keys", "ledger.vkey", "data/store/seq", "data/store/checkpoint"];
const FLAGS = ["init", "--name", "Example GmbH", "--zone", "Europe/Berlin"] as const;

/** Every file below a folder with its content, to see that nothing changed. */
async function snapshot(folder: string): Promise<Record<string, string>> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const found = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  const pairs = await Promise.all(
    found.map(async (path) => [path.slice(folder.length + 1), await readFile(path, "base64")]),
  );
  return Object.fromEntries(pairs.filter(([name]) => !name?.startsWith("data/store.tmp/")));
}

describeWith(["python3"], "on a terminal", () => {
  /** Types lines at a terminal, one whenever a question stands there; an empty list ends the input instead. */
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
    const args = ["-c", TYPE, JSON.stringify(lines), process.execPath, join(cli.folder, "program/main.js"), "init"];
    const done = spawnSync("python3", args, { cwd: folder, encoding: "utf8", timeout: 60_000 });
    return { folder, code: done.status, text: done.stdout };
  };

  test("a mistyped zone is asked for again", async () => {
    const { folder, code, text } = await type(["Example GmbH", "Berlin", "Europe/Berlin", ""]);
    expect([code, text]).toEqual([0, expect.stringContaining('"Berlin" is not a time zone')]);
    expect(await readFile(join(folder, "custody.yaml"), "utf8")).toContain("zone: Europe/Berlin");
    // No rules yet is an answer; where to get some is said.
    expect(await readFile(join(folder, "custody.yaml"), "utf8")).not.toContain("policy:");
    expect(text).toMatch(/Next:[\s\S]*custody policy /);
  });

  test("the rules are asked for, each choice with a line about it, and a mistyped one again", async () => {
    const { folder, code, text } = await type(["Example GmbH", "Europe/Berlin", "sev14", "3"]);
    expect([code, text]).toEqual([0, expect.stringContaining('did you mean "sev1-4"?')]);
    expect(text).toMatch(/4 {2}p0-p2 +P0 to P2; public acknowledgement/);
    expect(await readFile(join(folder, "custody.yaml"), "utf8")).toContain("policy: sev1-4");
  });

  test("an input that ends is said, and nothing is written", async () => {
    const { folder, code, text } = await type(["Example GmbH"]);
    expect([code, text]).toEqual([3, expect.stringContaining("nothing was written")]);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("a first init", () => {
  test("makes a workspace that works at once, for this user only", async () => {
    const folder = await cli.place();
    const made = await cli.run(folder, FLAGS);
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(made.stdout).toContain(` is ready in ${folder}.`);
    expect(made.stdout).toContain("BACK UP THE SIGNING KEY NOW");
    expect(made.stdout).toContain("A laptop that sleeps misses runs");
    const workspace = new Workspace(cli, folder);
    expect((await workspace.verified()).size).toBe(2);
    expect((await workspace.run("collect")).code).toBe(0);
    expect((await stat(workspace.path("data/keys"))).mode & 0o777).toBe(0o700);
    expect((await stat(workspace.path("custody.yaml"))).mode & 0o777).toBe(0o600);
    expect((await readdir(folder)).sort()).toEqual(["custody.yaml", "data", "ledger.vkey", "reports"]);
  });

  test("makes what the tests' own workspaces are, apart from keys, names and times", async () => {
    const folder = await cli.place();
    expect((await cli.run(folder, FLAGS)).code).toBe(0);
    const made = new Workspace(cli, folder);
    const own = await cli.workspace();
    const withoutOwn = (text: string) =>
      text
        .replaceAll(/example-gmbh-[0-9a-f]{8}/g, "ORIGIN")
        .replaceAll(/\+[0-9a-f]{8}\+[\w+/=]+/g, "+KEY")
        .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
        .replaceAll(/\b[0-9a-f]{8,}\b/g, "#");
    const seen = async (workspace: Workspace) => {
      const files = Object.keys(await snapshot(workspace.folder));
      const modes = files.map(async (name) => `${name} ${(await stat(workspace.path(name))).mode.toString(8)}`);
      const config = await readFile(workspace.path("custody.yaml"), "utf8");
      const entries = JSON.stringify(await workspace.entries(), null, 1);
      return withoutOwn([...(await Promise.all(modes)).sort(), config, entries].join("\n"));
    };
    expect(await seen(own)).toBe(await seen(made));
    // What the tests ask inside is what the commands answer.
    expect((await own.run("log", "--json")).json().entries).toEqual(await own.entries());
    expect((await own.run("verify", "--json")).json()).toEqual(await own.verified());
  });

  test("answers with one object with --json, and makes the folder it is named", async () => {
    const folder = await cli.place();
    const made = await cli.run(folder, [...FLAGS, "deep/in/here", "--origin", "example.com/evidence", "--json"]);
    expect(made.code).toBe(0);
    expect(made.json()).toMatchObject({
      ok: true,
      root: join(folder, "deep/in/here"),
      origin: "example.com/evidence",
      size: 2,
    });
    expect(await readFile(join(folder, "deep/in/here/ledger.vkey"), "utf8")).toMatch(/^example\.com\/evidence\+/);
  });

  test("leaves what lies in the folder already as it is", async () => {
    const folder = await cli.place();
    await writeFile(join(folder, "notes.txt"), "mine");
    await mkdir(join(folder, "reports"));
    await writeFile(join(folder, "reports/old.pdf"), "old");
    expect((await cli.run(folder, FLAGS)).code).toBe(0);
    expect(await readFile(join(folder, "notes.txt"), "utf8")).toBe("mine");
    expect(await readFile(join(folder, "reports/old.pdf"), "utf8")).toBe("old");
  });

  test.each([
    [["--zone", "Europe/Berln"], '"Europe/Berln" is not a time zone'],
    [["--origin", "two words"], '--origin "two words": the name of a log has no spaces and no +'],
    [["--store", "/var/evidence"], "--store /var/evidence: expected file:PATH or s3://BUCKET/PREFIX"],
    [["--store", "s3://Not_A_Bucket"], "store.bucket: expected the name of a bucket"],
    [["--store", "s3://bucket", "--endpoint", "https://u:p@host"], "store.endpoint: expected an address"],
    [["--name", "x".repeat(600)], "organisation.name: expected at most 500 characters"],
    [["--nmae", "x"], "unknown option '--nmae'"],
  ])("refuses %s and writes nothing", async (flags, message) => {
    const folder = await cli.place();
    const refused = await cli.run(folder, [...FLAGS, ...flags]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(message);
    expect(await readdir(folder)).toEqual([]);
  });
});

test.each([
  [[], "--name and --zone are missing, and here is no terminal to ask on"],
  [["--zone", "UTC"], "--name is missing"],
])("without a terminal %s is refused instead of guessed, and nothing is written", async (flags, message) => {
  const folder = await cli.place();
  const refused = await cli.run(folder, ["init", ...flags]);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(message)]);
  expect(await readdir(folder)).toEqual([]);
});

describe("an init where something is already", () => {
  test("a second one is refused with what to do, and nothing is changed", async () => {
    const workspace = await cli.workspace();
    await workspace.run("collect");
    const before = await snapshot(workspace.folder);
    const again = await workspace.run("init", "--name", "Other", "--store", "file:./elsewhere");
    expect(again.code).toBe(2);
    expect(again.stderr).toContain(
      "is used as it is; --name, --store changed nothing (name and zone are mended in the file itself;",
    );
    expect(again.stderr).toMatch(
      /this workspace was begun already: the log example-gmbh-[0-9a-f]{8} in .* has 4 records/,
    );
    expect(again.stderr).toContain("Nothing was changed. Go on with `custody collect`");
    expect(await snapshot(workspace.folder)).toEqual(before);
    const json = await workspace.run("init", "--json");
    expect(json.json()).toMatchObject({ ok: false, error: { code: "STORE_EXISTS" } });
  });

  test("one that names another workspace's store changes neither, and can be repeated with the right one", async () => {
    const workspace = await cli.workspace();
    const before = await snapshot(workspace.folder);
    const folder = await cli.place();
    const refused = await cli.run(folder, [...FLAGS, "--store", `file:${workspace.path("data/store")}`]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("is not empty: it holds");
    expect(await snapshot(workspace.folder)).toEqual(before);
    expect(await readdir(folder)).toEqual([]);
    expect((await cli.run(folder, FLAGS)).code).toBe(0);
  });

  test("a folder with something else in it is no place for a store", async () => {
    const folder = await cli.place();
    await mkdir(join(folder, "data/store"), { recursive: true });
    await writeFile(join(folder, "data/store/holiday.jpg"), "x");
    const refused = await cli.run(folder, FLAGS);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("is not empty: it holds holiday.jpg");
    expect(Object.keys(await snapshot(folder))).toEqual(["data/store/holiday.jpg"]);
  });

  test("a configuration with a mistake is named by its line and nothing is made", async () => {
    const folder = await cli.place();
    await writeFile(join(folder, "custody.yaml"), "organisation: { name: A, zone: UTC }\nstor: file:./data/store\n");
    const refused = await cli.run(folder, ["init"]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('custody.yaml:2: stor: unknown key; did you mean "store"?');
    expect(await readdir(folder)).toEqual(["custody.yaml"]);
  });

  test.skipIf(process.getuid?.() === 0)(
    "a place that may not be written to is named (root may write all)",
    async () => {
      const folder = await cli.place();
      await chmod(folder, 0o500);
      const refused = await cli.run(folder, FLAGS);
      await chmod(folder, 0o700);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain("this user may not");
    },
  );
});

describe("an init that was killed", () => {
  /** Kills the command as soon as this is true, or lets it end. */
  async function killWhen(folder: string, reached: () => boolean): Promise<void> {
    const child = cli.start(folder, FLAGS);
    let ended = false;
    const end = new Promise<void>((resolve) => child.once("close", () => resolve())).then(() => {
      ended = true;
    });
    while (!ended && !reached()) await new Promise((resolve) => setImmediate(resolve));
    child.kill("SIGKILL");
    await end;
  }

  test("at any moment is finished by the next one, or the next command works", async () => {
    const left = new Set<string>();
    const rounds: (() => Promise<string>)[] = MADE.map((name) => async () => {
      const folder = await cli.place();
      await killWhen(folder, () => existsSync(join(folder, name)));
      return folder;
    });
    if (THOROUGH) {
      // How long one takes here, so that the moments are spread over all of it.
      const timed = await cli.place();
      const started = performance.now();
      await cli.run(timed, FLAGS);
      const whole = performance.now() - started;
      for (let i = 0; i < 10; i += 1) {
        rounds.push(async () => {
          const folder = await cli.place();
          const begun = performance.now();
          await killWhen(folder, () => performance.now() - begun > whole * (0.4 + 0.06 * i));
          return folder;
        });
      }
    }
    for (const [i, round] of rounds.entries()) {
      const folder = await round();
      left.add(
        Object.keys(await snapshot(folder))
          .sort()
          .join(" ")
          .replaceAll(/[0-9a-f]{8,}/g, "#"),
      );
      const again = await cli.run(folder, FLAGS);
      // Killed after its last record: there is nothing to finish.
      if (again.code !== 0) expect(again.stderr).toContain("this workspace was begun already");
      const workspace = new Workspace(cli, folder);
      expect((await workspace.run("collect")).code, `killed at ${i}`).toBe(0);
      expect((await workspace.verified()).size).toBe(4);
      expect((await readdir(workspace.path("data/keys"))).length).toBeLessThanOrEqual(2);
    }
    expect(left.size, "the moments were all the same").toBeGreaterThan(1);
  }, 90_000);

  test.each([
    ["before the key was made", async () => {}],
    [
      "between key and pinned key",
      async (at: (name: string) => string) => {
        await mkdir(at("data/keys"), { recursive: true, mode: 0o700 });
        await writeFile(at("data/keys/0badc0de.pem"), "half a k", { mode: 0o600 });
      },
    ],
    [
      "with an empty store",
      async (at: (name: string) => string) => {
        await mkdir(at("data/store"), { recursive: true });
      },
    ],
  ])("%s", async (_, leave) => {
    const folder = await cli.place();
    await writeFile(
      join(folder, "custody.yaml"),
      "organisation: { name: Example GmbH, zone: Europe/Berlin }\nstore: file:./data/store\n",
    );
    await leave((name) => join(folder, name));
    const made = await cli.run(folder, ["init"]);
    expect(made.code, made.all).toBe(0);
    await new Workspace(cli, folder).verified();
  });
});

describe("an init over a bucket", () => {
  test("makes it when asked to, names what is missing, and is refused a second time", async () => {
    const server = await startS3Server({
      credentials: { accessKeyId: SECRETS.accessKey, secretAccessKey: SECRETS.secretKey },
    });
    try {
      const folder = await cli.place();
      const flags = [...FLAGS, "--store", "s3://evidence/custody", "--endpoint", server.endpoint, "--create-bucket"];
      const missing = await cli.run(folder, flags);
      expect(missing.code).toBe(2);
      expect(missing.stderr).toContain("the environment variable CUSTODY_S3_ACCESS_KEY is not set");
      const env = { CUSTODY_S3_ACCESS_KEY: SECRETS.accessKey, CUSTODY_S3_SECRET_KEY: SECRETS.secretKey };
      const made = await cli.run(folder, ["init", "--create-bucket"], { env });
      expect(made.code, made.all).toBe(0);
      expect((await cli.run(folder, ["verify"], { env })).code).toBe(0);
      expect(await readFile(join(folder, "custody.yaml"), "utf8")).not.toContain(SECRETS.secretKey);

      const other = await cli.place();
      const refused = await cli.run(other, flags, { env });
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain("is not empty");
      expect(await readdir(other)).toEqual([]);

      const wrong = await cli.run(folder, ["collect"], { env: { ...env, CUSTODY_S3_SECRET_KEY: "another" } });
      expect(wrong.code, wrong.all).toBe(2);
      await server.stop();
      const gone = await cli.run(folder, ["collect"], { env });
      expect(gone.code, gone.all).toBe(3);
    } finally {
      await server.stop().catch(() => undefined);
    }
  }, 60_000);
});
