import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { base64 } from "../src/lib/digest.ts";
import { parseCheckpoint } from "../src/tlog/checkpoint.ts";
import { asFolder, frozenLedger, logOf } from "./support/example-ledger.ts";
import { describeWith } from "./support/tools.ts";

/** Where Debian puts Go packages that are not part of Go. */
const GOPATH = "/usr/share/gocode";
const SOURCE = fileURLToPath(new URL("readers/go", import.meta.url));
const MOD = join(GOPATH, "src/golang.org/x/mod/sumdb/tlog");

interface Answer {
  readonly code: number;
  readonly said: string;
}

function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Answer> {
  return new Promise((resolve) => {
    execFile(program, args, { ...options, timeout: 120_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : -1, said: stdout + stderr });
    });
  });
}

describeWith(["go"], "golang.org/x/mod/sumdb, which knows nothing of Custody", () => {
  const tests = existsSync(MOD) || process.env.CI ? describe : describe.skip;
  tests(existsSync(MOD) ? "reads the log" : "reads the log (skipped: golang-golang-x-mod-dev not installed)", () => {
    let folder: string;
    const reader = () => join(folder, "reader");

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "custody-go-"));
      const env = { ...process.env, GO111MODULE: "off", GOPATH, GOFLAGS: "", CGO_ENABLED: "0" };
      const built = await run("go", ["build", "-o", reader(), "main.go"], { cwd: SOURCE, env });
      expect(built, built.said).toMatchObject({ code: 0 });
    }, 180_000);
    afterAll(() => rm(folder, { recursive: true, force: true }));

    test.each<[number, number[]]>([
      [1, []],
      [255, []],
      [256, [255]],
      [257, [254, 256]],
      [600, [1, 2, 3, 100, 256, 300, 511, 512, 513]],
      [70_000, [65_535, 65_536, 65_537]],
    ])("of %i entries, with consistency to every earlier size", { timeout: 120_000 }, async (size, earlier) => {
      const { store, keys } = await logOf(size, earlier);
      const checkpoint = parseCheckpoint(store.objects.get("checkpoint") as Uint8Array);
      const answer = await run(reader(), [await asFolder(store.objects), keys[0]?.vkey ?? ""]);
      expect(answer, answer.said).toMatchObject({ code: 0 });
      expect(answer.said).toContain(`size ${size}\nroot ${base64(checkpoint?.root as Uint8Array)}\n`);
      // Sizes that end a tile leave no partial one behind. The log begins with a checkpoint of its first entry.
      const partial = new Set([1, ...earlier, size].filter((n) => n % 256 !== 0)).size;
      expect(answer.said).toContain(`consistent with ${partial} earlier sizes\n`);
    });

    test("that was frozen when the format was new", async () => {
      const { vkey } = await frozenLedger();
      const store = fileURLToPath(new URL("ledgers/v1-small/store", import.meta.url));
      expect(await run(reader(), [store, vkey])).toMatchObject({ code: 0 });
    });

    test.each([
      "checkpoint",
      "tile/entries/000",
      "tile/entries/001.p/7",
      "tile/0/000",
      "tile/0/001.p/7",
      "tile/0/001.p/5",
      "tile/1/000.p/1",
    ])("and refuses a log with one bit of %s changed", async (key) => {
      const { objects, vkey } = await frozenLedger();
      const store = await asFolder(objects);
      const bytes = Uint8Array.from(await readFile(join(store, key)));
      const at = Math.floor(bytes.length / 2);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      await writeFile(join(store, key), bytes);
      const answer = await run(reader(), [store, vkey]);
      expect(answer.code, answer.said).toBe(1);
    });

    test("and refuses a key that did not sign it", async () => {
      const { objects } = await frozenLedger();
      const { keys } = await logOf(1);
      expect(await run(reader(), [await asFolder(objects), keys[0]?.vkey ?? ""])).toMatchObject({ code: 1 });
    });
  });
});
