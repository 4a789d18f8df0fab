import { startInWords } from "../law/clock.ts";
import type { Law, LawStep } from "../law/shape.ts";
import { lawDay, standingOf } from "../law/steps.ts";
import type { PolicyInForce } from "../policy/timeline.ts";
import { clean, cleanOrNull } from "./clean.ts";
import type { ReportInput } from "./input.ts";
import type { LawRow, LawStanding, LawStepRow } from "./rules-shape.ts";

/** Which laws bind by which version of the rules, and what they ask for in the period. */

/** All laws that are at hand, by the versions of the rules that count for the period. */
export function lawRows(input: ReportInput, versions: readonly PolicyInForce[]): LawRow[] {
  return (input.rules?.laws ?? []).map(({ law, digest }) => {
    const standings = standingsOf(law, versions, input);
    return {
      law: law.law,
      title: clean(law.title),
      act: clean(law.act),
      binds: clean(law.binds, 600),
      digest,
      standings,
      steps: standings.some(({ on }) => on) ? stepsOf(law, input) : [],
    };
  });
}

function standingsOf(law: Law, versions: readonly PolicyInForce[], input: ReportInput): LawStanding[] {
  const { period, asOf, organisation } = input;
  const readable = versions.filter(({ policy }) => policy !== undefined);
  const last = Math.max(period.from, Math.min(period.to, asOf + 1) - 1);
  const rows = (readable.length === 0 ? [undefined] : readable).map((one): LawStanding => {
    const policy = one?.policy;
    const { on, why, by } = standingOf(law, policy, lawDay(last, asOf, policy?.zone ?? organisation.zone));
    const said = policy?.laws.find((each) => each.law === law.law);
    return {
      entry: by === "rules" ? (one?.entry ?? null) : null,
      on,
      why: clean(why, 600),
      by,
      decidedBy: cleanOrNull(said?.decidedBy),
      from: said?.from ?? null,
    };
  });
  // Versions that are silent say the same.
  return rows.filter((row, i) => row.by === "rules" || rows.findIndex(({ by }) => by === "default") === i);
}

/** The steps that hold for what began in the period. */
function stepsOf(law: Law, { period, organisation: { zone } }: ReportInput): LawStepRow[] {
  const [first, last] = [lawDay(period.from, period.from, zone), lawDay(period.to - 1, period.to, zone)];
  return law.steps
    .filter(({ validFrom, validTo }) => validFrom <= last && (validTo === undefined || validTo >= first))
    .map((step) => ({
      id: step.id,
      title: clean(step.title),
      article: clean(step.article),
      validFrom: step.validFrom,
      validTo: step.validTo ?? null,
      terms: termsOf(law, step),
      checked: step.checked === false ? null : `${clean(step.checked.by)}, ${step.checked.confidence} confidence`,
      note: cleanOrNull(step.note, 600),
    }));
}

function termsOf(law: Law, { clocks }: LawStep): string[] {
  const texts = clocks.map((clock) => {
    const { term, marks, notMarks, orFrom } = clock;
    const only = [
      ...(marks === undefined ? [] : [`marked ${marks.join(" or ")}`]),
      ...(notMarks === undefined ? [] : [`not marked ${notMarks.join(" or ")}`]),
      ...(clock.ongoing === undefined ? [] : [clock.ongoing ? "still going on then" : "over by then"]),
    ];
    const or = orFrom === undefined ? "" : `, or ${startInWords({ law }, { from: orFrom })} where that is not recorded`;
    return clean(
      `${term === "no number" ? "no number;" : term} from ${startInWords({ law }, clock)}${or}${only.length === 0 ? "" : ` (${only.join(", ")})`}`,
    );
  });
  return [...new Set(texts)];
}
