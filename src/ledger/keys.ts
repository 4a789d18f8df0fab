import { createPrivateKey } from "node:crypto";
import { chmod, mkdir, open, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { hex } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { realDisk, syncFolder } from "../store/disk.ts";
import { generateKey, newSigner, type Signer, type Verifier } from "../tlog/note.ts";

/** Keys of a workspace: one PEM file (PKCS #8) per key, readable by its owner only, named by the key ID. */
function keyFile(folder: string, verifier: Verifier): string {
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

/** The private key that belongs to a pinned public one. Throws KEY_UNUSABLE when it is missing, readable by others, or another key. */
export async function loadKey(folder: string, verifier: Verifier): Promise<Signer> {
  const path = keyFile(folder, verifier);
  let pem: string;
  try {
    const { mode } = await stat(path);
    if (process.platform !== "win32" && (mode & 0o077) !== 0) {
      throw new CustodyError(
        "KEY_UNUSABLE",
        `${path} can be read by others (mode ${(mode & 0o777).toString(8)}; expected 600)`,
        {
          remedy: `Run \`chmod 600 ${path}\`. If somebody may have copied it, treat the key as stolen.`,
        },
      );
    }
    pem = await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof CustodyError) throw cause;
    const others = await readdir(folder).catch(() => []);
    throw new CustodyError(
      "KEY_UNUSABLE",
      `the signing key ${path} cannot be read (${(cause as NodeJS.ErrnoException).code})`,
      {
        cause,
        remedy:
          others.length > 0
            ? `The folder holds ${others.join(", ")}; ledger.vkey names another key.`
            : "Put the key back from your backup.",
      },
    );
  }
  let signer: Signer;
  try {
    signer = newSigner(verifier.name, createPrivateKey(pem));
  } catch (cause) {
    // The cause could quote the file; it is not passed on.
    throw new CustodyError(
      "KEY_UNUSABLE",
      `${path} is not an Ed25519 private key in PEM form${cause instanceof CustodyError ? `: ${cause.message}` : ""}`,
    );
  }
  if (signer.verifier.vkey !== verifier.vkey) {
    throw new CustodyError("KEY_UNUSABLE", `${path} is another key than the pinned one`, {
      remedy: "Put the right key back from your backup.",
    });
  }
  return signer;
}
