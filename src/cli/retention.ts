import { iso } from "../lib/time.ts";
import { dateForPeople } from "../lib/zone.ts";
import { type GlobalFlags, withCustody } from "./context.ts";

/** `custody retention`: what is past the time for which it is kept, the longest over first. Deletes nothing. */
export function retention(flags: GlobalFlags): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { filesDue, incidentsOf, readNaming } = await import("../acts/disposing.ts");
    const { holdOver } = await import("../disposal/judge.ts");
    const naming = await readNaming(custody);
    const due = await filesDue(custody, naming);
    const incidents = await incidentsOf(
      custody,
      naming,
      due.map(({ file }) => file.digest),
    );
    const { zone } = custody.config.organisation;
    const rows = due.map(({ file, since, waitsFor }) => ({
      digest: file.digest,
      size: file.size,
      mediaType: file.mediaType,
      list: file.isList,
      records: file.entries.size,
      since: iso(since),
      hold: holdOver(naming, file, incidents)?.id,
      waitsFor,
    }));
    for (const { digest, size, records, since, hold, waitsFor, list } of rows) {
      const stays =
        hold !== undefined
          ? `stays: hold ${hold}`
          : waitsFor > 0
            ? `stays: ${waitsFor} of what it lists ${waitsFor === 1 ? "is" : "are"} to be kept`
            : "";
      output.line(
        `${digest}  over since ${dateForPeople(Date.parse(since), zone)}  ${size} bytes, ${list ? "a list, " : ""}${records} ${records === 1 ? "record" : "records"}${stays === "" ? "" : `  ${stays}`}`,
      );
    }
    const free = rows.filter(({ hold, waitsFor }) => hold === undefined && waitsFor === 0);
    const bytes = free.reduce((sum, { size }) => sum + size, 0);
    if (custody.config.retention.length === 0)
      output.line("No time is set for which evidence is kept, so it is kept for good: `retention:` in custody.yaml.");
    else if (rows.length === 0) output.line("Nothing is past the time for which it is kept.");
    else
      output.line(
        `${free.length} of ${rows.length} files (${bytes} bytes) may go: custody dispose --due --authority WHO. Nothing is deleted by itself.`,
      );
    output.object({ ok: true, due: rows, files: free.length, bytes });
    return 0;
  });
}
