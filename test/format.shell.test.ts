import { execFile } from "node:child_process";
import { readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { batchKey } from "../src/evidence/batch.ts";
import { generateKey, newSigner } from "../src/tlog/note.ts";
import { asFolder, frozenLedger } from "./support/example-ledger.ts";
import { describeWith, THOROUGH } from "./support/tools.ts";

const document = await readFile(new URL("../docs/VERIFY.md", import.meta.url), "utf8");
const [settings = "", ...steps] = [...document.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? "");

/** The steps as a person pastes them, in one shell; only the two settings are this test's own. */
function followed(folder: string, vkey: string, only = steps): Promise<string> {
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH ?? "", PACK: folder, VKEY: vkey };
    execFile("sh", ["-c", only.join("\n")], { env, timeout: 60_000 }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}

const { objects: good, vkey } = await frozenLedger();
const text = (words: string) => new TextEncoder().encode(words);
const decode = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const blob = (beginning: string) =>
  [...good.keys()].find((key) => key.startsWith("blob/") && decode(good.get(key)).startsWith(beginning)) ?? "";

/** All steps but the slow one, for changes that an earlier one must find. */
const quick = steps.filter((step) => !step.includes("node()"));

describeWith(["sha256sum", "base64", "basenc", "openssl"], "the steps of docs/VERIFY.md", () => {
  test("begin with the two settings and are twelve more blocks", () => {
    expect(settings).toBe('PACK=.\nVKEY=$(cat "$PACK/ledger.vkey")\n');
    expect(steps).toHaveLength(12);
    expect(quick).toHaveLength(11);
  });

  test("find a good store good", async () => {
    const said = await followed(await asFolder(good), vkey);
    expect(said.split("\n").filter((line) => line !== "")).toEqual([
      "ok   12 evidence files match their names",
      "ok   every evidence file that is named is there (0 left out of this pack, 0 lawfully deleted)",
      "ok   263 records, each holding the fingerprint of the one before",
      `ok   the checkpoint over 263 records is signed by ${vkey}`,
      "ok   the first 263 records are the signed ones",
      "-    there are no receipts here",
      "-    no record holds a time stamp",
      "-    this is not a pack",
    ]);
  });

  test.each<[string, string, (objects: Map<string, Uint8Array>) => void]>([
    [
      "a changed evidence file",
      "are not what was recorded",
      (o) => o.set(blob("backup ok"), text("backup ok on some day\n")),
    ],
    ["a missing evidence file", "are named by records and gone", (o) => o.delete(blob("backup ok"))],
    [
      "a missing evidence file that only a manifest names",
      "are named by records and gone",
      (o) => o.delete(blob("only in the manifest")),
    ],
    [
      "a changed record",
      "record 2 does not continue",
      (o) => o.set(batchKey(1), text(decode(o.get(batchKey(1))).replace("daily", "yearly"))),
    ],
    ["a missing batch", "record 2 does not continue", (o) => o.delete(batchKey(2))],
    [
      "another size in the checkpoint",
      "a signature by this key is wrong",
      (o) => o.set("checkpoint", text(decode(o.get("checkpoint")).replace("263", "262"))),
    ],
    [
      "another log's name in the checkpoint",
      "the checkpoint is not signed",
      (o) => o.set("checkpoint", text(decode(o.get("checkpoint")).replace("example", "another"))),
    ],
    ["no checkpoint", "the checkpoint is not signed", (o) => o.delete("checkpoint")],
  ])("find %s", async (_name, words, tamper) => {
    const objects = new Map(good);
    tamper(objects);
    expect(
      (await followed(await asFolder(objects), vkey, quick)).split("\n").filter((line) => line.startsWith("BAD"))[0],
    ).toContain(words);
  });

  test("find an evidence file that is a link to another one elsewhere", async () => {
    const folder = await asFolder(good);
    const file = join(folder, blob("backup ok"));
    await rm(file);
    await symlink("/etc/hostname", file);
    expect(await followed(folder, vkey, quick)).toContain(
      "BAD  the evidence files above are named by records and gone",
    );
  });

  test("find a checkpoint that another key signed, and a key whose ID was forged", async () => {
    const folder = await asFolder(good);
    const other = newSigner("example-0a1b2c3d", generateKey()).verifier.vkey;
    expect(await followed(folder, other, quick)).toContain("BAD  the checkpoint is not signed");
    const forged = `${vkey.split("+").slice(0, 2).join("+")}+${other.split("+").slice(2).join("+")}`;
    expect(await followed(folder, forged, quick)).toContain("the key ID is wrong");
  });

  test("find the last record rewritten, which no later record gives away, and records that are gone from the end", async () => {
    const last = batchKey(261);
    const rewritten = new Map(good).set(last, text(decode(good.get(last)).replace("last-2", "last-9")));
    expect(await followed(await asFolder(rewritten), vkey)).toContain("BAD  the records do not give the signed root");
    const cut = new Map(good);
    cut.delete(last);
    if (THOROUGH)
      expect(await followed(await asFolder(cut), vkey)).toContain("BAD  the records do not give the signed root");
  });
});
