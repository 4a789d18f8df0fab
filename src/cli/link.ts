import { readActs } from "../acts/acting.ts";
import { linkThings, Names, ownRefOf, proposals, spellRef } from "../acts/linking.ts";
import type { Custody } from "../custody.ts";
import { publish } from "../daemon/mirroring.ts";
import { momentOrProblem } from "../incidents/moment.ts";
import { CustodyError } from "../lib/errors.ts";
import { iso } from "../lib/time.ts";
import { unprovenWords } from "../people.ts";
import { clean } from "../report/clean.ts";
import { keyOf, type Link, linksOf, linkWarnings, type Ref } from "../reviews/links.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import type { Output } from "./output.ts";

interface Flags extends GlobalFlags {
  readonly relation?: string;
  readonly reason?: string;
  readonly at?: string;
  readonly remove?: boolean;
  readonly propose?: boolean;
  readonly list?: boolean;
}

const MAX_REASON = 20_000;
const MAX_PROPOSED = 200;

/** `custody link FROM TO --relation R`: says that two things belong together; with --propose what might; with --list what does. */
export function link(flags: Flags, from?: string, to?: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    if (flags.propose) return propose(custody, output);
    if (flags.list || (from === undefined && to === undefined)) return list(custody, output, from);
    const now = custody.clock.now();
    const moment = momentOrProblem(flags.at ?? "now", custody.config.organisation.zone, now);
    const problems = [
      ...(from === undefined || to === undefined ? ["two things are to be named: FROM and TO"] : []),
      ...(flags.relation === undefined ? ["--relation is missing: how do they belong together?"] : []),
      ...((flags.reason?.length ?? 0) > MAX_REASON ? [`--reason: at most ${MAX_REASON} characters are kept`] : []),
      ...(flags.reason?.trim() === "" ? ["--reason is empty: say why, or leave it out"] : []),
      ...(typeof moment === "string" ? [`--at: ${moment}`] : []),
    ];
    if (problems.length > 0 || from === undefined || to === undefined || typeof moment === "string")
      throw new CustodyError("USAGE", problems.join("\n"), { remedy: "Nothing was recorded." });
    const { relation = "", reason, remove = false } = flags;
    const linked = await linkThings(custody, { from, to, relation, remove, reason, moment });
    const pair = `${clean(spellRef(linked.from))} and ${clean(spellRef(linked.to))}`;
    if (linked.entry === undefined) output.line(`${pair} are linked as "${linked.relation}" already.`);
    else {
      await publish(custody, output.note);
      output.line(
        `${pair}: ${remove ? "no longer linked" : "linked"} as "${linked.relation}" (record ${linked.entry}).`,
      );
    }
    const ends = [keyOf(linked.from), keyOf(linked.to)];
    const touched = {
      groups: linked.links.groups.filter(({ keys }) => keys.some((key) => ends.includes(key))),
      circles: linked.links.circles.filter(({ keys }) => keys.some((key) => ends.includes(key))),
    };
    const warnings = linkWarnings(touched);
    for (const warning of warnings) output.line(`Look at this: ${clean(warning, 1_000)}`);
    const unproven = linked.by && unprovenWords(linked.by);
    if (unproven !== undefined) output.line(unproven);
    output.object({
      ok: true,
      entry: linked.entry ?? null,
      from: linked.from,
      to: linked.to,
      relation: linked.relation,
      warnings,
    });
    return 0;
  });
}

async function list(custody: Custody, output: Output, about: string | undefined): Promise<number> {
  let links: ReturnType<typeof linksOf>;
  let shown: readonly Link[];
  if (about === undefined) {
    links = linksOf((await readActs(custody)).acts);
    shown = links.all;
  } else {
    const names = await Names.read(custody);
    const found = await names.resolve(about);
    if (typeof found === "string") throw new CustodyError("NOT_FOUND", found);
    links = linksOf(names.acts.acts);
    shown = links.of(found.ref);
  }
  for (const { from, to, relation, entry } of shown)
    output.line(`record ${entry}  ${clean(spellRef(from))}  ${relation}  ${clean(spellRef(to))}`);
  const warnings = linkWarnings(links);
  for (const warning of warnings) output.line(`Look at this: ${clean(warning, 1_000)}`);
  for (const { entry, why } of links.troubles) output.line(`record ${entry}: ${clean(why)}`);
  if (shown.length === 0) output.line("Nothing is linked yet.");
  output.object({
    ok: true,
    links: shown.map(({ from, to, relation, entry, at }) => ({ entry, at: iso(at), from, to, relation })),
    same: links.groups.map(({ keys }) => keys),
    warnings,
    troubles: links.troubles,
  });
  return 0;
}

async function propose(custody: Custody, output: Output): Promise<number> {
  const all = await proposals(custody);
  for (const { from, to, relation, why } of all.slice(0, MAX_PROPOSED)) {
    output.line(`${clean(why)}:`);
    output.line(`  custody link ${quoted(ownRefOf(from))} ${quoted(ownRefOf(to))} --relation ${relation}`);
  }
  if (all.length > MAX_PROPOSED) output.line(`and ${all.length - MAX_PROPOSED} more.`);
  output.line(
    all.length === 0
      ? "No two records of different sources look like one incident."
      : "Nothing was linked: look at each pair, and link those that are the same.",
  );
  output.object({
    ok: true,
    proposals: all.map(({ from, to, relation, why }) => ({ from: ownRefOf(from), to: ownRefOf(to), relation, why })),
  });
  return 0;
}

/** As it can be pasted into a shell. */
function quoted(ref: Ref): string {
  const text = spellRef(ref);
  return /^[A-Za-z0-9._:@/+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
