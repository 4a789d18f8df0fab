import { randomBytes } from "node:crypto";
import { link, mkdir, open, readdir, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { base64, digestOf, fromBase64 } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import type { Head } from "../tlog/checkpoint.ts";
import { EMPTY_ROOT } from "../tlog/merkle.ts";

/** The newest head of a log that a witness has cosigned, and its number in the row of those. */
export interface Remembered extends Head {
  readonly step: number;
}

const STEP = /^\d{12}$/;
/** Steps kept beside the newest: for a person who wonders, nothing reads them. */
const KEPT = 8;
const MAX_STEP_BYTES = 4096;

/**
 * What a witness must never forget: of each log the newest head that it cosigned. A folder per log, a file per step, named
 * by its number. A step is taken by link(2), which fails where the number is taken: of any number of processes that
 * looked at one step, one takes the next. So looking and taking are one act without a lock that a killed process could leave behind.
 */
export class Memory {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Begins to remember a log. Nothing where it is remembered already. */
  async begin(origin: string): Promise<void> {
    const folder = this.#of(origin);
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await syncFolder(this.#folder);
    if ((await steps(folder)).length === 0) await this.#write(origin, 0, { size: 0, root: EMPTY_ROOT });
  }

  /** Throws LEDGER_ALTERED where the memory of a log is lost: to begin anew would be to forget what was signed. */
  async newest(origin: string): Promise<Remembered> {
    const folder = this.#of(origin);
    for (;;) {
      const step = (await steps(folder)).at(-1);
      if (step === undefined) throw lost(folder, "holds nothing");
      const text = await readFile(join(folder, stepName(step)), "utf8").catch((thrown: NodeJS.ErrnoException) => {
        if (thrown.code === "ENOENT") return undefined;
        throw thrown;
      });
      // Others went on and tidied up since the folder was listed.
      if (text === undefined) continue;
      const head = parseStep(text, origin);
      if (head === undefined) throw lost(join(folder, stepName(step)), "cannot be read");
      return { ...head, step };
    }
  }

  /** Takes the step after `from`. True when it is taken, durable, and the newest; false when somebody else went on. */
  async advance(origin: string, from: Remembered, to: Head): Promise<boolean> {
    const step = from.step + 1;
    if (!(await this.#write(origin, step, to))) return false;
    const all = await steps(this.#of(origin));
    // A step whose number was tidied away is behind, and void; the newest is never tidied away.
    if (all.at(-1) !== step) return false;
    for (const old of all.slice(0, -KEPT)) await unlink(join(this.#of(origin), stepName(old))).catch(() => {});
    return true;
  }

  async #write(origin: string, step: number, { size, root }: Head): Promise<boolean> {
    const folder = this.#of(origin);
    const temporary = join(this.#folder, `unfinished-${randomBytes(8).toString("hex")}`);
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(`${JSON.stringify({ origin, size, root: base64(root) })}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    try {
      await link(temporary, join(folder, stepName(step)));
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw thrown;
    } finally {
      await unlink(temporary);
    }
    await syncFolder(folder);
    return true;
  }

  /** Origins hold characters that file systems spell differently. */
  #of(origin: string): string {
    return join(this.#folder, digestOf(new TextEncoder().encode(origin)));
  }
}

const stepName = (step: number): string => String(step).padStart(12, "0");

async function steps(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT") throw lost(folder, "is not there");
    throw thrown;
  });
  return names
    .filter((name) => STEP.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

function parseStep(text: string, origin: string): Head | undefined {
  try {
    if (text.length > MAX_STEP_BYTES) return undefined;
    const found = JSON.parse(text) as { origin?: unknown; size?: unknown; root?: unknown };
    const root = typeof found.root === "string" ? fromBase64(found.root) : undefined;
    const right = found.origin === origin && Number.isSafeInteger(found.size) && root?.length === 32;
    return right && root ? { size: found.size as number, root } : undefined;
  } catch {
    return undefined;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function lost(where: string, found: string): CustodyError {
  return new CustodyError("LEDGER_ALTERED", `${where} ${found}, so it is not known what this witness has signed`, {
    remedy:
      "Put the folder back from a copy that is not older than the last signature. If there is none, begin a new witness with a new key: this one must not sign again.",
  });
}
