import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Custody } from "../custody.ts";
import { BlobRef } from "../evidence/blob.ts";
import { mirrorLedger } from "../ledger/mirror.ts";
import { sameBytes } from "../lib/digest.ts";
import { CustodyError, isCustodyError, messageOf } from "../lib/errors.ts";
import { iso } from "../lib/time.ts";
import { probeMirror, requireFit } from "../store/probe.ts";
import type { Store } from "../store/store.ts";
import type { Checkpoint, Head } from "../tlog/checkpoint.ts";
import { checkNote } from "../tlog/note.ts";

/**
 * Publishing and, after it, bringing the mirror up to what was published. The mirror never holds up anything: what could not
 * be copied is written down, shown by `custody status`, and made up for at the next occasion.
 */

/** What became of the mirror at the last attempt. */
const MirrorState = z.object({
  v: z.literal(1),
  place: z.string(),
  /** When, as in records. */
  at: z.iso.datetime({ precision: 3 }),
  /**
   * `current`: it holds everything up to `size`. `behind`: it could not be brought up to date, which the next attempt may
   * mend. `differs`: it does not hold what was copied to it, or belongs to something else; a person must look.
   */
  state: z.enum(["current", "behind", "differs"]),
  /** Records that it is known to hold. */
  size: z.int().min(0),
  problem: z.object({ code: z.string(), message: z.string(), remedy: z.string().optional() }).optional(),
  /** Files that the store does not have, and the mirror therefore neither. */
  missing: z.array(BlobRef).default([]),
  /** Keys under which it holds other bytes. */
  differs: z.array(z.string()).default([]),
});
export type MirrorState = z.output<typeof MirrorState>;

export interface MirrorOptions {
  readonly signal?: AbortSignal;
  /** Fill a mirror that was filled before and is empty now. */
  readonly anew?: boolean;
  readonly progress?: (records: number, of: number) => void;
}

/** Longest time that a command waits for the mirror; what is left is made up for later. */
const COMMAND_WAITS = 30_000;
/** A daemon that stops has other things to wait for. */
const LAST_ATTEMPT = 4_000;
/** The daemon tries an unreachable mirror again after this long, then after twice as long, up to the last. */
const FIRST_RETRY = 30_000;
const LAST_RETRY = 600_000;

/**
 * Signs everything that was appended, then brings the mirror up to it if one is configured. `say` is told in one sentence
 * when the mirror could not follow; publishing counts all the same.
 */
export async function publish(custody: Custody, say: (text: string) => void = () => {}): Promise<Head> {
  const head = await (await custody.ledger()).publish();
  const state = await within(COMMAND_WAITS, (signal) => mirrorNow(custody, head, { signal }));
  if (state !== undefined && state.state !== "current") say(mirrorTrouble(state));
  return head;
}

/** One sentence for a person about a mirror that is not current, and what to do. */
export function mirrorTrouble({ state, place, problem, differs, missing }: MirrorState): string {
  if (state === "behind") {
    return `custody: the mirror ${place} is behind: ${problem?.message ?? "not everything was copied"}.\n  Collecting goes on; what is missing there is copied at the next occasion, or now with \`custody store mirror\`.`;
  }
  const found = [
    ...(problem === undefined ? [] : [problem.message]),
    ...(differs.length > 0 ? [`${differs.length} files there have other bytes, such as ${differs[0]}`] : []),
    ...(missing.length > 0
      ? [`${missing.length} files are gone from the store itself, such as ${missing[0]?.digest}`]
      : []),
  ];
  return `custody: mirror-differs: the mirror ${place}: ${found.join("; ")}.\n  ${problem?.remedy ?? "Nothing was overwritten. Keep both as they are and run `custody verify --mirror`."}`;
}

/**
 * Brings the mirror up to the store, if one is configured; undefined where none is. Never throws: what went wrong is in the
 * state, which is written to `data/state/mirror.json` too.
 */
export async function mirrorNow(
  custody: Custody,
  published: Head | undefined,
  options: MirrorOptions = {},
): Promise<MirrorState | undefined> {
  const { folders, mirror: configured } = custody.config;
  if (configured === undefined) return undefined;
  const before = await readMirrorState(folders.state);
  let mirror: Store | undefined;
  let place = before?.place ?? "of the configuration";
  const at = iso(custody.clock.now());
  // Giving up lets go of the sockets too, so that a silent server does not keep a command from its end.
  const letGo = () => void mirror?.close();
  options.signal?.addEventListener("abort", letGo, { once: true });
  let state: MirrorState;
  try {
    mirror = await custody.mirror();
    if (mirror === undefined) return undefined;
    place = mirror.place;
    const same = before?.place === place && !options.anew;
    // A lock that the server does not keep would be found out too late by whoever needs it.
    if (mirror.lock !== undefined && !same) requireFit(await probeMirror(mirror, randomBytes));
    const done = await mirrorLedger({
      source: await custody.store(),
      mirror,
      trusted: await trustedHere(custody, published),
      ...(same ? { had: before.size, missing: before.missing } : {}),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.progress === undefined ? {} : { progress: options.progress }),
    });
    const bad = done.differs.length + done.missing.length > 0 || (same && before.differs.length > 0);
    const differs = [...new Set([...(same ? before.differs : []), ...done.differs])];
    state = {
      v: 1,
      place,
      at,
      state: bad ? "differs" : "current",
      size: done.size,
      missing: [...done.missing],
      differs,
    };
  } catch (error) {
    const kept = before?.place === place ? before : undefined;
    state = {
      v: 1,
      place,
      at,
      state: isContradiction(error) ? "differs" : "behind",
      size: kept?.size ?? 0,
      problem: problemOf(options.signal?.aborted ? options.signal.reason : error),
      missing: kept?.missing ?? [],
      differs: kept?.differs ?? [],
    };
  } finally {
    options.signal?.removeEventListener("abort", letGo);
    await mirror?.close();
  }
  await writeState(folders.state, state);
  return state;
}

/** What the last attempt left; undefined where there was none, or what is there cannot be read. */
export async function readMirrorState(folder: string): Promise<MirrorState | undefined> {
  try {
    return MirrorState.parse(JSON.parse(await readFile(join(folder, "mirror.json"), "utf8")));
  } catch {
    return undefined;
  }
}

export interface Mirroring {
  /** There is something new. */
  wake(): void;
  /** After the signal: one last short attempt. Resolves when nothing is under way any more. */
  finish(): Promise<void>;
}

/** The daemon's way: beside everything else, at its start and whenever it is woken, until the signal. */
export function keepMirroring(
  custody: Custody,
  log: {
    info(details: object, message: string): void;
    warn(details: object, message: string): void;
    error(details: object, message: string): void;
  },
  signal: AbortSignal,
): Mirroring {
  let dirty = true;
  let wake: () => void = () => {};
  signal.addEventListener("abort", () => wake(), { once: true });
  const sleepUntilWoken = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  async function run(): Promise<void> {
    let pause = 0;
    let told = "";
    while (!signal.aborted) {
      if (!dirty) await sleepUntilWoken();
      if (signal.aborted) return;
      dirty = false;
      const state = await mirrorNow(custody, undefined, { signal });
      if (state === undefined || signal.aborted) continue;
      const text = state.state === "current" ? "" : mirrorTrouble(state);
      if (state.state === "current") log.info({ size: state.size }, "mirrored");
      else if (text !== told)
        log[state.state === "behind" ? "warn" : "error"](
          { mirror: state.place, code: state.problem?.code ?? "mirror-differs" },
          text,
        );
      told = text;
      pause = state.state === "behind" ? Math.min(pause * 2 || FIRST_RETRY, LAST_RETRY) : 0;
      if (pause > 0) {
        dirty = true;
        await custody.clock.sleep(pause, signal).catch(() => {});
      }
    }
  }
  const running = custody.config.mirror === undefined ? Promise.resolve() : run();
  return {
    wake() {
      dirty = true;
      wake();
    },
    async finish() {
      await running;
      await within(LAST_ATTEMPT, (last) => mirrorNow(custody, undefined, { signal: last }));
    },
  };
}

async function within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const limit = new AbortController();
  const tooLong = () => limit.abort(new CustodyError("ABORTED", `it takes longer than ${ms / 1_000} seconds`));
  const timer = setTimeout(tooLong, ms);
  try {
    return await work(limit.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** Signed by a key of this log, or the very head that this process has just published. */
async function trustedHere(
  custody: Custody,
  published: Head | undefined,
): Promise<(checkpoint: Checkpoint) => boolean> {
  const { name } = await custody.pinnedKey();
  const keys = await custody.knownKeys();
  return (checkpoint) => {
    if (published !== undefined && checkpoint.size === published.size && sameBytes(checkpoint.root, published.root))
      return true;
    const { signedBy, bad } = checkNote(checkpoint.note, keys);
    return checkpoint.origin === name && signedBy.length > 0 && bad.length === 0;
  };
}

/** Errors that trying again does not mend, as something is not what it was. */
function isContradiction(error: unknown): boolean {
  return isCustodyError(error) && (error.kind === "fatal" || error.code === "STORE_EXISTS") && error.code !== "BUG";
}

function problemOf(error: unknown): NonNullable<MirrorState["problem"]> {
  if (!isCustodyError(error)) return { code: "BUG", message: messageOf(error) };
  return { code: error.code, message: error.message, ...(error.remedy === undefined ? {} : { remedy: error.remedy }) };
}

/** Written whole; a state that cannot be written is no reason to fail, as it follows from the mirror itself. */
async function writeState(folder: string, state: MirrorState): Promise<void> {
  const path = join(folder, "mirror.json");
  const unfinished = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(unfinished, `${JSON.stringify(state)}\n`, { mode: 0o600 });
    await rename(unfinished, path);
  } catch {
    await rm(unfinished, { force: true }).catch(() => {});
  }
}
