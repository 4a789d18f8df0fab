import type { Database } from "./database.ts";
import { TABLES, type TableName } from "./tables.ts";

/**
 * Every row that was made from the ledger, one line each, in an order and a spelling that any two servers give alike:
 * `<table> <JSON array of the columns>`. All lines are of one moment. Two indexes of one ledger, made by one version of
 * Custody, give the same lines.
 */
export async function dumpIndex(database: Database, line: (text: string) => void): Promise<void> {
  await database.transaction(async (connection) => {
    for (const table of Object.keys(TABLES) as TableName[]) {
      const { columns, key } = TABLES[table];
      // JSON columns come as text: it is their spelling that must be the same, and it may be too deep to read.
      const list = Object.entries(columns).map(([c, type]) => (type === "json" ? `"${c}"::text` : `"${c}"`));
      const order = key.map((c) => `"${c}"`).join(", ");
      await connection.query(
        `declare rows no scroll cursor for select ${list.join(", ")} from "index"."${table}" order by ${order}`,
      );
      for (;;) {
        const rows = await connection.query<Record<string, unknown>>("fetch 1000 from rows");
        for (const row of rows) line(`${table} ${JSON.stringify(Object.values(row))}`);
        if (rows.length === 0) break;
      }
      await connection.query("close rows");
    }
  }, "snapshot");
}
