import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { stringify } from "yaml";
import { overlap, type StorePlace, storePlace } from "../config/config.ts";
import { ConfigFile } from "../config/file.ts";
import { type Custody, openPlace } from "../custody.ts";
import { Duplicate, type Duplicated } from "../ledger/duplicate.ts";
import { fileGuard } from "../ledger/guard.ts";
import { CustodyError } from "../lib/errors.ts";
import { probeStore, requireFit } from "../store/probe.ts";
import type { Store } from "../store/store.ts";
import { parseCheckpoint } from "../tlog/checkpoint.ts";
import { type KnownHead, type VerifyResult, verifyLedger } from "../verify/verify.ts";
import { type GlobalFlags, stopSignal, withCustody } from "./context.ts";
import type { Output } from "./output.ts";

interface Flags extends GlobalFlags {
  readonly endpoint?: string;
  readonly region?: string;
  readonly lock?: string;
  readonly checksum?: string;
  readonly accessKey?: string;
  readonly secretKey?: string;
}

/** How often what came during the verification is copied after it. */
const MAX_TURNS = 3;

/** `custody store copy TARGET`: exit 0 when the copy holds everything and verifies, 1 when it does not verify. */
export function copy(flags: Flags, target: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { config } = custody;
    const { setting, place } = targetOf(target, flags, config.root);
    for (const [key, other] of [
      ["store", config.store],
      ["mirror", config.mirror],
    ] as const) {
      if (other === undefined || !overlap(place, other)) continue;
      throw new CustodyError("USAGE", `${target} is the place of \`${key}:\`, or lies in it`, {
        remedy: "Name another place.",
      });
    }
    // Checked against key and guard, without writing anything to it: the old place may be full, or failing.
    await custody.view();
    const from = await custody.store();
    const to = await openTarget(custody, place);
    try {
      if (to.place === from.place)
        throw new CustodyError("USAGE", `${target} leads to the store itself`, { remedy: "Name another place." });
      requireFit(await probeStore(to, randomBytes));
      const { done, result } = await copyAndVerify(custody, from, to, output);
      tell(custody, done, result, { from, to, setting }, output);
      return result.ok ? 0 : 1;
    } finally {
      await to.close();
    }
  });
}

async function copyAndVerify(
  custody: Custody,
  source: Store,
  target: Store,
  output: Output,
): Promise<{ done: Duplicated; result: VerifyResult }> {
  const duplicate = new Duplicate({
    source,
    target,
    signal: stopSignal(),
    progress: (objects) => output.progress(`copying: ${objects} objects …`),
  });
  await duplicate.checkTarget();
  const key = await custody.pinnedKey();
  for (let turn = 1; ; turn += 1) {
    const done = await duplicate.run();
    output.progress(`verifying ${target.place} …`);
    const heads = await headsOf(custody, source);
    const result = await verifyLedger(target, { keys: [key], since: heads, now: custody.clock.now() });
    // A long verification leaves time for new records; where there are none this changes nothing.
    const again = await duplicate.run();
    if (again.copied === done.copied && again.size === done.size) return { done, result };
    if (turn === MAX_TURNS) {
      throw new CustodyError("ABORTED", `${source.place} grows faster than it is copied and verified`, {
        remedy: "Stop `custody serve` and whatever else writes to it, then run the same command again.",
      });
    }
  }
}

/** What the copy must continue: what this machine has seen, and what the source signs. */
async function headsOf({ config }: Custody, source: Store): Promise<KnownHead[]> {
  const guard = join(config.folders.state, "head");
  const seen = await fileGuard(guard).newest();
  const bytes = await source.get("checkpoint");
  const signed = bytes && parseCheckpoint(bytes);
  return [
    ...(seen === undefined ? [] : [{ ...seen, from: guard, held: "guard" as const }]),
    ...(signed === undefined
      ? []
      : [{ size: signed.size, root: signed.root, from: source.place, held: "guard" as const }]),
  ];
}

/** The place as it will stand in custody.yaml, and as it is opened. Throws USAGE. */
function targetOf(target: string, flags: Flags, root: string): { setting: unknown; place: StorePlace } {
  const setting = settingOf(target, flags, root);
  const parsed = ConfigFile.shape.store.safeParse(setting);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new CustodyError(
      "USAGE",
      `${target}: ${issue?.path.join(".") ?? ""} ${issue?.message ?? "not a store"}`.trim(),
      {
        remedy: "Expected file:PATH or s3://BUCKET/PREFIX, with the flags that `custody store copy --help` lists.",
      },
    );
  }
  return { setting, place: storePlace(parsed.data, root) };
}

function settingOf(target: string, flags: Flags, root: string): unknown {
  if (target.startsWith("file:")) {
    const path = resolve(target.slice("file:".length));
    const inside = relative(root, path);
    return `file:${inside === "" || inside.startsWith("..") ? path : `./${inside}`}`;
  }
  const [, bucket, prefix] = /^s3:\/\/([^/]+)(?:\/(.+?))?\/?$/.exec(target) ?? [];
  if (bucket === undefined)
    throw new CustodyError("USAGE", `${target}: expected file:PATH or s3://BUCKET/PREFIX`, {
      remedy: "Name the new place in one of these ways.",
    });
  return {
    bucket,
    ...(prefix === undefined ? {} : { prefix }),
    ...(flags.endpoint === undefined ? {} : { endpoint: flags.endpoint }),
    ...(flags.region === undefined ? {} : { region: flags.region }),
    ...(flags.checksum === undefined ? {} : { checksum: flags.checksum }),
    ...(flags.lock === undefined ? {} : { lock: lockOf(flags.lock) }),
    accessKey: flags.accessKey ?? "${env:CUSTODY_S3_ACCESS_KEY}",
    secretKey: flags.secretKey ?? "${env:CUSTODY_S3_SECRET_KEY}",
  };
}

function lockOf(text: string): unknown {
  const [, mode, days] = /^(governance|compliance):(\d{1,5})$/.exec(text) ?? [];
  if (mode !== undefined) return { mode, days: Number(days) };
  throw new CustodyError("USAGE", `--lock ${text}: expected governance:DAYS or compliance:DAYS`, {
    remedy: "For example --lock governance:2555 for seven years.",
  });
}

/** A folder is made where there is none; a bucket must be there. */
async function openTarget(custody: Custody, place: StorePlace): Promise<Store> {
  if (place.kind === "s3") return openPlace(custody.config, custody.clock, place);
  const { FolderStore, createFolderStore } = await import("../store/folder.ts");
  const used = await readdir(place.path).then(
    (found) => found.length > 0,
    () => false,
  );
  return used ? FolderStore.open(place.path) : createFolderStore(place.path);
}

function tell(
  custody: Custody,
  { size, copied, strays, damaged }: Duplicated,
  result: VerifyResult,
  { from, to, setting }: { from: Store; to: Store; setting: unknown },
  output: Output,
): void {
  output.line(
    `${to.place} holds all ${size} records of ${from.place} now; ${copied} objects were copied by this call.`,
  );
  output.line(`  INTEGRITY of the copy: ${result.verdicts.integrity.word}: ${result.verdicts.integrity.reason}`);
  for (const { code, where, expected, found } of result.findings.slice(0, 20))
    output.line(`    ${code}: ${where}: expected ${expected}, found ${found}`);
  for (const key of strays) output.note(`custody: ${key} in the old place is no part of a log; it was not copied.`);
  for (const key of damaged)
    output.note(`custody: ${key} in the old place does not have the bytes of its name; it was not copied.`);
  const yaml = stringify({ store: setting });
  if (result.ok) {
    output.line();
    output.line(
      `To move there, stop \`custody serve\`, put this into ${custody.config.path} in place of \`store:\`, and start it again:`,
    );
    output.line();
    for (const line of yaml.trimEnd().split("\n")) output.line(`  ${line}`);
    output.line();
    output.line(
      `Keep ${custody.config.folders.state} and ${custody.config.vkey} as they are: they hold for the new place.`,
    );
    output.line(
      "Once something was written there, the old place is refused, as it is behind what this machine has seen.",
    );
  } else {
    output.note(
      "custody: the copy does not verify, so do not move there yet. `custody verify` says whether the old place does.",
    );
  }
  output.object({
    ok: result.ok,
    from: from.place,
    to: to.place,
    size,
    copied,
    strays,
    damaged,
    store: setting,
    findings: result.findings,
  });
}
