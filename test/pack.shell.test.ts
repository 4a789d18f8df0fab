import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { digestOf, sha256 } from "../src/lib/digest.ts";
import { temporaryFolder } from "./support/ledger.ts";
import { checkpointIn, recordHead } from "./support/outside.ts";
import { packOf, unpacked, workspaceWithEvidence } from "./support/pack.ts";
import { followed } from "./support/shell-steps.ts";
import { describeWith } from "./support/tools.ts";
import { Pki, ROOT_EXTENSIONS, TSA_EXTENSIONS } from "./support/tsp-pki.ts";

// Whichever test comes first makes the pack, with a certificate authority of its own.
vi.setConfig({ testTimeout: 120_000 });
const DAY = 86_400_000;

describeWith(["unzip", "sha256sum", "base64", "basenc", "openssl"], "the steps of docs/VERIFY.md on a pack", () => {
  test("find a good pack good, with its receipt and its time stamp", async () => {
    const { folder, made, roots, vkey, uploads } = await stampedPack();
    const receipt = (await readdir(join(folder, "receipts"))).at(-1) ?? "";
    const said = await followed(folder, { VKEY: vkey, ROOTS: roots, RECEIPT: join(folder, "receipts", receipt) });
    expect(said.filter((line) => !line.startsWith("ok   "))).toHaveLength(4);
    const { size, omitted } = made.pack;
    expect(said.filter((line) => !/^[0-9a-f]{64}$/.test(line))).toEqual([
      `ok   ${made.evidence} evidence files match their names`,
      `ok   every evidence file that is named is there (${omitted.length} left out of this pack, 1 lawfully deleted)`,
      `ok   ${size} records, each holding the fingerprint of the one before`,
      `ok   the checkpoint over ${size} records is signed by ${vkey}`,
      `ok   the first ${size} records are the signed ones`,
      expect.stringMatching(/^ok {3}record \d+ is in the log by its receipt; it names these evidence files:$/),
      expect.stringMatching(/^ok {3}the first \d+ records were there on [A-Z][a-z]{2} .* GMT$/),
      // Made after the last record in the pack: no record in it can name them.
      "-    the report 2026-Q3.json is NOT covered by the signature: no signed record names it",
      "-    the report 2026-Q3.pdf is NOT covered by the signature: no signed record names it",
      `ok   ${made.files - 1} files are the ones of the list`,
    ]);
    expect(said.filter((line) => /^[0-9a-f]{64}$/.test(line))).toContain(uploads.october);
  });

  const flip = (at: (bytes: Buffer) => number) => async (path: string) => {
    const bytes = await readFile(path);
    const i = at(bytes);
    bytes[i] = (bytes[i] ?? 0) ^ 1;
    await writeFile(path, bytes);
  };
  const somewhere = flip((bytes) => bytes.length >> 1);
  type Tamper = (folder: string, made: Awaited<ReturnType<typeof stampedPack>>) => Promise<unknown>;
  const blobPath = (folder: string, digest: string) => join(folder, "store/blob/sha256", digest.slice(0, 2), digest);

  test.each<[string, string, Tamper]>([
    ["evidence", "are not what was recorded", (f, { uploads }) => somewhere(blobPath(f, uploads.august))],
    ["evidence that is gone", "named by records and gone", (f, { uploads }) => rm(blobPath(f, uploads.august))],
    [
      "a record",
      "does not continue the one before it",
      (f) => flip((b) => b.indexOf("software") + 12)(join(f, "store/seq/00000000/000000000002")),
    ],
    [
      "the last record",
      "do not give the signed root",
      (f, { made }) =>
        flip((b) => b.length - 9)(join(f, "store/seq/00000000", String(made.pack.size - 1).padStart(12, "0"))),
    ],
    ["the head", "is not signed by", (f) => flip((b) => b.indexOf(0x0a) + 1)(join(f, "store/checkpoint"))],
    [
      "the proof of a receipt",
      "does not prove its record",
      (f) => flip((b) => b.indexOf("\n", b.indexOf("\nindex ") + 1) + 5)(join(f, "receipts/000000000004.tlog-proof")),
    ],
    [
      "the record of a receipt",
      "does not prove its record",
      (f) => flip((b) => b.indexOf("extra ") + 50)(join(f, "receipts/000000000004.tlog-proof")),
    ],
    ["a time stamp", "are not what was recorded", (f, { stamp }) => somewhere(blobPath(f, stamp))],
    ["the report", "does not hold the files of its list", (f) => somewhere(join(f, "report/2026-Q3.pdf"))],
    ["a file too many", "does not hold the files of its list", (f) => writeFile(join(f, "report/more.pdf"), "x")],
  ])("find a flipped byte in %s", async (_name, words, tamper) => {
    const made = await stampedPack();
    const folder = join(await temporaryFolder(), "pack");
    await cp(made.folder, folder, { recursive: true });
    await tamper(folder, made);
    const said = await followed(folder, {
      VKEY: made.vkey,
      ROOTS: made.roots,
      RECEIPT: join(folder, "receipts/000000000004.tlog-proof"),
    });
    expect(said.filter((line) => line.startsWith("BAD"))[0]).toContain(words);
  });

  test("find a time stamp of another state, even where everything fits together", async () => {
    const { folder, vkey, roots } = await stampedPack("other");
    const said = await followed(folder, { VKEY: vkey, ROOTS: roots });
    expect(said.filter((line) => line.startsWith("BAD"))).toEqual([
      expect.stringContaining("does not stand for an earlier state of this log"),
    ]);
  });

  test("do not believe a service that is not among the roots", async () => {
    const { folder, vkey, otherRoots } = await stampedPack();
    const said = await followed(folder, { VKEY: vkey, ROOTS: otherRoots });
    expect(said.filter((line) => line.startsWith("BAD"))).toHaveLength(1);
    const unasked = await followed(folder, { VKEY: vkey });
    expect(unasked).toContain("-    1 time stamps not checked: set ROOTS");
  });
});

const packs = new Map<string, ReturnType<typeof makeStampedPack>>();

/** A pack of a log with a time stamp and a disposal; made once for each kind. */
function stampedPack(kind: "right" | "other" = "right"): ReturnType<typeof makeStampedPack> {
  const known = packs.get(kind) ?? makeStampedPack(kind);
  packs.set(kind, known);
  return known;
}

async function makeStampedPack(kind: "right" | "other") {
  const { custody, clock, uploads } = await workspaceWithEvidence();
  const ledger = await custody.ledger();
  const store = await custody.store();
  const pki = new Pki();
  const now = Date.now();
  for (const root of ["root", "other-root"])
    pki.issue(root, { extensions: ROOT_EXTENSIONS, from: now - DAY, to: now + 900 * DAY });
  pki.issue("tsa", { by: "root", extensions: TSA_EXTENSIONS, from: now - DAY, to: now + 900 * DAY });
  const checkpoint = await checkpointIn(store);
  // The service stamps whatever it is given; whether it is a state of this log is for the reader to see.
  const stamped =
    kind === "right"
      ? checkpoint
      : new TextEncoder().encode(new TextDecoder().decode(checkpoint).replace(/\n\d+\n/, "\n9\n"));
  const reply = pki.stamp(pki.service("tsa"), sha256(stamped));
  await recordHead(ledger, "timestamp", checkpoint, reply, {
    checkpoint: await ledger.put(stamped, "text/plain; charset=utf-8"),
  });
  await ledger.append([
    {
      kind: "disposal",
      actor: { type: "system", id: "custody" },
      items: [{ digest: uploads.june, size: 21, entries: [4] }],
      reason: "retention",
      authority: "dpo",
    },
  ]);
  clock.advance(1000);
  const made = await packOf(custody);
  const folder = await mkdtemp(join(tmpdir(), "custody-shell-"));
  folders.push(folder, pki.folder);
  await cp((await unpacked(made.path)).folder, folder, { recursive: true });
  const vkey = ledger.vkey;
  const stamp = digestOf(reply);
  return { folder, made, vkey, uploads, stamp, roots: pki.path("root.pem"), otherRoots: pki.path("other-root.pem") };
}

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));
