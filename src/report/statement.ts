import type { SignOff } from "../assess/sign-off.ts";
import { signerInWords } from "../assess/sign-off.ts";
import type { EntryOf } from "../evidence/entry.ts";
import { fromIso, type Instant, type Interval, iso } from "../lib/time.ts";
import type { Change } from "./changes.ts";
import { clean } from "./clean.ts";
import { doerOf, type Names } from "./doer.ts";
import { sortedBy } from "./order.ts";
import type { ChangeRow, CompletenessStatement, EarlierReport } from "./who-shape.ts";

/** What stands beside the words that the organisation signs for, and the reports that came before this one. Pure. */

export interface StatementInput {
  readonly names: Names;
  readonly changes: readonly Change[];
  /** Records of reports and packs, in the order of the log. */
  readonly reports: readonly { readonly index: number; readonly entry: EntryOf<"report"> }[];
}

/** What is signed by `custody sign` where a catalogue has a human check of this subject. */
export const COMPLETENESS_SUBJECT = "completeness-statement";

type Counted = Omit<CompletenessStatement, "changes" | "signed">;

export function statementPart(
  input: StatementInput | undefined,
  counted: Counted,
  signOffs: readonly SignOff[],
  period: Interval,
): CompletenessStatement {
  const { names, changes } = input ?? { names: new Map(), changes: [] };
  const inside = (at: Instant) => at >= period.from && at < period.to;
  return {
    ...counted,
    changes: changes
      .filter(({ at }) => inside(at))
      .map(
        ({ entry, at, kind, actor, what }): ChangeRow => ({
          at: iso(at),
          kind,
          what: what.map((one) => clean(one)),
          by: actor.type === "person" ? doerOf(actor, names) : null,
          entry,
        }),
      ),
    signed: sortedBy(
      signOffs
        .filter(
          ({ subject, window }) =>
            subject === COMPLETENESS_SUBJECT && window.from <= period.from && window.to >= period.to,
        )
        .map((one) => ({ by: clean(signerInWords(one)), at: iso(one.at), entry: one.entry })),
      ({ entry }) => entry,
    ),
  };
}

/** Reports and packs that were recorded before, for a time that meets the period. */
export function earlierReports(input: StatementInput | undefined, period: Interval): EarlierReport[] {
  const { names, reports } = input ?? { names: new Map(), reports: [] };
  return reports
    .filter(({ entry: { period: of } }) => fromIso(of.from) < period.to && fromIso(of.to) > period.from)
    .map(({ index, entry }) => ({
      at: entry.at,
      period: { from: entry.period.from, to: entry.period.to },
      size: entry.size,
      what: entry.report.mediaType.includes("pack") ? "pack" : "report",
      digest: entry.report.mediaType.includes("pack")
        ? entry.report.digest
        : (entry.files?.[0]?.sha256 ?? entry.report.digest),
      by: doerOf(entry.actor, names),
      entry: index,
    }));
}
