import { memoriesOf, registerFacts } from "../acts/preserving.ts";
import { NIL_RETURN } from "../assess/nil.ts";
import { type Alike, claimInWords, joinAlike, type NilReturn, windowAsFlag } from "../assess/nil-return.ts";
import { preservationDue } from "../assess/preservation.ts";
import type { Custody } from "../custody.ts";
import type { Instant, Interval } from "../lib/time.ts";
import { wallClock } from "../lib/zone.ts";
import { inRecords } from "./sign.ts";

/** What `custody status` says about what people confirm, `returns` being all claims of the year: lines, and with what they should preserve the same as records. */
export async function peopleStatus(
  custody: Custody,
  returns: readonly NilReturn[],
  now: Instant,
): Promise<{ readonly lines: readonly string[]; readonly record: object }> {
  const { zone } = custody.config.organisation;
  const window = lastMonth(now, zone);
  const nils = returns.filter((one) => isIn(one.window, window) && !UNTOLD.includes(one.state));
  const { instances } = await custody.history();
  const memories = await memoriesOf(custody);
  const facts = memories.length > 0 ? await registerFacts(custody) : [];
  const duties = preservationDue({ facts, memories, instances, now, zone });
  return {
    lines: joinAlike(nils).flatMap((alike) => nilLine(alike, zone)),
    record: {
      nilReturns: nils.map(inRecords),
      preserve: duties.map(({ incident, deadline, sources }) => ({ incident, deadline, sources })),
    },
  };
}

/** Of these there is nothing to say: nobody watched, it is not over, or something happened. */
const UNTOLD: readonly NilReturn["state"][] = ["unwatched", "running", "occupied"];

function lastMonth(now: Instant, zone: string): Interval {
  const first = wallClock(now, zone).toPlainDate().with({ day: 1 });
  const start = (day: typeof first) => day.toZonedDateTime(zone).epochMilliseconds;
  return { from: start(first.subtract({ months: 1 })), to: start(first) };
}

const isIn = (a: Interval, b: Interval): boolean => a.from >= b.from && a.to <= b.to;

function nilLine(alike: Alike, zone: string): string[] {
  const what = claimInWords(alike, zone);
  const { window, state, reason } = alike.one;
  switch (state) {
    case "confirmed":
      return [`${what}: confirmed.`];
    case "confirmable":
      return [`${what}: can be confirmed; \`custody sign ${NIL_RETURN} ${windowAsFlag(window, zone)}\`.`];
    default:
      return [`${what}: ${reason}.`];
  }
}
