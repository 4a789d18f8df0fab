import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, cp, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Cli, Workspace } from "./support/cli.ts";
import { findProgram } from "./support/tools.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-keys");
});
afterAll(() => cli.close());

interface Key {
  readonly id: string;
  readonly vkey: string;
  readonly state: string;
  readonly here: boolean;
  readonly backup?: string;
}

async function keysOf(workspace: Workspace): Promise<Key[]> {
  return (await workspace.run("keys", "list", "--json")).json<{ keys: Key[] }>().keys;
}

const pinOf = async (workspace: Workspace) => (await readFile(workspace.path("ledger.vkey"), "utf8")).trim();
const codesOf = (done: { json<T>(): T }) => done.json<{ findings: { code: string }[] }>().findings.map((f) => f.code);

describe("keys list and rotate", () => {
  test("say in plain words which key signs, and what to do", async () => {
    const workspace = await cli.workspace();
    const old = await pinOf(workspace);
    const before = await workspace.run("keys", "list");
    expect(before.stdout).toContain("has one key");
    expect(before.stdout).toContain("SIGNS since the log began");
    expect(before.stdout).toContain("keys backup FILE");

    const rotated = await workspace.run("keys", "rotate");
    expect(rotated).toMatchObject({ code: 0, stderr: "" });
    expect(rotated.stdout).toContain("signs beside it for 30 days");
    expect(rotated.stdout).toContain("BACK UP the new key now");
    const fresh = await pinOf(workspace);
    expect(fresh).not.toBe(old);
    expect(rotated.stdout).toContain(fresh);
    expect(await readFile(workspace.path(`ledger.vkey.${old.split("+")[1]}`), "utf8")).toBe(`${old}\n`);
    expect((await keysOf(workspace)).map(({ vkey, state }) => [vkey, state])).toEqual([
      [fresh, "signs"],
      [old, "signs beside"],
    ]);

    // Old pin, new pin and the workspace's own: the same answer.
    expect((await workspace.run("collect")).code).toBe(0);
    await workspace.verified();
    for (const key of [old, fresh])
      expect((await workspace.run("verify", "data/store", "--key", key)).code, key).toBe(0);
    expect((await workspace.run("prove", "0", "--out", "r.tlog-proof")).code).toBe(0);
    for (const key of [old, fresh]) expect((await workspace.run("verify", "r.tlog-proof", "--key", key)).code).toBe(0);

    expect((await workspace.run("keys", "retire", old.split("+")[1] ?? "")).code).toBe(0);
    expect((await keysOf(workspace)).map(({ state }) => state)).toEqual(["signs", "retired"]);
    for (const key of [old, fresh])
      expect((await workspace.run("verify", "data/store", "--key", key)).code, key).toBe(0);
    expect((await workspace.run("keys", "retire", "00000000")).code).toBe(2);
    expect((await workspace.run("keys", "retire", fresh.split("+")[1] ?? "")).stderr).toContain("keys rotate");
  });

  test("rotate and retire say that the witness must be told, and how", async () => {
    const workspace = await cli.workspace(`organisation: { name: Example GmbH, zone: Europe/Berlin }
store: file:./data/store
heads: [{ use: witness, id: auditor, url: "http://127.0.0.1:9", key: "witness.example.com+1fbda19c+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4" }]
`);
    const old = await pinOf(workspace);
    const rotated = await workspace.run("keys", "rotate");
    const told = `custody witness add DIR --log '${await pinOf(workspace)}'   then restart the witness`;
    expect(rotated.stdout).toContain("TELL THE WITNESS (auditor)");
    expect(rotated.stdout).toContain(told);
    expect(rotated.stdout).toContain("NO BACKUP");
    expect((await workspace.run("keys", "retire", old.split("+")[1] ?? "")).stdout).toContain(told);
  });

  test("rotation goes on where it was stopped: an old pin, a new key file", async () => {
    const workspace = await cli.workspace();
    const old = await pinOf(workspace);
    await workspace.run("keys", "rotate");
    const fresh = await pinOf(workspace);
    await writeFile(workspace.path("ledger.vkey"), `${old}\n`);
    expect((await workspace.run("status")).code).toBe(0);
    expect((await workspace.run("collect")).code).toBe(0);
    expect(await pinOf(workspace)).toBe(fresh);
    await workspace.verified();
  });
});

describe("revoke and attest", () => {
  test("a stolen key is replaced, its records are in question until a person has looked through them", async () => {
    const workspace = await cli.workspace();
    const old = await pinOf(workspace);
    const id = old.split("+")[1] ?? "";
    expect((await workspace.run("collect")).code).toBe(0);
    for (const flags of [
      [],
      ["--reason", "stolen"],
      ["--reason", "compromised"],
      ["--reason", "lost", "--since", "2020-01-01"],
    ])
      expect((await workspace.run("keys", "revoke", id, ...flags)).code, flags.join(" ")).toBe(2);

    const revoked = await workspace.run(
      "keys",
      "revoke",
      id,
      "--reason",
      "compromised",
      "--since",
      "2020-01-01",
      "--incident",
      "INC-1",
    );
    expect(revoked.code).toBe(0);
    const fresh = await pinOf(workspace);
    expect(fresh).not.toBe(old);
    const own = await workspace.run("verify", "--json");
    expect([own.code, codesOf(own)]).toEqual([1, ["key-revoked"]]);
    const elsewhere = await workspace.run("verify", "data/store", "--key", old);
    expect(elsewhere.stdout).toContain("pin the new key as the organisation publishes it");
    expect(elsewhere.code).toBe(1);

    const [, command = ""] = /(custody keys attest [^\n]*)/.exec((await workspace.run("verify")).stdout) ?? [];
    const attested = await workspace.run(...command.split(" ").slice(1));
    expect(attested.code).toBe(0);
    const after = await workspace.run("verify", "--json");
    expect([after.code, codesOf(after)]).toEqual([0, []]);
    expect(after.json<{ attested: object[] }>().attested).toEqual([
      expect.objectContaining({ key: old, from: 0, auth: "unauthenticated" }),
    ]);
    expect((await workspace.run("verify")).stdout).toContain("nobody checked who that is");
    expect((await workspace.run("collect")).code).toBe(0);
    await workspace.verified();
  });
});

describe("backup and restore", () => {
  const PASSPHRASE = "correct horse battery staple";

  test("init and status say loudly that there is none, until there is one", async () => {
    const folder = await cli.place();
    const made = await cli.run(folder, ["init", "--name", "Example GmbH", "--zone", "Europe/Berlin"]);
    expect(made.stdout).toContain("BACK UP THE SIGNING KEY NOW");
    const workspace = new Workspace(cli, folder);
    expect((await workspace.run("status")).stdout).toContain("NO BACKUP of the signing key");
    const backup = await workspace.run("keys", "backup", "key.pem");
    expect(backup.code).toBe(0);
    expect(backup.stdout).toContain("NOT encrypted");
    expect((await stat(workspace.path("key.pem"))).mode & 0o777).toBe(0o600);
    expect((await workspace.run("status")).stdout).not.toContain("NO BACKUP");
    const bytes = await readFile(workspace.path("key.pem"));
    expect((await workspace.run("keys", "backup", "key.pem")).code).toBe(2);
    expect(await readFile(workspace.path("key.pem"))).toEqual(bytes);
    // None where others read it, or where it would go with the store; by whatever path.
    await workspace.write(
      "custody.yaml",
      `organisation: { name: Example GmbH, zone: Europe/Berlin }
store: file:./data/store
mirror: file:./mirror
heads: [{ use: file, path: ./board }, { use: git, path: ./heads }]
`,
    );
    for (const place of ["mirror", "board", "heads", "data/index"])
      await mkdir(workspace.path(place), { recursive: true });
    await symlink(workspace.path("data"), workspace.path("elsewhere"));
    const { keys } = JSON.parse(await readFile(workspace.path("data/state/key-backup.json"), "utf8"));
    for (const place of [
      "data/store",
      "elsewhere/store/seq",
      "data/store/../store",
      "mirror",
      "data/index",
      "board",
      "heads",
    ]) {
      const refused = await workspace.run("keys", "backup", `${place}/k.pem`);
      expect([place, refused.code, refused.stderr]).toEqual([
        place,
        2,
        expect.stringContaining("no place for a signing key"),
      ]);
      expect(existsSync(workspace.path(place, "k.pem"))).toBe(false);
    }
    expect(JSON.parse(await readFile(workspace.path("data/state/key-backup.json"), "utf8"))).toMatchObject({ keys });
    expect((await workspace.run("keys", "backup", "data/store-backup.pem")).code).toBe(0);
    await workspace.write(
      "custody.yaml",
      "organisation: { name: Example GmbH, zone: Europe/Berlin }\nstore: file:./data/store\n",
    );
    // A new key has no backup yet.
    await workspace.run("keys", "rotate");
    expect((await workspace.run("status", "--json")).json()).toMatchObject({ keyBackedUp: false });
  });

  test.each([[[]], [["--passphrase-file", "passphrase"]]])(
    "what was backed up with %j can be put back",
    async (flags) => {
      const workspace = await cli.workspace();
      await writeFile(workspace.path("passphrase"), `${PASSPHRASE}\n`);
      await workspace.run("keys", "rotate");
      expect((await workspace.run("keys", "backup", "keys.pem", ...flags)).code).toBe(0);
      const before = await keyFiles(workspace);
      await rm(workspace.path("data/keys"), { recursive: true });
      const gone = await workspace.run("collect");
      expect(gone.code).toBe(2);
      expect(gone.stderr).toContain("keys restore FILE");
      const restored = await workspace.run("keys", "restore", "keys.pem", ...flags);
      expect(restored).toMatchObject({ code: 0, stderr: "" });
      expect(await keyFiles(workspace)).toEqual(before);
      expect((await workspace.run("keys", "restore", "keys.pem", ...flags)).stdout).toContain("was there already");
      expect((await workspace.run("collect")).code).toBe(0);
      await workspace.verified();
    },
  );

  test.skipIf(findProgram("openssl") === undefined && !process.env.CI)(
    "an encrypted backup is read by openssl",
    async () => {
      const workspace = await cli.workspace();
      await writeFile(workspace.path("passphrase"), `${PASSPHRASE}\n`);
      await workspace.run("keys", "backup", "keys.pem", "--passphrase-file", "passphrase");
      const text = await readFile(workspace.path("keys.pem"), "utf8");
      expect(text).toContain("BEGIN ENCRYPTED PRIVATE KEY");
      const [id] = await readdir(workspace.path("data/keys"));
      const args = ["pkey", "-in", workspace.path("keys.pem"), "-passin", `file:${workspace.path("passphrase")}`];
      expect(execFileSync("openssl", args, { encoding: "utf8" })).toBe(
        await readFile(workspace.path("data/keys", id ?? ""), "utf8"),
      );
    },
  );

  test("a wrong passphrase, a short one, another log's backup and what is no backup are told apart", async () => {
    const workspace = await cli.workspace();
    const other = await cli.workspace();
    await writeFile(workspace.path("passphrase"), PASSPHRASE);
    await writeFile(workspace.path("wrong"), `${PASSPHRASE}!`);
    await writeFile(workspace.path("short"), "secret");
    await workspace.run("keys", "backup", "keys.pem", "--passphrase-file", "passphrase");
    await other.run("keys", "backup", "keys.pem");
    await cp(other.path("keys.pem"), workspace.path("other.pem"));
    const problems: [string[], string][] = [
      [["restore", "keys.pem"], "--passphrase-file"],
      [["restore", "keys.pem", "--passphrase-file", "wrong"], "another passphrase"],
      [["backup", "new.pem", "--passphrase-file", "short"], "16 characters"],
      [["restore", "other.pem"], "is a backup of"],
      [["restore", "passphrase"], "0 private keys"],
      [["restore", "nothing.pem"], "no such file"],
    ];
    for (const [args, words] of problems) {
      const done = await workspace.run("keys", ...args);
      expect([done.code, done.stderr], args.join(" ")).toEqual([2, expect.stringContaining(words)]);
      expect(done.all).not.toContain(PASSPHRASE);
    }
    expect(await keyFiles(workspace)).toHaveLength(1);
  });

  async function keyFiles(workspace: Workspace): Promise<[string, string, number][]> {
    const names = (await readdir(workspace.path("data/keys"))).sort();
    return Promise.all(
      names.map(async (name) => {
        const path = workspace.path("data/keys", name);
        return [name, await readFile(path, "utf8"), (await stat(path)).mode & 0o777];
      }),
    );
  }
});

describe("a successor", () => {
  test("of a workspace whose key is lost names it, takes its settings, and leaves it checkable", async () => {
    const old = await cli.workspace();
    expect((await old.run("collect")).code).toBe(0);
    const { size, root } = await old.verified();
    await rm(old.path("data/keys"), { recursive: true });
    const folder = await cli.place();
    const made = await cli.run(folder, ["init", "next", "--successor-of", old.folder, "--reason", "lost-key"]);
    expect(made.code).toBe(0);
    expect(made.stdout).toContain("The old log is INTACT");
    const next = new Workspace(cli, join(folder, "next"));
    const genesis = (await next.entries())[0] as { predecessor: object };
    const origin = (await pinOf(old)).split("+")[0];
    expect(genesis.predecessor).toEqual({ origin, size, root, reason: "lost-key" });
    expect(await readFile(next.path("predecessor.vkey"), "utf8")).toBe(`${await pinOf(old)}\n`);
    expect((await next.run("log")).stdout).toContain(`goes on from the log ${origin} at ${size} records`);
    const verified = await next.run("verify");
    expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining(`goes on from the log ${origin}`)]);
    expect((await next.run("collect")).code).toBe(0);

    // The command that is printed holds the old store against what the new log says of it.
    const [, command = ""] = /(custody verify [^\n]*--since [^\n]*)/.exec(made.stdout) ?? [];
    const args = command
      .split(" ")
      .slice(1)
      .map((arg) => (arg === "predecessor.vkey" ? next.path(arg) : arg));
    expect((await cli.run(folder, args)).code).toBe(0);
    await rename(old.path("data/store/checkpoint"), old.path("data/store/checkpoint.away"));
    expect((await cli.run(folder, args)).code).toBe(1);
  });

  test("of a store that was set back says so, and names the newest state that was known", async () => {
    const old = await cli.workspace();
    await cp(old.path("data/store"), old.path("kept"), { recursive: true });
    expect((await old.run("collect")).code).toBe(0);
    const { size, root } = await old.verified();
    await rm(old.path("data/store"), { recursive: true });
    await rename(old.path("kept"), old.path("data/store"));
    const halted = await old.run("collect");
    expect([halted.code, halted.stderr]).toEqual([4, expect.stringContaining("--successor-of")]);
    const folder = await cli.place();
    const args = ["init", "--successor-of", old.folder, "--reason", "halted", "--json"];
    const made = await cli.run(folder, args);
    expect(made.json()).toMatchObject({ predecessor: { size, root, reason: "halted" }, old: { word: "broken" } });
  });

  test("of a bare store needs its key; nothing is begun on a mistake", async () => {
    const old = await cli.workspace();
    const folder = await cli.place();
    await mkdir(join(folder, "empty"));
    const store = old.path("data/store");
    const wrong: [string[], string][] = [
      [["--successor-of", store], "--reason"],
      [["--successor-of", store, "--reason", "bored"], "expected lost-key"],
      [["--successor-of", store, "--reason", "halted"], "--old-key"],
      [["--successor-of", join(folder, "nowhere"), "--reason", "halted"], "no such folder"],
      [
        ["--successor-of", join(folder, "empty"), "--reason", "halted", "--old-key", await pinOf(old)],
        "nothing of the log",
      ],
      [["--reason", "halted"], "belong to --successor-of"],
    ];
    for (const [args, words] of wrong) {
      const done = await cli.run(folder, ["init", "new", "--name", "Next", "--zone", "UTC", ...args]);
      expect([done.code, done.stderr], args.join(" ")).toEqual([2, expect.stringContaining(words)]);
    }
    expect(await readdir(folder)).toEqual(["empty"]);
    const done = await cli.run(folder, [
      "init",
      "new",
      "--name",
      "Next",
      "--zone",
      "UTC",
      "--successor-of",
      store,
      "--reason",
      "yearly",
      "--old-key",
      old.path("ledger.vkey"),
    ]);
    expect(done.code).toBe(0);
    expect(await new Workspace(cli, join(folder, "new")).verified()).toMatchObject({ ok: true });
  });
});

test("a key folder that others may write to is refused with what to do", async () => {
  const workspace = await cli.workspace();
  await chmod(workspace.path("data/keys"), 0o777);
  const done = await workspace.run("collect");
  expect([done.code, done.stderr]).toEqual([2, expect.stringContaining("chmod 700")]);
});
