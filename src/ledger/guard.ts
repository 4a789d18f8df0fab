import { base64 } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import type { Head } from "../tlog/checkpoint.ts";
import { EMPTY_ROOT } from "../tlog/merkle.ts";

export { fileGuard } from "./guard-file.ts";

/**
 * The newest head that this installation has signed or accepted, kept outside the store: what makes a store that was set
 * back to an older state visible. Any number of processes may keep one guard; the largest size counts.
 */
export interface Guard {
  readonly place: string;
  /** The newest head; undefined when there is no guard yet. */
  newest(): Promise<Head | undefined>;
  /** Where several guards are one: the newest head of each, smallest first. The log must continue all of them. */
  heads?(): Promise<readonly Head[]>;
  /** Adds a head; durable when it resolves. */
  add(head: Head): Promise<void>;
}

/** What a new guard among several has seen: any log continues it. */
const NOTHING: Head = { size: 0, root: EMPTY_ROOT };

/** The heads that the log must continue, smallest first; none when there is no guard yet. */
export async function headsOf(guard: Guard): Promise<Head[]> {
  const heads = guard.heads ? await guard.heads() : [await guard.newest()];
  return heads.filter((head) => head !== undefined);
}

/** `stored` is what the store's checkpoint says, for a person to accept or not. */
export function noGuard({ place }: Guard, stored: Head | undefined): CustodyError {
  return new CustodyError(
    "NO_GUARD",
    `${place} is missing or holds no head: it keeps the newest state of the log that this installation has seen`,
    {
      remedy: `Put it back from a backup${
        stored
          ? `, or, if this store is known to be right, accept its state once with --accept-head ${stored.size}:${base64(stored.root)}`
          : ""
      }`,
    },
  );
}

/**
 * Two guards as one: both are told, and the log must continue both. The second may be out of reach (`unreachable` says which
 * errors mean that): then the first stands alone, as evidence must not wait for a database.
 */
export function joinGuards(first: Guard, second: Guard, unreachable: (error: unknown) => boolean): Guard {
  const unlessUnreachable = async <T>(ask: Promise<T>): Promise<T | undefined> => {
    try {
      return await ask;
    } catch (error) {
      if (unreachable(error)) return undefined;
      throw error;
    }
  };
  const heads = async () => {
    const a = await first.newest();
    const b = await unlessUnreachable(second.newest().then((head) => head ?? NOTHING));
    if (a === undefined && (b ?? NOTHING) === NOTHING) return [];
    return [a ?? NOTHING, ...(b === undefined ? [] : [b])].sort((x, y) => x.size - y.size);
  };
  return {
    place: `${first.place} and ${second.place}`,
    heads,
    newest: async () => (await heads()).at(-1),
    add: async (head) => {
      await first.add(head);
      await unlessUnreachable(second.add(head));
    },
  };
}
