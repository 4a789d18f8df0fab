import { readWithHolds } from "../acts/keeping-custody.ts";
import type { EvidenceItem } from "../handling/item.ts";
import { CustodyError } from "../lib/errors.ts";
import { about, carryOut, type Flags, personIn, readSaid } from "./item-act.ts";
import { checkId, checkWords, refuseAny } from "./item-fields.ts";

/** The end of evidence: given back, released, disposed of. */

/** `custody evidence return ID`: given back to whom it belongs. */
export const giveBack = (flags: Flags, id: string) => end("return", flags, id);
/** `custody evidence release ID`: not needed as evidence any more. */
export const release = (flags: Flags, id: string) => end("release", flags, id);

function end(act: "return" | "release", flags: Flags, id: string): Promise<number> {
  return about(
    flags,
    id,
    async (custody, output, kept, item) => {
      const problems: string[] = [];
      const said = readSaid(
        custody,
        flags,
        act === "return" ? "why is it given back?" : "why is it not needed any more?",
        problems,
      );
      if (item.state !== "held" && said.corrects === undefined)
        problems.push(`${id} is not held any more: it is ${item.state}`);
      refuseAny(problems);
      if (act === "release") refuseHeld(item, act);
      else if (item.holds.some(({ to }) => to === undefined))
        output.note(`custody: a hold is on ${id}: whoever has it now must not dispose of it. Tell them.`);
      const from =
        flags.from === undefined ? item.holder : await personIn(custody, item, kept, flags.from, output.note);
      const to = flags.to === undefined ? undefined : await personIn(custody, item, kept, flags.to, output.note);
      return carryOut(custody, output, kept, item, said, { act, from, to, words: {} });
    },
    readWithHolds,
  );
}

/** `custody evidence dispose ID`: only for physical things; files go by `custody dispose`, which alone may delete. */
export function dispose(flags: Flags, id: string): Promise<number> {
  return about(
    flags,
    id,
    async (custody, output, kept, item) => {
      const there = item.files.filter(({ disposed }) => disposed === undefined);
      if (there.length > 0 || !item.physical) {
        const digests = there.map(({ digest }) => digest).join(" ");
        throw new CustodyError(
          "DISPOSAL_REFUSED",
          there.length === 0
            ? `${id} is files, and all of them are disposed of already`
            : `${id} has ${there.length === 1 ? "a file" : `${there.length} files`}, and files are disposed of by a command of their own, which deletes them and says so to every verifier`,
          {
            remedy:
              there.length === 0
                ? "There is nothing left to do."
                : `custody dispose ${digests} --authority WHO --reason WHY${item.physical ? ", then this command again for the thing itself" : ""}. Nothing was recorded.`,
          },
        );
      }
      const problems: string[] = [];
      const said = readSaid(custody, flags, "why is it disposed of?", problems);
      if (flags.authority === undefined)
        problems.push("--authority is missing: by whose decision, a role or a reference such as dpo or ticket/4711");
      checkId("--authority", flags.authority, problems);
      if (!flags.method?.trim())
        problems.push("--method is missing: how was it disposed of, such as shredded or wiped");
      checkWords("--method", flags.method, problems);
      if (item.state === "disposed" && said.corrects === undefined) problems.push(`${id} is disposed of already`);
      refuseAny(problems);
      refuseHeld(item, "dispose");
      return carryOut(custody, output, kept, item, said, {
        act: "dispose",
        from: item.holder,
        values: { authority: flags.authority ?? "" },
        words: { note: `method: ${flags.method}${flags.note ? `; ${flags.note}` : ""}` },
      });
    },
    readWithHolds,
  );
}

/** What is under a hold is not let go of. */
function refuseHeld({ id, holds }: EvidenceItem, act: "release" | "dispose"): void {
  const standing = holds.filter(({ to }) => to === undefined);
  if (standing.length === 0) return;
  const what = act === "release" ? "released" : "disposed of";
  throw new CustodyError(
    "DISPOSAL_REFUSED",
    `${id} is not ${what}: ${standing.map((hold) => `the hold ${hold.id} (record ${hold.index})`).join(" and ")} is on it`,
    { remedy: "`custody hold release` ends a hold, by whose order it may be. Nothing was recorded." },
  );
}
