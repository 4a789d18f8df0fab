import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../src/lib/clock.ts";
import { createFolderStore, FolderStore } from "../src/store/folder.ts";
import { MemoryStore } from "../src/store/memory.ts";
import { createBucket, S3Store } from "../src/store/s3.ts";
import { startS3Server } from "./support/s3-server.ts";
import { describeStore } from "./support/store-contract.ts";

describeStore("the memory store", async () => {
  const store = new MemoryStore();
  return { store, other: store };
});

describeStore("the folder store", async () => {
  const folder = await mkdtemp(join(tmpdir(), "custody-store-"));
  const path = join(folder, "store");
  return {
    store: await createFolderStore(path),
    other: await FolderStore.open(path),
    tearDown: () => rm(folder, { recursive: true }),
  };
});

describeStore("the S3 store", async () => {
  const server = await startS3Server();
  const { endpoint, credentials } = server;
  const options = {
    bucket: "evidence",
    prefix: "audit/custody",
    endpoint,
    credentials,
    region: "eu-central-1",
    clock: systemClock,
  };
  await createBucket(options);
  return { store: await S3Store.open(options), other: await S3Store.open(options), tearDown: () => server.stop() };
});

describeStore("the S3 store in a bucket with versions and Object Lock", async () => {
  const server = await startS3Server();
  const { endpoint, credentials } = server;
  const options = {
    bucket: "locked",
    prefix: "custody",
    endpoint,
    credentials,
    region: "eu-central-1",
    clock: systemClock,
  };
  await createBucket(options, { lock: true });
  return { store: await S3Store.open(options), other: await S3Store.open(options), tearDown: () => server.stop() };
});
