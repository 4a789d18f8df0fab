import { createPrivateKey, type KeyObject } from "node:crypto";
import { chmod, lstat, mkdir, open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { hex } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { realDisk, syncFolder } from "../store/disk.ts";
import { generateKey, newSigner, type Signer, type Verifier } from "../tlog/note.ts";

/** Keys of a workspace: one PEM file (PKCS #8) per key, readable by its owner only, named by the key ID. */
export function keyFile(folder: string, verifier: Verifier): string {
  return join(folder, `${hex(verifier.id)}.pem`);
}

/** Makes and keeps a new signing key for this origin. Only `init` and `keys rotate` call it. */
export async function createKey(folder: string, origin: string): Promise<Signer> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const key = generateKey();
  const signer = newSigner(origin, key);
  const file = await open(keyFile(folder, signer.verifier), "wx", 0o600);
  try {
    await file.writeFile(key.export({ type: "pkcs8", format: "pem" }));
    await file.sync();
  } finally {
    await file.close();
  }
  await chmod(folder, 0o700);
  await syncFolder(realDisk, folder);
  return signer;
}

/** IDs of the keys whose files are in the folder, as their names say. */
export async function keyIds(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.flatMap((name) => /^([0-9a-f]{8})\.pem$/.exec(name)?.[1] ?? []).sort();
}

/** A key file is nobody's but its owner's, and lies where nobody else can put another one in its place. Throws KEY_UNUSABLE. */
async function requirePrivate(folder: string, path: string): Promise<void> {
  const [around, file] = [await lstat(folder), await lstat(path)];
  for (const [place, found] of [
    [folder, around],
    [path, file],
  ] as const) {
    if (!found.isSymbolicLink()) continue;
    throw new CustodyError("KEY_UNUSABLE", `${place} is a symbolic link: whoever can change it chooses what signs`, {
      remedy: "Put the folder and the file themselves there.",
    });
  }
  if (process.platform === "win32") return;
  if ((around.mode & 0o022) !== 0) {
    throw new CustodyError(
      "KEY_UNUSABLE",
      `${folder} can be written by others (mode ${(around.mode & 0o777).toString(8)}; expected 700)`,
      { remedy: `Run \`chmod 700 ${folder}\`, and look whether the key in it is the right one.` },
    );
  }
  if ((file.mode & 0o077) !== 0) {
    throw new CustodyError(
      "KEY_UNUSABLE",
      `${path} can be read by others (mode ${(file.mode & 0o777).toString(8)}; expected 600)`,
      {
        remedy: `Run \`chmod 600 ${path}\`. If somebody may have copied it, treat the key as stolen: \`custody keys revoke\`.`,
      },
    );
  }
}

/** The private key that belongs to a public one. Throws KEY_UNUSABLE when it is missing, readable by others, or another key. */
export async function loadKey(folder: string, verifier: Verifier): Promise<Signer> {
  const key = await loadKeyObject(folder, hex(verifier.id));
  const signer = newSigner(verifier.name, key);
  if (signer.verifier.vkey !== verifier.vkey) {
    throw new CustodyError("KEY_UNUSABLE", `${keyFile(folder, verifier)} is another key than the pinned one`, {
      remedy: "Put the right key back from your backup.",
    });
  }
  return signer;
}

/** The private key in the file of this key ID. Throws KEY_UNUSABLE. */
export async function loadKeyObject(folder: string, id: string): Promise<KeyObject> {
  const path = join(folder, `${id}.pem`);
  let pem: string;
  try {
    await requirePrivate(folder, path);
    pem = await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof CustodyError) throw cause;
    const others = await keyIds(folder);
    throw new CustodyError(
      "KEY_UNUSABLE",
      `the signing key ${path} cannot be read (${(cause as NodeJS.ErrnoException).code})`,
      {
        cause,
        remedy: `${others.length > 0 ? `The folder holds ${others.map((one) => `${one}.pem`).join(", ")}, and the log is signed with another key. ` : ""}Put the key back from your backup (\`custody keys restore FILE\`). If there is none, \`custody init DIR --successor-of .\` begins a log that names this one.`,
      },
    );
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    // The cause could quote the file; it is not passed on.
    throw new CustodyError("KEY_UNUSABLE", `${path} is not an Ed25519 private key in PEM form`);
  }
  if (key.asymmetricKeyType === "ed25519") return key;
  throw new CustodyError(
    "KEY_UNUSABLE",
    `${path} is not an Ed25519 private key in PEM form, but one of type ${key.asymmetricKeyType}`,
  );
}
