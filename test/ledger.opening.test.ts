import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { collectors } from "../collectors/index.ts";
import { beginWorkspace } from "../src/cli/init.ts";
import { loadConfig } from "../src/config/config.ts";
import { Custody } from "../src/custody.ts";
import { systemClock } from "../src/lib/clock.ts";
import { createBucket } from "../src/store/s3.ts";
import { temporaryFolder } from "./support/ledger.ts";
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
