import type { Guard } from "../ledger/guard.ts";
import type { Database } from "./database.ts";

/**
 * The guard of a log in a given Postgres: the newest head that any process with this database has signed or accepted.
 * It reveals a store and a guard file that were set back together. Kept in `state`, so a rebuild of the index leaves it.
 */
export function guardRow(database: Database, origin: string): Guard {
  return {
    place: `${database.place} (guard of ${origin})`,
    newest: async () => {
      const [row] = await database.query<{ size: number; root: Buffer }>(
        "select size, root from state.guard where origin = $1",
        [origin],
      );
      return row && { size: row.size, root: Uint8Array.from(row.root) };
    },
    add: async ({ size, root }) => {
      // Only ever raised: a slower process must not bring an older head back.
      await database.query(
        `insert into state.guard (origin, size, root) values ($1, $2, $3)
         on conflict (origin) do update set size = excluded.size, root = excluded.root where guard.size < excluded.size`,
        [origin, size, root],
      );
    },
  };
}
