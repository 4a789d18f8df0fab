import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Cli, type Done, SECRETS, Workspace } from "./support/cli.ts";
import { type S3Server, startS3Server } from "./support/s3-server.ts";

let cli: Cli;
let server: S3Server;
beforeAll(async () => {
  cli = await Cli.resident("cli-join");
  server = await startS3Server({ credentials: { accessKeyId: SECRETS.accessKey, secretAccessKey: SECRETS.secretKey } });
}, 60_000);
afterAll(async () => {
  await cli?.close();
  await server?.stop();
});

const ENV = { CUSTODY_S3_ACCESS_KEY: SECRETS.accessKey, CUSTODY_S3_SECRET_KEY: SECRETS.secretKey };
const OWN = "{ id: own, use: cron-health/custody }";

/** A first machine over a bucket or a folder of its own, with a log of a few records, and a folder for a second one. */
class Machines {
  readonly first: Workspace;
  readonly folder: string;
  readonly where: readonly string[];

  constructor(first: Workspace, folder: string, where: readonly string[]) {
    this.first = first;
    this.folder = folder;
    this.where = where;
  }

  static async begin(prefix: string, more = ""): Promise<Machines> {
    const place = await cli.place();
    const first = new Workspace(cli, join(place, "first"));
    const store = `{ bucket: evidence, prefix: ${prefix}, region: us-east-1, endpoint: "${server.endpoint}", accessKey: "\${env:CUSTODY_S3_ACCESS_KEY}", secretKey: "\${env:CUSTODY_S3_SECRET_KEY}" }`;
    await first.write(
      "custody.yaml",
      `organisation: { name: Example GmbH, zone: Europe/Berlin }\nstore: ${store}\n${more}collectors: [${OWN}]\n`,
    );
    for (const args of [["init", "--create-bucket"], ["collect"]]) {
      const { code, all } = await cli.run(first.folder, args, { env: ENV });
      if (code !== 0) throw new Error(all);
    }
    const where = [`s3://evidence/${prefix}`, "--endpoint", server.endpoint, "--region", "us-east-1"];
    return new Machines(first, join(place, "second"), where);
  }

  /** The state of the log as the first machine tells it. */
  async head(): Promise<string> {
    const done = await cli.run(this.first.folder, ["verify", "--json"], { env: ENV });
    const { size, root } = done.json<{ size: number; root: string }>();
    return `${size}:${root}`;
  }

  /** What an operator does by hand. */
  bringKey(): Promise<void> {
    return cp(this.first.path("data/keys"), join(this.folder, "data/keys"), { recursive: true });
  }

  join(...more: string[]): Promise<Done> {
    const args = ["init", this.folder, "--join", ...this.where, "--key", this.first.path("ledger.vkey"), ...more];
    return cli.run(this.first.folder, args, { env: ENV });
  }

  /** All files in the second folder. */
  async files(): Promise<string[]> {
    const found = await readdir(this.folder, { recursive: true, withFileTypes: true }).catch(() => []);
    return found
      .filter((one) => one.isFile())
      .map((one) => join(one.parentPath, one.name).slice(this.folder.length + 1));
  }
}

let runs = 0;
let machines: Machines;
beforeEach(async () => {
  machines = await Machines.begin(`log-${runs++}`);
}, 60_000);

describe("custody init --join", () => {
  test("makes a second machine for a log that exists: it verifies, collects, and both go on", async () => {
    await machines.bringKey();
    const head = await machines.head();
    const done = await machines.join("--accept-head", head);
    expect(done.code, done.all).toBe(0);
    expect(done.stdout).toContain("This machine has joined the log example-gmbh-");
    expect(done.stdout).toContain("from record 1");
    const second = machines.folder;
    expect(await readFile(join(second, "ledger.vkey"), "utf8")).toBe(
      await readFile(machines.first.path("ledger.vkey"), "utf8"),
    );
    expect(await readFile(join(second, "data/state/head"), "utf8")).toContain(head.replace(":", " "));
    const text = await readFile(join(second, "custody.yaml"), "utf8");
    expect(text).toContain("${env:CUSTODY_S3_SECRET_KEY}");
    for (const folder of [second, machines.first.folder, second]) {
      const collected = await cli.run(folder, ["collect"], { env: ENV });
      expect(collected.code, collected.all).toBe(0);
    }
    const log = (await cli.run(second, ["log", "-n", "100", "--json"], { env: ENV })).json<{
      entries: { kind: string }[];
    }>();
    // The same configuration is not recorded a second time.
    expect(log.entries.filter(({ kind }) => kind === "config")).toHaveLength(1);
    expect((await cli.run(second, ["verify"], { env: ENV })).code).toBe(0);
    expect((await machines.join("--accept-head", head)).stderr).toContain(
      "is there already, so this folder is a workspace",
    );
  }, 60_000);

  test("without a state that a person knows is refused with the one that was found, and writes nothing", async () => {
    await machines.bringKey();
    const before = await machines.files();
    const done = await machines.join();
    expect(done.code).toBe(2);
    expect(done.stderr).toContain("cannot tell whether records were taken off its end");
    expect(done.stderr).toContain(`--accept-head ${await machines.head()}`);
    expect(await machines.files()).toEqual(before);
  });

  test("refuses a log that does not continue the state that a person knows", async () => {
    await machines.bringKey();
    const before = await machines.files();
    const [size = "", root = ""] = (await machines.head()).split(":");
    for (const [accepted, code] of [
      [`${size}:${Buffer.alloc(32, 7).toString("base64")}`, "forked"],
      [`${Number(size) + 5}:${root}`, "rolled-back"],
    ] as const) {
      const done = await machines.join("--accept-head", accepted);
      expect([done.code, done.stderr]).toEqual([1, expect.stringContaining(code)]);
    }
    expect(await machines.files()).toEqual(before);
  });

  test("asks for the signing key, copies none, and goes on once it is there", async () => {
    const head = await machines.head();
    const missing = await machines.join("--accept-head", head);
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain("everything else is right, but the signing key is not here");
    expect(missing.stderr).toMatch(/This command copies nothing secret\. Bring the file data\/keys\/[0-9a-f]{8}\.pem/);
    expect(await machines.files()).toEqual([]);
    const [name = ""] = await readdir(machines.first.path("data/keys"));
    await mkdir(join(machines.folder, "data/keys"), { recursive: true, mode: 0o700 });
    await writeFile(join(machines.folder, "data/keys", name), "not a key", { mode: 0o600 });
    expect((await machines.join("--accept-head", head)).stderr).toContain("is not an Ed25519 private key");
    await rm(join(machines.folder, "data/keys"), { recursive: true });
    await machines.bringKey();
    expect((await machines.join("--accept-head", head)).code).toBe(0);
  }, 60_000);

  test("refuses the key of another log, and a store without a log", async () => {
    await machines.bringKey();
    const other = await Machines.begin(`other-${runs++}`);
    const head = await machines.head();
    const key = other.first.path("ledger.vkey");
    const args = ["init", machines.folder, "--join", ...machines.where, "--key", key, "--accept-head", head];
    expect((await cli.run(machines.first.folder, args, { env: ENV })).stderr).toContain(
      "Store and key belong to different logs",
    );
    const empty = new Machines(machines.first, machines.folder, ["s3://evidence/nothing", ...machines.where.slice(1)]);
    expect((await empty.join("--accept-head", head)).stderr).toContain("holds no log that could be joined");
    expect(await machines.files()).toHaveLength(1);
  }, 60_000);

  test("takes the store as it is reached from here, and says that machines with a private index take no turns", async () => {
    const place = await cli.place();
    const first = await cli.workspace(
      `organisation: { name: Example GmbH, zone: UTC }\nstore: file:./data/store\ncollectors: [${OWN}]\n`,
    );
    const { size, root } = await first.verified();
    await cp(first.path("data/keys"), join(place, "data/keys"), { recursive: true });
    const store = `file:${first.path("data/store")}`;
    const key = (await readFile(first.path("ledger.vkey"), "utf8")).trim();
    const done = await cli.run(place, ["init", "--join", store, "--key", key, "--accept-head", `${size}:${root}`]);
    expect(done.code, done.all).toBe(0);
    expect(done.stderr).toContain("machines cannot take turns");
    const joined = await readFile(join(place, "custody.yaml"), "utf8");
    expect(joined).toContain(`store: ${store}`);
    expect(joined).toContain("portal.listen where several run on one host");
    expect((await cli.run(place, ["collect"])).code).toBe(0);
    expect((await first.verified()).size).toBeGreaterThan(size);
  });

  test("refuses a log that was tampered with, and names what was altered", async () => {
    const place = await cli.place();
    const first = await cli.workspace();
    const { size, root } = await first.verified();
    const batch = first.path("data/store/seq/00000000/000000000001");
    const text = await readFile(batch, "utf8");
    await rm(batch);
    await writeFile(batch, text.replace("UTC", "utc").replace("Europe/Berlin", "Europe/Oslo"));
    const key = first.path("ledger.vkey");
    const store = `file:${first.path("data/store")}`;
    const done = await cli.run(place, ["init", "--join", store, "--key", key, "--accept-head", `${size}:${root}`]);
    expect([done.code, done.stderr]).toEqual([1, expect.stringContaining("is not as it was signed")]);
    expect(done.stderr).toContain("entry-altered");
    expect(await readdir(place)).toEqual([]);
  });

  test.each([
    [["--join", "s3://evidence/x"], "--join needs --key"],
    [["--join", "s3://evidence/x", "--name", "Other"], "--name does not go with --join"],
    [["--key", "x+00000000+AA"], "--key goes with --join"],
    [["--join", "gopher:x", "--key", "KEY"], "expected file:PATH or s3://BUCKET/PREFIX"],
  ])("%j is a mistake that is named", async (args, said) => {
    const given = args.map((arg) => (arg === "KEY" ? machines.first.path("ledger.vkey") : arg));
    const done = await cli.run(machines.first.folder, ["init", machines.folder, ...given], { env: ENV });
    expect([done.code, done.stderr]).toEqual([2, expect.stringContaining(said)]);
    expect(await machines.files()).toEqual([]);
  });
});
