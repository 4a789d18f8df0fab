import { execFile } from "node:child_process";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FolderStore } from "../src/store/folder.ts";
import { verifyLedger } from "../src/verify/verify.ts";
import { asFolder, frozenLedger, logOf } from "./support/example-ledger.ts";
import { mutate, readMutations } from "./support/mutations.ts";
import { describeWith } from "./support/tools.ts";

const FOLDER = fileURLToPath(new URL("readers/python", import.meta.url));

/** Runs the second verifier over many stores in one process: `verify.py` does one. */
const OVER_ALL = `
import json, sys, verify
vkey, heads = sys.argv[1], [verify.parse_head(a) for a in json.loads(sys.argv[2])]
for folder in sys.stdin.read().split("\\n"):
    if folder:
        print(json.dumps(verify.Verifier(folder, vkey, heads).verify()))
`;

interface Answer {
  readonly ok: boolean;
  readonly size: number | null;
  readonly root: string | null;
  readonly entries: number;
  readonly findings: readonly { readonly code: string; readonly where: string }[];
}

function second(folders: readonly string[], vkey: string, heads: readonly string[] = []): Promise<Answer[]> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, PYTHONPATH: FOLDER, PYTHONDONTWRITEBYTECODE: "1" };
    const limits = { env, timeout: 120_000, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(
      "python3",
      ["-c", OVER_ALL, vkey, JSON.stringify(heads)],
      limits,
      (error, stdout, stderr) => {
        if (error) reject(new Error(stderr));
        else
          resolve(
            stdout
              .trimEnd()
              .split("\n")
              .map((line) => JSON.parse(line) as Answer),
          );
      },
    );
    child.stdin?.end(folders.join("\n"));
  });
}

const codesOf = ({ findings }: { findings: readonly { readonly code: string }[] }) =>
  [...new Set(findings.map((f) => f.code))].sort();
const { objects, vkey, keys } = await frozenLedger();

async function first(folder: string) {
  return verifyLedger(await FolderStore.open(folder), { keys });
}

describeWith(["python3"], "the second verifier, written from docs/FORMAT.md", () => {
  test("says of every broken variant of the frozen ledger what ours says", async () => {
    const mutations = await readMutations();
    const folders = await Promise.all(mutations.map((mutation) => asFolder(mutate(objects, mutation))));
    const answers = await second(folders, vkey);
    for (const [i, mutation] of mutations.entries()) {
      const answer = answers[i] as Answer;
      expect(answer.ok, mutation.name).toBe(mutation.codes.length === 0);
      expect(codesOf(answer), mutation.name).toEqual(codesOf(await first(folders[i] as string)));
    }
  });

  test("gives the same verdict on stores broken at random", { timeout: 120_000 }, async () => {
    const key = fc.constantFrom(...objects.keys());
    const change = fc.oneof(
      fc.record({ key, what: fc.constant("flip"), at: fc.nat(), bytes: fc.uint8Array({ minLength: 1, maxLength: 1 }) }),
      fc.record({
        key,
        what: fc.constant("insert"),
        at: fc.nat(),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
      }),
      fc.record({
        key,
        what: fc.constant("insert"),
        at: fc.nat(),
        bytes: fc.constantFrom("\n", "0", " ", "\\u0061", "﻿").map((s) => Buffer.from(s)),
      }),
      fc.record({
        key,
        what: fc.constant("remove"),
        at: fc.nat(),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
      }),
      fc.record({ key, what: fc.constant("delete"), at: fc.nat(), bytes: fc.constant(new Uint8Array()) }),
    );
    const changes = fc.sample(change, 40);
    const folders = await Promise.all(
      changes.map(({ key, what, at, bytes }) => {
        const broken = new Map(objects);
        const old = Buffer.from(objects.get(key) as Uint8Array);
        const i = at % old.length;
        if (what === "delete") broken.delete(key);
        else if (what === "insert") broken.set(key, Buffer.concat([old.subarray(0, i), bytes, old.subarray(i)]));
        else if (what === "remove")
          broken.set(key, Buffer.concat([old.subarray(0, i), old.subarray(i + bytes.length)]));
        else {
          old[i] = (old[i] ?? 0) ^ ((bytes[0] ?? 0) || 1);
          broken.set(key, old);
        }
        return asFolder(broken);
      }),
    );
    const answers = await second(folders, vkey);
    for (const [i, folder] of folders.entries()) {
      const ours = await first(folder);
      expect(answers[i]?.ok, JSON.stringify(changes[i])).toBe(ours.ok);
    }
  });

  test.each([1, 255, 256, 257, 600])("finds the same root in a log of %i entries", async (size) => {
    const log = await logOf(
      size,
      [1, 100, 200, 300].filter((n) => n < size),
    );
    const [answer] = await second([await asFolder(log.store.objects)], log.keys[0]?.vkey ?? "");
    const ours = await verifyLedger(log.store, { keys: log.keys });
    expect(answer).toMatchObject({ ok: true, size, root: ours.root, entries: size, findings: [] });
  });

  test("holds the log against heads known from elsewhere, and refuses another key", async () => {
    const folder = await asFolder(objects);
    const other = "/905oWNEBUiNrfJWLRYLzUKbm1Y10sy44Q/ahMWfP+o=";
    expect((await second([folder], vkey, [`263:${other}`]))[0]).toMatchObject({ ok: true });
    expect(codesOf((await second([folder], vkey, [`264:${other}`, `3:${other}`]))[0] as Answer)).toEqual([
      "forked",
      "rolled-back",
    ]);
    const { keys: strangers } = await logOf(1);
    expect(codesOf((await second([folder], strangers[0]?.vkey ?? ""))[0] as Answer)).toEqual(["key-untrusted"]);
  });

  test("does not follow links", async () => {
    const broken = new Map(objects);
    broken.delete("checkpoint");
    const folder = await asFolder(broken);
    await symlink(
      fileURLToPath(new URL("ledgers/v1-small/store/checkpoint", import.meta.url)),
      join(folder, "checkpoint"),
    );
    expect(codesOf((await second([folder], vkey))[0] as Answer)).toEqual(["checkpoint-missing", "stray"]);
  });
});
