import type { Custody } from "../custody.ts";
import type { Recorded } from "../evidence/batch.ts";
import { isKind } from "../evidence/entry.ts";
import { CustodyError, messageOf } from "../lib/errors.ts";
import type { KnownHead } from "../verify/verify.ts";
import { type Contradiction, Publishing } from "./publishing.ts";

/** A place that knows heads of this log and could not be asked. */
export interface Silent {
  readonly place: string;
  readonly why: string;
}

/**
 * What this installation itself has seen of its log, and what it finds where heads were brought to. A place that does not
 * answer is told; the others are asked all the same. `missing` are guards without a head, `empty` the ids of targets,
 * `refused` what places that show no heads have against this log.
 */
export async function knownHere(custody: Custody): Promise<{
  heads: KnownHead[];
  silent: Silent[];
  missing: string[];
  empty: string[];
  refused: Contradiction[];
}> {
  const heads: KnownHead[] = [];
  const silent: Silent[] = [];
  const missing: string[] = [];
  for (const guard of await custody.guards()) {
    try {
      const newest = await guard.newest();
      if (newest === undefined) missing.push(guard.place);
      else heads.push({ ...newest, from: guard.place, held: "guard" });
    } catch (thrown) {
      if (!(thrown instanceof CustodyError)) throw thrown;
      silent.push({ place: guard.place, why: messageOf(thrown) });
    }
  }
  const published = await new Publishing(custody).readBack();
  const asked = await new Publishing(custody).contradictions();
  return {
    heads: [...heads, ...published.heads],
    silent: [...silent, ...published.silent, ...asked.silent],
    missing,
    empty: published.empty,
    refused: asked.found,
  };
}

/** Notes where heads were brought by the log's own word; a share that is not mounted looks as if nothing ever was. */
export class Brought {
  readonly #targets = new Set<string>();

  add({ entry }: Recorded): void {
    if (isKind(entry, "head") && entry.target !== undefined) this.#targets.add(entry.target);
  }

  /** Those of these targets at which something should lie. */
  among(empty: readonly string[]): Silent[] {
    const why = "the log says that heads were brought there, and none lies there";
    return empty.filter((id) => this.#targets.has(id)).map((place) => ({ place, why }));
  }
}
