import type { Tree } from "./tree.ts";

/** Commands about keys and the index. */

const PASSPHRASE: readonly [string, string] = [
  "--passphrase-file <file>",
  "file whose first line encrypts the backup, 16 characters or more",
];

export function addKeys({ branch, command }: Tree): void {
  const keys = branch(
    "keys",
    "about the keys that sign: `keys list`, `keys rotate`, `keys retire`, `keys revoke`, `keys backup`",
  );
  command(
    "list",
    "which key signs, since when, and what to do",
    [],
    async () => (await import("../keys.ts")).list,
    keys,
  );
  command(
    "rotate",
    "let a new key sign; the old one signs beside it for 30 days",
    [],
    async () => (await import("../keys.ts")).rotate,
    keys,
  );
  command("retire <id>", "take an older key out of use", [], async () => (await import("../keys.ts")).retire, keys);
  command(
    "revoke <id>",
    "a key that others may have, or that is lost, counts no more; a new one takes its place",
    [
      ["--reason <why>", "compromised, lost, rotated or superseded"],
      ["--since <time>", "with compromised: the earliest moment from which somebody else may have had it"],
      ["--incident <id>", "incident that it belongs to"],
    ],
    async () => (await import("../keys.ts")).revoke,
    keys,
  );
  command(
    "attest",
    "say that you have looked through records that somebody else might have written with a revoked key",
    [
      ["--key <id>", "the revoked key"],
      ["--from <number>", "the first of these records"],
      ["--to <number>", "the first record after them"],
    ],
    async () => (await import("../keys.ts")).attest,
    keys,
  );
  command(
    "backup <file>",
    "write all signing keys to a file that only you can read",
    [PASSPHRASE],
    async () => (await import("../keys-backup.ts")).backup,
    keys,
  );
  command(
    "restore <file>",
    "put keys back from a backup",
    [PASSPHRASE],
    async () => (await import("../keys-backup.ts")).restore,
    keys,
  );
  const index = branch("index", "about the index beside the log: `index rebuild`");
  command(
    "rebuild",
    "make the index again from the log",
    [],
    async () => (await import("../index-rebuild.ts")).rebuild,
    index,
  );
}
