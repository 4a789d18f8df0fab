import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { buildNodeVerifier, buildPageVerifier } from "../build/standalone.mjs";
import { parseVkey } from "../src/tlog/verifier.ts";
import { fingerprintOf } from "../src/verify/say.ts";
import { Cli } from "./support/cli.ts";
import { asFolder, exampleLog } from "./support/example-ledger.ts";
import { temporaryFolder } from "./support/ledger.ts";
import { builtVerifiers, examplePack, type TestPack, zipOf } from "./support/packing.ts";

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a script where there is nothing: no packages, no environment. */
function node(cwd: string, ...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { cwd, env: {}, timeout: 30_000 };
    const child = execFile(process.execPath, args, options, (_error, out, err) =>
      resolve({ code: child.exitCode, out, err }),
    );
  });
}

/** A pack with the real verifier in it, unpacked into an empty folder that has no packages above it. */
async function unpacked(): Promise<{ folder: string; pack: TestPack }> {
  const pack = await examplePack({ verifiers: await builtVerifiers() });
  const folder = await mkdtemp(join(tmpdir(), "custody-pack-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [path, bytes] of pack.files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
  return { folder, pack };
}

describe("the build", () => {
  test("gives the same bytes each time, imports only Node, and names what it contains with its licence", async () => {
    const [one, two] = [await buildNodeVerifier(), await buildNodeVerifier()];
    expect(two).toBe(one);
    const page = await buildPageVerifier();
    expect(await buildPageVerifier()).toBe(page);
    const imported = [...one.matchAll(/^import .* from "([^"]+)"/gm)].map(([, name]) => name);
    expect(imported.every((name) => name?.startsWith("node:"))).toBe(true);
    expect(one).not.toMatch(/\bimport\(/);
    expect(one).not.toMatch(/\/work\/|\/home\/|file:\/\/\//);
    for (const text of [one, page]) {
      expect(text).toContain("zod ");
      expect(text).toContain("temporal-polyfill ");
      expect(text).toContain("Permission is hereby granted");
    }
    expect(page).toContain("@noble/curves ");
    const code = page.replaceAll(/^\s*(\*|\/\/|\/\*).*$/gm, "");
    expect(code.match(/.*("node:|\brequire\(["'`]|\bBuffer\.|\bprocess\.|unsafe-inline|unsafe-eval).*/g)).toBe(null);
    expect(page).toContain("default-src 'none'");
    // One script and one style, both by their hash.
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(one.length).toBeLessThan(1024 ** 2);
    expect(page.length).toBeLessThan(1024 ** 2);
  });
});

describe("verify.mjs", () => {
  test("in an unpacked pack, without anything else, verifies it and says that its key must be compared", async () => {
    const { folder, pack } = await unpacked();
    const { code, out, err } = await node(folder, "verify.mjs");
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/INTEGRITY {5}intact/);
    expect(out).toMatch(/INDEPENDENCE {2}self-attested/);
    expect(out).toContain("!! THE KEY CAME WITH THE PACK.");
    expect(out).toContain(pack.vkey);
    expect(out).toContain(fingerprintOf(parseVkey(pack.vkey)));
    const trusted = await node(folder, "verify.mjs", ".", "--key", pack.vkey);
    expect(trusted.code).toBe(0);
    expect(trusted.out).not.toContain("!!");
    expect(trusted.out).toContain("Keep this line");
    const json = await node(folder, "verify.mjs", "--json");
    expect(JSON.parse(json.out)).toMatchObject({ ok: true, size: 3, key: { from: "pack", vkey: pack.vkey } });
  });

  test("fails for one changed byte of evidence, record, proof, checkpoint and of itself", async () => {
    const { folder, pack } = await unpacked();
    const [blob = ""] = [...pack.files.keys()].filter((path) => path.includes("blob/"));
    const paths = [
      blob,
      "store/seq/00000000/000000000001",
      "store/checkpoint",
      "receipts/000000000002.tlog-proof",
      "verify.html",
    ];
    for (const path of paths) {
      const bytes = pack.files.get(path) as Uint8Array;
      await writeFile(
        join(folder, path),
        bytes.map((byte, i) => (i === 30 ? byte ^ 1 : byte)),
      );
      const { code, out } = await node(folder, "verify.mjs");
      expect([path, code]).toEqual([path, 1]);
      expect(out).toMatch(/INTEGRITY {5}broken/);
      expect(out).not.toContain("Keep this line");
      await writeFile(join(folder, path), bytes);
    }
    expect((await node(folder, "verify.mjs")).code).toBe(0);
  });

  test("checks a ZIP, a store, and a receipt with its evidence file; each asks for the key", async () => {
    const folder = await temporaryFolder();
    const script = join(await builtVerifiers(), "verify.mjs");
    const pack = await examplePack();
    const zip = join(folder, "pack.zip");
    await writeFile(zip, pack.zip);
    const key = ["--key", pack.vkey];
    expect((await node(folder, script, "pack.zip", ...key)).code).toBe(0);
    const store = await asFolder((await exampleLog()).objects);
    // Another log by the same key: random numbers differ, the key does not.
    expect((await node(folder, script, store, ...key)).code).toBe(0);
    const receipt = join(folder, "2.tlog-proof");
    await writeFile(receipt, pack.files.get("receipts/000000000002.tlog-proof") as Uint8Array);
    await writeFile(join(folder, "contacts.txt"), "Contact list checked on 20 November.\n");
    await writeFile(join(folder, "other.txt"), "Contact list checked on 21 November.\n");
    const right = await node(folder, script, "2.tlog-proof", "contacts.txt", ...key);
    expect(right.code).toBe(0);
    expect(right.out).toContain("contacts.txt: this is that evidence file, byte for byte");
    const wrong = await node(folder, script, "2.tlog-proof", "other.txt", ...key);
    expect(wrong.code).toBe(1);
    expect(wrong.out).toContain("other.txt: NOT a file that this record names");
    for (const place of [zip, store, receipt]) expect((await node(folder, script, place)).code).toBe(2);
    expect((await node(folder, script)).err).toContain("nothing was named");
    expect((await node(folder, script, "--help")).out).toContain("node verify.mjs PACK.zip --key KEY");
    expect((await node(folder, script, "--nonsense")).code).toBe(2);
    expect((await node(folder, script, "missing.zip", ...key)).err).toContain("missing.zip is not there");
  });

  test("holds a pack against states known from elsewhere, typed or in a file", async () => {
    const folder = await temporaryFolder();
    const script = join(await builtVerifiers(), "verify.mjs");
    const pack = await examplePack();
    await writeFile(join(folder, "pack.zip"), pack.zip);
    const { root } = JSON.parse(new TextDecoder().decode(pack.files.get("pack.json"))) as { root: string };
    const run = (...more: string[]) => node(folder, script, "pack.zip", "--key", pack.vkey, ...more);
    const known = await run("--since", `3:${root}`);
    expect(known.code).toBe(0);
    expect(known.out).toMatch(/INDEPENDENCE {2}published/);
    const forked = await run("--since", `3:${Buffer.alloc(32).toString("base64")}`);
    expect([forked.code, forked.out.includes("forked")]).toEqual([1, true]);
    const newer = await run("--since", `4:${root}`);
    expect([newer.code, newer.out.includes("rolled-back")]).toEqual([1, true]);
    await writeFile(join(folder, "heads"), pack.files.get("heads.txt") as Uint8Array);
    expect((await run("--since", "heads")).code).toBe(0);
    expect((await run("--since", "nonsense")).code).toBe(2);
  });
});

describe("custody verify", () => {
  let cli: Cli;
  beforeAll(async () => {
    cli = await Cli.compile("standalone");
  });
  afterAll(() => cli.close());

  test("says of a pack what verify.mjs says, as a ZIP and unpacked", async () => {
    const { folder, pack } = await unpacked();
    const zip = join(await cli.place(), "pack.zip");
    await writeFile(zip, pack.zip);
    const script = join(folder, "verify.mjs");
    for (const place of [zip, folder]) {
      const ours = await cli.run(folder, ["verify", place, "--key", pack.vkey]);
      const theirs = await node(folder, script, place, "--key", pack.vkey);
      expect([ours.code, theirs.code]).toEqual([0, 0]);
      expect(theirs.out.startsWith(ours.stdout)).toBe(true);
      const one = (await cli.run(folder, ["verify", place, "--key", pack.vkey, "--json"])).json();
      expect(one).toEqual(JSON.parse((await node(folder, script, place, "--key", pack.vkey, "--json")).out));
    }
    const altered = new Map([...pack.files, ["README.txt", new TextEncoder().encode("x")]]);
    await writeFile(zip, await zipOf(altered));
    const broken = await cli.run(folder, ["verify", zip, "--key", pack.vkey]);
    expect(broken.code).toBe(1);
    expect(broken.stdout).toContain("pack-altered");
    await writeFile(zip, "PK nonsense");
    const refused = await cli.run(folder, ["verify", zip, "--key", pack.vkey]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/byte 0: expected a ZIP file/);
  });

  test("checks an evidence file by its receipt", async () => {
    const { folder, pack } = await unpacked();
    const receipt = join(folder, "receipts/000000000002.tlog-proof");
    await writeFile(join(folder, "contacts.txt"), "Contact list checked on 20 November.\n");
    const right = await cli.run(folder, ["verify", receipt, "--key", pack.vkey, "--file", "contacts.txt"]);
    expect([right.code, right.stdout.includes("byte for byte")]).toEqual([0, true]);
    const wrong = await cli.run(folder, ["verify", receipt, "--key", pack.vkey, "--file", "README.txt"]);
    expect([wrong.code, wrong.stdout.includes("NOT a file")]).toEqual([1, true]);
    expect((await cli.run(folder, ["verify", folder, "--key", pack.vkey, "--file", "README.txt"])).code).toBe(2);
    expect(await readFile(receipt, "utf8")).toContain("c2sp.org/tlog-proof@v1");
  });
});
