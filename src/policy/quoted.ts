import type { Mistake } from "../lib/mistakes.ts";
import type { Policy } from "./policy.ts";

/**
 * Sentences that quote another number than the rule beside them. The number is what counts and the sentence is what people read, so
 * whoever changes one has to change the other.
 */

/** Lengths of time that a text may mean, in one spelling each: `60000` by the clock, `bh 8`, `bd 5`, `mo 12`. */
type Meant = readonly string[];

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** How a unit is spelled, by the first letters of it. */
function meant(amount: number, business: boolean, unit: string): Meant {
  if (/^mo/.test(unit)) return [`mo ${amount}`];
  if (/^y/.test(unit)) return [`mo ${amount * 12}`, String(amount * 365 * 86_400_000)];
  const letter = unit[0] ?? "";
  const clock = String(amount * (UNIT_MS[letter] ?? 0));
  if (letter === "h") return business ? [`bh ${amount}`] : [clock, `bh ${amount}`];
  if (letter === "d") return business ? [`bd ${amount}`] : [clock, `bd ${amount}`];
  return [clock];
}

const SAID =
  /(?<![\w.,-])(\d+)[\s-]?(business[\s-]|working[\s-])?(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w|months?|mo|years?|y)(?![\w-])|(?<![\w.,-])(\d+)(b[hd])(?!\w)/gi;

interface Said {
  /** As it stands there. */
  readonly text: string;
  readonly meant: Meant;
  /** The severities before it, to which it belongs; none where the text names them otherwise. */
  readonly labels: readonly string[];
}

/** Between severities that have the same number. */
const JOINING = /^\s*(?:,|,?\s*and|,?\s*or|&|\/|to|-|–)\s*$/i;

/** Lengths of time in a sentence. `Sev1 and Sev2 within 1 hour, Sev3 within 1 day` gives each its severities. */
function saidIn(text: string, labels: readonly string[]): Said[] {
  const found: { at: number; label?: string; said?: Omit<Said, "labels"> }[] = [];
  for (const match of text.matchAll(SAID)) {
    const [whole, amount, business, unit, short, shortUnit = ""] = match;
    const lengths =
      short === undefined
        ? meant(Number(amount), business !== undefined, (unit ?? "").toLowerCase())
        : meant(Number(short), true, shortUnit.slice(1).toLowerCase());
    found.push({ at: match.index, said: { text: whole, meant: lengths } });
  }
  const names = [...labels]
    .sort((a, b) => b.length - a.length)
    .map((label) => label.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (names.length > 0)
    for (const match of text.matchAll(new RegExp(`(?<![\\w-])(?:${names.join("|")})(?![\\w-])`, "g")))
      found.push({ at: match.index, label: match[0] });
  found.sort((a, b) => a.at - b.at);
  // "Within 1 hour for Sev1": which number is whose cannot be told from their order.
  const isLabelled = found[0]?.label !== undefined;
  const said: Said[] = [];
  let own: string[] = [];
  let end = 0;
  for (const { at, label, said: one } of found) {
    if (label !== undefined) {
      own = JOINING.test(text.slice(end, at)) ? [...own, label] : [label];
      end = at + label.length;
    } else if (one !== undefined) said.push({ ...one, labels: isLabelled ? own : [] });
  }
  return said;
}

/** Numbers of rules: those of a severity, and those of none. */
interface Numbers {
  readonly of: ReadonlyMap<string, readonly string[]>;
  readonly others: readonly string[];
}

const TERM = /^(?:within|under|every)?\s*(\d+)\s*(bh|bd|s|m|h|d|mo|y)$/;
const BY_SEVERITY = ["terms", "decide"];
/** Sentences and names, which are no rules. */
const TEXTS = ["says", "question", "taken", "alternatives", "means", "examples", "note", "title", "reason", "why"];

function lengthOf(value: unknown): Meant {
  const [, amount, unit = ""] = (typeof value === "string" && TERM.exec(value)) || [];
  if (amount === undefined) return [];
  const business = unit.length === 2 && unit.startsWith("b");
  return meant(Number(amount), business, business ? unit.slice(1) : unit).slice(0, unit === "y" ? 2 : 1);
}

/** Every number in a part of the rules; of another rule inside it, with a sentence of its own, only where `deep`. */
function numbersIn(part: unknown, deep: boolean): Numbers & { readonly found: boolean } {
  const of = new Map<string, string[]>();
  const others: string[] = [];
  let found = false;
  const walk = (value: unknown, key: string, top: boolean) => {
    if (TEXTS.includes(key)) return;
    if (typeof value === "string") {
      found ||= TERM.test(value) || value === "no number";
      others.push(...lengthOf(value));
    }
    if (typeof value !== "object" || value === null) return;
    if (!top && !deep && "says" in value) return;
    for (const [name, inner] of Object.entries(value)) {
      if (BY_SEVERITY.includes(key)) {
        found = true;
        of.set(name, [...(of.get(name) ?? []), ...lengthOf(inner)]);
      } else walk(inner, Array.isArray(value) ? key : name, false);
    }
  };
  walk(part, "", true);
  return { of, others, found };
}

const all = ({ of, others }: Numbers) => [...[...of.values()].flat(), ...others];

/** The first that none of the numbers is. */
function strangers(text: string, labels: readonly string[], numbers: Numbers): Said[] {
  return saidIn(text, labels).filter(({ meant: lengths, labels: own }) => {
    const known =
      own.length === 0 ? [all(numbers)] : own.map((label) => [...(numbers.of.get(label) ?? []), ...numbers.others]);
    return known.some((list) => !lengths.some((length) => list.includes(length)));
  });
}

/**
 * The numbers of the one rule that a choice has in its id: of `review-starts` those of `review`. Another rule may happen to have
 * the number that this one had. Undefined where the id names no rule with numbers.
 */
function partNamed(policy: Policy, id: string): { readonly numbers: Numbers; readonly name: string } | undefined {
  const words = id.toLowerCase().split(/[^a-z0-9]+/);
  for (const [name, part] of [...Object.entries(policy.targets), ...Object.entries(policy)]) {
    if (!words.includes(name.toLowerCase())) continue;
    const numbers = numbersIn(part, true);
    if (numbers.found) return { numbers, name: `the rule on ${name}` };
  }
  return undefined;
}

const quoted = (said: readonly Said[]) =>
  said.map(({ text, labels }) => `"${text}"${labels.length > 0 ? ` for ${labels.join(" and ")}` : ""}`).join(", ");

/** Every sentence with a number that the rules beside it do not have. */
export function staleQuotations(policy: Policy): Mistake[] {
  const labels = policy.severities.map(({ label }) => label);
  const whole = numbersIn(policy, true);
  const found: Mistake[] = [];
  const check = (text: string, path: readonly PropertyKey[], numbers: Numbers, beside: string) => {
    const wrong = strangers(text, labels, numbers);
    if (wrong.length > 0)
      found.push({
        path,
        text: `says ${quoted(wrong)}, which is no number of ${beside}; mend the sentence or the number`,
      });
  };
  const walk = (value: unknown, path: readonly PropertyKey[]) => {
    if (typeof value !== "object" || value === null || path[0] === "choices") return;
    if ("says" in value && typeof value.says === "string" && path[0] !== "severities") {
      const numbers = numbersIn(value, false);
      if (numbers.found) check(value.says, [...path, "says"], numbers, "this rule");
    }
    for (const [key, inner] of Object.entries(value)) walk(inner, [...path, Array.isArray(value) ? Number(key) : key]);
  };
  walk(policy, []);
  for (const [i, { label, says }] of policy.severities.entries()) {
    const own = { of: new Map<string, readonly string[]>(), others: [...(whole.of.get(label) ?? []), ...whole.others] };
    check(says, ["severities", i, "says"], own, `the rules for ${label}`);
  }
  for (const [i, { id, question, taken, says, alternatives }] of policy.choices.entries()) {
    const lengths = (texts: readonly string[]) => texts.flatMap((text) => saidIn(text, []).flatMap((one) => one.meant));
    // What could have been taken is no rule, so its numbers are nobody's; what the procedure says may be one of these.
    const own = partNamed(policy, id) ?? { numbers: whole, name: "these rules" };
    const other = { of: own.numbers.of, others: [...own.numbers.others, ...lengths(alternatives)] };
    check(question, ["choices", i, "question"], other, own.name);
    check(taken, ["choices", i, "taken"], own.numbers, own.name);
    check(says, ["choices", i, "says"], other, own.name);
  }
  return found;
}
