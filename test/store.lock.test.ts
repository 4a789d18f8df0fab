import { randomBytes } from "node:crypto";
import { PutBucketVersioningCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../src/lib/clock.ts";
import { probeMirror, probeStore, requireFit } from "../src/store/probe.ts";
import { createBucket, S3Store, type S3StoreOptions } from "../src/store/s3.ts";
import type { Retention } from "../src/store/store.ts";
import { type S3Server, startS3Server } from "./support/s3-server.ts";
import { describeLocked } from "./support/versions-contract.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function optionsFor(server: S3Server, more: Partial<S3StoreOptions> = {}): S3StoreOptions {
  const { endpoint, credentials } = server;
  return {
    bucket: "locked",
    prefix: "custody",
    endpoint,
    credentials,
    region: "eu-central-1",
    clock: systemClock,
    lock: { mode: "governance", days: 3 },
    ...more,
  };
}

describe("on the server of these tests", () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3Server();
  });
  afterAll(() => server.stop());
  describeLocked("a locked bucket", async () => {
    const options = optionsFor(server);
    await createBucket(options, { lock: true });
    const { endpoint, credentials } = server;
    const owner = new S3Client({ endpoint, credentials, region: "eu-central-1", forcePathStyle: true });
    return { store: await S3Store.open(options), options, owner };
  });
});

describe("a lock", () => {
  let server: S3Server;
  afterEach(() => server.stop());

  test.each([
    ["sha256", "x-amz-checksum-sha256"],
    ["md5", "content-md5"],
  ] as const)("goes with a checksum (%s), by the clock that is handed in", async (checksum, header) => {
    server = await startS3Server();
    const at = Date.UTC(2030, 0, 1);
    const clock = { ...systemClock, now: () => at + 1 };
    const options = optionsFor(server, { checksum, clock, lock: { mode: "compliance", days: 365 } });
    await createBucket(options, { lock: true });
    const store = await S3Store.open(options);
    await store.create("tile/0/000", bytes("x"));
    expect(server.lastHeaders).toMatchObject({
      "x-amz-object-lock-mode": "COMPLIANCE",
      // A whole second, never shorter than asked.
      "x-amz-object-lock-retain-until-date": "2031-01-01T00:00:01Z",
      "if-none-match": "*",
      [header]: expect.any(String),
    });
    await store.close();
  });

  test("without a checksum is refused before anything is sent", async () => {
    server = await startS3Server();
    await expect(S3Store.open(optionsFor(server, { checksum: "none" }))).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("checksum"),
    });
    expect(server.requests).toHaveLength(0);
  });

  test("in a bucket without Object Lock makes store and mirror unfit, with the way out", async () => {
    server = await startS3Server();
    const options = optionsFor(server);
    await createBucket(options);
    const store = await S3Store.open(options);
    for (const report of [await probeStore(store, randomBytes), await probeMirror(store, randomBytes)]) {
      expect(report.checks.filter(({ ok }) => !ok).map(({ check }) => check)).toStrictEqual(["lock"]);
      expect(() => requireFit(report)).toThrow(
        expect.objectContaining({ code: "STORE_UNFIT", remedy: expect.stringContaining("`mirror:`") }),
      );
    }
    await store.close();
  });

  test("on a server that ignores conditions where it locks: refused as a store, taken as a mirror", async () => {
    server = await startS3Server({ ignoreConditionsOnVersioned: true });
    const options = optionsFor(server);
    await createBucket(options, { lock: true });
    const store = await S3Store.open(options);
    const report = await probeStore(store, randomBytes);
    expect(report.fit).toBe(false);
    expect(() => requireFit(report)).toThrow(expect.objectContaining({ remedy: expect.stringContaining("`mirror:`") }));
    expect(await probeMirror(store, randomBytes)).toMatchObject({ fit: true });
    await store.close();
  });

  const asked = Date.UTC(2030, 0, 1);
  const found: [string, Retention | undefined, "refused" | "done"][] = [
    ["has none", undefined, "refused"],
    ["has another mode", { mode: "governance", until: asked }, "refused"],
    ["is shorter than asked", { mode: "compliance", until: asked - 1 }, "refused"],
    ["does not hold", { mode: "compliance", until: asked }, "done"],
  ];
  test.each(found)("that %s is found by the probe", async (_, retention, deletion) => {
    server = await startS3Server();
    const options = optionsFor(server, { lock: { mode: "compliance", days: 1 } });
    await createBucket(options, { lock: true });
    const store = await S3Store.open(options);
    store.sibling = (name) => {
      const sibling = S3Store.prototype.sibling.call(store, name);
      sibling.tryLock = async () => ({ retention, asked, deletion });
      return sibling;
    };
    const report = await probeStore(store, randomBytes);
    expect(report.checks.filter(({ ok }) => !ok).map(({ check }) => check)).toStrictEqual(["lock"]);
    await store.close();
  });
});

describe("what a bucket remembers", () => {
  let server: S3Server;
  afterEach(() => server.stop());

  test("versions are off, enabled or suspended, and more than a page of them are listed", async () => {
    server = await startS3Server();
    const options = optionsFor(server, { lock: undefined });
    await createBucket(options);
    const store = await S3Store.open(options);
    expect(await store.versions.state()).toBe("off");
    const { endpoint, credentials } = server;
    const owner = new S3Client({ endpoint, credentials, region: "eu-central-1", forcePathStyle: true });
    const set = (Status: "Enabled" | "Suspended") =>
      owner.send(new PutBucketVersioningCommand({ Bucket: "locked", VersioningConfiguration: { Status } }));
    await set("Enabled");
    const put = (Key: string) =>
      owner.send(new PutObjectCommand({ Bucket: "locked", Key: `custody/${Key}`, Body: Buffer.from(Key) }));
    const some = Array.from({ length: 340 }, (_, n) => `seq/${n}`);
    for (let round = 0; round < 3; round += 1)
      for (let from = 0; from < 340; from += 50) await Promise.all(some.slice(from, from + 50).map(put));
    const found: string[] = [];
    for await (const { key, latest } of store.versions.list("seq/")) found.push(`${key} ${latest}`);
    expect(found).toHaveLength(1_020);
    expect(found.filter((one) => one.endsWith("true"))).toHaveLength(340);
    await set("Suspended");
    expect(await store.versions.state()).toBe("suspended");
    owner.destroy();
    await store.close();
  });

  test.each(["html-200", "html-404", "truncate"] as const)(
    "an answer that is not S3's (%s) is no empty past",
    async (fault) => {
      server = await startS3Server();
      const options = optionsFor(server, { attempts: 1 });
      await createBucket(options, { lock: true });
      const store = await S3Store.open(options);
      await store.create("seq/a", bytes("x"));
      server.fault = () => fault;
      const list = async () => {
        for await (const _ of store.versions.list("")) break;
      };
      await expect(list()).rejects.toMatchObject({ code: expect.stringMatching(/^STORE_/) });
      await expect(store.versions.retention("seq/a", "null")).rejects.toMatchObject({
        code: expect.stringMatching(/^STORE_/),
      });
      await store.close();
    },
  );
});
