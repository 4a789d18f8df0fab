import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { collectors } from "../collectors/index.ts";
import { beginWorkspace } from "../src/cli/init.ts";
import { loadConfig } from "../src/config/config.ts";
import { Custody } from "../src/custody.ts";
import { batchKey } from "../src/evidence/batch.ts";
import { Ledger } from "../src/ledger/ledger.ts";
import { requireNewestBatch } from "../src/ledger/newest-batch.ts";
import { systemClock } from "../src/lib/clock.ts";
import type { MemoryStore } from "../src/store/memory.ts";
import { createBucket } from "../src/store/s3.ts";
import type { Store } from "../src/store/store.ts";
import { accessDraft, newLedger, temporaryFolder } from "./support/ledger.ts";
import type { Weaknesses } from "./support/s3/bucket.ts";
import { startS3Server } from "./support/s3-server.ts";

/** A configuration for a bucket of a server whose weaknesses the test may change. */
async function bucketWorkspace() {
  const weak: { -readonly [K in keyof Weaknesses]: Weaknesses[K] } = {};
  const server = await startS3Server(weak);
  const { endpoint, credentials } = server;
  await createBucket({
    endpoint,
    credentials,
    bucket: "evidence",
    prefix: "log",
    region: "us-east-1",
    clock: systemClock,
  });
  const folder = await temporaryFolder();
  await writeFile(join(folder, "access"), credentials.accessKeyId);
  await writeFile(join(folder, "secret"), credentials.secretAccessKey);
  await writeFile(
    join(folder, "custody.yaml"),
    `organisation: { name: Example, zone: UTC }
store: { bucket: evidence, prefix: log, endpoint: "${endpoint}", region: us-east-1, pathStyle: true, accessKey: "\${file:./access}", secretKey: "\${file:./secret}" }
`,
  );
  return { server, weak, path: join(folder, "custody.yaml") };
}

test("a bucket that does not keep its promises is refused at every opening for writing, and nothing is written to the log", async () => {
  const { server, weak, path } = await bucketWorkspace();
  try {
    weak.ignoreConditions = true;
    await expect(beginWorkspace(path, systemClock, {})).rejects.toMatchObject({ code: "STORE_UNFIT" });
    const inLog = () => server.requests.filter((request) => /^PUT evidence\/log\//.test(request));
    expect(inLog()).toEqual([]);

    weak.ignoreConditions = false;
    await (await beginWorkspace(path, systemClock, {})).close();
    const before = inLog().length;
    const open = async () => new Custody(await loadConfig(path, collectors), systemClock);
    const custody = await open();
    expect((await custody.ledger()).size).toBe(1);
    await custody.close();

    // Its settings were changed since: versioning on Ceph does this.
    weak.ignoreConditions = true;
    const again = await open();
    await expect(again.ledger()).rejects.toMatchObject({ code: "STORE_UNFIT" });
    await again.close();
    expect(inLog()).toHaveLength(before);
  } finally {
    await server.stop();
  }
});

describe("the newest batch that is signed", () => {
  /** A log whose last commit is one batch of so many records, behind as many others. */
  async function logOf(before: number, batch: number) {
    const { ledger, parts, reopen } = await newLedger();
    const drafts = (count: number) => Array.from({ length: count }, (_, i) => accessDraft(`read-${i}`));
    if (before > 1) await ledger.append(drafts(before - 1));
    if (batch > 0) await ledger.append(drafts(batch));
    await ledger.publish();
    return { key: batchKey(batch === 0 ? 0 : before), objects: (parts.store as MemoryStore).objects, parts, reopen };
  }

  test.each([
    [1, 0],
    [1, 3],
    [200, 256],
    [256, 1],
    [256, 256],
    [257, 200],
  ])("behind %d records, of %d, must be there as it was signed, or nothing is written", async (before, batch) => {
    const { key, objects, parts, reopen } = await logOf(before, batch);
    const bytes = objects.get(key) ?? expect.fail(`no ${key}`);
    await (await reopen()).close();
    const held = [...objects.keys()];
    objects.set(key, bytes.slice(0, -1));
    await expect(reopen()).rejects.toMatchObject({ code: "LEDGER_ALTERED", message: expect.stringContaining(key) });
    objects.delete(key);
    await expect(reopen()).rejects.toMatchObject({ code: "LEDGER_ALTERED", message: expect.stringContaining(key) });
    expect([...objects.keys(), key].sort()).toEqual(held.sort());
    // Who only reads needs it not.
    await Ledger.open({ ...parts, blind: true });
  });

  test("costs a fixed number of objects, however long the log is", async () => {
    const { parts } = await logOf(700, 2);
    let gets = 0;
    const get: Store["get"] = (key) => {
      gets += 1;
      return parts.store.get(key);
    };
    await requireNewestBatch({ ...parts.store, place: "", get } as Store, 702);
    expect(gets).toBe(2);
  });
});
