import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { checkImportable, importRecords as importThrough } from "../collector/import.ts";
import { publish } from "../daemon/mirroring.ts";
import { countPlaces } from "../evidence/place.ts";
import { CustodyError } from "../lib/errors.ts";
import { iso } from "../lib/time.ts";
import { dateForPeople } from "../lib/zone.ts";
import { actor } from "../people.ts";
import { declareNow } from "../work.ts";
import { chosen } from "./collect.ts";
import { type GlobalFlags, stopSignal, withCustody } from "./context.ts";

/** `custody import FILE|DIR --as ID`. */
export function importRecords(flags: GlobalFlags & { readonly as?: string }, path: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    if (flags.as === undefined)
      throw new CustodyError("USAGE", "--as is missing: which collector's records are these?", {
        remedy: "Name its ID from custody.yaml, such as --as incidents.",
      });
    const [instance] = chosen(custody.config.instances, [flags.as]);
    if (instance === undefined) throw new CustodyError("BUG", "no instance chosen");
    if (!(await stat(path).catch(() => undefined))) throw new CustodyError("USAGE", `${path}: no such file or folder`);
    checkImportable(instance);
    await declareNow(custody);
    const ledger = await custody.ledger();
    const { appended, window, items, facts, problems } = await importThrough({
      instance,
      path: resolve(path),
      ledger: { put: (bytes, type) => ledger.put(bytes, type), append: (drafts) => ledger.append(drafts) },
      clock: custody.clock,
      signal: stopSignal(),
      secrets: custody.secrets(),
      actor: await actor(custody),
    });
    await publish(custody, output.note);
    const zone = custody.config.organisation.zone;
    if (appended.repeated)
      output.line(`These records were imported before, as record ${appended.index}; nothing was added.`);
    else
      output.line(
        `Imported as record ${appended.index}: ${items} files, ${facts} facts from ${dateForPeople(window.from, zone)} to ${dateForPeople(window.to, zone)}. Reports show them apart: dated only from today.`,
      );
    for (const { where, message } of problems.slice(0, 20)) output.line(`  ${where}: ${message}`);
    output.object({
      ok: true,
      entry: appended.index,
      repeated: appended.repeated,
      items,
      facts,
      problems: countPlaces(problems),
      window: { from: iso(window.from), to: iso(window.to) },
    });
    return 0;
  });
}
