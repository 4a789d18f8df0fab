import type { Custody } from "../custody.ts";
import { CustodyError } from "../lib/errors.ts";
import type { Store } from "../store/store.ts";
import { compareMirror, type MirrorReading, type MirrorTally, readMirror } from "../verify/mirror.ts";
import type { Known, KnownHead, VerifyOptions, VerifyResult } from "../verify/verify.ts";
import { type VersionTally, verifyVersions } from "../verify/versions.ts";
import type { Output } from "./output.ts";

/** `custody verify --mirror` and `--versions`: what is looked at beside the store as it is now. */
export interface Copies {
  /** The mirror's own head, which the store must continue. */
  readonly heads: readonly KnownHead[];
  readonly further: NonNullable<VerifyOptions["further"]>;
  /** Once everything was verified: what was looked at, in lines for people and as one object. */
  tell(result: VerifyResult, output: Output): object;
  close(): Promise<void>;
}

interface Flags {
  readonly mirror?: boolean;
  readonly versions?: boolean;
}

/** Opens and reads what the flags ask for. Throws USAGE without a mirror, STORE_UNFIT where no versions are kept. */
export async function openCopies(
  custody: Custody,
  flags: Flags,
  options: Omit<VerifyOptions, "since" | "further">,
  output: Output,
): Promise<Copies> {
  const store = await custody.store();
  const mirror = flags.mirror ? await openMirror(custody) : undefined;
  try {
    const remembering = flags.versions ? await keepersOf(store, mirror, output) : [];
    if (mirror !== undefined) output.progress(`verifying ${mirror.place} …`);
    const reading = mirror && (await readMirror(mirror, options));
    let tally: MirrorTally | undefined;
    const versions: (VersionTally & { place: string })[] = [];
    const lookAt = async ({ disposals }: Known, findings: Parameters<typeof verifyVersions>[1]) => {
      for (const one of remembering) {
        if (one.versions === undefined) continue;
        const isMirror = one === mirror;
        const of = isMirror ? { of: `mirror ${one.place}`, equalVersions: true } : {};
        const found = await verifyVersions(one.versions, findings, { disposals, lock: one.lock, ...of });
        versions.push({ place: one.place, ...found });
      }
    };
    return {
      heads: reading?.head === undefined ? [] : [reading.head],
      further: [
        async (known, findings) => {
          if (mirror === undefined || reading === undefined) return;
          tally = await compareMirror(store, mirror, reading, known, findings);
        },
        lookAt,
      ],
      tell(result, to) {
        if (reading !== undefined && tally !== undefined) tellMirror(reading, tally, result, to);
        for (const one of versions) tellVersions(one, to);
        return {
          ...(reading === undefined ? {} : { mirror: mirrorObject(reading, tally, result) }),
          ...(flags.versions ? { versions } : {}),
        };
      },
      close: async () => mirror?.close(),
    };
  } catch (error) {
    await mirror?.close();
    throw error;
  }
}

async function openMirror(custody: Custody): Promise<Store> {
  const mirror = await custody.mirror();
  if (mirror !== undefined) return mirror;
  throw new CustodyError("USAGE", "--mirror: no mirror is configured", {
    remedy: "Name one as `mirror:` in custody.yaml; docs/storage.md says which.",
  });
}

/** The places that keep versions. One that does not can say nothing, which must not look like nothing being wrong. */
async function keepersOf(store: Store, mirror: Store | undefined, output: Output): Promise<Store[]> {
  const kept: Store[] = [];
  for (const place of [store, ...(mirror === undefined ? [] : [mirror])]) {
    const state = (await place.versions?.state()) ?? "off";
    if (state !== "off") kept.push(place);
    else
      output.note(`custody: ${place.place} keeps no versions: whether something was overwritten there cannot be told.`);
  }
  if (kept.length > 0) return kept;
  throw new CustodyError(
    "STORE_UNFIT",
    `--versions: ${store.place} keeps no versions of what was overwritten or deleted`,
    {
      remedy: "Only a bucket with versioning does. docs/storage.md says how a mirror in such a bucket is set up.",
    },
  );
}

function mirrorObject({ place, result, head }: MirrorReading, tally: MirrorTally | undefined, { size }: VerifyResult) {
  return {
    place,
    ok: result.ok,
    size: result.size,
    root: result.root,
    behind: head === undefined ? size : Math.max(0, size - head.size),
    compared: tally?.compared ?? 0,
    undisposed: tally?.undisposed ?? [],
  };
}

function tellMirror(reading: MirrorReading, tally: MirrorTally, result: VerifyResult, output: Output): void {
  const { behind, compared, undisposed } = mirrorObject(reading, tally, result);
  const late = behind > 0 ? `; ${behind} newest records are not in it yet` : "";
  output.line(`  mirror: ${reading.place}: ${reading.result.size} records, ${compared} objects compared${late}`);
  if (undisposed.length > 0)
    output.line(
      `    ${undisposed.length} files that were disposed of are still in it; they go when their lock ends, by whoever may delete there`,
    );
}

function tellVersions({ place, objects, unknown, undisposed }: VersionTally & { place: string }, output: Output): void {
  output.line(`  versions: ${place}: ${objects} objects that are written once`);
  if (unknown > 0)
    output.line(`    ${unknown} were written before the bucket kept versions; what was there before them is not known`);
  if (undisposed.length > 0)
    output.line(
      `    ${undisposed.length} files that were disposed of still have a version there: their deletion is not finished`,
    );
}
