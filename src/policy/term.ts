import { needsCalendar, type Term, termOrProblem } from "../calendar/term.ts";

/** How the rules spell deadlines and rhythms. */

/** What is wrong with a deadline or a rhythm as a person writes it; undefined where nothing is. */
export function termMistake(text: string, as: "deadline" | "rhythm"): string | undefined {
  const term = termOrProblem(text);
  if (typeof term === "string") return term;
  if (as === "rhythm" && (term.op === "within" || term.op === "under"))
    return `"${text}" is a deadline; expected how often, such as \`every 60m\`, \`every 1bd\`, or \`no number\``;
  if (as === "deadline" && term.op === "every")
    return `"${text}" is how often; expected a deadline such as \`within 15m\`, \`within 5bd\`, or \`no number\``;
  return undefined;
}

/** The term, undefined where it is none: what is wrong with it was said already. */
export function termOf(text: string): Term | undefined {
  const term = termOrProblem(text);
  return typeof term === "string" ? undefined : term;
}

/** True for a deadline or rhythm that only a calendar of business time can count. */
export function isBusiness(text: string): boolean {
  const term = termOf(text);
  return term !== undefined && needsCalendar(term);
}

/** Which of two deadlines leaves less time: negative for the first, 0 for the same; undefined where their units do not compare. */
export function compareDeadlines(a: string, b: string): number | undefined {
  const [one, other] = [termOf(a), termOf(b)];
  if (one === undefined || other === undefined || one.op === "at-once" || other.op === "at-once") return undefined;
  if (one.unit !== other.unit) return undefined;
  const shade = ({ op }: { op: string }) => (op === "under" ? 0 : 1);
  return one.amount - other.amount || shade(one) - shade(other);
}
