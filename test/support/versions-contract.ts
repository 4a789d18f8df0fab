import { randomBytes } from "node:crypto";
import { DeleteObjectCommand, GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, test } from "vitest";
import { probeMirror, probeStore } from "../../src/store/probe.ts";
import type { S3Store, S3StoreOptions } from "../../src/store/s3.ts";
import type { StoredVersion } from "../../src/store/store.ts";
import { pattern, source } from "./store-contract.ts";

export interface LockedUnderTest {
  /** A store whose bucket has Object Lock, with the lock `governance`, 3 days. */
  readonly store: S3Store;
  readonly options: S3StoreOptions;
  /** Somebody with every right on the bucket. */
  readonly owner: S3Client;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const DAY = 86_400_000;
const digest = "e3".repeat(32);
export const LOCKED_KEYS = [
  `blob/sha256/e3/${digest}`,
  "seq/00000000/000000000000",
  "tile/0/000",
  "tile/entries/x001/234",
] as const;
export const FREE_KEYS = ["tile/0/000.p/7", "tile/entries/000.p/255"] as const;

/** What a bucket with Object Lock and versions gives a store, whatever server it is on. */
export function describeLocked(name: string, factory: () => Promise<LockedUnderTest>): void {
  describe(`${name} locks and remembers`, () => {
    let at: LockedUnderTest;
    beforeAll(async () => {
      at = await factory();
    }, 120_000);

    const all = async (prefix: string): Promise<StoredVersion[]> => {
      const found: StoredVersion[] = [];
      for await (const version of at.store.versions.list(prefix)) found.push(version);
      return found;
    };
    const key = (name: string) => ({ Bucket: at.options.bucket, Key: `${at.options.prefix}/${name}` });

    test("what is created once is locked for the days configured; partial tiles and the checkpoint are not", async () => {
      const before = Date.now();
      for (const name of [...LOCKED_KEYS, ...FREE_KEYS]) await at.store.create(name, bytes(name));
      await at.store.createFrom("seq/00000000/000000000001", source(pattern(5_000_000)));
      await at.store.replace("checkpoint", bytes("one"));
      await at.store.replace("checkpoint", bytes("two"));
      for (const name of [...LOCKED_KEYS, "seq/00000000/000000000001"]) {
        const [version] = await all(name);
        const retention = await at.store.versions.retention(name, version?.id ?? "");
        expect(retention?.mode).toBe("governance");
        expect(retention?.until).toBeGreaterThanOrEqual(before + 3 * DAY);
        expect(retention?.until).toBeLessThan(Date.now() + 3 * DAY + 2_000);
        await expect(
          at.owner.send(new DeleteObjectCommand({ ...key(name), VersionId: version?.id })),
        ).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
      }
      for (const name of [...FREE_KEYS, "checkpoint"]) {
        const [version] = await all(name);
        expect(await at.store.versions.retention(name, version?.id ?? ""), name).toBeUndefined();
      }
      expect(await all("checkpoint")).toHaveLength(2);
    });

    test("every version and deletion is listed, the newest of a key first, and every version can be read", async () => {
      const name = "blob/sha256/ab/once";
      await at.store.create(name, bytes("first"));
      await at.owner.send(new DeleteObjectCommand(key(name)));
      expect(await at.store.get(name)).toBeUndefined();
      await at.store.create(name, bytes("second, longer"));
      const versions = await all("blob/sha256/ab/");
      expect(versions.map(({ key, deleted, latest, size }) => ({ key, deleted, latest, size }))).toStrictEqual([
        { key: name, deleted: false, latest: true, size: 14 },
        { key: name, deleted: true, latest: false, size: 0 },
        { key: name, deleted: false, latest: false, size: 5 },
      ]);
      const oldest = versions[2]?.id ?? "";
      const parts: Uint8Array[] = [];
      for await (const part of (await at.store.versions.read(name, oldest)) ?? []) parts.push(part);
      expect(Buffer.concat(parts).toString()).toBe("first");
      expect(await at.store.versions.state()).toBe("enabled");
      const none = new GetObjectCommand({ ...key(name), VersionId: versions[1]?.id });
      await expect(at.owner.send(none)).rejects.toMatchObject({ $metadata: { httpStatusCode: expect.any(Number) } });
    });

    test("the list of versions leaves out what is beside the store", async () => {
      await at.store.sibling("probe").create("beside", bytes("x"));
      expect((await all("")).some(({ key }) => key.includes("beside"))).toBe(false);
    });

    test("the probe sees that the lock holds, and its object is gone after an hour", async () => {
      const { checks } = await probeStore(at.store, randomBytes);
      expect(checks.find(({ check }) => check === "lock")).toMatchObject({ ok: true });
      expect(await probeMirror(at.store, randomBytes)).toMatchObject({ fit: true });
      const sibling = at.store.sibling("probe");
      let locked = 0;
      for await (const { key, id } of sibling.versions.list("")) {
        if (!key.endsWith("/lock")) continue;
        locked += 1;
        expect((await sibling.versions.retention(key, id))?.until).toBeLessThan(Date.now() + 3_700_000);
      }
      expect(locked).toBe(2);
    });
  });
}
