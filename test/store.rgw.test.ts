import { randomBytes } from "node:crypto";
import {
  DeleteObjectCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MANIFEST_TYPE } from "../src/evidence/blob.ts";
import { mirrorLedger } from "../src/ledger/mirror.ts";
import { canonicalBytes } from "../src/lib/canonical.ts";
import { systemClock } from "../src/lib/clock.ts";
import { probeMirror, probeStore, requireFit } from "../src/store/probe.ts";
import { createBucket, S3Store, type S3StoreOptions } from "../src/store/s3.ts";
import { compareMirror, readMirror } from "../src/verify/mirror.ts";
import { verifyLedger } from "../src/verify/verify.ts";
import { verifyVersions } from "../src/verify/versions.ts";
import { accessDraft, newLedger } from "./support/ledger.ts";
import { documentedPolicies, forBucket } from "./support/policy.ts";
import { RGW_PROGRAMS, type Rgw, startRgw } from "./support/rgw.ts";
import { describeS3 } from "./support/s3-conformance.ts";
import { describeStore } from "./support/store-contract.ts";
import { describeWith } from "./support/tools.ts";
import { describeLocked } from "./support/versions-contract.ts";

describeWith(RGW_PROGRAMS, "on a real S3 server, the Ceph RADOS gateway", () => {
  let rgw: Rgw;
  beforeAll(async () => {
    rgw = await startRgw();
  }, 120_000);
  afterAll(() => rgw?.stop());

  async function newBucket(options: { lock?: boolean } = {}): Promise<S3StoreOptions> {
    const { endpoint, credentials } = rgw;
    const bucket = `evidence-${randomBytes(4).toString("hex")}`;
    const store = { bucket, prefix: "custody", endpoint, credentials, region: "eu-central-1", clock: systemClock };
    await createBucket(store, options);
    return store;
  }

  describeS3("Ceph", async () => ({ ...rgw, stop: async () => {} }), {
    conditionsOnVersioned: false,
    quotedIfMatch: false,
    verifiesSha256: false,
    conditionsOnMultipart: false,
    refusesOwnBucket: false,
    lockNeedsChecksum: false,
  });

  describeStore("the S3 store on Ceph", async () => {
    const options = await newBucket();
    return { store: await S3Store.open(options), other: await S3Store.open(options) };
  });

  describeLocked("a bucket with Object Lock on Ceph", async () => {
    const options = { ...(await newBucket({ lock: true })), lock: { mode: "governance", days: 3 } as const };
    return { store: await S3Store.open(options), options, owner: ownerOf() };
  });

  test("a ledger in a plain bucket of Ceph is mirrored to a locked one, and a change there is found", async () => {
    const { ledger, parts } = await newLedger({ store: await S3Store.open(await newBucket()) });
    const options = { ...(await newBucket({ lock: true })), lock: { mode: "compliance", days: 1 } as const };
    const mirror = await S3Store.open(options);
    const bring = () => mirrorLedger({ source: parts.store, mirror, trusted: () => true });
    for (let n = 0; n < 3; n += 1) {
      const ref = await ledger.put(new TextEncoder().encode(`evidence ${n}`), "text/plain");
      const manifest = await ledger.put(canonicalBytes({ v: 1, n }), MANIFEST_TYPE);
      const actor = { type: "system", id: "test" } as const;
      await ledger.append([{ kind: "upload", actor, evidence: [ref], controls: ["A.5.28"], manifest }]);
      await ledger.append(Array.from({ length: 120 }, (_, i) => accessDraft(`record-${n}-${i}`)));
      await ledger.publish();
      // Two at once, on a server where neither is told that the other was first.
      await Promise.all([bring(), bring()]);
      expect(await bring()).toMatchObject({ copied: 0, differs: [], missing: [] });
    }
    const look = async () => {
      const keys = [parts.signer.verifier];
      const reading = await readMirror(mirror, { keys });
      const { findings } = await verifyLedger(parts.store, {
        keys,
        since: reading.head ? [reading.head] : [],
        further: [
          async (known, found) => void (await compareMirror(parts.store, mirror, reading, known, found)),
          async ({ disposals }, found) => {
            const more = { disposals, lock: mirror.lock, equalVersions: true };
            await verifyVersions(mirror.versions, found, more);
          },
        ],
      });
      return findings.map(({ code, where }) => `${code} ${where.split(": ").at(-1)}`);
    };
    expect(await look()).toStrictEqual([]);

    const owner = ownerOf();
    const key = { Bucket: options.bucket, Key: "custody/seq/00000000/000000000001" };
    await owner.send(new PutObjectCommand({ ...key, Body: Buffer.from("forged") }));
    owner.destroy();
    expect(await look()).toStrictEqual(
      expect.arrayContaining([
        "mirror-differs seq/00000000/000000000001",
        "version-overwritten seq/00000000/000000000001",
      ]),
    );
    await mirror.close();
    await ledger.close();
  }, 60_000);

  test("with the policy of docs/storage.md the writer writes, mirrors and probes and cannot delete or loosen; disposal deletes evidence only", async () => {
    const users = ["custody-writer", "custody-reader", "custody-disposal"];
    const [writer, reader, disposal] = await Promise.all(users.map((name) => rgw.addUser(name)));
    const options = { ...(await newBucket({ lock: true })), lock: { mode: "governance", days: 3 } as const };
    const { bucket: Bucket } = options;
    const owner = ownerOf();
    const Policy = JSON.stringify(forBucket((await documentedPolicies()).ceph as never, Bucket));
    await owner.send(new PutBucketPolicyCommand({ Bucket, Policy }));

    const store = await S3Store.open({ ...options, credentials: writer });
    const blob = `blob/sha256/e3/${"e3".repeat(32)}`;
    const seq = "seq/00000000/000000000000";
    for (const key of [blob, seq, "tile/0/000", "tile/0/000.p/1"])
      expect(await store.create(key, new TextEncoder().encode(key))).toBe("created");
    await store.replace("checkpoint", new TextEncoder().encode("one"));
    expect(await probeMirror(store, randomBytes)).toMatchObject({ fit: true });

    const refused = { $metadata: { httpStatusCode: 403 } };
    const by = (credentials: typeof writer) =>
      new S3Client({
        endpoint: rgw.endpoint,
        region: "us-east-1",
        forcePathStyle: true,
        ...(credentials ? { credentials } : {}),
      });
    const [thief, auditor, disposer] = [by(writer), by(reader), by(disposal)];
    const versionOf = async (key: string) => {
      for await (const { id } of store.versions.list(key)) return id;
      throw new Error(`no version of ${key}`);
    };
    for (const name of [blob, seq, "tile/0/000.p/1", "checkpoint"]) {
      const at = { Bucket, Key: `custody/${name}` };
      await expect(thief.send(new DeleteObjectCommand(at))).rejects.toMatchObject(refused);
      const version = { ...at, VersionId: await versionOf(name), BypassGovernanceRetention: true };
      await expect(thief.send(new DeleteObjectCommand(version))).rejects.toMatchObject(refused);
    }
    const VersioningConfiguration = { Status: "Suspended" as const };
    for (const call of [
      new PutBucketPolicyCommand({ Bucket, Policy }),
      new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }),
      new PutObjectCommand({ Bucket, Key: "elsewhere", Body: Buffer.from("x") }),
    ])
      await expect(thief.send(call as PutObjectCommand)).rejects.toMatchObject(refused);

    // The auditor reads everything that `verify --versions` asks for and writes nothing.
    const readOnly = await S3Store.open({ ...options, credentials: reader });
    expect(await readOnly.get(blob)).toBeDefined();
    expect(await readOnly.versions.state()).toBe("enabled");
    expect(await readOnly.versions.retention(blob, await versionOf(blob))).toMatchObject({ mode: "governance" });
    await expect(
      auditor.send(new PutObjectCommand({ Bucket, Key: "custody/checkpoint", Body: Buffer.from("x") })),
    ).rejects.toMatchObject(refused);

    // Evidence without a lock goes, evidence under a lock stays, records always stay.
    const loose = `blob/sha256/ab/${"ab".repeat(32)}`;
    await owner.send(new PutObjectCommand({ Bucket, Key: `custody/${loose}`, Body: Buffer.from("x") }));
    const target = { Bucket, Key: `custody/${loose}`, VersionId: await versionOf(loose) };
    await disposer.send(new DeleteObjectCommand(target));
    expect(await readOnly.get(loose)).toBeUndefined();
    for (const name of [blob, seq]) {
      const at = { Bucket, Key: `custody/${name}`, VersionId: await versionOf(name) };
      await expect(disposer.send(new DeleteObjectCommand(at))).rejects.toMatchObject(refused);
    }
    for (const client of [owner, thief, auditor, disposer]) client.destroy();
    await store.close();
    await readOnly.close();
  }, 60_000);

  function ownerOf(): S3Client {
    const { endpoint, credentials } = rgw;
    return new S3Client({ endpoint, credentials, region: "us-east-1", forcePathStyle: true });
  }

  test("a bucket with versions, which Ceph writes without looking at conditions, is refused", async () => {
    const options = await newBucket();
    const { endpoint, credentials } = rgw;
    const client = new S3Client({ endpoint, credentials, region: options.region, forcePathStyle: true });
    const VersioningConfiguration = { Status: "Enabled" as const };
    await client.send(new PutBucketVersioningCommand({ Bucket: options.bucket, VersioningConfiguration }));
    client.destroy();
    await expectUnfit(options);
  });

  test("a bucket with Object Lock is refused for the same reason", async () => {
    await expectUnfit(await newBucket({ lock: true }));
  });

  async function expectUnfit(options: S3StoreOptions): Promise<void> {
    const store = await S3Store.open(options);
    const report = await probeStore(store, randomBytes);
    await store.close();
    expect(report.checks.filter(({ ok }) => !ok).map(({ check }) => check)).toEqual(
      expect.arrayContaining(["create-once", "stream-once", "one-winner"]),
    );
    expect(() => requireFit(report)).toThrow(expect.objectContaining({ code: "STORE_UNFIT" }));
  }
});
