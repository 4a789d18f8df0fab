import { Bucket } from "../collector/bucket.ts";
import { hex } from "../lib/digest.ts";
import { defineTarget, type FoundHead, jsonReceipt } from "./define.ts";
import { checkSame } from "./files.ts";
import { folderOf, MAX_CHECKPOINT_BYTES, MAX_READ_BACK, ownCheckpoint } from "./place.ts";

const KEY = /(?:^|\/)(0|[1-9]\d{0,15})-[0-9a-f]{64}\.checkpoint$/;

/** A second bucket, best with another owner and a lock. */
export const s3 = defineTarget({
  use: "s3",
  title: "a second bucket",
  proves: "Whoever owns the bucket can show that nothing before a head in it was changed.",
  config: Bucket,
  async send(head, { config, bucket }) {
    const target = await bucket(config);
    try {
      const key = `heads/${folderOf(head.origin)}/${head.size}-${hex(head.root)}.checkpoint`;
      const result = await target.create(key, head.bytes);
      if (result === "exists") checkSame(await target.get(key), head, `${target.place}: ${key}`);
      return { blob: jsonReceipt({ key }), said: `${key} in ${target.place}` };
    } finally {
      await target.close();
    }
  },
  async readBack(tools) {
    const target = await tools.bucket(tools.config);
    try {
      const keys: { size: number; key: string }[] = [];
      for await (const { key, size } of target.list(`heads/${folderOf(tools.origin)}/`)) {
        const records = KEY.exec(key)?.[1];
        if (records !== undefined && size <= MAX_CHECKPOINT_BYTES) keys.push({ size: Number(records), key });
        if (keys.length > 10 * MAX_READ_BACK) break;
      }
      const found: FoundHead[] = [];
      for (const { key } of keys.sort((a, b) => b.size - a.size).slice(0, MAX_READ_BACK)) {
        const bytes = await target.get(key);
        const checkpoint = bytes && ownCheckpoint(bytes, tools);
        if (checkpoint) found.push({ size: checkpoint.size, root: checkpoint.root, where: `${target.place}: ${key}` });
      }
      return found;
    } finally {
      await target.close();
    }
  },
});
