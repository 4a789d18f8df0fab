import { holdsBeside } from "../acts/preserving.ts";
import type { Custody } from "../custody.ts";
import { publish } from "../daemon/mirroring.ts";
import { lastNamed } from "../disposal/naming.ts";
import { isDigest } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { type Interval, iso } from "../lib/time.ts";
import { dateForPeople } from "../lib/zone.ts";
import { actor } from "../people.ts";
import type { Hold } from "../trust/holds.ts";
import { covers, Holds } from "../trust/holds.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { parseMoment } from "./moment.ts";
import type { Output } from "./output.ts";

interface Flags extends GlobalFlags {
  readonly authority?: string;
  readonly digest?: string[];
  readonly collector?: string[];
  readonly from?: string;
  readonly to?: string;
  readonly incident?: string;
  readonly note?: string;
}

const ID = /^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,199}$/;
const MAX_NOTE = 4_000;
const MAX_LIST = 256;
const BEGINNING = 0;
const END = Date.UTC(9999, 11, 31);

async function readHolds(custody: Custody): Promise<Holds> {
  const holds = new Holds();
  for await (const { index, entry } of (await custody.view()).read()) holds.add(index, entry);
  return holds;
}

/** `custody hold place ID`: from now on what it covers cannot be disposed of. */
export function place(flags: Flags, id: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { zone } = custody.config.organisation;
    const { instances } = await custody.history();
    const holds = await readHolds(custody);
    const problems: string[] = authorityProblems(flags, id);
    for (const digest of flags.digest ?? [])
      if (!isDigest(digest)) problems.push(`--digest: "${digest}" is not a SHA-256 of 64 lower-case hex digits`);
    for (const collector of flags.collector ?? []) {
      if (!instances.has(collector))
        problems.push(
          `--collector: the log knows no collector "${collector}"${didYouMean(collector, [...instances.keys()])}`,
        );
    }
    if (Math.max(flags.digest?.length ?? 0, flags.collector?.length ?? 0) > MAX_LIST)
      problems.push(`at most ${MAX_LIST} digests or collectors in one hold; place several`);
    if (flags.incident !== undefined && !ID.test(flags.incident))
      problems.push("--incident: expected its id: letters, digits and . _ : @ / + -");
    const [standing] = holds.standing.filter((hold) => hold.id === id);
    if (standing !== undefined || holds.released.some(({ hold }) => hold.id === id))
      problems.push(
        `the id ${id} was used before${standing ? `, by the hold of record ${standing.index}` : ""}; choose another`,
      );
    const window =
      flags.from === undefined && flags.to === undefined
        ? undefined
        : {
            from: flags.from === undefined ? BEGINNING : parseMoment(flags.from, zone),
            to: flags.to === undefined ? END : parseMoment(flags.to, zone),
          };
    if (window !== undefined && window.to <= window.from) problems.push("--to is not after --from");
    if (problems.length > 0) throw new CustodyError("USAGE", problems.join("\n"), { remedy: "Nothing was placed." });
    await refuseUnnamed(custody, flags.digest ?? []);

    const entry = await placeHold(custody, id, { ...flags, window });
    await publish(custody, output.note);
    const placed = (await readHolds(custody)).standing.find((hold) => hold.index === entry);
    output.line(`Hold ${id} is placed (record ${entry}): ${placed ? coverInWords(placed, zone) : ""}.`);
    const files = placed === undefined ? 0 : await countCovered(custody, placed);
    if (files === 0)
      output.line("It covers nothing so far: no evidence file in the log is like that. What comes later is held.");
    else output.line(`It covers ${files === 1 ? "one evidence file" : `${files} evidence files`} so far.`);
    output.line("None of it can be disposed of, not even when its time is over, until `custody hold release`.");
    output.object({ ok: true, entry, hold: id, files });
    return 0;
  });
}

/** Records a hold; everything about it was checked before. Publishes nothing. */
export async function placeHold(
  custody: Custody,
  id: string,
  {
    authority,
    digest,
    collector,
    window,
    incident,
    note,
  }: Omit<Flags, "from" | "to"> & { readonly window?: Interval | undefined },
): Promise<number | undefined> {
  const ledger = await custody.ledger();
  const body =
    note === undefined ? undefined : await ledger.put(new TextEncoder().encode(note), "text/plain; charset=utf-8");
  const [entry] = await ledger.append([
    {
      kind: "hold",
      actor: await actor(custody),
      hold: id,
      action: "place",
      authority: authority ?? "",
      ...(digest ? { digests: digest } : {}),
      ...(collector ? { instances: collector } : {}),
      ...(window ? { window: { from: iso(window.from), to: iso(window.to) } } : {}),
      ...(incident === undefined ? {} : { incident }),
      ...(body ? { body } : {}),
    },
  ]);
  return entry?.index;
}

/** Kinds of records that take evidence in; a hold's own note, or a configuration, is none. */
const EVIDENCE: readonly string[] = ["run", "intake", "import", "upload"];

/** Evidence files in the log that a hold covers now, without lists of files and what was lawfully deleted. */
async function countCovered(custody: Custody, hold: Hold): Promise<number> {
  const { incidentsOf, readNaming } = await import("../acts/disposing.ts");
  const naming = await readNaming(custody);
  const incidents = await incidentsOf(custody, naming, [...naming.files.keys()]);
  let count = 0;
  for (const file of naming.files.values()) {
    if (file.isList || naming.disposals.explains(file.digest, lastNamed(file)) !== undefined) continue;
    const records = naming.records(file);
    if (!records.some(({ kind }) => EVIDENCE.includes(kind))) continue;
    if (covers(hold, { digest: file.digest, records, incidents: incidents(file) })) count += 1;
  }
  return count;
}

/** Ids of the holds in force that were placed for the same incident, or that cover a file that these covered. */
async function stillHeldBy(custody: Custody, released: readonly Hold[], rest: readonly Hold[]): Promise<string[]> {
  const beside = released.flatMap(({ id }) => holdsBeside(rest, id));
  const found = new Set(beside.map(({ id }) => id));
  if (rest.every(({ id }) => found.has(id))) return [...found];
  const { incidentsOf, readNaming } = await import("../acts/disposing.ts");
  const naming = await readNaming(custody);
  const incidents = await incidentsOf(custody, naming, [...naming.files.keys()]);
  for (const file of naming.files.values()) {
    if (file.isList || naming.disposals.explains(file.digest, lastNamed(file)) !== undefined) continue;
    const held = { digest: file.digest, records: naming.records(file), incidents: incidents(file) };
    if (!held.records.some(({ kind }) => EVIDENCE.includes(kind)) || !released.some((hold) => covers(hold, held)))
      continue;
    for (const hold of rest) if (covers(hold, held)) found.add(hold.id);
  }
  return [...found];
}

/** A hold over a mistyped digest would hold nothing. */
async function refuseUnnamed(custody: Custody, digests: readonly string[]): Promise<void> {
  if (digests.length === 0) return;
  const { readNaming } = await import("../acts/disposing.ts");
  const naming = await readNaming(custody);
  for (const digest of digests) {
    if (naming.files.has(digest)) continue;
    throw new CustodyError("NOT_FOUND", `no record names an evidence file ${digest}`, {
      remedy: "`custody show NUMBER` prints the digests of a record. Nothing was placed.",
    });
  }
}

function authorityProblems({ authority, note }: Flags, id: string): string[] {
  const problems: string[] = [];
  if (!ID.test(id)) problems.push(`"${id}" is no id for a hold: letters, digits and . _ : @ / + -`);
  if (authority === undefined) problems.push("--authority is missing: by whose order, a role or a reference");
  else if (!ID.test(authority))
    problems.push(
      "--authority: expected a role or a reference such as court/4711; no names, they could never be removed",
    );
  if ((note?.length ?? 0) > MAX_NOTE) problems.push(`--note: at most ${MAX_NOTE} characters`);
  return problems;
}

/** `custody hold release ID`. */
export function release(flags: Flags, id: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const problems = authorityProblems(flags, id);
    if (problems.length > 0) throw new CustodyError("USAGE", problems.join("\n"), { remedy: "Nothing was released." });
    const holds = await readHolds(custody);
    if (!holds.standing.some((hold) => hold.id === id)) {
      const hint = didYouMean(
        id,
        holds.standing.map((hold) => hold.id),
      );
      throw new CustodyError("NOT_FOUND", `there is no hold ${id} in force${hint}`, {
        remedy: "`custody hold list` shows them.",
      });
    }
    const ledger = await custody.ledger();
    const body =
      flags.note === undefined
        ? undefined
        : await ledger.put(new TextEncoder().encode(flags.note), "text/plain; charset=utf-8");
    const [entry] = await ledger.append([
      {
        kind: "hold",
        actor: await actor(custody),
        hold: id,
        action: "release",
        authority: flags.authority ?? "",
        ...(body ? { body } : {}),
      },
    ]);
    await publish(custody, output.note);
    const released = holds.standing.filter((hold) => hold.id === id);
    const rest = (await readHolds(custody)).standing;
    const still = await stillHeldBy(custody, released, rest);
    output.line(`Hold ${id} is released (record ${entry?.index}).`);
    if (still.length === 0) output.line("What it covered may be disposed of again.");
    else {
      output.line("What it covered may be disposed of again only as far as no other hold covers it. In force still:");
      for (const hold of still) output.line(`  custody hold release ${hold}`);
    }
    output.object({ ok: true, entry: entry?.index, hold: id, stillHeldBy: still });
    return 0;
  });
}

/** `custody hold list`: those in force, then those that were. */
export function list(flags: Flags): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { zone } = custody.config.organisation;
    const holds = await readHolds(custody);
    for (const hold of holds.standing) line(hold, "in force", zone, output);
    for (const { hold, at, index } of holds.released)
      line(hold, `released ${dateForPeople(Date.parse(at), zone)} (record ${index})`, zone, output);
    if (holds.standing.length === 0) output.line("No hold is in force.");
    if (holds.unreadable.length > 0)
      output.note(
        `custody: records ${holds.unreadable.slice(0, 10).join(", ")} are about holds and were written by a later version; nothing can be disposed of here until Custody is updated.`,
      );
    output.object({ ok: true, standing: holds.standing, released: holds.released, unreadable: holds.unreadable });
    return 0;
  });
}

function line(hold: Hold, state: string, zone: string, output: Output): void {
  output.line(
    `${hold.id}  ${state}  authority: ${hold.authority}, since ${dateForPeople(Date.parse(hold.at), zone)} (record ${hold.index})`,
  );
  output.line(`  covers ${coverInWords(hold, zone)}`);
}

function coverInWords({ digests, instances, window, incident }: Hold, zone: string): string {
  const parts = [
    ...(digests ? [`${digests.length === 1 ? "the file" : "the files"} ${digests.join(", ")}`] : []),
    ...(instances ? [`what ${instances.join(", ")} took in`] : []),
    ...(incident === undefined ? [] : [`what tells of incident ${incident}`]),
    ...(window
      ? [
          `${window.from === BEGINNING ? "" : `from ${dateForPeople(window.from, zone)} `}${window.to === END ? "on" : `until ${dateForPeople(window.to, zone)}`}`,
        ]
      : []),
  ];
  return parts.length === 0 ? "every evidence file" : parts.join(", ");
}
