import type { Tree } from "./tree.ts";

/** Commands that begin a workspace, and say what can be connected. */

export function addBeginning({ command, group }: Tree): void {
  group("Begin:");
  command(
    "init [dir]",
    "begin a workspace: configuration, key and store",
    [
      ["--name <name>", "name of the organisation, printed on every report"],
      ["--zone <zone>", "its time zone, such as Europe/Berlin"],
      ["--policy <name>", "your rules for incidents: a shipped policy (`custody policy list`), or the path of a file"],
      ["--origin <name>", "name of the log; made from the organisation's name unless given"],
      ["--store <where>", "file:PATH or s3://BUCKET/PREFIX (default: file:./data/store)"],
      ["--endpoint <url>", "address of an S3 server that is not AWS"],
      ["--region <name>", "S3 region"],
      ["--create-bucket", "make the bucket as well"],
      ["--successor-of <where>", "go on from another log: the folder of its workspace, or of its store"],
      ["--old-key <vkey>", "with --successor-of a store: the key of that log, or a file with it"],
      ["--reason <why>", "with --successor-of: lost-key, halted, restored-backup or yearly"],
      ["--join <where>", "a further machine for a log that exists: file:PATH or s3://BUCKET/PREFIX of its store"],
      ["--key <vkey>", "with --join: the key of that log, or a file with it (ledger.vkey on the first machine)"],
    ],
    async () => (await import("../init.ts")).init,
  );
  command(
    "demo [dir]",
    "a workspace with a made-up year in it",
    [
      ["--serve", "go on as the daemon afterwards"],
      ["--once", "end after the report, also with --serve"],
      ["--attack <name>", "instead: a small log tampered with in this way, to catch; `all` carries out every attack"],
    ],
    async () => (await import("../demo.ts")).demo,
  );
  command(
    "sources",
    "what can be connected, and what it needs",
    [],
    async () => (await import("../sources.ts")).sources,
  );
}
