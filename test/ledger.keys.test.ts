import { chmod, readdir, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { newOrigin } from "../src/ledger/create.ts";
import { createKey, loadKey } from "../src/ledger/keys.ts";
import type { CustodyError } from "../src/lib/errors.ts";
import { isKeyName } from "../src/tlog/note.ts";
import { temporaryFolder } from "./support/ledger.ts";

const ORIGIN = "example-0a1b2c3d";

async function newKey() {
  const folder = join(await temporaryFolder(), "keys");
  const { verifier } = await createKey(folder, ORIGIN);
  const [name = ""] = await readdir(folder);
  return { folder, verifier, path: join(folder, name) };
}

const problemOf = (loading: Promise<unknown>) =>
  loading.then(
    () => "loaded",
    (error: unknown) => {
      expect(error).toMatchObject({ code: "KEY_UNUSABLE" });
      const { message, remedy } = error as CustodyError;
      return `${message} ${remedy ?? ""}`;
    },
  );

test("a key is kept for its owner only, and signs as the pinned one", async () => {
  const { folder, verifier, path } = await newKey();
  expect([(await stat(folder)).mode & 0o777, (await stat(path)).mode & 0o777]).toEqual([0o700, 0o600]);
  const signer = await loadKey(folder, verifier);
  const message = new TextEncoder().encode("text\n");
  expect(verifier.verify(message, await signer.sign(message))).toBe(true);
});

test.each([0o640, 0o604, 0o660])("a key that others may read (mode %o) is refused with what to do", async (mode) => {
  const { folder, verifier, path } = await newKey();
  await chmod(path, mode);
  expect(await problemOf(loadKey(folder, verifier))).toContain(`chmod 600 ${path}`);
});

test("a missing, a wrong and a broken key are told apart, and no word of a key is quoted", async () => {
  const mine = await newKey();
  const other = await newKey();
  expect(await problemOf(loadKey(join(mine.folder, "none"), mine.verifier))).toContain("backup");
  expect(await problemOf(loadKey(other.folder, mine.verifier))).toContain("signed with another key");
  await rename(other.path, mine.path);
  expect(await problemOf(loadKey(mine.folder, mine.verifier))).toContain("another key than the pinned one");
  await writeFile(mine.path, "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n", { mode: 0o600 });
  const broken = await problemOf(loadKey(mine.folder, mine.verifier));
  expect(broken).toContain("not an Ed25519 private key");
  expect(broken).not.toContain("c2VjcmV0");
});

test.each(["Example GmbH", "Müller & Söhne + Co", "日本", "", "x".repeat(300)])(
  "%j gives an origin that can name a key",
  (name) => {
    expect(newOrigin(name)).toMatch(/^[a-z0-9-]{1,40}-[0-9a-f]{8}$/);
    expect(isKeyName(newOrigin(name))).toBe(true);
    expect(newOrigin(name)).not.toBe(newOrigin(name));
  },
);
