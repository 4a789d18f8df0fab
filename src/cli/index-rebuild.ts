import { type GlobalFlags, withCustody } from "./context.ts";

/** `custody index rebuild`: drops what was made from the ledger and makes it again. */
export function rebuild(flags: GlobalFlags): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { rebuildIndex } = await import("../index/follow.ts");
    const database = await custody.database();
    const position = await rebuildIndex(database, await custody.view(), await custody.factReader(), (size) =>
      output.progress(`${size} records …`),
    );
    output.line(`The index was made again from ${position?.size ?? 0} records.`);
    output.object({ ok: true, size: position?.size ?? 0 });
    return 0;
  });
}
