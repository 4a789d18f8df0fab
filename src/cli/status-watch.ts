import type { Custody } from "../custody.ts";
import { causeInWords } from "../duties/words.ts";
import { iso } from "../lib/time.ts";
import { forPeople } from "../lib/zone.ts";
import type { Check } from "../watch/log.ts";
import { offsetInWords, stateOf } from "../watch/reading.ts";

const NAMES: Readonly<Record<Check, string>> = {
  integrity: "log verified",
  disk: "disks",
  certificate: "certificates",
  index: "index compared",
  mirror: "mirror compared",
  clock: "clock",
};
const CHECKS = ["integrity", "disk", "certificate", "index", "mirror"] as const;

/** What `custody status` says about Custody itself: what it found, and how right the clock was, out of the ledger alone. */
export async function watchStatus(custody: Custody): Promise<{ lines: string[]; record: object }> {
  const { zone } = custody.config.organisation;
  const log = await custody.watchLog();
  const history = await custody.history();
  const checks = CHECKS.flatMap((check) => log.newest(check) ?? []);
  const runs = [...history.instances.values()].flatMap((one) =>
    one.runs.filter(({ reference }) => reference !== undefined),
  );
  const last = runs.reduce<(typeof runs)[number] | undefined>((a, b) => (a && a.index > b.index ? a : b), undefined);
  const clock = last?.reference && { ...last.reference, at: last.at };
  const lines = checks.map(({ check, result, at, codes }) => {
    const word =
      result === "good"
        ? "as it should be"
        : result === "bad"
          ? codes.map(causeInWords).join(", ")
          : "could not be looked at";
    return `  ${NAMES[check]}: ${word} (${forPeople(at, zone)})`;
  });
  if (clock !== undefined) {
    const way = clock.offset === 0 ? "" : clock.offset > 0 ? " behind" : " ahead";
    const state = stateOf(clock, custody.config.clock);
    const judged = {
      right: "within what is allowed",
      off: "MORE THAN IT SHOULD BE",
      wrong: "TOO MUCH: nothing is collected",
    }[state];
    lines.push(`  clock: ${offsetInWords(clock.offset)}${way} (${clock.use}, ${forPeople(clock.at, zone)}), ${judged}`);
  }
  const record = {
    selfChecks: checks.map(({ check, result, at, codes }) => ({ check, result, at: iso(at), codes })),
    ...(clock === undefined ? {} : { clock: { ...clock, at: iso(clock.at) } }),
  };
  return { lines: lines.length === 0 ? [] : ["Custody itself:", ...lines], record };
}
