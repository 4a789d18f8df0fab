import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import {
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Clock } from "../src/lib/clock.ts";
import { digestOf } from "../src/lib/digest.ts";
import { createBucket, S3Store, type S3StoreOptions } from "../src/store/s3.ts";
import { type Fault, type FaultRequest, type S3Server, startS3Server } from "./support/s3-server.ts";
import { listed, pattern, readAll, source, textIn } from "./support/store-contract.ts";

const SECRET = "SKTEST";
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
/** Nothing here needs to wait for real. */
const clock: Clock = { now: () => 0, sleep: async () => {} };

let server: S3Server;
let options: S3StoreOptions;
let store: S3Store;
beforeEach(async () => {
  server = await startS3Server();
  const { endpoint, credentials } = server;
  options = { bucket: "evidence", prefix: "custody", endpoint, credentials, region: "eu-central-1", clock };
  await createBucket(options);
  store = await S3Store.open(options);
});
afterEach(async () => {
  await store.close();
  await server.stop();
});

/** Lets the first `times` requests of a method fail. */
function failing(fault: Fault, { method = "PUT", times = 1 } = {}): void {
  let left = times;
  server.fault = (request: FaultRequest) => {
    if (request.method !== method || left === 0) return undefined;
    left -= 1;
    return fault;
  };
}

const ALWAYS = { times: Number.POSITIVE_INFINITY };

describe("what is sent", () => {
  test("an object's key is the bucket's prefix and the store's key", async () => {
    await store.create("seq/00000000/000000000000", bytes("x"));
    expect(server.requests.at(-1)).toBe("PUT evidence/custody/seq/00000000/000000000000");
    await store.sibling("probe").create("a", bytes("x"));
    expect(server.requests.at(-1)).toBe("PUT evidence/custody.probe/a");
  });

  test("each upload carries its SHA-256, signed and for the server to check, and none of the SDK's own checksums", async () => {
    for (const size of [3, 6_000_000]) {
      const content = pattern(size);
      await store.createFrom(`checked/${size}`, source(content));
      const headers = server.lastHeaders;
      expect(headers["x-amz-checksum-sha256"]).toBe(createHash("sha256").update(content).digest("base64"));
      expect(headers["x-amz-content-sha256"]).toBe(digestOf(content));
      expect(headers["content-length"]).toBe(String(size));
      expect(headers["if-none-match"]).toBe("*");
      expect(Object.keys(headers)).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/crc|trailer|transfer-encoding/)]),
      );
    }
  });

  test.each([
    ["md5", 3],
    ["md5", 6_000_000],
    ["none", 3],
    ["none", 6_000_000],
  ] as const)("an old server is given %s in place of it (%i bytes)", async (checksum, size) => {
    const old = await S3Store.open({ ...options, checksum });
    const content = pattern(size);
    expect(await old.createFrom("old", source(content))).toBe("created");
    const md5 = createHash("md5").update(content).digest("base64");
    expect(server.lastHeaders["content-md5"]).toBe(checksum === "md5" ? md5 : undefined);
    expect(server.lastHeaders["x-amz-checksum-sha256"]).toBeUndefined();
    await old.close();
  });
});

describe("lost answers", () => {
  test.each(["500-before", "hang-up-before", "503", "409"] as const)(
    "a creation is tried again after %s, and done once",
    async (fault) => {
      failing(fault);
      expect(await store.create("a", bytes("mine"))).toBe("created");
      expect(await textIn(store, "a")).toBe("mine");
    },
  );

  test.each(["500-after", "hang-up-after"] as const)(
    "a creation whose answer was lost (%s) comes back as `exists` with the caller's own bytes",
    async (fault) => {
      failing(fault);
      expect(await store.create("a", bytes("mine"))).toBe("exists");
      expect(await textIn(store, "a")).toBe("mine");
    },
  );

  test.each(["500-before", "500-after", "hang-up-before", "hang-up-after", "503", "409"] as const)(
    "a large stream is opened again after %s",
    async (fault) => {
      failing(fault);
      const content = pattern(6_000_000);
      expect(await store.createFrom("a", source(content))).toBe(fault.endsWith("after") ? "exists" : "created");
      expect(digestOf((await readAll(store, "a")) ?? bytes(""))).toBe(digestOf(content));
    },
  );

  test.each(["500-after", "hang-up-after", "409"] as const)(
    "when every answer is lost (%s) the outcome is unknown, not a success",
    async (fault) => {
      failing(fault, ALWAYS);
      for (const write of [
        () => store.create("a", bytes("mine")),
        () => store.replace("b", bytes("mine")),
        () => store.createFrom("c", source(pattern(6_000_000))),
      ]) {
        // The second try of a creation that was applied is told 412 before its answer is lost, and so on.
        await expect(write()).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
      }
    },
  );

  test("a silent server is given up", async () => {
    const impatient = await S3Store.open({ ...options, timeouts: { idle: 100 }, attempts: 1 });
    failing("slow:500", { method: "GET", ...ALWAYS });
    await expect(impatient.get("a")).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
    await impatient.close();
  });

  test("an answer cut short is asked for again; a stream goes on where it broke", async () => {
    const content = pattern(3_000_000);
    await store.create("a", content);
    failing("truncate", { method: "GET" });
    expect(digestOf((await store.get("a")) ?? bytes(""))).toBe(digestOf(content));
    failing("truncate", { method: "GET", times: 2 });
    expect(digestOf((await readAll(store, "a")) ?? bytes(""))).toBe(digestOf(content));
    expect(server.lastHeaders.range).toMatch(/^bytes=[1-9]\d*-$/);
    failing("truncate", { method: "GET", ...ALWAYS });
    await expect(store.get("a")).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
    await expect(readAll(store, "a")).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
  });
});

describe("answers that are not S3's", () => {
  test.each(["html-200", "html-404"] as const)(
    "a web page (%s) is neither an object, nor its absence, nor an empty list, nor a success",
    async (fault) => {
      server.fault = () => fault;
      const contained = { code: "STORE_UNREACHABLE", remedy: expect.stringContaining("endpoint") };
      await expect(store.get("a")).rejects.toMatchObject(contained);
      await expect(store.read("a")).rejects.toMatchObject(contained);
      await expect(store.create("a", bytes("x"))).rejects.toMatchObject(contained);
      await expect(store.createFrom("a", source(pattern(6_000_000)))).rejects.toMatchObject(contained);
      await expect(store.replace("a", bytes("x"))).rejects.toMatchObject(contained);
      await expect(listed(store, "")).rejects.toMatchObject(contained);
      await expect(S3Store.open(options)).rejects.toMatchObject(contained);
    },
  );

  test("a port where nobody listens is unreachable", async () => {
    const listener = createServer().listen(0, "127.0.0.1");
    await once(listener, "listening");
    const { port } = listener.address() as { port: number };
    listener.close();
    await once(listener, "close");
    await expect(S3Store.open({ ...options, endpoint: `http://127.0.0.1:${port}`, attempts: 1 })).rejects.toMatchObject(
      {
        code: "STORE_UNREACHABLE",
        message: expect.stringContaining("ECONNREFUSED"),
      },
    );
  });
});

describe("what a person must fix", () => {
  test("a bucket that is not there is no store, and is not made", async () => {
    const missing = { ...options, bucket: "missing" };
    await expect(S3Store.open(missing)).rejects.toMatchObject({
      code: "NOT_A_STORE",
      message: expect.stringContaining("s3://missing/custody"),
    });
    await expect(S3Store.open(missing)).rejects.toMatchObject({ code: "NOT_A_STORE" });
  });

  test.each([
    ["a wrong secret", { accessKeyId: "AKTEST", secretAccessKey: "SKWRONGSECRET" }],
    ["an unknown key", { accessKeyId: "AKUNKNOWNKEY", secretAccessKey: SECRET }],
  ])("%s is said to be one, without repeating it", async (_, credentials) => {
    const thrown = await S3Store.open({ ...options, credentials }).then(
      () => undefined,
      (error) => error,
    );
    expect(thrown).toMatchObject({ code: "SECRET_UNAVAILABLE", remedy: expect.stringContaining("access key") });
    const told = [thrown.message, thrown.remedy, thrown.stack, JSON.stringify(thrown), String(thrown.cause)].join();
    for (const secret of [credentials.secretAccessKey, credentials.accessKeyId, "AWS4-HMAC"])
      expect(told).not.toContain(secret);
  });

  test("no key at all is an error; nothing is looked for elsewhere", async () => {
    await expect(S3Store.open({ ...options, credentials: undefined })).rejects.toMatchObject({
      code: "SECRET_UNAVAILABLE",
    });
  });

  test("credentials may be a function", async () => {
    const open = await S3Store.open({ ...options, credentials: async () => server.credentials });
    expect(await open.create("a", bytes("x"))).toBe("created");
    await open.close();
  });

  test("an endpoint with a password in it is refused without repeating it", async () => {
    const thrown = await S3Store.open({ ...options, endpoint: "http://user:hunter2@127.0.0.1:1" }).catch(
      (error) => error,
    );
    expect(thrown).toMatchObject({ code: "CONFIG_INVALID" });
    expect(`${thrown.message} ${thrown.remedy}`).not.toContain("hunter2");
  });

  test.each(["", "/", "a//b", "../up", "Upper"])(
    "the prefix %j is refused: the store needs a part of the bucket to itself",
    async (prefix) => {
      await expect(S3Store.open({ ...options, prefix })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    },
  );

  test("a full store is said to be full", async () => {
    failing("507", ALWAYS);
    await expect(store.create("a", bytes("x"))).rejects.toMatchObject({
      code: "STORE_FULL",
      remedy: expect.any(String),
    });
  });

  test("a clock that is hours off is said to be", async () => {
    const late = await startS3Server({ now: () => Date.now() + 5 * 3_600_000 });
    const thrown = await S3Store.open({ ...options, endpoint: late.endpoint, attempts: 1 }).catch((error) => error);
    await late.stop();
    expect(thrown).toMatchObject({ code: "CLOCK_WRONG", remedy: expect.stringContaining("clock") });
  });
});

describe("the bucket", () => {
  test("making one's own bucket again changes nothing", async () => {
    await store.create("a", bytes("x"));
    await createBucket(options);
    expect(await textIn(store, "a")).toBe("x");
  });

  test("a server that knows no regions makes one too", async () => {
    const plain = await startS3Server({ knowsNoRegions: true });
    await createBucket({ ...options, endpoint: plain.endpoint });
    const open = await S3Store.open({ ...options, endpoint: plain.endpoint });
    expect(await open.create("a", bytes("x"))).toBe("created");
    await open.close();
    await plain.stop();
  });

  test("objects outside the prefix are no part of the store, foreign ones inside it are listed", async () => {
    await store.create("mine", bytes("x"));
    const above = await S3Store.open({ ...options, prefix: "custody-2" });
    await above.create("a", bytes("x"));
    await above.close();
    // What the bucket's owner puts there by other means, under keys that no store accepts.
    const { endpoint, credentials } = server;
    const owner = new S3Client({ endpoint, credentials, region: "eu-central-1", forcePathStyle: true });
    for (const key of ["Ä + %2B", "line\nbreak\u0001", ".hidden"]) {
      await owner.send(new PutObjectCommand({ Bucket: "evidence", Key: `custody/${key}`, Body: Buffer.from("x") }));
    }
    owner.destroy();
    expect(await listed(store, "")).toStrictEqual([".hidden 1", "line\nbreak\u0001 1", "mine 1", "Ä + %2B 1"]);
  });

  test("in a bucket whose rule locks every object, uploads carry the checksum that this needs", async () => {
    const locked = { ...options, bucket: "locked" };
    await createBucket(locked, { lock: true });
    const { endpoint, credentials } = server;
    const owner = new S3Client({ endpoint, credentials, region: "eu-central-1", forcePathStyle: true });
    const Rule = { DefaultRetention: { Mode: "COMPLIANCE" as const, Days: 1 } };
    const ObjectLockConfiguration = { ObjectLockEnabled: "Enabled" as const, Rule };
    await owner.send(new PutObjectLockConfigurationCommand({ Bucket: "locked", ObjectLockConfiguration }));
    const open = await S3Store.open(locked);
    expect(await open.create("a", bytes("x"))).toBe("created");
    expect(await open.createFrom("b", source(pattern(6_000_000)))).toBe("created");
    await open.replace("checkpoint", bytes("one"));
    await open.replace("checkpoint", bytes("two"));
    expect(await textIn(open, "checkpoint")).toBe("two");
    await open.close();
    const { Versions = [] } = await owner.send(new ListObjectVersionsCommand({ Bucket: "locked" }));
    expect(Versions).toHaveLength(4);
    for (const { Key, VersionId } of Versions) {
      await expect(owner.send(new DeleteObjectCommand({ Bucket: "locked", Key, VersionId }))).rejects.toThrow(/lock/i);
    }
    owner.destroy();
  });
});
