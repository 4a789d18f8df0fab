import { iso } from "../lib/time.ts";
import { forPeople } from "../lib/zone.ts";
import type { Placed } from "../policy/load.ts";
import type { Policy } from "../policy/policy.ts";
import { deadlineInWords, momentInWords } from "../policy/spoken.ts";
import type { PolicyInForce } from "../policy/timeline.ts";
import { placeholderIn } from "../policy/words.ts";
import { clean } from "../report/clean.ts";
import type { Output } from "./output.ts";
import { wrapped } from "./wrap.ts";

/** Rules in plain words, as commands print them. */

const RANK_WORDS = { critical: "the worst", high: "serious", medium: "limited", low: "minor" } as const;

/** Text behind a mark, wrapped under itself. */
function item(output: Output, text: string, mark = "- "): void {
  const indent = " ".repeat(mark.length);
  for (const [i, line] of wrapped(clean(text, 2_000), indent).entries())
    output.line(i === 0 ? mark + line.slice(indent.length) : line);
}

/** A line of a list of mistakes or remarks. */
export function placedInWords({ line, path, text }: Placed): string {
  return clean(`${line === undefined ? "" : `line ${line}: `}${path === "" ? "" : `${path}: `}${text}`, 600);
}

export function printPlaced(output: Output, list: readonly Placed[], most = 200): void {
  for (const one of list.slice(0, most)) item(output, placedInWords(one));
  if (list.length > most) output.line(`- and ${list.length - most} more`);
}

/** Columns that line up, nothing cut. */
function table(output: Output, rows: readonly (readonly string[])[]): void {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => (row[i] ?? "").length))) ?? [];
  for (const row of rows) output.line(`  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ")}`.trimEnd());
}

/** All that a person should know of the rules: who, which levels, which deadlines, what was decided where they can be read twice. */
export function printPolicy(output: Output, policy: Policy): void {
  const { document } = policy;
  output.line(clean(`${policy.title} (${policy.policy}, version ${policy.version})`));
  if (policy.note !== undefined) for (const line of wrapped(clean(policy.note))) output.line(line);
  const given = (text: string | undefined) =>
    text === undefined || placeholderIn(text) !== undefined ? "not filled in" : clean(text);
  output.line();
  table(output, [
    ["Owner", given(document.owner)],
    ["Approved by", given(document.approvedBy)],
    ["Holds from", given(document.effectiveFrom)],
    ["Last edited", given(document.lastEdited)],
    ["Last reviewed", given(document.lastReviewed)],
    ["Zone", policy.zone],
  ]);
  output.line();
  output.line("Severities, worst first:");
  for (const { label, rank, means } of policy.severities) item(output, `${label} (${RANK_WORDS[rank]}): ${means}`);
  printTargets(output, policy);
  printReviews(output, policy);
  printCalendars(output, policy);
  if (policy.laws.length > 0) {
    output.line();
    output.line("Laws:");
    for (const { law, on, why } of policy.laws) item(output, `${law.toUpperCase()} ${on ? "on" : "off"}: ${why}`);
  }
  if (policy.choices.length > 0) {
    output.line();
    output.line("Where it can be read in more than one way:");
    for (const { question, taken, alternatives } of policy.choices) {
      item(output, question);
      item(output, `taken: ${taken}`, "  ");
      item(output, `instead: ${alternatives.join("; ")}`, "  ");
    }
  }
}

function printTargets(output: Output, { severities, targets, updates }: Policy): void {
  const labels = severities.map(({ label }) => label);
  const all = [
    ...Object.entries(targets),
    ...Object.entries(updates).map(([name, one]) => [`updates ${name}`, one] as const),
  ];
  if (all.length === 0) return;
  output.line();
  output.line("Deadlines:");
  for (const [name, { from, to, terms, calendar, says }] of all) {
    output.line(
      `  ${name}: from when ${momentInWords(from)} until ${momentInWords(to)}${calendar === undefined ? "" : `, calendar ${calendar}`}`,
    );
    table(
      output,
      labels.flatMap((label) => (terms[label] === undefined ? [] : [[`  ${label}`, deadlineInWords(terms[label])]])),
    );
    item(output, `"${says}"`, "    ");
  }
}

function printReviews(output: Output, { review, publicReview, roles, communications, breach }: Policy): void {
  output.line();
  output.line("Also:");
  if (review !== undefined)
    item(
      output,
      `Review: ${review.says} (${deadlineInWords(review.deadline)} from when ${momentInWords(review.from)})`,
    );
  if (publicReview !== undefined) item(output, `Public review: ${publicReview.says}`);
  for (const [name, { says }] of Object.entries(roles)) item(output, `${name}: ${says}`);
  for (const { says, recommended } of communications?.required ?? []) if (!recommended) item(output, `Told: ${says}`);
  for (const { says } of communications?.forbidden ?? []) item(output, `Never: ${says}`);
  for (const one of [breach?.authority, breach?.controllers, breach?.subjects])
    if (one !== undefined) item(output, `Personal data: ${one.says} (${deadlineInWords(one.term)})`);
}

function printCalendars(output: Output, { calendars }: Policy): void {
  const names = Object.entries(calendars);
  if (names.length === 0) return;
  output.line();
  output.line("Calendars:");
  for (const [name, { zone, hours, holidays, validTo }] of names) {
    const days = Object.entries(hours).map(
      ([day, parts]) => `${day} ${(parts ?? []).map(([a, b]) => `${a}-${b}`).join(" ")}`,
    );
    const off = holidays === "none" ? "no holidays" : `${holidays.length} holidays listed`;
    item(output, `${name} (${zone}): ${days.join(", ")}; ${off}${validTo === undefined ? "" : `; until ${validTo}`}`);
  }
}

/** A version as `policy history` prints it. */
export function printVersion(output: Output, one: PolicyInForce, zone: string, first: boolean, now: number): void {
  const never = one.to !== undefined && one.to <= one.from;
  const until = one.to === undefined ? "" : ` until ${forPeople(one.to, zone)}`;
  const state = never
    ? "never in force: another one begins no later"
    : one.from > now
      ? "not in force yet"
      : one.to === undefined || one.to > now
        ? "in force"
        : "no longer in force";
  output.line(`${one.name} ${one.version}  ${state}`);
  output.line(`  from ${forPeople(one.from, zone)}${until}`);
  output.line(`  record ${one.entry}, sha256 ${one.digest}`);
  if (first)
    output.line("  the first of this log: what happened before is judged by it too, and every verdict says so");
  if (one.policy === undefined) output.line("  ITS TEXT IS NOT THERE or cannot be read: nothing can be judged by it");
}

/** The same for `--json`. */
export function versionRecord({ policy, logged, from, to, ...one }: PolicyInForce) {
  return {
    ...one,
    logged: iso(logged),
    from: iso(from),
    to: to === undefined ? null : iso(to),
    readable: policy !== undefined,
  };
}
