import { unnoticed } from "../assess/unnoticed.ts";
import type { FactOf, Observed } from "../evidence/fact.ts";
import { wasOneDeed } from "../evidence/one-deed.ts";
import { iso } from "../lib/time.ts";
import { noticeTimes } from "../reviews/trends.ts";
import { clean } from "./clean.ts";
import { isoOrNull } from "./coverage.ts";
import { sortedBy } from "./order.ts";
import type { UnnoticedPart, UnnoticedRow } from "./performance-shape.ts";

type Seen = Observed & { readonly fact: FactOf<"incident"> };

/** How long incidents went on before anybody noticed: those of people, and apart from them those that Custody opened itself. */
export function unnoticedPart(incidents: readonly Observed[]): UnnoticedPart {
  const all = incidents.filter((one): one is Seen => one.fact.kind === "incident");
  const [own, people] = [true, false].map((is) => all.filter(({ fact }) => (fact.origin === "custody") === is)) as [
    Seen[],
    Seen[],
  ];
  const times = (of: readonly Seen[]) => {
    const { n, median, p90, worst, worstId, inexact, unknown, invalid } = noticeTimes(of.map(({ fact }) => fact));
    return { n, median, p90, worst, worstId: worstId && clean(worstId, 120), inexact, unknown, invalid };
  };
  return {
    people: times(people),
    custody: times(own),
    rows: sortedBy(
      own.map(rowOf),
      (row) => row.noticed ?? "",
      (row) => row.id,
    ),
  };
}

function rowOf({ fact, instance, entry }: Seen): UnnoticedRow {
  const found = unnoticed(fact);
  const { detectedAt, respondedAt } = fact;
  const atOnce = wasOneDeed(fact, "respondedAt");
  return {
    id: clean(fact.id, 120),
    instance,
    entry,
    began: found === undefined ? null : iso(found.began),
    noticed: isoOrNull(detectedAt ?? undefined),
    took: found?.took ?? null,
    atOnce,
    responded: atOnce || detectedAt === null || respondedAt === null ? null : respondedAt - detectedAt,
    over: fact.closedAt !== null || fact.resolvedAt !== null,
  };
}
