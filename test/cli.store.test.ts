import { cp, mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Cli, configuration, type Done, SECRETS } from "./support/cli.ts";
import { freePort } from "./support/free-port.ts";
import { type S3Server, startS3Server } from "./support/s3-server.ts";
import { THOROUGH } from "./support/tools.ts";

const OWN = "- { id: own, use: cron-health/custody }";

/** Parts of a command's requests after which it is killed. */
const MOMENTS = THOROUGH ? [0.1, 0.4, 0.7, 0.95] : [0.4, 0.95];

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-store");
});
afterAll(() => cli.close());

const ENV = { CUSTODY_S3_ACCESS_KEY: SECRETS.accessKey, CUSTODY_S3_SECRET_KEY: SECRETS.secretKey };

/** A workspace with this store and mirror, begun. */
class Place {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  static async begin(
    settings: { store?: string; mirror?: string },
    prepare: (folder: string) => Promise<void> = async () => {},
  ) {
    const place = new Place(await cli.place());
    await place.configure(settings);
    await prepare(place.folder);
    // Only a process of its own is handed the credentials of a bucket.
    if (Object.values(settings).some((text) => text.includes("env:"))) {
      const made = await place.run("init");
      if (made.code !== 0) throw new Error(made.all);
    } else await (await cli.inside()).begin(place.folder);
    return place;
  }

  configure({ store = "file:./data/store", mirror = "null" }: { store?: string; mirror?: string }): Promise<void> {
    const text = configuration(OWN, `mirror: ${mirror}\n`).replace("store: file:./data/store", `store: ${store}`);
    return writeFile(this.path("custody.yaml"), text);
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  run(...args: string[]): Promise<Done> {
    return cli.run(this.folder, args, { env: ENV });
  }

  async upload(text: string): Promise<Done> {
    await writeFile(this.path("file.txt"), text);
    const done = await this.run("upload", "file.txt", "--control", "A.5.28", "--reason", "test");
    expect(done.code, done.all).toBe(0);
    return done;
  }

  async verify(...flags: string[]): Promise<{ code: number | null; codes: string[]; answer: Answer }> {
    const done = await this.run("verify", "--json", ...flags);
    const answer = done.json<Answer>();
    return { code: done.code, codes: [...new Set(answer.findings?.map(({ code }) => code))], answer };
  }
}

interface Answer {
  readonly ok: boolean;
  readonly size: number;
  readonly findings?: { code: string; where: string; found: string }[];
  readonly mirror?: { size: number; behind: number; compared: number; ok: boolean };
  readonly versions?: { place: string; objects: number }[];
  readonly error?: { code: string };
}

async function filesIn(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name).slice(folder.length + 1))
    .sort();
}

describe("a mirror in a folder", () => {
  const begin = () =>
    Place.begin({ mirror: "file:./mirror" }, async (folder) => void (await mkdir(join(folder, "mirror"))));

  test("is filled by every command that writes, shown by `status` and compared by `verify --mirror`", async () => {
    const place = await begin();
    await place.upload("one");
    expect((await place.run("collect")).code).toBe(0);
    const { code, answer } = await place.verify("--mirror");
    expect(code).toBe(0);
    expect(answer.mirror).toMatchObject({ size: answer.size, behind: 0, ok: true });
    const status = await place.run("status");
    expect(status.stdout).toMatch(new RegExp(`The mirror .*mirror holds ${answer.size} of ${answer.size} records`));
    const kept = (files: string[]) => files.filter((file) => !file.includes(".p/"));
    expect(kept(await filesIn(place.path("mirror")))).toStrictEqual(kept(await filesIn(place.path("data/store"))));
  });

  test("that is gone stops nothing: it is said at once and by `status`, and made up for when it is back", async () => {
    const place = await begin();
    await cp(place.path("mirror"), place.path("away"), { recursive: true });
    await rm(place.path("mirror"), { recursive: true });
    const done = await place.upload("while it was away");
    expect(done.stderr).toMatch(/the mirror .* is behind/);
    expect((await place.run("status")).stdout).toMatch(/MIRROR BEHIND/);
    expect((await place.run("status", "--json")).json<{ mirror: { state: string } }>().mirror.state).toBe("behind");
    expect((await place.run("store", "mirror")).code).toBe(2);
    await cp(place.path("away"), place.path("mirror"), { recursive: true });
    const late = await place.verify("--mirror");
    expect(late.code).toBe(0);
    expect(late.answer.mirror?.behind).toBeGreaterThan(0);
    const caught = await place.run("store", "mirror");
    expect(caught.code, caught.all).toBe(0);
    expect((await place.verify("--mirror")).answer.mirror?.behind).toBe(0);
  });

  test("that was emptied, as an unmounted disk looks, is not filled again unasked", async () => {
    const place = await begin();
    await rm(place.path("mirror"), { recursive: true });
    await mkdir(place.path("mirror"));
    const done = await place.upload("one");
    expect(done.stderr).toMatch(/mirror-differs/);
    expect(await filesIn(place.path("mirror"))).toStrictEqual([]);
    expect((await place.run("store", "mirror")).code).toBe(1);
    expect((await place.run("store", "mirror", "--anew")).code).toBe(0);
    expect((await place.verify("--mirror")).code).toBe(0);
  });

  test("finds a store that was set back together with the guard, which nothing else here sees", async () => {
    const place = await begin();
    await cp(place.path("data"), place.path("backup"), { recursive: true });
    await place.upload("what is to disappear");
    await rm(place.path("data"), { recursive: true });
    await cp(place.path("backup"), place.path("data"), { recursive: true });
    expect(await place.verify()).toMatchObject({ code: 0, codes: [] });
    expect(await place.verify("--mirror")).toMatchObject({ code: 1, codes: ["rolled-back", "mirror-differs"] });
    const done = await place.upload("something else");
    expect(done.stderr).toMatch(/mirror-differs.*(rewritten|gone|other bytes)/s);
    expect((await place.verify("--mirror")).codes).toContain("forked");
  });

  test.each([
    ["altered", (path: string) => writeFile(path, "forged")],
    ["gone", (path: string) => rm(path)],
  ])("evidence that is %s there is found, though the store is whole", async (_, harm) => {
    const place = await begin();
    await place.upload("one");
    const [blob = ""] = (await filesIn(place.path("mirror"))).filter((file) => file.startsWith("blob/"));
    await harm(place.path("mirror", blob));
    expect(await place.verify()).toMatchObject({ code: 0 });
    expect(await place.verify("--mirror")).toMatchObject({ code: 1, codes: ["mirror-differs"] });
  });

  test("must not be the store, lie in it, or lead to another log", async () => {
    const place = await Place.begin({});
    for (const mirror of ["file:./data/store", "file:./data/store/inside", "file:./data"]) {
      await place.configure({ mirror });
      const done = await place.run("status");
      expect([done.code, done.stderr]).toStrictEqual([2, expect.stringContaining("mirror")]);
    }
    const other = await Place.begin({});
    await place.configure({ mirror: `file:${other.path("data/store")}` });
    expect((await place.upload("one")).stderr).toMatch(/mirror-differs.*holds the log/s);
    expect((await other.verify()).code).toBe(0);
  });

  test("without one, `--mirror` and `store mirror` say so; without versions, `--versions` does", async () => {
    const place = await Place.begin({});
    expect((await place.run("verify", "--mirror")).code).toBe(2);
    expect((await place.run("store", "mirror")).code).toBe(2);
    const done = await place.run("verify", "--versions");
    expect([done.code, done.stderr]).toStrictEqual([2, expect.stringContaining("keeps no versions")]);
    expect((await place.run("verify", "--mirror", place.path("data/store"), "--key", "ledger.vkey")).code).toBe(2);
  });
});

describe("with buckets", () => {
  let server: S3Server;
  let owner: S3Client;
  beforeEach(async () => {
    server = await startS3Server({
      credentials: { accessKeyId: SECRETS.accessKey, secretAccessKey: SECRETS.secretKey },
    });
    const { endpoint, credentials } = server;
    owner = new S3Client({ endpoint, credentials, region: "us-east-1", forcePathStyle: true });
  });
  afterEach(async () => {
    owner.destroy();
    await server.stop();
  });

  const makeBucket = (Bucket: string, lock: boolean) =>
    owner.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: lock }));
  const bucketOf = (bucket: string, more = "") =>
    `{ bucket: ${bucket}, endpoint: "${server.endpoint}", accessKey: "\${env:CUSTODY_S3_ACCESS_KEY}", secretKey: "\${env:CUSTODY_S3_SECRET_KEY}"${more} }`;
  const LOCK = ", lock: { mode: governance, days: 30 }";

  test("`init --create-bucket` makes a locked one, everything written once is locked, and `--versions` says so", async () => {
    const folder = await cli.place();
    const place = new Place(folder);
    await place.configure({ store: bucketOf("evidence", LOCK) });
    const made = await place.run("init", "--create-bucket");
    expect(made.code, made.all).toBe(0);
    await place.upload("one");
    const probe = await place.run("store", "probe");
    expect([probe.code, probe.stdout]).toStrictEqual([
      0,
      expect.stringMatching(/yes lock .*governance could not be deleted/),
    ]);
    const { code, answer } = await place.verify("--versions");
    expect(code).toBe(0);
    expect(answer.versions).toMatchObject([
      { place: expect.stringContaining("evidence"), objects: expect.any(Number) },
    ]);
  });

  test("a record opened again under a deletion is found by `--versions`, and its true version is named", async () => {
    await makeBucket("evidence", true);
    const place = await Place.begin({ store: bucketOf("evidence", LOCK) });
    await place.upload("one");
    const at = { Bucket: "evidence", Key: "custody/tile/entries/000.p/1" };
    const { Versions = [] } = await owner.send(new ListObjectVersionsCommand({ Bucket: at.Bucket, Prefix: at.Key }));
    await owner.send(new DeleteObjectCommand(at));
    await owner.send(new PutObjectCommand({ ...at, Body: Buffer.from("forged"), IfNoneMatch: "*" }));
    const { code, answer } = await place.verify("--versions");
    expect(code).toBe(1);
    const found = answer.findings?.find(({ code }) => code === "version-overwritten");
    expect(found).toMatchObject({
      where: "tile/entries/000.p/1",
      found: expect.stringMatching(/2 versions and 1 deletions: THE FIRST VERSION HAS OTHER BYTES/),
    });
    expect(found?.found).toContain(Versions[0]?.VersionId);
  });

  test("objects that a writer put without the lock are found", async () => {
    await makeBucket("evidence", true);
    const place = await Place.begin({ store: bucketOf("evidence") });
    await place.configure({ store: bucketOf("evidence", LOCK) });
    const { code, codes } = await place.verify("--versions");
    expect({ code, codes }).toStrictEqual({ code: 1, codes: ["lock-missing"] });
  });

  test("where the locked bucket cannot be the store, it is refused with the way out, and is the mirror", async () => {
    await server.stop();
    const credentials = { accessKeyId: SECRETS.accessKey, secretAccessKey: SECRETS.secretKey };
    server = await startS3Server({ credentials, ignoreConditionsOnVersioned: true });
    owner.destroy();
    owner = new S3Client({ endpoint: server.endpoint, credentials, region: "us-east-1", forcePathStyle: true });
    await makeBucket("locked", true);
    const refused = new Place(await cli.place());
    await refused.configure({ store: bucketOf("locked", LOCK) });
    const done = await refused.run("init");
    expect([done.code, done.stderr]).toStrictEqual([2, expect.stringContaining("`mirror:`")]);

    const place = await Place.begin({ mirror: bucketOf("locked", LOCK) });
    const first = await place.upload("one");
    expect(first.stderr).toBe("");
    await place.upload("two");
    expect((await place.run("store", "probe")).code).toBe(0);
    const { code, answer } = await place.verify("--mirror", "--versions");
    expect(code, JSON.stringify(answer.findings)).toBe(0);
    expect(answer.mirror?.behind).toBe(0);
    const { Versions = [] } = await owner.send(new ListObjectVersionsCommand({ Bucket: "locked" }));
    for (const { Key = "", VersionId } of Versions.filter(({ Key }) => /custody\/(blob|seq)\//.test(Key ?? ""))) {
      await expect(owner.send(new DeleteObjectCommand({ Bucket: "locked", Key, VersionId }))).rejects.toThrow();
    }
    const [batch] = Versions.filter(({ Key }) => Key?.includes("/seq/"));
    await owner.send(new DeleteObjectCommand({ Bucket: "locked", Key: batch?.Key ?? "" }));
    expect((await place.verify("--mirror", "--versions")).codes.sort()).toStrictEqual([
      "mirror-differs",
      "version-overwritten",
    ]);
  });

  test("a mirror that nobody answers for stops no command for long", async () => {
    const port = await freePort();
    const mirror = bucketOf("away").replace(server.endpoint, `http://127.0.0.1:${port}`);
    const place = await Place.begin({ mirror });
    const done = await place.upload("one");
    expect(done.stderr).toMatch(/is behind/);
    expect((await place.run("collect")).code).toBe(0);
  });

  /** More files than lanes, so that the moments of a kill differ. */
  async function withManyFiles(): Promise<Place> {
    const place = await Place.begin({});
    const files = Array.from({ length: 16 }, (_, i) => `file-${i}.txt`);
    for (const name of files) await writeFile(place.path(name), `evidence ${name}`);
    expect((await place.run("upload", ...files, "--control", "A.5.28", "--reason", "test")).code).toBe(0);
    return place;
  }

  /** Starts a command and kills it when its n-th request arrives, or when that has been answered. */
  async function killAtRequest(place: Place, args: string[], n: number): Promise<void> {
    const child = cli.start(place.folder, args, { env: ENV });
    child.stdout.resume();
    child.stderr.resume();
    const ended = new Promise<NodeJS.Signals | null>((done) => child.once("close", (_, signal) => done(signal)));
    let left = n;
    server.fault = () => {
      left -= 1;
      if (left === 0) child.kill("SIGKILL");
      return left <= 0 && n % 2 === 0 ? "hang-up-after" : undefined;
    };
    expect(await ended).toBe("SIGKILL");
    server.fault = undefined;
  }

  async function objectsIn(bucket: string): Promise<string[]> {
    const { Contents = [] } = await owner.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: "custody/" }));
    return Contents.map(({ Key, ETag, Size }) => `${Key} ${ETag} ${Size}`);
  }

  test("a mirror killed with SIGKILL at many moments of its filling is whole as far as it says, and finished by the next run", async () => {
    await makeBucket("mirror", false);
    const place = await withManyFiles();
    await place.configure({ mirror: bucketOf("mirror") });
    const requests = server.requests.length;
    expect((await place.run("store", "mirror")).code).toBe(0);
    const whole = server.requests.length - requests;
    for (const [n, part] of MOMENTS.entries()) {
      const bucket = `mirror-${n}`;
      await makeBucket(bucket, false);
      await place.configure({ mirror: bucketOf(bucket) });
      await killAtRequest(place, ["store", "mirror"], Math.floor(whole * part));
      if (part < 0.9) expect((await place.verify("--mirror")).codes).toStrictEqual(["mirror-differs"]);
      // The next command that writes finishes it.
      const next = await place.upload(`after kill ${n}`);
      expect(next.stderr).toBe("");
      expect(await place.verify("--mirror")).toMatchObject({ code: 0, answer: { mirror: { behind: 0 } } });
    }
  }, 240_000);

  describe("`store copy`", () => {
    test("moves from a folder to a bucket and back; the guard holds for the new place and refuses the old one", async () => {
      await makeBucket("evidence", true);
      const place = await Place.begin({});
      await place.upload("one");
      const copied = await place.run(
        "store",
        "copy",
        "s3://evidence/custody",
        "--endpoint",
        server.endpoint,
        "--lock",
        "governance:30",
      );
      expect(copied.code, copied.all).toBe(0);
      expect(copied.stdout).toContain("bucket: evidence");
      expect(copied.stdout).toContain("mode: governance");
      // Switched: reading and writing go on there, and what is there is locked.
      await place.configure({ store: bucketOf("evidence", LOCK) });
      expect((await place.verify("--versions")).code).toBe(0);
      await place.upload("two, in the new place");
      // Back to the old one: it is behind what this machine has seen.
      await place.configure({});
      const old = await place.run("collect");
      expect([old.code, old.stderr]).toStrictEqual([4, expect.stringContaining("already seen")]);
      expect((await place.verify()).codes).toStrictEqual(["rolled-back"]);
      // And from the bucket to a folder.
      await place.configure({ store: bucketOf("evidence", LOCK) });
      const back = await place.run("store", "copy", "file:./moved", "--json");
      expect(back.code, back.all).toBe(0);
      expect(back.json()).toMatchObject({ ok: true, store: "file:./moved" });
      await place.configure({ store: "file:./moved" });
      await place.upload("three, at home again");
      await place.configure({ store: bucketOf("evidence", LOCK) });
      expect((await place.run("collect")).code).toBe(4);
    });

    test("refuses a place that is in use, the store itself by whatever way, and an unfit bucket", async () => {
      const place = await Place.begin(
        { mirror: "file:./mirror" },
        async (folder) => void (await mkdir(join(folder, "mirror"))),
      );
      await mkdir(place.path("full"));
      await writeFile(place.path("full/photo.jpg"), "x");
      await symlink(place.path("data/store"), place.path("alias"));
      await makeBucket("plain", false);
      const refused: [string[], RegExp][] = [
        [["file:./full"], /full holds "photo.jpg"/],
        [["file:./data/store"], /place of `store:`/],
        [["file:./data/store/deeper"], /place of `store:`/],
        [["file:./mirror"], /place of `mirror:`/],
        [["file:./alias"], /leads to the store itself/],
        [["./somewhere"], /expected file:PATH or s3:/],
        [["s3://missing/custody", "--endpoint", server.endpoint], /NoSuchBucket|missing/],
        [["s3://plain/custody", "--endpoint", server.endpoint, "--lock", "governance:3"], /lock/],
        [["s3://plain/custody", "--endpoint", server.endpoint, "--lock", "forever"], /--lock/],
        [["s3://plain/custody", "--endpoint", server.endpoint, "--access-key", "AKPLAIN"], /reference/],
      ];
      for (const [args, said] of refused) {
        const done = await place.run("store", "copy", ...args);
        expect([args, done.code, done.stderr]).toStrictEqual([args, 2, expect.stringMatching(said)]);
      }
      expect(await filesIn(place.path("full"))).toStrictEqual(["photo.jpg"]);
      expect((await place.verify("--mirror")).code).toBe(0);
    });

    test("killed with SIGKILL on the way it is finished by the same command, and is no store before", async () => {
      const place = await withManyFiles();
      const copy = (bucket: string) => ["store", "copy", `s3://${bucket}/custody`, "--endpoint", server.endpoint];
      await makeBucket("measured", false);
      const requests = server.requests.length;
      expect((await place.run(...copy("measured"))).code).toBe(0);
      const whole = server.requests.length - requests;
      for (const [n, part] of MOMENTS.entries()) {
        const bucket = `copy-${n}`;
        await makeBucket(bucket, false);
        await killAtRequest(place, copy(bucket), Math.floor(whole * part));
        if (part < 0.5) {
          const found = await owner.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: "custody/checkpoint" }));
          expect(found.KeyCount).toBe(0);
        }
        const done = await place.run(...copy(bucket), "--json");
        expect(done.code, done.all).toBe(0);
        expect(await objectsIn(bucket)).toStrictEqual(await objectsIn("measured"));
      }
    }, 240_000);

    test("of a store that is not intact says so and exits with 1", async () => {
      const place = await Place.begin({});
      await place.upload("one");
      const [blob = ""] = (await filesIn(place.path("data/store"))).filter((file) => file.startsWith("blob/"));
      await writeFile(place.path("data/store", blob), "forged");
      const done = await place.run("store", "copy", "file:./copy");
      expect([done.code, done.stderr]).toStrictEqual([
        1,
        expect.stringMatching(/does not have the bytes of its name.*does not verify/s),
      ]);
      expect(done.stdout).not.toContain("To move there");
    });
  });
});
