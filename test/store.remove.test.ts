import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PutBucketVersioningCommand, S3Client } from "@aws-sdk/client-s3";
import { describe, expect, onTestFinished, test } from "vitest";
import { blobKey } from "../src/evidence/blob.ts";
import type { Clock } from "../src/lib/clock.ts";
import { digestOf } from "../src/lib/digest.ts";
import { createFolderStore } from "../src/store/folder.ts";
import { folderRemover } from "../src/store/remove.ts";
import { createBucket, S3Store } from "../src/store/s3.ts";
import { bucketRemover } from "../src/store/s3-remove.ts";
import { temporaryFolder } from "./support/ledger.ts";
import { startS3Server } from "./support/s3-server.ts";

const bytes = new TextEncoder().encode("to be deleted");
const key = blobKey(digestOf(bytes));

describe("a folder", () => {
  test("deletes one object, also unfinished copies of it beside the store, and nothing else", async () => {
    const folder = join(await temporaryFolder(), "store");
    const store = await createFolderStore(folder);
    await store.create(key, bytes);
    await store.create(blobKey("0".repeat(64)), bytes);
    await writeFile(join(`${folder}.tmp`, "left-over"), bytes);
    await writeFile(join(`${folder}.tmp`, "another"), "another");
    const remover = await folderRemover(folder);
    expect(await remover.find(key)).toEqual({ versions: 1 });
    expect(await remover.remove(key)).toEqual({ deleted: 1 });
    expect(await remover.find(key)).toEqual({ versions: 0 });
    expect(await remover.remove(key)).toEqual({ deleted: 0 });
    expect(await store.get(key)).toBeUndefined();
    expect(await store.get(blobKey("0".repeat(64)))).toBeDefined();
    const { readdir } = await import("node:fs/promises");
    expect(await readdir(`${folder}.tmp`)).toEqual(["another"]);
  });

  test("refuses what is no ordinary file, and keys that lead elsewhere", async () => {
    const folder = join(await temporaryFolder(), "store");
    await createFolderStore(folder);
    const remover = await folderRemover(folder);
    await mkdir(join(folder, "blob/sha256/aa"), { recursive: true });
    await symlink("/etc/hostname", join(folder, blobKey("a".repeat(64))));
    await expect(remover.remove(blobKey("a".repeat(64)))).rejects.toThrow("must be an ordinary file");
    await expect(remover.remove("../../etc/hostname")).rejects.toThrow("not a store key");
  });
});

/** A bucket with the writer's store in it and a remover with another access key of the same rights. */
async function bucket(how: "plain" | "versioned" | "locked") {
  // The SDK signs with the machine's own time.
  const clock: Clock = { now: () => Date.now(), sleep: async () => {} };
  const server = await startS3Server();
  const { endpoint, credentials } = server;
  const options = { bucket: "evidence", prefix: "custody", endpoint, credentials, region: "us-east-1", clock };
  await createBucket(options, { lock: how === "locked" });
  if (how === "versioned") {
    const client = new S3Client({ endpoint, credentials, region: "us-east-1", forcePathStyle: true });
    await client.send(
      new PutBucketVersioningCommand({ Bucket: "evidence", VersioningConfiguration: { Status: "Enabled" } }),
    );
    client.destroy();
  }
  const lock = how === "locked" ? { lock: { mode: "governance" as const, days: 30 } } : {};
  const store = await S3Store.open({ ...options, ...lock });
  const remover = bucketRemover(options);
  onTestFinished(async () => {
    await store.close();
    await remover.close();
    await server.stop();
  });
  return { store, remover, server };
}

describe("a bucket", () => {
  test("deletes an object where no versions are kept", async () => {
    const { store, remover, server } = await bucket("plain");
    await store.create(key, bytes);
    await store.create(`${key}0`, bytes);
    expect(await remover.find(key)).toMatchObject({ versions: 1 });
    expect(await remover.remove(key)).toEqual({ deleted: 1 });
    expect(await store.get(key)).toBeUndefined();
    expect(await store.get(`${key}0`)).toBeDefined();
    expect(await remover.remove(key)).toEqual({ deleted: 0 });
    expect(server.requests.filter((request) => request.startsWith("DELETE"))).toHaveLength(1);
  });

  test("deletes every version, and the marks of deletions", async () => {
    const { store, remover } = await bucket("versioned");
    await store.create(key, bytes);
    await store.replace(key, bytes);
    expect(await remover.find(key)).toMatchObject({ versions: 2 });
    expect(await remover.remove(key)).toEqual({ deleted: 2 });
    const left: unknown[] = [];
    for await (const version of store.versions?.list(key) ?? []) left.push(version);
    expect(left).toEqual([]);
  });

  test("says until when Object Lock forbids it, and never goes round it", async () => {
    const { store, remover, server } = await bucket("locked");
    await store.create(key, bytes);
    const { versions, lockedUntil = 0 } = await remover.find(key);
    expect(versions).toBe(1);
    expect(Math.abs(lockedUntil - Date.now() - 30 * 86_400_000)).toBeLessThan(60_000);
    expect(await remover.remove(key)).toEqual({ deleted: 0, lockedUntil });
    expect(await store.get(key)).toBeDefined();
    expect(server.lastHeaders["x-amz-bypass-governance-retention"]).toBeUndefined();
  });

  test("a server that only says that it deletes is found out", async () => {
    const { store, remover, server } = await bucket("plain");
    await store.create(key, bytes);
    server.fault = ({ method }) => (method === "DELETE" ? "html-200" : undefined);
    await expect(remover.remove(key)).rejects.toMatchObject({ kind: "temporary" });
  });
});
