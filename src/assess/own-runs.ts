import type { Circumstances } from "./judgement.ts";

/** The collector of what Custody itself ran. */
const OWN_RUNS = "cron-health/custody";

/** The instances that show what Custody itself ran: many runs, beside which every failure of other jobs would look small. */
export function ownRunsIn({ feeding }: Pick<Circumstances, "feeding">): ReadonlySet<string> {
  return new Set(feeding.flatMap(({ history, instance }) => (history.record.use === OWN_RUNS ? [instance] : [])));
}
