import { batchKey } from "../evidence/batch.ts";
import { concat } from "../lib/digest.ts";
import type { Attack } from "./attack.ts";
import { batchesOf, copyOf, edited, editedEverywhere, type Forged, findEntry, need, rewritten } from "./forge.ts";
import type { Objects } from "./range.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const failedRun = (entry: Forged) => entry.kind === "run" && entry.outcome === "failed";

/** The batch with the most records. */
function largest(objects: Objects) {
  const all = batchesOf(objects);
  return all.reduce((best, batch) => (batch.entries.length > best.entries.length ? batch : best));
}

function linesOf(objects: Objects, key: string): string[] {
  return decoder.decode(need(objects, key)).split("\n").slice(0, -1);
}

function batchOf(lines: readonly string[]): Uint8Array {
  return encoder.encode(lines.map((line) => `${line}\n`).join(""));
}

/** The newest batches, as many as one night's work. */
function newest(objects: Objects) {
  return batchesOf(objects).slice(-2);
}

/** Attacks on records, by somebody who cannot sign. */
export const recordAttacks: readonly Attack[] = [
  {
    name: "verdict-flipped",
    story: "A failed run is made a successful one, in the batch that it lies in.",
    expected: ["entry-altered", "chain-broken"],
    carryOut({ objects }) {
      const { key } = findEntry(objects, failedRun);
      return copyOf(objects).set(key, edited(objects, key, '"outcome":"failed"', '"outcome":"collected"'));
    },
  },
  {
    name: "verdict-flipped-everywhere",
    story: "A failed run is made an unavailable source, in every copy of the record.",
    expected: ["entry-altered", "tile-altered"],
    carryOut({ objects }) {
      const { line } = findEntry(objects, failedRun);
      return editedEverywhere(objects, line, '"reason":"SOURCE_REFUSED"', '"reason":"SOURCE_UNKNOWN"');
    },
  },
  {
    name: "dates-moved",
    story: "All records are dated a year earlier and chained anew; nobody can sign them.",
    expected: ["tree-mismatch"],
    async carryOut({ objects, keys }) {
      const batches = batchesOf(objects).map(({ entries }) =>
        entries.map((entry) => JSON.parse(JSON.stringify(entry).replaceAll("2026-", "2025-")) as Forged),
      );
      const forged = await rewritten(objects, batches, [keys.current]);
      return forged.objects.set("checkpoint", need(objects, "checkpoint"));
    },
  },
  {
    name: "freshness-pushed-forward",
    story: "The time up to which evidence was collected is pushed to 2030, so that it never gets stale.",
    expected: ["entry-altered"],
    carryOut({ objects }) {
      const { key, line } = findEntry(objects, (e) => e.kind === "run" && e.outcome === "collected");
      const later = line.replace(/"covered":\[\{"from":"2026/, '"covered":[{"from":"2030');
      return copyOf(objects).set(key, edited(objects, key, line, later));
    },
  },
  {
    name: "cadence-relaxed",
    story: "What was required daily becomes required yearly, so that nothing was ever missing.",
    expected: ["entry-altered"],
    carryOut({ objects }) {
      const { key } = findEntry(objects, (e) => e.kind === "config");
      return copyOf(objects).set(key, edited(objects, key, '"cadence":"daily"', '"cadence":"yearly"'));
    },
  },
  {
    name: "newest-cut-off",
    story: "The newest records are deleted.",
    expected: ["entry-missing"],
    carryOut({ objects }) {
      const changed = copyOf(objects);
      for (const { key } of newest(objects)) changed.delete(key);
      return changed;
    },
  },
  {
    name: "adjacent-records-deleted",
    story: "Two records next to each other are cut out of a batch.",
    expected: ["entry-missing"],
    carryOut({ objects }) {
      const { key } = largest(objects);
      const lines = linesOf(objects, key);
      return copyOf(objects).set(key, batchOf(lines.filter((_, i) => i !== 1 && i !== 2)));
    },
  },
  {
    name: "adjacent-batches-deleted",
    story: "Two batches next to each other are deleted from the middle of the log.",
    expected: ["entry-missing"],
    carryOut({ objects }) {
      const changed = copyOf(objects);
      for (const { key } of batchesOf(objects).slice(2, 4)) changed.delete(key);
      return changed;
    },
  },
  {
    name: "records-reordered",
    story: "Two records change places.",
    expected: ["chain-broken"],
    carryOut({ objects }) {
      const { key } = largest(objects);
      const [first = "", second = "", ...rest] = linesOf(objects, key);
      return copyOf(objects).set(key, batchOf([second, first, ...rest]));
    },
  },
  {
    name: "record-repeated",
    story: "A successful run is copied, so that there seem to be two.",
    expected: ["chain-broken"],
    carryOut({ objects }) {
      const { key } = largest(objects);
      const [first = "", ...rest] = linesOf(objects, key);
      return copyOf(objects).set(key, batchOf([first, first, ...rest]));
    },
  },
  {
    name: "record-inserted",
    story: "A record that nobody wrote is put between two others.",
    expected: ["chain-broken"],
    carryOut({ objects }) {
      const { key } = largest(objects);
      const [first = "", ...rest] = linesOf(objects, key);
      const made = first.replace(/"at":"[^"]*"/, '"at":"2026-03-01T00:00:00.000Z"');
      return copyOf(objects).set(key, batchOf([made, first, ...rest]));
    },
  },
  {
    name: "record-signed-elsewhere",
    story: "A genuine record of this log is replayed at its end, to count twice.",
    expected: ["chain-broken"],
    carryOut({ objects }) {
      const size = batchesOf(objects).reduce((sum, { entries }) => sum + entries.length, 0);
      const { line } = findEntry(objects, (e) => e.kind === "run" && e.outcome === "collected");
      return copyOf(objects).set(batchKey(size), batchOf([line]));
    },
  },
  {
    name: "batch-relocated",
    story: "A batch is moved to another place of the log.",
    expected: ["entry-missing"],
    carryOut({ objects }) {
      const [first, second] = batchesOf(objects).slice(-2);
      const changed = copyOf(objects);
      changed.delete(second?.key ?? "");
      return changed.set(first?.key ?? "", need(objects, second?.key ?? ""));
    },
  },
  {
    name: "batches-joined",
    story: "Two batches are joined to one, to hide that they were two commits.",
    expected: ["chain-broken"],
    carryOut({ objects }) {
      const [first, second] = batchesOf(objects).slice(2, 4);
      const changed = copyOf(objects);
      const joined = concat([need(objects, first?.key ?? ""), need(objects, second?.key ?? "")]);
      changed.delete(second?.key ?? "");
      return changed.set(first?.key ?? "", joined);
    },
  },
  {
    name: "duplicate-json-key",
    story: "A record gets a member twice, so that two programs read two outcomes.",
    expected: ["entry-malformed", "entry-altered"],
    carryOut({ objects }) {
      const { key } = findEntry(objects, failedRun);
      const twice = '"outcome":"failed","outcome":"collected"';
      return copyOf(objects).set(key, edited(objects, key, '"outcome":"failed"', twice));
    },
  },
  {
    name: "number-respelled",
    story: "A number is spelled another way, which many programs read as the same one.",
    expected: ["entry-malformed", "entry-altered"],
    carryOut({ objects }) {
      const { key } = findEntry(objects, failedRun);
      return copyOf(objects).set(key, edited(objects, key, '"items":0', '"items":0.0'));
    },
  },
  {
    name: "unicode-respelled",
    story: "A letter is written as an escape, which looks the same on every screen.",
    expected: ["entry-malformed", "entry-altered"],
    carryOut({ objects }) {
      const { key } = findEntry(objects, failedRun);
      return copyOf(objects).set(key, edited(objects, key, '"outcome":"failed"', '"outcome":"f\\u0061iled"'));
    },
  },
  {
    name: "unicode-normalised",
    story: "An accent is written as a character of its own (NFD), as some file systems do by themselves.",
    expected: ["entry-altered", "chain-broken"],
    carryOut({ objects }) {
      const { key } = findEntry(objects, (e) => e.source === "caf\u00e9");
      return copyOf(objects).set(key, edited(objects, key, "caf\u00e9", "cafe\u0301"));
    },
  },
  {
    name: "line-ends-changed",
    story: "A program rewrites a batch with carriage returns.",
    expected: ["entry-malformed"],
    carryOut({ objects }) {
      const { key } = largest(objects);
      return copyOf(objects).set(key, encoder.encode(decoder.decode(need(objects, key)).replaceAll("\n", "\r\n")));
    },
  },
];
