import { writeFile } from "node:fs/promises";
import { itemNamed, readWithHolds } from "../acts/keeping-custody.ts";
import type { Custody } from "../custody.ts";
import { CustodyError } from "../lib/errors.ts";
import { SOFTWARE } from "../software.ts";
import { custodySheet } from "../views/custody-sheet.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { carefully, faultsOf, holdLines, itemRecord, listLine, printItem, valueInWords } from "./item-words.ts";

interface Flags extends GlobalFlags {
  readonly incident?: string;
  readonly out?: string;
}

/** `custody evidence list`: everything kept for incidents, those with something to look at first. */
export function list(flags: Flags): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const kept = await readWithHolds(custody);
    const speaking = carefully(kept.speaking);
    const chosen = kept.items.filter(({ incident }) => flags.incident === undefined || incident === flags.incident);
    const faulty = chosen.filter((item) => faultsOf(item, speaking).length > 0);
    for (const item of [...faulty, ...chosen.filter((one) => !faulty.includes(one))])
      output.line(listLine(item, speaking));
    if (chosen.length === 0)
      output.line(
        flags.incident === undefined
          ? "Nothing is kept as evidence of an incident. `custody evidence add` begins a record."
          : `Nothing is kept as evidence of ${flags.incident}.`,
      );
    else
      output.line(
        `${chosen.length} kept, ${faulty.length === 0 ? "none" : faulty.length} with something to look at; \`custody evidence show ID\` says what.`,
      );
    output.object({ ok: true, evidence: chosen.map((item) => itemRecord(item, kept.speaking)) });
    return 0;
  });
}

/** `custody evidence show ID`: the custody record in plain words, holes first. */
export function show(flags: Flags, id: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const kept = await readWithHolds(custody);
    const item = itemNamed(kept, id);
    printItem(item, kept.speaking, output);
    output.object({ ok: true, evidence: itemRecord(item, kept.speaking) });
    return 0;
  });
}

/** `custody evidence sheet ID --out FILE.md`: the same to print and to hand over. */
export function sheet(flags: Flags, id: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const kept = await readWithHolds(custody);
    const item = itemNamed(kept, id);
    const out = flags.out ?? `${item.id.replace(/[^A-Za-z0-9._-]/g, "_")}.md`;
    if (!out.endsWith(".md"))
      throw new CustodyError("USAGE", `--out: the sheet is Markdown, so expected a name that ends in .md`, {
        remedy: `For example --out ${item.id}.md.`,
      });
    const speaking = carefully(kept.speaking);
    const { acts } = kept;
    const text = custodySheet({
      item,
      speaking,
      organisation: custody.config.organisation.name,
      log: { origin: (await custody.view()).origin, ...acts.seen },
      asOf: acts.asOf,
      software: SOFTWARE,
      faults: faultsOf(item, speaking),
      holds: holdLines(item, speaking),
      storage: storageInWords(custody),
      value: (value) => valueInWords(value as never, speaking),
    });
    await writeFile(out, text, { flag: "wx", mode: 0o600 });
    output.line(`${out}: the custody record of ${item.id}, drawn from the first ${acts.seen.size} records.`);
    output.object({ ok: true, out, size: acts.seen.size, root: acts.seen.root });
    return 0;
  });
}

/** Where the bytes of files lie: the same place for all of them. */
function storageInWords({ config: { store, mirror } }: Custody): string {
  const locked = (place: typeof store) =>
    place.kind === "s3" && place.lock !== undefined ? "locked against deletion" : "not locked against deletion";
  const second = mirror === undefined ? "" : `; a copy in a mirror, ${locked(mirror)}`;
  return `The bytes lie in the store of the log, ${store.kind === "folder" ? "a folder" : "a bucket"}, ${locked(store)}${second}: each file under blob/sha256/, the first two digits of its SHA-256, and all of its digits.`;
}
