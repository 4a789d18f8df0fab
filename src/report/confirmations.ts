import { type NilReturn, windowInWords } from "../assess/nil-return.ts";
import { type SignOff, signerInWords, type VoidSignOff } from "../assess/sign-off.ts";
import type { FactKind } from "../evidence/fact.ts";
import type { Interval } from "../lib/time.ts";
import { iso } from "../lib/time.ts";
import { clean, cleanOrNull } from "./clean.ts";
import type { NilRow, SignOffRow } from "./confirmations-shape.ts";
import { meets, span } from "./coverage.ts";
import type { NilStatement } from "./incidents-shape.ts";
import type { ReportInput } from "./input.ts";
import { sortedBy } from "./order.ts";

const order = (entries: Iterable<number>) => [...new Set(entries)].sort((a, b) => a - b);

function nilRow(one: NilReturn, zone: string): NilRow {
  const { requirement, over, window, state, reason, holes, sources, signed, records } = one;
  return {
    requirement,
    about: over,
    period: { ...span(window), label: windowInWords(window, zone) },
    state,
    reason: clean(reason, 1_200),
    holes: holes.map((hole) => ({
      instance: hole.instance,
      ...span(hole),
      state: hole.state,
      slots: hole.slots,
      cause: cleanOrNull(hole.cause),
      entries: order(hole.entries),
    })),
    sources: sources.map(({ instance, use, slots, covered, late, total, runs }) => ({
      instance,
      use,
      slots,
      covered,
      late,
      total: total ?? null,
      entries: order(runs),
    })),
    confirmed: signed.map((signOff) => ({
      by: clean(signerInWords(signOff)),
      at: iso(signOff.at),
      entry: signOff.entry,
    })),
    entries: order(records.map(({ entry }) => entry)),
  };
}

/** The claims that nothing happened, of the period, in order of time. */
export function nilRows({ nilReturns = [], organisation }: ReportInput): NilRow[] {
  return nilReturns.map((one) => nilRow(one, organisation.zone));
}

function signOffRow(signOff: SignOff | VoidSignOff, zone: string): SignOffRow {
  const { entry, at, subject, window, requirements } = signOff;
  return {
    entry,
    at: iso(at),
    subject: clean(subject),
    period: { ...span(window), label: windowInWords(window, zone) },
    by: clean(signerInWords(signOff)),
    requirements: [...requirements],
    void: "why" in signOff ? clean(signOff.why) : null,
  };
}

/** Everything that people signed about the period, in the order of the log; what does not count says why. */
export function signOffRows({ signOffs = [], voidSignOffs = [], organisation, period }: ReportInput): SignOffRow[] {
  const all = [...signOffs, ...voidSignOffs].filter(({ window }) => meets(window, period as Interval));
  return sortedBy(
    all.map((one) => signOffRow(one, organisation.zone)),
    (row) => row.entry,
  );
}

/** Confirmations that nothing happened of which nothing stands any more: they count as no sign-off. */
export function withdrawnSignOffs(nils: readonly Pick<NilReturn, "state" | "signed">[]): ReadonlySet<number> {
  const entries = (own: typeof nils) => own.flatMap(({ signed }) => signed.map(({ entry }) => entry));
  const standing = new Set(entries(nils.filter(({ state }) => state !== "withdrawn")));
  return new Set(entries(nils).filter((entry) => !standing.has(entry)));
}

/** Who signed what, one line each, for page 1. */
export function signedLines(rows: readonly SignOffRow[], nils: readonly NilRow[]): string[] {
  return rows
    .filter((row) => row.void === null)
    .map(({ by, subject, period, entry }) => {
      const own = nils.filter(({ confirmed }) => confirmed.some((one) => one.entry === entry));
      const gone = own.filter(({ state }) => state === "withdrawn").length;
      const withdrawn = gone === 0 ? "" : gone === own.length ? "; withdrawn" : "; withdrawn in part";
      return `${by}: ${subject.replaceAll("-", " ")}, ${period.label} (record ${entry})${withdrawn}`;
    });
}

/** Whether a person confirmed for the whole period that nothing of a kind happened; `claim` says why not, where that is known. */
export function claimAbout(kind: FactKind, nils: readonly NilRow[]): Pick<NilStatement, "confirmedBy" | "claim"> {
  const own = nils.filter(({ about }) => about === kind);
  const whole = own.length > 0 && own.every(({ state }) => state === "confirmed");
  const signers = new Set(own.flatMap(({ confirmed }) => confirmed.map(({ by }) => by)));
  const bad = own.filter(({ state }) => state === "withdrawn" || state === "refused");
  return {
    confirmedBy: whole ? [...signers].join(", ") : null,
    claim:
      bad.length === 0 ? null : [...new Set(bad.map(({ period, reason }) => `${period.label}: ${reason}.`))].join(" "),
  };
}
