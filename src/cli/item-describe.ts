import { recordHandling } from "../acts/keeping-custody.ts";
import type { Custody } from "../custody.ts";
import { publish } from "../daemon/mirroring.ts";
import type { EvidenceItem } from "../handling/item.ts";
import type { Stamp } from "../handling/order.ts";
import { CustodyError } from "../lib/errors.ts";
import { unprovenWords } from "../people.ts";
import { about, carryOut, type Flags, readSaid, type Said, tell } from "./item-act.ts";
import { checkId, readFields, readWhen, refuseAny, resolvePeople } from "./item-fields.ts";
import { unknownIncident } from "./known-incident.ts";
import type { Output } from "./output.ts";

/** Fields of a record of evidence, filled in or corrected, and the time of its collection. */

/** `custody evidence describe ID FIELD=VALUE…`: fills or corrects fields; with --corrects a record that was a mistake. */
export function describe(flags: Flags, id: string, ...written: string[]): Promise<number> {
  return about(flags, id, async (custody, output, kept, item) => {
    const problems: string[] = [];
    const incident = written.findLast((one) => one.startsWith("incident="))?.slice("incident=".length);
    const collected = written.findLast((one) => one.startsWith("collectedAt="))?.slice("collectedAt=".length);
    const rest = written.filter((one) => !/^(incident|collectedAt)=/.test(one));
    const fields = readFields(custody, rest, problems);
    checkId("incident", incident, problems);
    const when = readWhen(custody, "collectedAt", collected, problems);
    const said = readSaid(custody, flags, undefined, problems);
    if (written.length === 0 && said.corrects === undefined)
      problems.push('what is to be said? expected FIELD=VALUE, such as location="safe, room 2", or --corrects RECORD');
    if (collected !== undefined && written.length > 1)
      problems.push("collectedAt corrects the record of the collection itself: say it in a call of its own");
    if (said.corrects !== undefined && !flags.reason?.trim())
      problems.push("--reason is missing: why does that record not count?");
    if (when !== undefined && !flags.reason?.trim()) problems.push("--reason is missing: why is the other time right?");
    refuseAny(problems);
    if (when !== undefined) return recollected(custody, output, item, said, when);
    const people = await resolvePeople(custody, fields.people);
    const named = incident === undefined ? item : { ...item, incident };
    // Holds of the other incident are about what its records name.
    const files = incident === undefined || incident === item.incident ? [] : refsOf(item);
    const unknown = await unknownIncident(custody, incident);
    const code = await carryOut(custody, output, kept, named, said, {
      act: "describe",
      values: { ...fields.values, ...people },
      words: fields.words,
      files,
    });
    if (unknown !== undefined) output.note(unknown);
    return code;
  });
}

/** Its files that are still there, as a record names them. */
const refsOf = ({ files }: EvidenceItem) =>
  files.flatMap(({ digest, size, mediaType, disposed }) => (disposed ? [] : [{ digest, size, mediaType }]));

/** The record of its collection once more, with another time: the first one stays readable, and is told as corrected. */
async function recollected(
  custody: Custody,
  output: Output,
  item: EvidenceItem,
  said: Said,
  when: Stamp,
): Promise<number> {
  const { readActs } = await import("../acts/acting.ts");
  const first = item.events.find(({ act }) => act === "collect");
  const { acts } = await readActs(custody);
  const before = acts.find(({ index }) => index === first?.entry);
  if (first === undefined || before?.entry.kind !== "custody")
    return refuse(`${item.id} has no record of its collection that could be corrected`);
  const { to, values, digests, physical, incident } = before.entry;
  const { by, entries } = await recordHandling(custody, item.id, [
    {
      act: "collect",
      ...(to === undefined ? { to: before.entry.actor.id } : { to }),
      ...(values === undefined ? {} : { values }),
      ...(digests === undefined ? {} : { digests }),
      ...(physical === undefined ? {} : { physical }),
      ...(incident === undefined ? {} : { incident }),
      corrects: first.entry,
      words: { ...before.words, ...said.words },
      when,
    },
  ]);
  await publish(custody, output.note);
  await tell(custody, output, item.id, entries);
  const unproven = unprovenWords(by);
  if (unproven !== undefined) output.line(unproven);
  return 0;
}

function refuse(problem: string): never {
  throw new CustodyError("USAGE", problem, { remedy: "Nothing was recorded." });
}
