import type { Recorded } from "../evidence/batch.ts";
import { CustodyError } from "../lib/errors.ts";
import type { Connection } from "./database.ts";

/** How far the index has followed a ledger: that many entries, the last of which had this digest. */
export interface Position {
  readonly origin: string;
  readonly size: number;
  /** SHA-256 of the bytes of the last entry: the hash chain up to there. */
  readonly digest: string;
  /** By which readers the facts were found. */
  readonly readers: string;
}

/** "CUST", and one for whoever changes what is made from the ledger. */
export const FOLLOWING = "1129665364, 3";

const REBUILD =
  "Run `custody index rebuild`. If it happens again, run `custody verify`: the ledger itself may have been changed.";

/** Undefined before the first entry was followed. */
export async function readPosition(connection: Connection): Promise<Position | undefined> {
  const [position] = await connection.query<Position>('select origin, size, digest, readers from "index".position');
  return position;
}

export async function writePosition(
  connection: Connection,
  { origin, size, digest, readers }: Position,
): Promise<void> {
  await connection.query(
    `insert into "index".position (origin, size, digest, readers) values ($1, $2, $3, $4)
     on conflict (single) do update
     set origin = excluded.origin, size = excluded.size, digest = excluded.digest, readers = excluded.readers`,
    [origin, size, digest, readers],
  );
}

/**
 * Refuses a position that this ledger cannot have given: another origin, more entries than there are, another entry at its
 * end. `last` is the ledger's entry number `position.size - 1`, if it has one. Throws INDEX_UNUSABLE.
 */
export function checkPosition(position: Position, origin: string, last: Recorded | undefined, place: string): void {
  const wrong = (found: string): never => {
    throw new CustodyError("INDEX_UNUSABLE", `the index at ${place} does not belong to this ledger: ${found}`, {
      remedy: REBUILD,
    });
  };
  if (position.origin !== origin) wrong(`it is one of ${position.origin}, the ledger is ${origin}`);
  if (last === undefined) wrong(`it holds ${position.size} entries, the ledger fewer`);
  else if (last.index !== position.size - 1 || last.digest !== position.digest) {
    wrong(`entry ${position.size - 1} is ${position.digest} there and ${last.digest} in the ledger`);
  }
}
