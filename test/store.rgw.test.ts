import { randomBytes } from "node:crypto";
import { PutBucketVersioningCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../src/lib/clock.ts";
import { probeStore, requireFit } from "../src/store/probe.ts";
import { createBucket, S3Store, type S3StoreOptions } from "../src/store/s3.ts";
import { RGW_PROGRAMS, type Rgw, startRgw } from "./support/rgw.ts";
import { describeS3 } from "./support/s3-conformance.ts";
import { describeStore } from "./support/store-contract.ts";
import { describeWith } from "./support/tools.ts";

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
