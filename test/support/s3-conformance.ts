import { createHash, randomBytes } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { presign } from "./s3/signature.ts";

export interface S3ServerUnderTest {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  stop(): Promise<void>;
}

/** Where servers differ. AWS documents `true` for each. */
export interface S3Differences {
  /** Applies `If-None-Match: *` in buckets with versioning or Object Lock too. */
  readonly conditionsOnVersioned: boolean;
  /** Takes `If-Match` with the ETag as it gave it, in quotes. */
  readonly quotedIfMatch: boolean;
  /** Compares a body with its `x-amz-checksum-sha256`. */
  readonly verifiesSha256: boolean;
  /** Applies `If-None-Match: *` when a multipart upload is completed. */
  readonly conditionsOnMultipart: boolean;
  /** Refuses to create a bucket that is the caller's own already. */
  readonly refusesOwnBucket: boolean;
  /** Answers an upload into a locked bucket that carries no checksum with 400. */
  readonly lockNeedsChecksum: boolean;
}

/** What Custody and its tests rely on in a server, asked with nothing but the SDK. */
export function describeS3(name: string, start: () => Promise<S3ServerUnderTest>, differs: S3Differences): void {
  describe(`${name} is an S3 server`, () => {
    let server: S3ServerUnderTest;
    let s3: S3Client;
    const Bucket = `plain-${randomBytes(4).toString("hex")}`;
    const client = (secretAccessKey = server.credentials.secretAccessKey) =>
      new S3Client({
        endpoint: server.endpoint,
        region: "us-east-1",
        forcePathStyle: true,
        credentials: { ...server.credentials, secretAccessKey },
        requestChecksumCalculation: "WHEN_REQUIRED",
        responseChecksumValidation: "WHEN_REQUIRED",
        maxAttempts: 1,
      });
    const put = (Key: string, Body: string, more: object = {}) =>
      s3.send(new PutObjectCommand({ Bucket, Key, Body: Buffer.from(Body), ...more }));
    const get = async (Key: string, more: object = {}) =>
      (await s3.send(new GetObjectCommand({ Bucket, Key, ...more }))).Body?.transformToString();
    beforeAll(async () => {
      server = await start();
      s3 = client();
      await s3.send(new CreateBucketCommand({ Bucket }));
    }, 120_000);
    afterAll(async () => {
      s3?.destroy();
      await server?.stop();
    });

    test("an object is put, read whole and in part, looked at, and deleted", async () => {
      const { ETag } = await put("a/b", "0123456789");
      expect(ETag).toBe(`"${createHash("md5").update("0123456789").digest("hex")}"`);
      expect(await get("a/b")).toBe("0123456789");
      expect(await get("a/b", { Range: "bytes=2-4" })).toBe("234");
      expect(await get("a/b", { Range: "bytes=7-" })).toBe("789");
      expect(await s3.send(new HeadObjectCommand({ Bucket, Key: "a/b" }))).toMatchObject({ ContentLength: 10, ETag });
      await s3.send(new DeleteObjectCommand({ Bucket, Key: "a/b" }));
      await expect(get("a/b")).rejects.toMatchObject(failure(404, "NoSuchKey"));
      await expect(s3.send(new HeadObjectCommand({ Bucket, Key: "a/b" }))).rejects.toMatchObject({
        $metadata: { httpStatusCode: 404 },
      });
    });

    test("a missing bucket is said to be one", async () => {
      const missing = { Bucket: "no-such-bucket-here" };
      const calls = [
        () => s3.send(new GetObjectCommand({ ...missing, Key: "a" })),
        () => s3.send(new PutObjectCommand({ ...missing, Key: "a", Body: Buffer.from("x") })),
        () => s3.send(new ListObjectsV2Command(missing)),
      ];
      for (const call of calls) await expect(call()).rejects.toMatchObject(failure(404, "NoSuchBucket"));
      await expect(s3.send(new HeadBucketCommand(missing))).rejects.toMatchObject({
        $metadata: { httpStatusCode: 404 },
      });
    });

    test("a bucket is created once, and deleted when it is empty", async () => {
      const name = `short-${randomBytes(4).toString("hex")}`;
      await s3.send(new CreateBucketCommand({ Bucket: name }));
      const again = s3.send(new CreateBucketCommand({ Bucket: name }));
      if (differs.refusesOwnBucket) await expect(again).rejects.toMatchObject(failure(409, "BucketAlreadyOwnedByYou"));
      else await again;
      await s3.send(new PutObjectCommand({ Bucket: name, Key: "a", Body: Buffer.from("x") }));
      await expect(s3.send(new DeleteBucketCommand({ Bucket: name }))).rejects.toMatchObject(
        failure(409, "BucketNotEmpty"),
      );
      await s3.send(new DeleteObjectCommand({ Bucket: name, Key: "a" }));
      await s3.send(new DeleteBucketCommand({ Bucket: name }));
    });

    test("nobody gets in without the right secret", async () => {
      await put("secret", "for some eyes only");
      const thief = client("SKWRONG");
      await expect(thief.send(new GetObjectCommand({ Bucket, Key: "secret" }))).rejects.toMatchObject(
        failure(403, "SignatureDoesNotMatch"),
      );
      await expect(
        thief.send(new PutObjectCommand({ Bucket, Key: "x", Body: Buffer.from("x") })),
      ).rejects.toMatchObject(failure(403, "SignatureDoesNotMatch"));
      thief.destroy();
      expect((await fetch(`${server.endpoint}/${Bucket}/secret`)).status).toBe(403);
    });

    test("a body that is not the signed one is refused", async () => {
      const forged = new PutObjectCommand({ Bucket, Key: "forged", Body: Buffer.from("not this") });
      forged.middlewareStack.add(
        (next) => (args) => {
          const signed = createHash("sha256").update("but this").digest("hex");
          (args.request as { headers: Record<string, string> }).headers["x-amz-content-sha256"] = signed;
          return next(args);
        },
        { step: "build" },
      );
      await expect(s3.send(forged)).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
      await expect(get("forged")).rejects.toMatchObject(failure(404, "NoSuchKey"));
    });

    test("a presigned URL opens one object for a while", async () => {
      await put("lent/a b", "borrowed");
      const lend = (expires: number, now = Date.now()) => {
        const url = new URL(`${server.endpoint}/${Bucket}/lent/a%20b`);
        return presign({ method: "GET", url, region: "us-east-1", expires, now }, server.credentials);
      };
      const good = await fetch(lend(60));
      expect([good.status, await good.text()]).toStrictEqual([200, "borrowed"]);
      expect((await fetch(lend(60, Date.now() - 120_000))).status).toBe(403);
      expect((await fetch(lend(60).replace("X-Amz-Expires=60", "X-Amz-Expires=600"))).status).toBe(403);
      expect((await fetch(lend(60).replace("lent", "other"))).status).toBe(403);
      expect((await fetch(lend(60), { method: "DELETE" })).status).toBe(403);
    });

    test("a damaged body is noticed by its Content-MD5, and by its SHA-256 where the server looks", async () => {
      const md5 = createHash("md5").update("sent").digest("base64");
      const sha256 = createHash("sha256").update("sent").digest("base64");
      await put("checked", "sent", { ContentMD5: md5 });
      await put("checked", "sent", { ChecksumSHA256: sha256 });
      await expect(put("damaged", "Sent", { ContentMD5: md5 })).rejects.toMatchObject(failure(400, "BadDigest"));
      const damaged = put("damaged", "Sent", { ChecksumSHA256: sha256 });
      if (differs.verifiesSha256) await expect(damaged).rejects.toMatchObject(failure(400, "BadDigest"));
      else await damaged;
    });

    test("If-None-Match creates once: the second is told 412 and changes nothing", async () => {
      await put("once", "first", { IfNoneMatch: "*" });
      await expect(put("once", "second", { IfNoneMatch: "*" })).rejects.toMatchObject(
        failure(412, "PreconditionFailed"),
      );
      expect(await get("once")).toBe("first");
      await put("once", "third");
      expect(await get("once")).toBe("third");
    });

    test("of 16 who create at once one wins", async () => {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 16 }, (_, n) => put("race", `racer ${n}`, { IfNoneMatch: "*" })),
      );
      const winners = outcomes.flatMap(({ status }, n) => (status === "fulfilled" ? [n] : []));
      expect(winners).toHaveLength(1);
      expect(await get("race")).toBe(`racer ${winners[0]}`);
    });

    test("If-Match replaces what was read and nothing else", async () => {
      const { ETag = "" } = await put("matched", "one");
      const unquoted = ETag.replaceAll('"', "");
      await put("matched", "two", { IfMatch: differs.quotedIfMatch ? ETag : unquoted });
      if (!differs.quotedIfMatch) {
        const { ETag: now = "" } = await s3.send(new HeadObjectCommand({ Bucket, Key: "matched" }));
        await expect(put("matched", "three", { IfMatch: now })).rejects.toMatchObject(
          failure(412, "PreconditionFailed"),
        );
      }
      await expect(put("matched", "three", { IfMatch: unquoted })).rejects.toMatchObject(
        failure(412, "PreconditionFailed"),
      );
      expect(await get("matched")).toBe("two");
    });

    test("a list comes in pages, in the order of UTF-8, with sizes, and by folder", async () => {
      const keys = ["p/a", "p/a-b", "p/a/1", "p/a/2", "p/b+c", "p/d e", "p/ü", "p/～", "p/😀"];
      for (const key of keys) await put(key, key);
      const found: string[] = [];
      let ContinuationToken: string | undefined;
      do {
        const page = await s3.send(
          new ListObjectsV2Command({
            Bucket,
            Prefix: "p/",
            MaxKeys: 2,
            ...(ContinuationToken ? { ContinuationToken } : {}),
          }),
        );
        expect(page.Contents?.length).toBeLessThanOrEqual(2);
        for (const { Key, Size } of page.Contents ?? []) {
          expect(Size).toBe(Buffer.byteLength(Key ?? ""));
          found.push(Key ?? "");
        }
        ContinuationToken = page.NextContinuationToken;
        expect(page.IsTruncated).toBe(ContinuationToken !== undefined);
      } while (ContinuationToken);
      expect(found).toStrictEqual(keys);
      const folder = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: "p/a", Delimiter: "/" }));
      expect(folder.Contents?.map(({ Key }) => Key)).toStrictEqual(["p/a", "p/a-b"]);
      expect(folder.CommonPrefixes?.map(({ Prefix }) => Prefix)).toStrictEqual(["p/a/"]);
      const none = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: "none/" }));
      expect(none).toMatchObject({ Name: Bucket, KeyCount: 0, IsTruncated: false });
    });

    test("keys that XML cannot hold are listed percent-encoded on demand", async () => {
      await put("odd/\u0001+ %&<", "x");
      const coded = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: "odd/", EncodingType: "url" }));
      expect(coded.EncodingType).toBe("url");
      const [key = ""] = coded.Contents?.map(({ Key }) => Key ?? "") ?? [];
      expect(decodeURIComponent(key.replaceAll("+", " "))).toBe("odd/\u0001+ %&<");
    });

    test("a bucket keeps versions and deletions from when it is told to", async () => {
      const versioned = `versions-${randomBytes(4).toString("hex")}`;
      const at = { Bucket: versioned, Key: "a" };
      await s3.send(new CreateBucketCommand({ Bucket: versioned }));
      expect((await s3.send(new GetBucketVersioningCommand({ Bucket: versioned }))).Status).toBeUndefined();
      await s3.send(
        new PutBucketVersioningCommand({ Bucket: versioned, VersioningConfiguration: { Status: "Enabled" } }),
      );
      expect((await s3.send(new GetBucketVersioningCommand({ Bucket: versioned }))).Status).toBe("Enabled");
      const one = await s3.send(new PutObjectCommand({ ...at, Body: Buffer.from("one") }));
      const two = await s3.send(new PutObjectCommand({ ...at, Body: Buffer.from("two") }));
      expect(new Set([undefined, one.VersionId, two.VersionId]).size).toBe(3);
      const deleted = await s3.send(new DeleteObjectCommand(at));
      expect(deleted.DeleteMarker).toBe(true);
      await expect(s3.send(new GetObjectCommand(at))).rejects.toMatchObject(failure(404, "NoSuchKey"));
      const VersionId = one.VersionId ?? "";
      const old = await s3.send(new GetObjectCommand({ ...at, VersionId }));
      expect(await old.Body?.transformToString()).toBe("one");
      const all = await s3.send(new ListObjectVersionsCommand({ Bucket: versioned }));
      expect(all.Versions?.map((v) => [v.VersionId, v.IsLatest])).toStrictEqual([
        [two.VersionId, false],
        [one.VersionId, false],
      ]);
      expect(all.DeleteMarkers?.map((m) => [m.VersionId, m.IsLatest])).toStrictEqual([[deleted.VersionId, true]]);
      // A deletion opens the key again, also for a creator; so whoever may delete may rewrite.
      await s3.send(new PutObjectCommand({ ...at, Body: Buffer.from("new"), IfNoneMatch: "*" }));
      await s3.send(new DeleteObjectCommand({ ...at, VersionId }));
      await expect(s3.send(new GetObjectCommand({ ...at, VersionId }))).rejects.toMatchObject({
        $metadata: { httpStatusCode: 404 },
      });
    });

    test("versions and deletions are listed in pages, by key and the newest of a key first", async () => {
      const versioned = `pages-${randomBytes(4).toString("hex")}`;
      await s3.send(new CreateBucketCommand({ Bucket: versioned }));
      await s3.send(
        new PutBucketVersioningCommand({ Bucket: versioned, VersioningConfiguration: { Status: "Enabled" } }),
      );
      const write = async (Key: string, text: string) =>
        (await s3.send(new PutObjectCommand({ Bucket: versioned, Key, Body: Buffer.from(text) }))).VersionId;
      const ids: (string | undefined)[] = [];
      const a = [await write("p/a", "1"), await write("p/a", "22"), await write("p/a", "333")];
      const deleted = await s3.send(new DeleteObjectCommand({ Bucket: versioned, Key: "p/b/c" }));
      const c = await write("p/c ü", "4");
      await write("q", "outside");
      ids.push(...[...a].reverse(), deleted.VersionId, c);
      const found: { key: string; id: string | undefined; latest: boolean | undefined; size: number | undefined }[] =
        [];
      let marker: { KeyMarker?: string; VersionIdMarker?: string } = {};
      let pages = 0;
      for (;;) {
        const page = await s3.send(
          new ListObjectVersionsCommand({
            Bucket: versioned,
            Prefix: "p/",
            MaxKeys: 2,
            EncodingType: "url",
            ...marker,
          }),
        );
        pages += 1;
        expect(page.Name).toBe(versioned);
        const plain = (key = "") => (page.EncodingType === "url" ? decodeURIComponent(key.replaceAll("+", " ")) : key);
        const all = [
          ...(page.Versions ?? []).map((v) => ({
            key: plain(v.Key),
            id: v.VersionId,
            latest: v.IsLatest,
            size: v.Size,
          })),
          ...(page.DeleteMarkers ?? []).map((m) => ({
            key: plain(m.Key),
            id: m.VersionId,
            latest: m.IsLatest,
            size: undefined,
          })),
        ].sort((x, y) => Buffer.compare(Buffer.from(x.key), Buffer.from(y.key)));
        expect(all.length).toBeLessThanOrEqual(2);
        found.push(...all);
        if (!page.IsTruncated) break;
        marker = {
          KeyMarker: plain(page.NextKeyMarker),
          ...(page.NextVersionIdMarker === undefined ? {} : { VersionIdMarker: page.NextVersionIdMarker }),
        };
      }
      expect(pages).toBeGreaterThan(1);
      expect(found.map(({ id }) => id)).toStrictEqual(ids);
      expect(found.map(({ key }) => key)).toStrictEqual(["p/a", "p/a", "p/a", "p/b/c", "p/c ü"]);
      expect(found.map(({ latest }) => latest)).toStrictEqual([true, false, false, true, true]);
      expect(found.map(({ size }) => size)).toStrictEqual([3, 2, 1, undefined, 1]);
    });

    test("a version is asked for its lock by a look at it; without Object Lock none can be given", async () => {
      const refused = put("unlockable", "x", {
        ObjectLockMode: "GOVERNANCE",
        ObjectLockRetainUntilDate: new Date(Date.now() + 3_600_000),
        ChecksumSHA256: createHash("sha256").update("x").digest("base64"),
      });
      await expect(refused).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
      await put("plain", "x");
      const found = await s3.send(new HeadObjectCommand({ Bucket, Key: "plain" }));
      expect(found.ObjectLockMode).toBeUndefined();
    });

    test(`in a bucket with versions If-None-Match is ${differs.conditionsOnVersioned ? "applied" : "ignored"}`, async () => {
      const versioned = `conditions-${randomBytes(4).toString("hex")}`;
      await s3.send(new CreateBucketCommand({ Bucket: versioned }));
      await s3.send(
        new PutBucketVersioningCommand({ Bucket: versioned, VersioningConfiguration: { Status: "Enabled" } }),
      );
      const create = (text: string) =>
        s3.send(new PutObjectCommand({ Bucket: versioned, Key: "a", Body: Buffer.from(text), IfNoneMatch: "*" }));
      await create("one");
      if (differs.conditionsOnVersioned)
        await expect(create("two")).rejects.toMatchObject(failure(412, "PreconditionFailed"));
      else await create("two");
      const found = await s3.send(new GetObjectCommand({ Bucket: versioned, Key: "a" }));
      expect(await found.Body?.transformToString()).toBe(differs.conditionsOnVersioned ? "one" : "two");
    });

    describe("with Object Lock", () => {
      const Bucket = `locked-${randomBytes(4).toString("hex")}`;
      const inAnHour = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 3_600_000);
      const lockedPut = (Key: string, mode: "COMPLIANCE" | "GOVERNANCE", text = Key) =>
        s3.send(
          new PutObjectCommand({
            Bucket,
            Key,
            Body: Buffer.from(text),
            ObjectLockMode: mode,
            ObjectLockRetainUntilDate: inAnHour,
            ChecksumSHA256: createHash("sha256").update(text).digest("base64"),
          }),
        );
      beforeAll(async () => {
        await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
      });

      test("a locked version outlives every deletion; a deletion without version only hides it", async () => {
        const { VersionId = "" } = await lockedPut("kept", "COMPLIANCE");
        const at = { Bucket, Key: "kept", VersionId };
        const bypassed = { ...at, BypassGovernanceRetention: true };
        await expect(s3.send(new DeleteObjectCommand(at))).rejects.toMatchObject(failure(403, "AccessDenied"));
        await expect(s3.send(new DeleteObjectCommand(bypassed))).rejects.toMatchObject(failure(403, "AccessDenied"));
        const looked = await s3.send(new HeadObjectCommand(at));
        expect(looked).toMatchObject({ ObjectLockMode: "COMPLIANCE", ObjectLockRetainUntilDate: inAnHour });
        const { Retention } = await s3.send(new GetObjectRetentionCommand(at));
        expect(Retention).toMatchObject({ Mode: "COMPLIANCE", RetainUntilDate: inAnHour });
        await s3.send(new DeleteObjectCommand({ Bucket, Key: "kept" }));
        expect(await (await s3.send(new GetObjectCommand(at))).Body?.transformToString()).toBe("kept");
      });

      test("compliance is prolonged and never shortened", async () => {
        const { VersionId = "" } = await lockedPut("prolonged", "COMPLIANCE");
        const retain = (ms: number) =>
          s3.send(
            new PutObjectRetentionCommand({
              Bucket,
              Key: "prolonged",
              VersionId,
              Retention: { Mode: "COMPLIANCE", RetainUntilDate: new Date(inAnHour.getTime() + ms) },
            }),
          );
        await retain(3_600_000);
        await expect(retain(-1_800_000)).rejects.toMatchObject(failure(403, "AccessDenied"));
      });

      test("governance yields to those who may bypass it", async () => {
        const { VersionId = "" } = await lockedPut("governed", "GOVERNANCE");
        const at = { Bucket, Key: "governed", VersionId };
        await expect(s3.send(new DeleteObjectCommand(at))).rejects.toMatchObject(failure(403, "AccessDenied"));
        await s3.send(new DeleteObjectCommand({ ...at, BypassGovernanceRetention: true }));
      });

      test("a bucket's own rule locks what comes without one", async () => {
        const rule = { DefaultRetention: { Mode: "GOVERNANCE" as const, Days: 1 } };
        const ObjectLockConfiguration = { ObjectLockEnabled: "Enabled" as const, Rule: rule };
        await s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
        const found = await s3.send(new GetObjectLockConfigurationCommand({ Bucket }));
        expect(found.ObjectLockConfiguration?.Rule).toMatchObject(rule);
        const body = { Bucket, Key: "by-rule", Body: Buffer.from("x") };
        const unchecked = s3.send(new PutObjectCommand(body));
        if (differs.lockNeedsChecksum) await expect(unchecked).rejects.toMatchObject(failure(400, "InvalidRequest"));
        else await unchecked;
        const ContentMD5 = createHash("md5").update("x").digest("base64");
        const { VersionId = "" } = await s3.send(new PutObjectCommand({ ...body, ContentMD5 }));
        await expect(s3.send(new DeleteObjectCommand({ Bucket, Key: "by-rule", VersionId }))).rejects.toMatchObject(
          failure(403, "AccessDenied"),
        );
      });
    });

    test("an upload in parts becomes one object when it is completed, or none", async () => {
      const upload = async (Key: string, more: object = {}) => {
        const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
        const bodies = [Buffer.alloc(5 * 1024 * 1024, "a"), Buffer.from("end")];
        const Parts = [];
        for (const [n, Body] of bodies.entries()) {
          const part = { Bucket, Key, UploadId, PartNumber: n + 1, Body };
          Parts.push({ PartNumber: n + 1, ETag: (await s3.send(new UploadPartCommand(part))).ETag });
        }
        return s3.send(
          new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...more }),
        );
      };
      await upload("parts");
      expect(await s3.send(new HeadObjectCommand({ Bucket, Key: "parts" }))).toMatchObject({
        ContentLength: 5 * 1024 * 1024 + 3,
      });
      const again = upload("parts", { IfNoneMatch: "*" });
      if (differs.conditionsOnMultipart) await expect(again).rejects.toMatchObject(failure(412, "PreconditionFailed"));
      else await again;
      const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "aborted" }));
      await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: "aborted", UploadId }));
      await expect(get("aborted")).rejects.toMatchObject(failure(404, "NoSuchKey"));
    });
  });
}

function failure(status: number, name: string): object {
  return { name, $metadata: { httpStatusCode: status } };
}
