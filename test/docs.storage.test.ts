import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { collectors } from "../collectors/index.ts";
import { parseConfig } from "../src/config/config.ts";
import type { MemoryStore } from "../src/store/memory.ts";
import { probeStore } from "../src/store/probe.ts";
import { isLocked } from "../src/store/s3-lock.ts";
import { FINDING_CODES } from "../src/verify/finding.ts";
import { accessDraft, newLedger } from "./support/ledger.ts";
import { decides, documentedPolicies, type Policy, speaking } from "./support/policy.ts";

const page = await readFile(fileURLToPath(new URL("../docs/storage.md", import.meta.url)), "utf8");
const arn = (key: string) => `arn:aws:s3:::example-evidence/custody/${key}`;
const BUCKET = "arn:aws:s3:::example-evidence";

const policies = await documentedPolicies();

describe("the policies in docs/storage.md", () => {
  /** Every key that a ledger writes, and of the probe that is made beside it. */
  async function keys(): Promise<{ written: string[]; probed: string[] }> {
    const { ledger, parts } = await newLedger();
    await ledger.put(new TextEncoder().encode("evidence"), "text/plain");
    for (let n = 0; n < 6; n += 1)
      await ledger.append(Array.from({ length: 50 }, (_, i) => accessDraft(`r-${n}-${i}`)));
    await ledger.publish();
    const store = parts.store as MemoryStore;
    await probeStore(store, randomBytes);
    return { written: [...store.objects.keys()], probed: [...store.sibling("probe").objects.keys()] };
  }

  test("are JSON of the version that servers take, and are all there", () => {
    expect(Object.keys(policies)).toStrictEqual(["writer", "reader", "disposal", "bucket", "ceph"]);
    for (const policy of Object.values(policies)) expect(policy.Version).toBe("2012-10-17");
  });

  test.each(["writer", "ceph"])(
    "%s may write everything that a ledger and its probe write, and nothing else",
    async (name) => {
      const { written, probed } = await keys();
      const policy = policies[name] as Policy;
      expect(new Set(written.map((key) => key.split("/")[0]))).toStrictEqual(
        new Set(["blob", "seq", "tile", "checkpoint"]),
      );
      for (const key of written) expect(decides(policy, "s3:PutObject", arn(key)), key).toBe("allowed");
      for (const key of probed)
        expect(decides(policy, "s3:PutObject", `arn:aws:s3:::example-evidence/custody.probe/${key}`)).toBe("allowed");
      for (const key of ["checkpoint/x", "other", "blobs/x"])
        expect(decides(policy, "s3:PutObject", arn(key))).toBe("nothing");
      for (const action of ["s3:ListBucket", "s3:ListBucketVersions", "s3:GetBucketVersioning"])
        expect(decides(policy, action, BUCKET)).toBe("allowed");
    },
  );

  test("the writer is denied every way to delete or to loosen the rules", async () => {
    const { written } = await keys();
    const policy = policies.writer as Policy;
    const actions = [
      "s3:DeleteObject",
      "s3:DeleteObjectVersion",
      "s3:BypassGovernanceRetention",
      "s3:PutObjectLegalHold",
    ];
    for (const key of [...written, "anything"])
      for (const action of actions) expect(decides(policy, action, arn(key)), action).toBe("denied");
    for (const action of ["PutBucketPolicy", "DeleteBucketPolicy", "PutBucketVersioning", "PutLifecycleConfiguration"])
      expect(decides(policy, `s3:${action}`, BUCKET), action).toBe("denied");
  });

  test("the reader only reads; disposal deletes evidence and no record", async () => {
    const { written } = await keys();
    const [reader, disposal] = [policies.reader as Policy, policies.disposal as Policy];
    for (const key of written) {
      expect(decides(reader, "s3:GetObject", arn(key))).toBe("allowed");
      for (const action of ["s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"])
        expect(decides(reader, action, arn(key))).toBe("nothing");
      const evidence = key.startsWith("blob/");
      for (const action of ["s3:DeleteObject", "s3:DeleteObjectVersion"])
        expect(decides(disposal, action, arn(key)), key).toBe(evidence ? "allowed" : "denied");
      expect(decides(disposal, "s3:PutObject", arn(key))).toBe(evidence ? "nothing" : "denied");
    }
  });

  test("the condition on the bucket is asked of everything that is created once and never of the checkpoint", async () => {
    const { written } = await keys();
    const policy = policies.bucket as Policy;
    for (const key of written) {
      const conditions = speaking(policy, "s3:PutObject", arn(key)).map(({ Condition }) => Condition);
      expect(conditions, key).toStrictEqual(key === "checkpoint" ? [] : [{ Null: { "s3:if-none-match": "true" } }]);
    }
  });
});

describe("the page", () => {
  test("names R2 rules for exactly the folders that are locked, and none that meets the checkpoint", () => {
    const prefixes = [...page.matchAll(/bucket lock add example-evidence \S+\s+(\S+)/g)].map(
      ([, prefix = ""]) => prefix,
    );
    expect(prefixes).toStrictEqual(["custody/blob/", "custody/seq/", "custody/tile/"]);
    for (const prefix of prefixes) {
      expect("custody/checkpoint".startsWith(prefix)).toBe(false);
      expect(isLocked(`${prefix.replace("custody/", "")}000`)).toBe(true);
    }
  });

  test("shows a configuration that is read without a mistake", async () => {
    const [, text = ""] = /```yaml\n(.*?)```/s.exec(page) ?? [];
    expect(parse(text)).toHaveProperty("mirror");
    const whole = `organisation: { name: A, zone: UTC }\n${text}`;
    const config = await parseConfig(whole, "/nowhere/custody.yaml", collectors, {});
    expect(config.store).toMatchObject({ kind: "s3", lock: { mode: "governance", days: 2555 } });
    expect(config.mirror).toMatchObject({ kind: "s3", bucket: "example-evidence-mirror" });
  });

  test("uses the names of findings that there are", () => {
    for (const code of ["version-overwritten", "lock-missing", "mirror-differs"]) {
      expect(page).toContain(`\`${code}\``);
      expect(Object.keys(FINDING_CODES)).toContain(code);
    }
  });
});

describe("a lock or a mirror in the configuration", () => {
  const KEYS = 'accessKey: "${env:A}", secretKey: "${env:B}"';
  const read = (settings: string) =>
    parseConfig(`organisation: { name: A, zone: UTC }\n${settings}`, "/w/custody.yaml", collectors, {});
  const wrong: [string, string, RegExp][] = [
    ["a lock without days", `store: { bucket: abc, ${KEYS}, lock: { mode: governance } }`, /lock/],
    ["a lock of no days", `store: { bucket: abc, ${KEYS}, lock: { mode: governance, days: 0 } }`, /lock/],
    ["an unknown mode", `store: { bucket: abc, ${KEYS}, lock: { mode: forever, days: 1 } }`, /lock/],
    [
      "a lock without a checksum",
      `store: { bucket: abc, ${KEYS}, checksum: none, lock: { mode: governance, days: 1 } }`,
      /checksum/,
    ],
    [
      "a secret in the mirror",
      "store: file:./s\nmirror: { bucket: abc, accessKey: AK, secretKey: SK }",
      /secret|reference/,
    ],
    ["the store as its own mirror", "store: file:./s\nmirror: file:./s/../s", /store itself/],
    ["a mirror around the store", "store: file:./a/b\nmirror: file:./a", /store itself/],
    [
      "a mirror in the store's prefix",
      `store: { bucket: abc, prefix: a, ${KEYS} }\nmirror: { bucket: abc, prefix: a/b, ${KEYS} }`,
      /store itself/,
    ],
    ["a mirror that is no place", "store: file:./s\nmirror: somewhere", /mirror/],
  ];
  test.each(wrong)("%s is a mistake with its place", async (_, settings, said) => {
    await expect(read(settings)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(said),
    });
  });

  test("beside each other, in the same bucket or at another server they are right", async () => {
    const both = await read(
      `store: { bucket: abc, prefix: a, ${KEYS} }\nmirror: { bucket: abc, prefix: ab, ${KEYS}, lock: { mode: compliance, days: 1 } }`,
    );
    expect(both.mirror).toMatchObject({ prefix: "ab", lock: { mode: "compliance", days: 1 } });
    await read(`store: { bucket: abc, ${KEYS} }\nmirror: { bucket: abc, endpoint: "https://s3.example.com", ${KEYS} }`);
    expect((await read("store: file:./s\nmirror: null")).mirror).toBeUndefined();
    expect((await read("store: file:./s")).mirror).toBeUndefined();
  });
});
