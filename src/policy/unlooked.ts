import type { Policy } from "./policy.ts";

/**
 * Rules that no check can look at: printed with every report and by `custody policy check`, so that nobody takes their standing
 * in a policy for proof that they are kept.
 */

type Path = readonly (string | number)[];
interface Told {
  readonly path: Path;
  readonly what: string;
}

/** A part of a rule in the words of the key, where the rule itself has a check that does not look at this part. */
const part = (path: Path, said: unknown, what: string): Told[] =>
  said === undefined || said === false || (Array.isArray(said) && said.length === 0) ? [] : [{ path, what }];
const whole = (path: Path, rule: { readonly says?: string | undefined } | undefined): Told[] =>
  rule === undefined ? [] : [{ path, what: rule.says ?? path.join(".") }];
const each = <T>(rules: readonly T[], tell: (rule: T, place: number) => Told[]): Told[] => rules.flatMap(tell);
const list = (words: readonly string[] | undefined) => (words ?? []).join(", ");

/**
 * Every key of a policy that nothing reads but this, as the schema spells it. What is only told where a rule needs it (`true`, a
 * number) stands in the part that tells it.
 */
export const UNLOOKED: Readonly<Record<string, (policy: Policy) => Told[]>> = {
  "severities[].noImpact": ({ severities }) =>
    each(severities, ({ label, noImpact }, i) =>
      part(["severities", i, "noImpact"], noImpact, `${label} is only for what did no harm`),
    ),
  "targets.NAME.byHand": ({ targets }) =>
    Object.entries(targets).flatMap(([name, { byHand }]) =>
      part(["targets", name, "byHand"], byHand, "its dates are entered by hand"),
    ),
  "updates.NAME.evenWithoutNews": ({ updates }) =>
    Object.entries(updates).flatMap(([name, { evenWithoutNews }]) =>
      part(["updates", name, "evenWithoutNews"], evenWithoutNews, "what an update says; that it was sent is judged"),
    ),
  "communications.independent.channels": ({ communications }) =>
    whole(["communications", "independent", "channels"], communications?.independent),
  "communications.summary.leavesOut": ({ communications }) =>
    part(
      ["communications", "summary", "leavesOut"],
      communications?.summary?.leavesOut,
      `a summary leaves out ${list(communications?.summary?.leavesOut)}`,
    ),
  "communications.nothingToDisclose": ({ communications }) =>
    whole(["communications", "nothingToDisclose"], communications?.nothingToDisclose),
  "measures[].term": ({ measures }) =>
    each(measures, ({ id, term }, i) =>
      part(
        ["measures", i, "term"],
        term !== "no number",
        `${id}: ${term}; only that it was done, and before what, is judged`,
      ),
    ),
  "recovery.backfill": ({ recovery }) =>
    part(["recovery", "backfill"], recovery?.backfill, "what is missing is asked for again"),
  "evidence.neverEdited": ({ evidence }) => whole(["evidence", "neverEdited"], evidence?.neverEdited),
  "evidence.kept": ({ evidence }) => each(evidence?.kept ?? [], (rule, i) => whole(["evidence", "kept", i], rule)),
  "signals[].above": ({ signals }) =>
    each(signals, ({ signal, above }, i) =>
      part(
        ["signals", i, "above"],
        above !== undefined,
        `${signal} above ${above?.value} ${above?.unit}; an alert of that name counts, whatever its own limit is`,
      ),
    ),
  // The channels of the configuration are held against it by `custody config check`, and nothing in the log is.
  gapNotices: ({ gapNotices }) => whole(["gapNotices"], gapNotices),
  "intake.filters": ({ intake }) => each(intake?.filters ?? [], (rule, i) => whole(["intake", "filters", i], rule)),
  "intake.vulnerabilities[].severity": ({ intake }) =>
    each(intake?.vulnerabilities ?? [], ({ id, severity }, i) =>
      part(
        ["intake", "vulnerabilities", i, "severity"],
        severity,
        `${id} counts as ${severity}; by when it is mended is judged`,
      ),
    ),
  "intake.embargo": ({ intake }) => whole(["intake", "embargo"], intake?.embargo),
  "review.keptIn": ({ review }) => part(["review", "keptIn"], review?.keptIn, `reviews are kept in ${review?.keptIn}`),
  "publicReview.place": ({ publicReview }) =>
    part(["publicReview", "place"], publicReview?.place, `a review for the public stands at ${publicReview?.place}`),
  "publicReview.sections": ({ publicReview }) =>
    part(
      ["publicReview", "sections"],
      publicReview?.sections,
      `a review for the public says ${list(publicReview?.sections)}`,
    ),
  "publicReview.leavesOut": ({ publicReview }) =>
    part(
      ["publicReview", "leavesOut"],
      publicReview?.leavesOut,
      `a review for the public leaves out ${list(publicReview?.leavesOut)}`,
    ),
  "closing.initialStatus": ({ closing }) =>
    part(["closing", "initialStatus"], closing?.initialStatus, `an incident begins as ${closing?.initialStatus}`),
  "upkeep.collectors[].controls": ({ upkeep }) =>
    each(upkeep.collectors, ({ family, controls }, i) =>
      part(
        ["upkeep", "collectors", i, "controls"],
        controls,
        `that ${family} serves ${list(controls)}; that it runs is judged`,
      ),
    ),
  "upkeep.backups.region": ({ upkeep }) =>
    part(["upkeep", "backups", "region"], upkeep.backups?.region, `backups lie in ${upkeep.backups?.region}`),
  "upkeep.heads.of": ({ upkeep }) =>
    part(["upkeep", "heads", "of"], upkeep.heads?.of, `heads are of ${upkeep.heads?.of}; that they go out is judged`),
  "upkeep.heads.where": ({ upkeep }) =>
    part(["upkeep", "heads", "where"], upkeep.heads?.where, `heads go to ${upkeep.heads?.where}`),
  "upkeep.onCall.continuous": ({ upkeep }) =>
    part(["upkeep", "onCall", "continuous"], upkeep.onCall?.continuous, "somebody is on call at every moment"),
  "upkeep.onCall.alertChannels": ({ upkeep }) =>
    part(
      ["upkeep", "onCall", "alertChannels"],
      upkeep.onCall?.alertChannels,
      `alerts arrive by ${list(upkeep.onCall?.alertChannels)}`,
    ),
  "upkeep.retention": ({ upkeep }) => each(upkeep.retention, (rule, i) => whole(["upkeep", "retention", i], rule)),
  "upkeep.practices": ({ upkeep }) => each(upkeep.practices, (rule, i) => whole(["upkeep", "practices", i], rule)),
};

export function unlooked(policy: Policy): { readonly path: Path; readonly text: string }[] {
  return Object.values(UNLOOKED).flatMap((tell) =>
    tell(policy).map(({ path, what }) => ({
      path,
      text: `no check looks at this; a person has to show that it is kept: "${what}"`,
    })),
  );
}
