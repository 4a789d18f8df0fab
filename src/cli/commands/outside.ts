import type { Tree } from "./tree.ts";

/** Commands about places beside the workspace: people, stores, heads, witnesses. */

export function addOutside({ branch, command }: Tree): void {
  const notify = branch("notify", "about notices to people: `notify test`");
  command(
    "test [channels...]",
    "send a test notice through all channels, or those named, and say of each whether it arrived",
    [],
    async () => (await import("../notify.ts")).test,
    notify,
  );
  const store = branch("store", "about the store: `store probe`, `store mirror`, `store copy`");
  command(
    "probe",
    "try out whether store and mirror keep what a log needs",
    [],
    async () => (await import("../store.ts")).probe,
    store,
  );
  command(
    "mirror",
    "bring the mirror up to the store now, however long it takes",
    [["--anew", "fill it from its beginning, also where it was filled before and is empty now"]],
    async () => (await import("../store-mirror.ts")).mirror,
    store,
  );
  command(
    "copy <target>",
    "move house: copy everything to another place, file:PATH or s3://BUCKET/PREFIX, and verify it there",
    [
      ["--endpoint <url>", "address of an S3 server that is not AWS"],
      ["--region <name>", "S3 region"],
      ["--lock <mode:days>", "lock what is copied: governance:DAYS or compliance:DAYS"],
      ["--checksum <kind>", "sha256, md5 or none, as in custody.yaml"],
      ["--access-key <reference>", "access key (default: ${env:CUSTODY_S3_ACCESS_KEY})"],
      ["--secret-key <reference>", "secret key (default: ${env:CUSTODY_S3_SECRET_KEY})"],
    ],
    async () => (await import("../store-copy.ts")).copy,
    store,
  );
  const head = branch("head", "about outside proofs: `head publish`, `head list`; docs/outside-proofs.md");
  command(
    "publish",
    "send the fingerprint of the log to every place under `heads:` now",
    [["--target <id...>", "this place only"]],
    async () => (await import("../heads.ts")).publish,
    head,
  );
  command(
    "list",
    "which fingerprints left when, to where, what came back, and what is next",
    [],
    async () => (await import("../heads.ts")).list,
    head,
  );
  const witness = branch(
    "witness",
    "be a witness for somebody's log; needs no workspace: `witness init`, `witness serve`, `witness add`",
  );
  command(
    "init [dir]",
    "begin a witness with a new key",
    [
      ["--log <vkey>", "key of the log to be witnessed, or a file with it"],
      ["--name <name>", "name of the witness, like a host's (default: the name of this machine)"],
    ],
    async () => (await import("../witness.ts")).init,
    witness,
  );
  command(
    "serve [dir]",
    "sign what continues all that was signed before, and nothing else",
    [["--listen <host:port>", "where (default: 127.0.0.1:8485)"]],
    async () => (await import("../witness.ts")).serve,
    witness,
  );
  command(
    "add [dir]",
    "witness one log more, or the new key of a log",
    [["--log <vkey>", "key of the log, or a file with it"]],
    async () => (await import("../witness.ts")).add,
    witness,
  );
}
