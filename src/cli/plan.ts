import { publish } from "../daemon/mirroring.ts";
import { CustodyError } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { type Instant, iso } from "../lib/time.ts";
import { forPeople } from "../lib/zone.ts";
import { actor } from "../people.ts";
import type { InstanceHistory } from "../slots/history.ts";
import { expectationOf, suspensionOf } from "../slots/plan.ts";
import { declareNow } from "../work.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { parseMoment } from "./moment.ts";

interface Flags extends GlobalFlags {
  readonly until?: string;
  readonly reason?: string;
}

type Action = "pause" | "resume" | "retire";

export const pause = (flags: Flags, id: string) => plan("pause", flags, id);
export const resume = (flags: Flags, id: string) => plan("resume", flags, id);
export const retire = (flags: Flags, id: string) => plan("retire", flags, id);

/** Plans act from now on: nothing that was required is excused afterwards. */
function plan(action: Action, flags: Flags, id: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const zone = custody.config.organisation.zone;
    const now = custody.clock.now();
    if (action !== "resume" && !flags.reason) {
      throw new CustodyError("USAGE", `${action} needs --reason`, {
        remedy: "An auditor will ask why; one sentence is enough.",
      });
    }
    const until = flags.until === undefined ? undefined : parseMoment(flags.until, zone);
    if (until !== undefined && until <= now) {
      throw new CustodyError("USAGE", `--until ${flags.until} has passed already`, { remedy: "Name a later day." });
    }
    await declareNow(custody);
    const { instances } = await custody.history();
    checkExpectation(action, instances.get(id), id, [...instances.keys()], now);
    const before = pauseAt(instances.get(id), now);

    const ledger = await custody.ledger();
    const body = flags.reason
      ? await ledger.put(new TextEncoder().encode(flags.reason), "text/plain; charset=utf-8")
      : undefined;
    const [entry] = await ledger.append([
      {
        kind: "plan",
        actor: await actor(custody),
        instance: id,
        action,
        from: iso(now),
        ...(until === undefined ? {} : { to: iso(until) }),
        ...(body ? { body } : {}),
      },
    ]);
    await publish(custody, output.note);
    const end = until === undefined ? "" : ` until ${forPeople(until, zone)}`;
    const after = pauseAt((await custody.history()).instances.get(id), Math.max(now, custody.clock.now()));
    output.line(`${id}: ${SAID[action]}${end} (record ${entry?.index}).`);
    if (action === "pause" && before !== undefined)
      output.line(otherEnd(before, after ?? Number.POSITIVE_INFINITY, until, zone));
    if (action === "pause" && until === undefined) output.line(`\`custody resume ${id}\` ends the pause.`);
    output.object({ ok: true, entry: entry?.index });
    return 0;
  });
}

/** End of the pause in force at a moment, Infinity where none is planned; undefined where there is none. */
function pauseAt(history: InstanceHistory | undefined, at: Instant): Instant | undefined {
  const pauses = history === undefined ? [] : suspensionOf(history, at).paused;
  return pauses.find(({ from, to }) => from <= at && at < to)?.to;
}

/** Pauses add up: a later end counts, an earlier one does not. */
function otherEnd(before: Instant, after: Instant, until: Instant | undefined, zone: string): string {
  const when = (end: Instant) =>
    end === Number.POSITIVE_INFINITY ? "without an end" : `until ${forPeople(end, zone)}`;
  if ((until ?? Number.POSITIVE_INFINITY) >= after && before !== after)
    return `It was paused ${when(before)}; that end counts no more.`;
  if (before === (until ?? Number.POSITIVE_INFINITY)) return `It was paused ${when(before)} already.`;
  return `It was paused ${when(before)} already, and stays so: a pause is ended earlier only by \`custody resume\`.`;
}

/** Throws USAGE for an unknown collector, and for a plan that would change nothing. */
function checkExpectation(
  action: Action,
  history: InstanceHistory | undefined,
  id: string,
  known: readonly string[],
  now: Instant,
): void {
  if (history === undefined) {
    throw new CustodyError("USAGE", `there is no collector "${id}"${didYouMean(id, known)}`, {
      remedy: `The log knows: ${known.join(", ") || "none"}.`,
    });
  }
  const expectation = expectationOf(history, now);
  if (action === "resume" && expectation === "expected") {
    throw new CustodyError("USAGE", `${id} is expected already`, { remedy: "There is nothing to resume." });
  }
  if (action !== "resume" && expectation === "retired") {
    throw new CustodyError("USAGE", `${id} is retired already`, {
      remedy: `\`custody resume ${id}\` takes it back into service.`,
    });
  }
}

const SAID = {
  pause: "paused; nothing is expected",
  resume: "expected again",
  retire: "retired; nothing is expected any more",
} as const;
