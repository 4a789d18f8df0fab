import type { Custody } from "../custody.ts";
import type { Actor } from "../evidence/entry.ts";
import { nextId } from "../incidents/register.ts";
import { CustodyError } from "../lib/errors.ts";
import { wallClock } from "../lib/zone.ts";
import type { Act } from "../people.ts";
import { type ActDraft, recordActs } from "./acting.ts";

/** Numbers for what people begin: `FND-2026-001`, by the year of the organisation's zone in which it is begun. */

/** An id of somebody's own: what a record can spell, and no path. */
const OWN_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/;
/** Writers that are faster than we are; more of them at once is no accident. */
const MAX_TRIES = 50;

export interface Begun {
  readonly id: string;
  readonly index: number;
  readonly by: Actor;
}

/**
 * Records the act that begins something under the next free number, or under `own`; two writers at once never get the same
 * one. Throws INPUT_INVALID where `own` is taken or cannot be an id, and what `recordActs` throws. Publishes nothing.
 */
export async function begin(
  custody: Custody,
  {
    series,
    kind,
    taken,
    own,
  }: {
    readonly series: string;
    readonly kind: string;
    readonly taken: Iterable<string>;
    readonly own?: string | undefined;
  },
  draft: (id: string) => ActDraft,
  act: Act = "record",
): Promise<Begun> {
  const known = new Set(taken);
  const year = wallClock(custody.clock.now(), custody.config.organisation.zone).year;
  if (own !== undefined) requireFree(own, known);
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const id = own ?? nextId(series, year, known);
    const { by, records } = await recordActs(custody, [{ ...draft(id), once: `${kind}:${id}:open` } as ActDraft], act);
    const [record] = records;
    if (record !== undefined && !record.repeated) return { id, index: record.index, by };
    known.add(id);
    if (own !== undefined) requireFree(own, known);
  }
  throw new CustodyError("ABORTED", `others took ${MAX_TRIES} numbers of the series ${series} meanwhile`, {
    remedy: "Try again. Nothing was recorded.",
  });
}

function requireFree(own: string, known: ReadonlySet<string>): void {
  if (!OWN_ID.test(own))
    throw new CustodyError(
      "INPUT_INVALID",
      `--id: expected letters, digits and . _ -, at most 60, found "${own.slice(0, 60).replace(/[^\x20-\x7e]/g, "?")}"`,
    );
  if (known.has(own))
    throw new CustodyError("INPUT_INVALID", `--id ${own} is taken`, {
      remedy: "Leave it out for the next number. Nothing was recorded.",
    });
}
