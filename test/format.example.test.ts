import { readFile, writeFile } from "node:fs/promises";
import { expect, test, vi } from "vitest";
import { hex } from "../src/lib/digest.ts";
import { decodeBundle, parseTileKey } from "../src/tlog/tile.ts";
import { FINDING_CODES } from "../src/verify/finding.ts";
import { verifyLedger } from "../src/verify/verify.ts";
import { exampleLog, exampleSigner } from "./support/example-ledger.ts";

// What is random in a log (nonce and batch IDs) is not in the example: each call answers its own number.
const drawn = vi.hoisted(() => ({ count: 0 }));
vi.mock("node:crypto", async (original) => ({
  ...(await original<typeof import("node:crypto")>()),
  randomBytes: (size: number) => {
    drawn.count += 1;
    return Buffer.alloc(size, drawn.count);
  },
}));

const path = new URL("../docs/FORMAT.md", import.meta.url);
let document = await readFile(path, "utf8");
/** An object of the store in the document: its key, a remark, its content. */
const BLOCK = /^`([^`\n]+)`( [^\n]*)?\n\n?```text\n([\s\S]*?)^```$/gm;

/** An object as the document shows it: text as it is, tiles in hex, of bundles each length in hex and the number of the entry. */
function shown(key: string, bytes: Uint8Array, entries: readonly string[]): string {
  const tile = parseTileKey(key);
  if (tile === undefined) return new TextDecoder().decode(bytes);
  if (tile.level !== "entries") return `${hex(bytes).replace(/(.{64})(?=.)/g, "$1\n")}\n`;
  return decodeBundle(bytes, tile.width, key)
    .map(
      (entry) =>
        `${entry.length.toString(16).padStart(4, "0")} entry ${entries.indexOf(new TextDecoder().decode(entry))}\n`,
    )
    .join("");
}

test("the example of docs/FORMAT.md is, byte for byte, what the code writes", async () => {
  const store = await exampleLog();
  const batches = [...store.objects].filter(([key]) => key.startsWith("seq/")).sort(([a], [b]) => (a < b ? -1 : 1));
  const entries = batches.flatMap(([, bytes]) => new TextDecoder().decode(bytes).trimEnd().split("\n"));
  const objects = [...store.objects].map(([key, bytes]) => [key, shown(key, bytes, entries).replace(/\n?$/, "\n")]);
  if (process.env.UPDATE_DOCS) {
    const by = new Map(objects.map(([key = "", text = ""]) => [key, text]));
    document = document.replaceAll(
      BLOCK,
      (block, key: string, remark = "") => `\`${key}\`${remark}\n\n\`\`\`text\n${by.get(key) ?? block}\`\`\``,
    );
    await writeFile(path, document);
  }
  const blocks = [...document.matchAll(BLOCK)].map(([, key, , body]) => [key, body]);
  expect(Object.fromEntries(blocks)).toEqual(Object.fromEntries(objects));
  expect(document).toContain(exampleSigner().verifier.vkey);
  expect(await verifyLedger(store, { keys: [exampleSigner().verifier] })).toMatchObject({
    ok: true,
    size: 3,
    findings: [],
  });
});

test("docs/FORMAT.md says of every code when it is given", () => {
  const steps = document.slice(document.indexOf("## 12. Verifying"), document.indexOf("## 13."));
  for (const code of Object.keys(FINDING_CODES)) expect(steps).toContain(`\`${code}\``);
});
