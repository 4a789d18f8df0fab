import { blobKey } from "../evidence/blob.ts";
import { concat } from "../lib/digest.ts";
import type { Attack } from "./attack.ts";
import { copyOf, findEntry, flipped, need } from "./forge.ts";
import type { Objects } from "./range.ts";

const encoder = new TextEncoder();

/** Key of the first evidence file of a run. */
function captured(objects: Objects): string {
  const { entry } = findEntry(objects, (e) => e.kind === "run" && (e.evidence as unknown[]).length > 0);
  return blobKey((entry.evidence as { digest: string }[])[0]?.digest ?? "");
}

function manifest(objects: Objects): string {
  const { entry } = findEntry(objects, (e) => e.kind === "run" && e.manifest !== undefined);
  return blobKey((entry.manifest as { digest: string }).digest);
}

function uploaded(objects: Objects): string {
  const { entry } = findEntry(objects, (e) => e.kind === "upload" && objects.has(uploadKey(e)));
  return uploadKey(entry);
}

function uploadKey(entry: { [member: string]: unknown }): string {
  return blobKey((entry.evidence as { digest: string }[])[0]?.digest ?? "");
}

/** Attacks on evidence files. */
export const evidenceAttacks: readonly Attack[] = [
  {
    name: "evidence-altered",
    story: "One letter of an incident log is changed after it was collected.",
    expected: ["blob-altered"],
    carryOut({ objects }) {
      const key = captured(objects);
      return copyOf(objects).set(key, flipped(need(objects, key)));
    },
  },
  {
    name: "evidence-replaced",
    story: "An incident log is replaced by another one of the same length.",
    expected: ["blob-altered"],
    carryOut({ objects }) {
      const key = captured(objects);
      return copyOf(objects).set(key, new Uint8Array(need(objects, key).length).fill(0x20));
    },
  },
  {
    name: "evidence-deleted",
    story: "An inconvenient evidence file is deleted; its record stays.",
    expected: ["blob-missing"],
    carryOut({ objects }) {
      const changed = copyOf(objects);
      changed.delete(captured(objects));
      return changed;
    },
  },
  {
    name: "evidence-emptied",
    story: "An evidence file is emptied, so that it is still there.",
    expected: ["blob-altered"],
    carryOut: ({ objects }) => copyOf(objects).set(captured(objects), new Uint8Array()),
  },
  {
    name: "evidence-exchanged",
    story: "Two evidence files change places, so that a quiet day stands where a bad one was.",
    expected: ["blob-altered"],
    carryOut({ objects }) {
      const [one, other] = [captured(objects), uploaded(objects)];
      return copyOf(objects).set(one, need(objects, other)).set(other, need(objects, one));
    },
  },
  {
    name: "evidence-relocated",
    story: "An evidence file is moved to another name, where nobody looks for it.",
    expected: ["blob-missing", "blob-altered"],
    carryOut({ objects }) {
      const key = captured(objects);
      const changed = copyOf(objects).set(blobKey("ab".repeat(32)), need(objects, key));
      changed.delete(key);
      return changed;
    },
  },
  {
    name: "evidence-misplaced",
    story: "An evidence file is moved to the wrong folder under its right name.",
    expected: ["blob-missing", "stray"],
    carryOut({ objects }) {
      const key = captured(objects);
      const changed = copyOf(objects).set(key.replace(/sha256\/../, "sha256/00"), need(objects, key));
      changed.delete(key);
      return changed;
    },
  },
  {
    name: "gzip-trailing-bytes",
    story: "Lines are added behind the end of a compressed log: programs that unpack it show nothing of them.",
    expected: ["blob-altered"],
    carryOut({ objects }) {
      const key = uploaded(objects);
      return copyOf(objects).set(key, concat([need(objects, key), encoder.encode("made up later\n")]));
    },
  },
  {
    name: "manifest-altered",
    story: "The list that says where each evidence file came from is changed.",
    expected: ["blob-altered"],
    carryOut({ objects }) {
      const key = manifest(objects);
      return copyOf(objects).set(key, flipped(need(objects, key)));
    },
  },
  {
    name: "manifest-deleted",
    story: "The list that says where each evidence file came from is deleted.",
    expected: ["blob-missing"],
    carryOut({ objects }) {
      const changed = copyOf(objects);
      changed.delete(manifest(objects));
      return changed;
    },
  },
  {
    name: "evidence-planted",
    story: "A file that nobody collected is put among the evidence under a made-up name.",
    expected: ["blob-altered"],
    carryOut: ({ objects }) => copyOf(objects).set(blobKey("cd".repeat(32)), encoder.encode("all was well\n")),
  },
];
