import { access as mayAccess, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { nowIn, recordHandling } from "../acts/keeping-custody.ts";
import { publish } from "../daemon/mirroring.ts";
import { MAX_FILE_BYTES } from "../ledger/ledger.ts";
import { personFor } from "../people.ts";
import { clean } from "../report/clean.ts";
import { about, carryOut, checkCorrects, type Flags, personIn, readSaid, tell } from "./item-act.ts";
import { checkName, refuseAny } from "./item-fields.ts";
import { mediaTypeOf } from "./upload.ts";

/** `custody evidence transfer ID --to NAME`. */
export function transfer(flags: Flags, id: string): Promise<number> {
  return about(flags, id, async (custody, output, kept, item) => {
    const problems: string[] = [];
    if (flags.to === undefined) problems.push("--to is missing: who has it now?");
    if (flags.from === undefined && item.holder === undefined)
      problems.push("--from is missing: nobody is recorded as holding it; who handed it over?");
    const said = readSaid(custody, flags, "why was it handed over?", problems);
    refuseAny(problems);
    const from = flags.from === undefined ? item.holder : await personIn(custody, item, kept, flags.from, output.note);
    const to = await personIn(custody, item, kept, flags.to ?? "", output.note);
    if (from === to) refuseAny(["--to and --from are the same person"]);
    return carryOut(custody, output, kept, item, said, { act: "transfer", from, to, words: {} });
  });
}

/** `custody evidence receive ID`: the receiver's own word that they have it. */
export function receive(flags: Flags, id: string): Promise<number> {
  return about(flags, id, async (custody, output, kept, item) => {
    const problems: string[] = [];
    const said = readSaid(custody, flags, undefined, problems);
    refuseAny(problems);
    const from = flags.from === undefined ? undefined : await personIn(custody, item, kept, flags.from, output.note);
    const to = flags.to === undefined ? undefined : await personIn(custody, item, kept, flags.to, output.note);
    return carryOut(custody, output, kept, item, said, { act: "receive", from, to, words: {} });
  });
}

/** `custody evidence store ID --location WHERE`. */
export function store(flags: Flags, id: string): Promise<number> {
  return about(flags, id, async (custody, output, kept, item) => {
    const problems: string[] = [];
    if (!flags.location?.trim()) problems.push("--location is missing: where does it lie?");
    const said = readSaid(custody, flags, undefined, problems);
    refuseAny(problems);
    return carryOut(custody, output, kept, item, said, { act: "store", words: {} });
  });
}

const CHANGES = [
  "copy",
  "redaction",
  "decompression",
  "re-encoding",
  "conversion",
  "excerpt",
  "translation",
  "decryption",
] as const;

/** `custody evidence derive ID FILE --what HOW`: a file made of the thing; what it was made of stays. */
export function derive(flags: Flags, id: string, path: string): Promise<number> {
  return about(flags, id, async (custody, output, kept, item) => {
    const problems: string[] = [];
    const { what = "", of = [] } = flags;
    if (!(CHANGES as readonly string[]).includes(what))
      problems.push(
        `--what: expected one of ${CHANGES.join(", ")}${what === "" ? "" : `, found "${clean(what, 60)}"`}`,
      );
    const known = item.files.map(({ digest }) => digest);
    for (const digest of of)
      if (!known.includes(digest))
        problems.push(`--of "${clean(digest, 70)}": ${id} has no such file; it has ${known.join(", ") || "none"}`);
    const originals = of.length > 0 ? of : item.files.filter(({ derived }) => !derived).map(({ digest }) => digest);
    if (originals.length === 0) problems.push(`${id} has no file that anything could be made of`);
    const said = readSaid(custody, flags, "what was changed, and why?", problems);
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile()) problems.push(`${clean(path, 200)}: ${found ? "not a file" : "no such file"}`);
    else if (found.size > MAX_FILE_BYTES) problems.push(`${clean(path, 200)}: ${found.size} bytes; at most 5 GiB`);
    else if (
      !(await mayAccess(path, 4).then(
        () => true,
        () => false,
      ))
    )
      problems.push(`${clean(path, 200)}: may not be read by this user`);
    refuseAny(problems);
    checkCorrects(item, said.corrects);
    personFor(custody.config, "record");
    const ledger = await custody.ledger();
    const ref = await ledger.putFile(resolve(path), mediaTypeOf(path));
    if (known.includes(ref.digest))
      refuseAny([`${clean(path, 200)} holds the very bytes of a file that ${id} has already: nothing was changed`]);
    const { entries } = await recordHandling(custody, id, [
      {
        act: "copy",
        ...(item.incident === undefined ? {} : { incident: item.incident }),
        digests: [...originals],
        evidenceFiles: [ref],
        values: { change: what },
        ...(said.corrects === undefined ? {} : { corrects: said.corrects }),
        words: { ...said.words, files: [path.split("/").at(-1) ?? path] },
        when: said.when ?? nowIn(custody, kept),
      },
    ]);
    await publish(custody, output.note);
    for (const digest of originals) output.line(`before  ${digest}`);
    output.line(`after   ${ref.digest}`);
    await tell(custody, output, id, entries);
    return 0;
  });
}

/** `custody evidence authorise ID --person NAME…`: from now on only those named may handle it. */
export function authorise(flags: Flags, id: string): Promise<number> {
  return about(flags, id, async (custody, output, kept, item) => {
    const problems: string[] = [];
    const { person = [] } = flags;
    if (person.length === 0) problems.push("--person is missing: who may handle it?");
    if (person.length > 64) problems.push("--person: at most 64 people at once");
    for (const name of person) checkName(custody, "--person", name, problems);
    const said = readSaid(custody, flags, undefined, problems);
    refuseAny(problems);
    const handlers = [
      ...new Set(await Promise.all(person.map((name) => personIn(custody, item, kept, name, output.note)))),
    ];
    const on = new Set(item.handlers.flatMap((one) => (one.to === undefined ? [one.person] : [])));
    if (flags.withdraw && !handlers.every((one) => on.has(one)))
      refuseAny([`--withdraw: not all of these are authorised to handle ${id}`]);
    return carryOut(custody, output, kept, item, said, {
      act: "authorise",
      values: { handlers, ...(flags.withdraw ? { withdraw: true } : {}) },
      words: {},
    });
  });
}
