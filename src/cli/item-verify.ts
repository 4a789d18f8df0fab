import { checkActs, checkFiles } from "../acts/hashing-again.ts";
import { itemNamed, type Kept, nowIn, readKept, recordHandling } from "../acts/keeping-custody.ts";
import type { Custody } from "../custody.ts";
import { publish } from "../daemon/mirroring.ts";
import type { EvidenceItem } from "../handling/item.ts";
import { personFor, unprovenWords } from "../people.ts";
import { withCustody } from "./context.ts";
import { checkCorrects, type Flags, readSaid, type Said, tell } from "./item-act.ts";
import { refuseAny } from "./item-fields.ts";
import type { Output } from "./output.ts";

/** Looking again whether evidence is as it was recorded. */

/** `custody evidence verify [ID…]`: hashes the stored bytes again and records what was found. Exit 1 where they differ. */
export function verify(flags: Flags, ...ids: string[]): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const problems: string[] = [];
    const said = readSaid(custody, flags, undefined, problems);
    const { found } = flags;
    if (found !== undefined && found !== "intact" && found !== "altered")
      problems.push("--found: expected intact or altered");
    if (found !== undefined && ids.length !== 1) problems.push("--found is about one physical thing: name it");
    if ((ids.length === 0 || flags.incident !== undefined) && (said.corrects ?? said.when) !== undefined)
      problems.push("--at and --corrects are about one thing: name it");
    refuseAny(problems);
    const kept = await readKept(custody);
    const chosen =
      ids.length > 0
        ? ids.map((id) => itemNamed(kept, id))
        : kept.items.filter(({ incident }) => flags.incident === undefined || incident === flags.incident);
    if (found !== undefined) return lookedAt(custody, output, kept, chosen[0] as EvidenceItem, said, found);
    const withFiles = chosen.filter(({ files }) => files.some(({ disposed }) => disposed === undefined));
    if (ids.length > 0 && withFiles.length < chosen.length)
      refuseAny(
        chosen
          .filter((item) => !withFiles.includes(item))
          .map(
            ({ id, physical }) =>
              `${id} has no file to hash${physical ? ": say --found intact or --found altered" : ""}`,
          ),
      );
    personFor(custody.config, "hand-out");
    const results = [];
    let unproven: string | undefined;
    for (const item of withFiles) {
      output.progress(`${item.id} …`);
      const checked = await checkFiles(custody, item.files);
      const when = said.when ?? nowIn(custody, kept);
      const acts = checkActs(checked, when, flags.reason).map((act) => ({
        ...act,
        ...(item.incident === undefined ? {} : { incident: item.incident }),
      }));
      const { by, entries } = await recordHandling(custody, item.id, acts, "hand-out");
      unproven = unprovenWords(by);
      results.push({ item, checked, entries });
      for (const { digest } of checked.good) output.line(`${item.id}  ${digest}  as it was recorded`);
      for (const { file, found: how } of checked.bad)
        output.line(
          `${item.id}  ${file.digest}  ${how === "absent" ? "IS NOT THERE, and no disposal says why" : "DIFFERS: these are not the bytes that were recorded"}`,
        );
    }
    await publish(custody, output.note);
    const bad = results.filter(({ checked }) => checked.bad.length > 0);
    if (results.length === 0) output.line("There is no file to check.");
    else
      output.line(
        `${results.length} checked, ${bad.length === 0 ? "all" : `${results.length - bad.length}`} as recorded; recorded as ${results.flatMap(({ entries }) => entries).join(", ")}.`,
      );
    if (bad.length > 0)
      output.line(
        "What differs is no evidence any more. `custody verify` looks at the whole store; a mirror or a pack may still hold the bytes.",
      );
    if (unproven !== undefined) output.line(unproven);
    output.object({
      ok: bad.length === 0,
      checked: results.map(({ item, checked, entries }) => ({
        id: item.id,
        entries,
        matches: checked.good.map(({ digest }) => digest),
        differs: checked.bad.map(({ file, found: how }) => ({ digest: file.digest, found: how })),
      })),
    });
    return bad.length === 0 ? 0 : 1;
  });
}

/** A physical thing that somebody looked at: its seal, its state. */
async function lookedAt(
  custody: Custody,
  output: Output,
  kept: Kept,
  item: EvidenceItem,
  said: Said,
  found: string,
): Promise<number> {
  if (!item.physical) refuseAny([`${item.id} is no physical thing: its files are hashed again, so leave out --found`]);
  checkCorrects(item, said.corrects);
  const { entries } = await recordHandling(custody, item.id, [
    {
      act: "verify",
      physical: true,
      result: found === "intact" ? "matches" : "differs",
      ...(item.incident === undefined ? {} : { incident: item.incident }),
      ...(said.corrects === undefined ? {} : { corrects: said.corrects }),
      words: said.words,
      when: said.when ?? nowIn(custody, kept),
    },
  ]);
  await publish(custody, output.note);
  await tell(custody, output, item.id, entries);
  return found === "intact" ? 0 : 1;
}
