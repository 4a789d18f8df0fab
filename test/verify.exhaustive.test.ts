import { expect, test } from "vitest";
import { readerOf } from "../src/attack/carry-out.ts";
import { flipped } from "../src/attack/forge.ts";
import { loadRange } from "../src/attack/load.ts";
import type { FindingCode } from "../src/verify/finding.ts";
import { verifyLedger } from "../src/verify/verify.ts";
import { rounds } from "./support/tools.ts";

/**
 * Every byte of every object of a small log with two changes of keys, a revoked key, a disposal, time stamps and cosignatures,
 * changed in turn. All of them take some minutes, which `.ci/run` gives them (EVERY_BYTE=1/2 beside 2/2, a half each);
 * otherwise each object has a share.
 */
const range = await loadRange(new URL("../assets/attack-range", import.meta.url).pathname);
const [PART = 1, STRIDE = rounds(211, 997)] = process.env.EVERY_BYTE?.split("/").map(Number) ?? [];

/** By which codes a change in an object may be named, by the beginning of its key. */
const RIGHT: readonly (readonly [string, readonly FindingCode[]])[] = [
  ["blob/", ["blob-altered"]],
  ["seq/", ["entry-altered", "entry-malformed", "entry-missing", "chain-broken"]],
  ["tile/", ["tile-altered"]],
  ["checkpoint", ["checkpoint-malformed", "signature-invalid", "key-untrusted"]],
];

/** Bytes that may be changed without anybody's noticing, by object and offset, each with the reason. It must not grow. */
const MEANINGLESS: readonly { readonly key: string; readonly at: number; readonly why: string }[] = [];

async function codesWith(key: string, at: number): Promise<FindingCode[]> {
  const bytes = range.objects.get(key) ?? new Uint8Array();
  const objects = new Map(range.objects).set(key, flipped(bytes, at));
  const { findings } = await verifyLedger(readerOf(objects), {
    keys: [range.pinned],
    quick: !key.startsWith("blob/"),
  });
  return findings.map(({ code }) => code);
}

for (const [beginning, right] of RIGHT) {
  test(`every changed byte under ${beginning} is found and rightly named`, { timeout: 30 * 60_000 }, async () => {
    const unseen: string[] = [];
    let offset = PART - 1;
    for (const [key, bytes] of range.objects) {
      if (!key.startsWith(beginning)) continue;
      for (let at = offset % bytes.length; at < bytes.length; at += STRIDE) {
        const codes = await codesWith(key, at);
        if (codes.some((code) => right.includes(code))) continue;
        if (!MEANINGLESS.some((byte) => byte.key === key && byte.at === at))
          unseen.push(`${key} byte ${at}: ${codes.join(", ") || "intact"}`);
      }
      offset = (offset + 31) % STRIDE;
    }
    expect(unseen).toEqual([]);
  });
}
