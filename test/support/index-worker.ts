import { type Database, type IndexLocation, openDatabase } from "../../src/index/database.ts";
import { followLedger } from "../../src/index/follow.ts";
import { readFacts, richLedger } from "./index-ledger.ts";

/** A process that uses the index as it is told, and answers each order with its result or with the code of its error. */
export type Order =
  | { readonly open: IndexLocation }
  | { readonly follow: number }
  | { readonly sql: string }
  | { readonly close: true };

let database: Database | undefined;

async function obey(order: Order): Promise<unknown> {
  if ("open" in order) {
    database = await openDatabase(order.open);
    return "opened";
  }
  if (!database) return "not open";
  if ("follow" in order) return (await followLedger(database, richLedger(order.follow), readFacts))?.size;
  if ("sql" in order) return await database.query(order.sql);
  await database.close();
  return "closed";
}

process.on("message", (order: Order) => {
  obey(order).then(
    (result) => process.send?.({ result }, undefined, undefined, () => "close" in order && process.disconnect()),
    (error: Error & { code?: string }) => process.send?.({ error: `${error.code}: ${error.message}` }),
  );
});
