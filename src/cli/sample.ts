import { collectors } from "../../collectors/index.ts";
import { freezePopulation, kindOfRecords, periodOf, readPopulation } from "../acts/freezing.ts";
import { openSamples, sampleNamed } from "../acts/open-samples.ts";
import { type PackReplay, replayPack } from "../acts/replaying.ts";
import { drawSample, markRows, pickRows, seedHead } from "../acts/sampling.ts";
import { configPath, loadConfig } from "../config/config.ts";
import { readPinnedKey } from "../custody.ts";
import { publish } from "../daemon/mirroring.ts";
import { CustodyError } from "../lib/errors.ts";
import { iso } from "../lib/time.ts";
import { dateForPeople, forPeople } from "../lib/zone.ts";
import { keyInPack } from "../pack/verify.ts";
import { personFor, unprovenWords } from "../people.ts";
import { clean } from "../report/clean.ts";
import type { Population } from "../samples/population.ts";
import { chosenRows, type MarkWord } from "../samples/sample.ts";
import { adHocSize, NO_FIXED_SIZE, scheduledSize, USUAL_SIZES } from "../samples/sizes.ts";
import { kindOf, openPack } from "../standalone/open.ts";
import type { Verifier } from "../tlog/verifier.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { givenKey } from "./given-key.ts";
import { parsePeriod } from "./moment.ts";
import type { Output } from "./output.ts";
import { replayLines } from "./sample-replay.ts";
import { together } from "./together.ts";

interface Flags extends GlobalFlags {
  readonly of?: string;
  readonly period?: string;
  readonly source?: string[];
  readonly id?: string;
  readonly reason?: string;
  readonly size?: string;
  readonly words?: string;
  readonly note?: string;
  readonly all?: boolean;
  readonly key?: string;
}

const DAY = 86_400_000;
/** Rows that are printed without --all. */
const ROWS_SHOWN = 30;

/** `custody sample freeze --of incidents --period 2026`. */
export function freeze(flags: Flags): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const missing = [
      ...(flags.of === undefined ? ["--of is missing: of what, such as incidents?"] : []),
      ...(flags.period === undefined ? ["--period is missing: of what time, such as 2026 or 2026-Q3?"] : []),
    ];
    if (missing.length > 0) throw new CustodyError("USAGE", missing.join("\n"), { remedy: "Nothing was recorded." });
    const { zone } = custody.config.organisation;
    const [period] = together(
      () => parsePeriod(flags.period ?? "", zone),
      () => kindOfRecords(flags.of ?? ""),
    );
    // Before anything is looked at: it may take a while.
    personFor(custody.config, "sample");
    output.progress("reading the log …");
    const frozen = await freezePopulation(custody, {
      of: flags.of ?? "",
      period,
      only: flags.source ?? [],
      id: flags.id,
    });
    await publish(custody, output.note);
    const { id, index, population, digest, by } = frozen;
    for (const line of populationLines(population, zone)) output.line(line);
    const sample = sampleNamed(await openSamples(custody), id);
    const head = await seedHead(custody, sample);
    output.line(`Frozen as ${id} (record ${index}), SHA-256 of the population ${digest}.`);
    output.line(`Fingerprint that a draw will use: ${head.size}:${head.root}`);
    output.line("Let the auditor write it down, and say their words only then: so neither side can steer the draw.");
    for (const line of sizeLines(population)) output.line(line);
    output.line(
      `Next: \`custody sample pick ${id} ID… --reason "…"\` or \`custody sample draw ${id} --size N --words "…"\`.`,
    );
    tellUnproven(by, output);
    const { rows, ...rest } = population;
    output.object({ ok: true, sample: id, entry: index, digest, seed: head, rows: rows.length, population: rest });
    return 0;
  });
}

/** `custody sample pick SMP-… ID… --reason TEXT`. */
export function pick(flags: Flags, id: string, ...rows: string[]): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    personFor(custody.config, "sample");
    const samples = await openSamples(custody);
    const chosen = await pickRows(custody, sampleNamed(samples, id), rows, flags.reason);
    await publish(custody, output.note);
    output.line(`Picked by hand (record ${chosen.index}): ${chosen.rows.join(", ")}.`);
    tellUnproven(chosen.by, output);
    output.object({ ok: true, entry: chosen.index, rows: chosen.rows });
    return 0;
  });
}

/** `custody sample draw SMP-… --size N --words TEXT`. */
export function draw(flags: Flags, id: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    personFor(custody.config, "sample");
    const sample = sampleNamed(await openSamples(custody), id);
    const size = /^\d{1,6}$/.test(flags.size ?? "") ? Number(flags.size) : Number.NaN;
    // The fingerprint that fixes it has to be signed before anything is drawn with it.
    await publish(custody, output.note);
    const drawn = await drawSample(custody, sample, { size, words: flags.words ?? "" });
    await publish(custody, output.note);
    const before = sample.draws.length;
    output.line(`Drawn from ${sample.size} rows (record ${drawn.index}), in this order:`);
    for (const [i, row] of drawn.rows.entries()) output.line(`  ${i + 1}. ${row}`);
    if (drawn.rows.length < size) output.line(`There are only ${sample.size} rows, so all of them were taken.`);
    output.line(`By the fingerprint ${drawn.seed.size}:${drawn.seed.root} and the words "${clean(drawn.words)}".`);
    if (before > 0)
      output.line(
        `This population was drawn from ${before === 1 ? "once" : `${before} times`} before; all draws stay and are shown.`,
      );
    tellUnproven(drawn.by, output);
    output.object({
      ok: true,
      entry: drawn.index,
      rows: drawn.rows,
      seed: drawn.seed,
      words: drawn.words,
      earlier: before,
    });
    return 0;
  });
}

const MARKS: readonly MarkWord[] = ["accepted", "flagged", "not-applicable"];

/** `custody sample mark SMP-… ID… accepted|flagged|not-applicable --note TEXT`. */
export function mark(flags: Flags, id: string, ...args: string[]): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    personFor(custody.config, "sample");
    const result = MARKS.find((word) => word === args.at(-1));
    if (result === undefined)
      throw new CustodyError(
        "USAGE",
        `expected ${MARKS.join(", ")} as the last word, found ${JSON.stringify(args.at(-1) ?? "nothing").slice(0, 60)}`,
        {
          remedy: `For example \`custody sample mark ${id} 1 accepted\`. Nothing was recorded.`,
        },
      );
    const sample = sampleNamed(await openSamples(custody), id);
    const marked = await markRows(custody, sample, args.slice(0, -1), { result, note: flags.note });
    await publish(custody, output.note);
    output.line(`Marked as ${result} (record ${marked.index}): ${marked.rows.join(", ")}.`);
    const held =
      marked.by.role === "auditor" ? [] : marked.rows.filter((row) => sample.marks.get(row)?.role === "auditor");
    if (held.length > 0)
      output.line(`An auditor has marked ${held.join(", ")}; that mark goes on to count, and yours stands beside it.`);
    tellUnproven(marked.by, output);
    output.object({ ok: true, entry: marked.index, rows: marked.rows, result });
    return 0;
  });
}

/** `custody sample list`. */
export function list(flags: Flags): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { zone } = custody.config.organisation;
    const { samples, troubles } = await openSamples(custody);
    for (const sample of samples) {
      const { id, size, frozen, window, picks, draws } = sample;
      const rows = chosenRows(sample);
      const marked = rows.filter((row) => row.mark !== undefined).length;
      const when =
        window === undefined ? "" : `, ${dateForPeople(window.from, zone)} to ${dateForPeople(window.to - 1, zone)}`;
      output.line(
        `${id}  ${size} rows${when}; frozen ${forPeople(frozen.at, zone)} (record ${frozen.index}); ${picks.length} picked by hand, drawn from ${draws.length === 1 ? "once" : `${draws.length} times`}; ${marked} of ${rows.length} chosen rows looked at`,
      );
    }
    if (samples.length === 0)
      output.line("No population was frozen yet. `custody sample freeze --of incidents --period 2026` does it.");
    for (const { index, id, text } of troubles) output.line(`record ${index} (${id}) counts for nothing: ${text}`);
    output.object({
      ok: true,
      samples: samples.map((sample) => ({
        id: sample.id,
        entry: sample.frozen.index,
        frozen: iso(sample.frozen.at),
        population: sample.population.digest,
        size: sample.size,
        window: sample.window && { from: iso(sample.window.from), to: iso(sample.window.to) },
        picks: sample.picks.length,
        draws: sample.draws.length,
        chosen: chosenRows(sample).length,
      })),
      troubles,
    });
    return 0;
  });
}

/** `custody sample show SMP-…`. */
export function show(flags: Flags, id: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { zone } = custody.config.organisation;
    const open = await openSamples(custody);
    const sample = sampleNamed(open, id);
    const population = await readPopulation(custody, sample);
    const who = (one: { by: string; proven: boolean; role: string | undefined }) =>
      `${clean(open.names.get(one.by) ?? one.by, 60)}${one.role === undefined ? "" : ` (${one.role})`}${one.proven ? "" : ", nobody checked who that was"}`;
    output.line(
      `${id}: frozen ${forPeople(sample.frozen.at, zone)} by ${who(sample.frozen)}, record ${sample.frozen.index}, SHA-256 ${sample.population.digest}`,
    );
    for (const line of populationLines(population, zone)) output.line(line);
    const again = open.samples.filter(
      (one) => one.id !== id && one.window?.from === sample.window?.from && one.window?.to === sample.window?.to,
    );
    if (again.length > 0)
      output.line(`Other populations of the same time were frozen too: ${again.map((one) => one.id).join(", ")}.`);
    for (const one of sample.picks)
      output.line(
        `Picked by hand by ${who(one)} on ${forPeople(one.at, zone)} (record ${one.index}): ${one.reason === undefined ? "the reason is gone" : clean(one.reason)}`,
      );
    for (const one of sample.draws)
      output.line(
        `Drawn by ${who(one)} on ${forPeople(one.at, zone)} (record ${one.index}): ${one.rows.length} of ${sample.size}, by ${one.seed.size}:${one.seed.root} and the words ${one.words === undefined ? "that are gone" : `"${clean(one.words)}"`}`,
      );
    const chosen = chosenRows(sample);
    const rows = new Map(population.rows.map((row) => [row.row, row]));
    for (const [i, row] of chosen.entries()) {
      const how = [...(row.picked.length > 0 ? ["picked"] : []), ...(row.drawn.length > 0 ? ["drawn"] : [])].join(
        " and ",
      );
      const marked =
        row.mark === undefined
          ? "not looked at yet"
          : `${row.mark.result} by ${who(row.mark)}${row.mark.note === undefined ? "" : `: ${clean(row.mark.note)}`}`;
      output.line(`  ${i + 1}. ${row.row} (${how}): ${marked}`);
      const found = rows.get(row.row);
      if (found !== undefined) output.line(`     ${rowWords(found)}`);
    }
    if (chosen.length === 0) output.line("Nothing was chosen from it yet.");
    const listed = flags.all ? population.rows : population.rows.slice(0, chosen.length > 0 ? 0 : ROWS_SHOWN);
    for (const row of listed) output.line(`  ${row.row}: ${rowWords(row)}`);
    if (listed.length < population.rows.length && chosen.length === 0)
      output.line(`  … and ${population.rows.length - listed.length} more; --all prints them`);
    output.object({
      ok: true,
      sample: id,
      population: flags.all ? population : { ...population, rows: undefined },
      digest: sample.population.digest,
      picks: sample.picks,
      draws: sample.draws,
      rows: chosen.map((row) => ({ ...row, fields: rows.get(row.row)?.fields, revision: rows.get(row.row)?.revision })),
      marks: sample.allMarks,
    });
    return 0;
  });
}

/** `custody sample replay PACK [SMP-…]`: needs no workspace. Exit 1 where anything comes out differently. */
export async function replay(flags: Flags, place: string, ...ids: string[]): Promise<number> {
  const { newOutput } = await import("./output.ts");
  const output = newOutput(flags.json ?? false);
  const kind = await kindOf(place);
  if (kind !== "pack-zip" && kind !== "pack-folder")
    throw new CustodyError("USAGE", `${place} is no pack`, {
      remedy: "Name the ZIP file that `custody export` wrote, or the folder it was unpacked into.",
    });
  const { files, close } = await openPack(place, kind);
  try {
    const key = await keyFor(flags, files);
    output.progress(`reading ${place} …`);
    const replay = await replayPack(files, { keys: [key.key], collectors, wanted: ids });
    const known = replay.samples.samples.map(({ id }) => id);
    const unknown = ids.filter((id) => !known.includes(id));
    if (unknown.length > 0)
      throw new CustodyError("NOT_FOUND", `the pack has no sample ${unknown.join(", ")}`, {
        remedy: known.length > 0 ? `It has ${known.join(", ")}.` : "It has none at all.",
      });
    return tellReplay(replay, key.fromPack, output);
  } finally {
    await close();
  }
}

async function keyFor(
  flags: Flags,
  files: Parameters<typeof keyInPack>[0],
): Promise<{ key: Verifier; fromPack: boolean }> {
  if (flags.key !== undefined) return { key: await givenKey("--key", flags.key), fromPack: false };
  const own = await loadConfig(configPath(flags.config), collectors)
    .then(({ vkey }) => readPinnedKey(vkey))
    .catch(() => undefined);
  const packed = await keyInPack(files);
  // A workspace of another log says nothing about this one.
  if (own !== undefined && (packed === undefined || packed.name === own.name)) return { key: own, fromPack: false };
  if (packed !== undefined) return { key: packed, fromPack: true };
  throw new CustodyError("KEY_NOT_PINNED", "the pack holds no key, and none was given", {
    remedy: "Name it with --key.",
  });
}

function tellReplay({ verified, replayed }: PackReplay, fromPack: boolean, output: Output): number {
  output.line(
    verified.ok
      ? `The pack is as it was signed: ${verified.size} records of ${clean(verified.origin ?? "", 120)}.`
      : `The pack is NOT as it was signed (${verified.found} ${verified.found === 1 ? "thing differs" : "things differ"}): \`custody verify\` says what.`,
  );
  if (fromPack)
    output.line(
      "Checked with the key in the pack itself, which anybody can put there: compare it with the organisation's, or give --key.",
    );
  for (const one of replayed) for (const line of replayLines(one)) output.line(line);
  if (replayed.length === 0) output.line("There is no sample in this pack.");
  const ok = verified.ok && replayed.every(({ result }) => result === "same");
  output.object({
    ok,
    integrity: verified.verdicts.integrity,
    size: verified.size,
    root: verified.root,
    keyFromPack: fromPack,
    samples: replayed,
  });
  return ok ? 0 : 1;
}

function populationLines(population: Population, zone: string): string[] {
  const { of, rows, undated, sources, excluded, seen, only } = population;
  const { from, to } = periodOf(population);
  const began = sources.reduce((sum, one) => sum + one.began, 0);
  return [
    `${rows.length} ${of}, ${dateForPeople(from, zone)} to ${dateForPeople(to - 1, zone)}${only.length > 0 ? `, only from ${only.join(", ")}` : ""}, as the first ${seen.size} records show them; ${began} of them began in that time${undated > 0 ? `, ${undated} bear no time` : ""}.`,
    ...sources.flatMap((one) => [
      `  ${one.instance}${one.use === null ? "" : ` (${one.use})`}: ${one.rows} rows; ${one.covered} of ${one.expected} pieces of expected evidence seen; ${countWords(one)}`,
      ...(one.unread > 0
        ? [
            `    ${one.unread === 1 ? "1 place" : `${one.unread} places`} in its evidence could not be read: what stands there is in no row, or missing in its row`,
          ]
        : []),
      ...one.query.map((text) => `    asked or read: ${clean(text)}`),
    ]),
    ...excluded.map(
      ({ instance, reason, count }) =>
        `  left out: ${count} of ${instance}, ${reason === "outside-period" ? "as they are of another time" : "as only other sources were asked for"}`,
    ),
    ...rows.flatMap(({ row, id, place }) =>
      place === undefined
        ? []
        : [`  ${clean(id)} in ${clean(place)} is the row ${row}: another record of its source bears the same id`],
    ),
    ...(sources.length === 0 ? ["  Nothing that is connected shows these."] : []),
  ];
}

function countWords({ counted, reconciled, instance }: Population["sources"][number]): string {
  if (counted === null)
    return instance.startsWith("custody:") ? "kept in this log" : "the source gives no count of its own";
  const read = `its own count ${counted.own}, ${counted.read} read${counted.unread > 0 ? ` and ${counted.unread} unreadable` : ""}, of whatever time and kind (record ${counted.entry})`;
  if (reconciled === "same") return `${read}: the same`;
  // Whether what could not be read is a value of one of them or something beside them, no count says.
  return counted.own === counted.read
    ? `${read}: the counts agree, and what stands at ${counted.unread === 1 ? "1 place" : `${counted.unread} places`} cannot be read`
    : `${read}: NOT THE SAME`;
}

/** What others usually take, for whoever has no number of their own. */
function sizeLines(population: Population): string[] {
  const { of, rows } = population;
  if (rows.length === 0) return ["There is nothing to choose from."];
  const { from, to } = periodOf(population);
  const scheduled = of === "job-runs" || of === "alerts";
  const usual = scheduledSize(rows.length, (to - from) / DAY);
  const text = scheduled
    ? `for what happens this often (${usual.frequency}), ${usual.from === usual.to ? usual.from : `${usual.from} to ${usual.to}`} is usual`
    : `for what does not happen on a schedule, ${adHocSize(rows.length)} of ${rows.length} is usual`;
  return [
    `Size: ${text}. ${NO_FIXED_SIZE}.`,
    `  usual by frequency: ${USUAL_SIZES.map((one) => `${one.frequency} ${one.from === one.to ? one.from : `${one.from}–${one.to}`}`).join(", ")}`,
  ];
}

const rowWords = ({ fields }: Population["rows"][number]) =>
  Object.entries(fields)
    .filter(([, value]) => value !== null && value !== "")
    .map(([name, value]) => `${name} ${clean(String(value), 120)}`)
    .join("; ") || "says nothing about itself";

function tellUnproven(by: Parameters<typeof unprovenWords>[0], output: Output): void {
  const words = unprovenWords(by);
  if (words !== undefined) output.line(words);
}
