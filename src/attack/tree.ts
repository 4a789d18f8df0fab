import type { Attack } from "./attack.ts";
import { copyOf, flipped, need } from "./forge.ts";
import type { Objects } from "./range.ts";

const encoder = new TextEncoder();

function tile(objects: Objects, prefix: string): string {
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix));
  // The widest is the one that the newest head needs.
  const width = (key: string) => Number(/\.p\/(\d+)$/.exec(key)?.[1] ?? 256);
  return keys.reduce((best, key) => (width(key) > width(best) ? key : best), keys[0] ?? "");
}

/** Attacks on the tree, by which single records are proven. */
export const treeAttacks: readonly Attack[] = [
  {
    name: "tile-altered",
    story: "A hash of the tree is changed.",
    expected: ["tile-altered"],
    carryOut({ objects }) {
      const key = tile(objects, "tile/0/");
      return copyOf(objects).set(key, flipped(need(objects, key)));
    },
  },
  {
    name: "tile-deleted",
    story: "A part of the tree is deleted, so that nothing can be proven with it.",
    expected: ["tile-missing"],
    carryOut({ objects }) {
      const changed = copyOf(objects);
      changed.delete(tile(objects, "tile/0/"));
      return changed;
    },
  },
  {
    name: "bundle-altered",
    story: "A record is changed in the copy that proofs are made from, and nowhere else.",
    expected: ["tile-altered"],
    carryOut({ objects }) {
      const key = tile(objects, "tile/entries/");
      return copyOf(objects).set(key, flipped(need(objects, key)));
    },
  },
  {
    name: "tile-relocated",
    story: "A part of the tree is copied to a place past the end of the log.",
    expected: ["stray"],
    carryOut: ({ objects }) =>
      copyOf(objects).set("tile/0/007.p/3", need(objects, tile(objects, "tile/0/")).subarray(0, 96)),
  },
  {
    name: "stray-object",
    story: "A page that looks like part of the evidence is put into the store.",
    expected: ["stray"],
    carryOut: ({ objects }) => copyOf(objects).set("report/all-well.html", encoder.encode("<h1>All well</h1>")),
  },
];
