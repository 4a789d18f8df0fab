import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { type Capture, captureOf } from "../acts/keeping-captures.ts";
import { itemNamed, nowIn, readKept, readWithHolds, recordItem } from "../acts/keeping-custody.ts";
import type { Custody } from "../custody.ts";
import { publish } from "../daemon/mirroring.ts";
import { fieldNamed, METHODS } from "../handling/fields.ts";
import { missingInWords } from "../handling/words.ts";
import { MAX_FILE_BYTES } from "../ledger/ledger.ts";
import { isDigest } from "../lib/digest.ts";
import { iso } from "../lib/time.ts";
import { personFor, personId, unprovenWords } from "../people.ts";
import { clean } from "../report/clean.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import {
  checkId,
  checkWords,
  type ReadFields,
  readField,
  readFields,
  readWhen,
  refuseAny,
  resolvePeople,
} from "./item-fields.ts";
import { carefully, faultsOf, itemRecord } from "./item-words.ts";
import { unknownIncident } from "./known-incident.ts";
import type { Output } from "./output.ts";
import { mediaTypeOf } from "./upload.ts";

interface Flags extends GlobalFlags {
  readonly incident?: string;
  readonly id?: string;
  readonly title?: string;
  readonly source?: string;
  readonly method?: string;
  readonly authorisedBy?: string;
  readonly collectedBy?: string;
  readonly collectedAt?: string;
  readonly physical?: string;
  readonly fromCapture?: string[];
  readonly handler?: string[];
  readonly field?: string[];
}

const MAX_FILES = 16;
const MAX_HANDLERS = 64;
const OWN_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/;

/**
 * `custody evidence add FILE…`: a thing kept as evidence of an incident, of files (hashed first, then streamed), of files
 * that the log has already, or physical; or of several, which then are one thing.
 */
export function add(flags: Flags, ...files: string[]): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    // Before anything large is stored.
    personFor(custody.config, "record");
    const problems: string[] = [];
    const fields = fieldsGiven(custody, flags, problems);
    checkThings(flags, files, problems);
    for (const file of files) problems.push(...(await fileProblems(file)));
    const when = readWhen(custody, "--collected-at", flags.collectedAt, problems);
    refuseAny(problems);

    const kept = await readKept(custody);
    if (flags.id !== undefined && kept.items.some(({ id }) => id === flags.id))
      refuseAny([`--id ${flags.id} is taken: leave it out for the next number`]);
    const unknown = await unknownIncident(custody, flags.incident);
    const captures = await capturesFor(custody, flags.fromCapture ?? []);
    const known = knownOf(captures);
    const people = await resolvePeople(custody, fields.people);
    const handlers = await Promise.all((flags.handler ?? []).map((name) => personId(custody, name)));
    const ledger = await custody.ledger();
    const stored = [];
    for (const file of new Set(files.map((one) => resolve(one)))) {
      output.progress(`${clean(file)} …`);
      stored.push({ ref: await ledger.putFile(file, mediaTypeOf(file)), name: basename(file) });
    }
    const { values: _, words: __, ...capture } = known;
    const { id, entry, by } = await recordItem(custody, kept, {
      id: flags.id,
      incident: flags.incident,
      physical: flags.physical !== undefined,
      files: uniqueFiles([...stored, ...captures]),
      values: {
        ...known.values,
        ...fields.values,
        ...people,
        ...(capture.hashedAt === undefined ? {} : { hashedAt: iso(capture.hashedAt) }),
        ...(capture.hashedBy === undefined ? {} : { hashedBy: capture.hashedBy }),
        ...(handlers.length === 0 ? {} : { handlers: [...new Set(handlers)] }),
      },
      words: { ...known.words, ...fields.words },
      // A collector of ours hands nothing on: whoever made it evidence has it from then on.
      holder: people.collectedBy,
      when: when ?? (capture.capturedAt === undefined ? undefined : { at: capture.capturedAt, precision: 1 }),
    });
    await publish(custody, output.note);
    await told(custody, id, entry, flags, output);
    // With the remarks, so that it is said beside JSON as well.
    if (unknown !== undefined) output.note(unknown);
    const unproven = unprovenWords(by);
    if (unproven !== undefined) output.line(unproven);
    return 0;
  });
}

function fieldsGiven(custody: Custody, flags: Flags, problems: string[]): ReadFields {
  const fields = readFields(custody, flags.field ?? [], problems);
  for (const [name, flag, text] of [
    ["title", "--title", flags.title],
    ["source", "--source", flags.source],
    ["method", "--method", flags.method],
    ["authorisedBy", "--authorised-by", flags.authorisedBy],
    ["collectedBy", "--collected-by", flags.collectedBy],
    ["description", "--physical", flags.physical],
  ] as const) {
    if (text === undefined) continue;
    const field = fieldNamed(name);
    if (field === undefined) continue;
    if (Object.hasOwn({ ...fields.words, ...fields.values, ...fields.people }, name))
      problems.push(`${name}: given twice, by ${flag} and by --field`);
    const own: string[] = [];
    readField(custody, field, text, fields, own);
    problems.push(...own.map((problem) => problem.replace(`${name}:`, `${flag}:`)));
  }
  return fields;
}

function checkThings(flags: Flags, files: readonly string[], problems: string[]): void {
  const captures = flags.fromCapture ?? [];
  if (files.length === 0 && captures.length === 0 && flags.physical === undefined)
    problems.push("what is kept? expected files, or --from-capture DIGEST, or --physical DESCRIPTION");
  if (files.length > 0 && captures.length > 0)
    problems.push("files and --from-capture in one call: their hashes were computed at different times; call it twice");
  if (Math.max(files.length, captures.length) > MAX_FILES)
    problems.push(`${Math.max(files.length, captures.length)} files; at most ${MAX_FILES} make one thing`);
  if (!flags.title?.trim()) problems.push("--title is missing: what is it, in a few words?");
  // What Custody collected says by itself where it comes from.
  if (captures.length === 0) {
    if (!flags.source?.trim()) problems.push("--source is missing: which system, place or person does it come from?");
    if (flags.method === undefined)
      problems.push(`--method is missing: how was it taken? one of ${METHODS.join(", ")}`);
  }
  if (flags.authorisedBy === undefined)
    problems.push("--authorised-by is missing: on whose authority was it taken? the name of a person");
  if (flags.physical !== undefined && flags.physical.trim() === "")
    problems.push('--physical: describe it, such as "laptop ThinkPad X1, serial PF-3XY"');
  for (const digest of captures) {
    const given: string = digest;
    if (!isDigest(given))
      problems.push(`--from-capture "${clean(digest, 70)}": expected a SHA-256 of 64 lower-case hex digits`);
  }
  checkId("--incident", flags.incident, problems);
  if (flags.id !== undefined && !OWN_ID.test(flags.id))
    problems.push("--id: expected letters, digits and . _ -, at most 60");
  checkWords("--physical", flags.physical, problems);
  if ((flags.handler?.length ?? 0) > MAX_HANDLERS) problems.push(`--handler: at most ${MAX_HANDLERS} people`);
}

async function fileProblems(file: string): Promise<string[]> {
  const name = clean(file, 200);
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) return [`${name}: ${found ? "not a file" : "no such file"}`];
  if (found.size > MAX_FILE_BYTES) return [`${name}: ${found.size} bytes; at most 5 GiB, split it`];
  const readable = await access(file, constants.R_OK).then(
    () => true,
    () => false,
  );
  return readable ? [] : [`${name}: may not be read by this user`];
}

async function capturesFor(custody: Custody, digests: readonly string[]): Promise<Capture[]> {
  if (digests.length === 0) return [];
  const { readNaming } = await import("../acts/disposing.ts");
  const naming = await readNaming(custody);
  const found: Capture[] = [];
  for (const digest of new Set(digests)) found.push(await captureOf(custody, naming, digest));
  return found;
}

/** What all captures together say: of several the widest, the latest, and nothing that they do not agree about. */
function knownOf(
  captures: readonly Capture[],
): Pick<Capture, "values" | "words"> & Partial<Pick<Capture, "hashedAt" | "hashedBy" | "capturedAt">> {
  const [first, ...rest] = captures;
  if (first === undefined) return { values: {}, words: {} };
  const agreed = <T extends object>(own: T, others: readonly T[]) =>
    Object.fromEntries(
      Object.entries(own).filter(([name, value]) =>
        others.every((other) => (other as Record<string, unknown>)[name] === value),
      ),
    );
  return {
    values: agreed(
      first.values,
      rest.map(({ values }) => values),
    ) as Capture["values"],
    words: agreed(
      first.words,
      rest.map(({ words }) => words),
    ) as Capture["words"],
    hashedAt: Math.max(...captures.map(({ hashedAt }) => hashedAt)),
    hashedBy: first.hashedBy,
    capturedAt: Math.max(...captures.map(({ capturedAt }) => capturedAt)),
  };
}

/** The same bytes under two names are one file. */
function uniqueFiles<T extends { readonly ref: { readonly digest: string } }>(files: readonly T[]): T[] {
  return [...new Map(files.map((file) => [file.ref.digest, file])).values()];
}

async function told(custody: Custody, id: string, entry: number, flags: Flags, output: Output): Promise<void> {
  const kept = await readWithHolds(custody);
  const item = itemNamed(kept, id);
  const speaking = carefully(kept.speaking);
  for (const { digest, name } of item.files) output.line(`${digest}  ${clean(name ?? "", 200)}`);
  output.line(
    `${id} is kept as evidence${item.incident === undefined ? "" : ` of ${item.incident}`} (record ${entry}), signed.`,
  );
  if (item.files.length > 0) output.line("The digits are what `sha256sum` prints for the files.");
  const digests = new Set(item.files.map(({ digest }) => digest));
  const twice = kept.items.filter((other) => other.id !== id && other.files.some(({ digest }) => digests.has(digest)));
  if (twice.length > 0) output.line(`The same bytes are kept already as ${twice.map((other) => other.id).join(", ")}.`);
  if (flags.incident === undefined)
    output.line("It belongs to no incident: say what it is kept for with `custody evidence describe`.");
  if (item.missing.length > 0) output.line(`Not said: ${missingInWords(item.missing).join("; ")}.`);
  for (const fault of faultsOf(item, speaking)) output.line(`! ${fault}`);
  if (item.incident !== undefined && item.holds.every(({ to }) => to !== undefined))
    output.line(
      `No hold is on it: \`custody preserve ${item.incident}\` or \`custody hold place\` forbids to dispose of it.`,
    );
  output.object({ ok: true, entry, at: iso(nowIn(custody, kept).at), evidence: itemRecord(item, kept.speaking) });
}
