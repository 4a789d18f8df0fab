import type { ChannelState } from "../daemon/notifying.ts";
import type { Duty } from "../duties/duty.ts";
import { many } from "../duties/words.ts";
import { iso } from "../lib/time.ts";
import { forPeople } from "../lib/zone.ts";
import type { Output } from "./output.ts";

/** What a person must do, and how they are told of it, as commands print it. */

/** The gravest first; one line that says so where there is nothing. */
export function printDuties(duties: readonly Duty[], output: Output): void {
  if (duties.length === 0) {
    output.line("Nothing needs you now, as far as the log tells.");
    output.line("");
    return;
  }
  output.line(`${many(duties.length, "thing needs", "things need")} you:`);
  for (const duty of duties) {
    output.line(`- ${duty.title}`);
    output.line(`    ${duty.what}`);
    for (const { where, message } of duty.places ?? []) output.line(`    - ${where}: ${message}`);
    for (const text of [duty.lost, duty.todo]) if (text) output.line(`    ${text}`);
    for (const command of duty.commands) output.line(`      ${command}`);
    if (duty.more) output.line(`    … and ${duty.more}.`);
    const last = [duty.until && `Until: ${duty.until}.`, duty.who && `Who: ${duty.who}.`].filter(Boolean).join(" ");
    if (last !== "") output.line(`    ${last}`);
  }
  output.line("");
}

/** A line or two for each channel. */
export function channelLines({ channel, last, trouble, quiet }: ChannelState, zone: string): string[] {
  const name = `${channel.id} (${channel.channel.title})`;
  const newest =
    last === undefined
      ? "nothing was told there yet; `custody notify test` tries it"
      : `${last.notice} ${last.outcome === "delivered" ? "arrived" : "could NOT be delivered"} on ${forPeople(last.at, zone)}`;
  const silent = quiet.map(
    ({ instance, until, gaps }) =>
      `  ${instance}: told at once; if it comes and goes, no more at once until ${forPeople(until, zone)}${gaps.length > 0 ? ` (${many(gaps.length, "gap")} since)` : ""}`,
  );
  if (trouble === undefined) return [`Notices by ${name}: ${newest}`, ...silent];
  return [
    `Notices by ${name}: ${newest}`,
    ...silent,
    `  NOT REACHED: ${trouble.message}; tried again after ${forPeople(trouble.until, zone)}`,
  ];
}

/** The same for programs. */
export function channelRecord({ channel, last, trouble }: ChannelState): object {
  return {
    channel: channel.id,
    use: channel.channel.use,
    last:
      last === undefined ? null : { notice: last.notice, outcome: last.outcome, at: iso(last.at), entry: last.index },
    ...(trouble === undefined
      ? {}
      : {
          trouble: {
            cause: trouble.cause,
            message: trouble.message,
            failures: trouble.failures,
            next: iso(trouble.until),
          },
        }),
  };
}

/** The same for programs. */
export function dutyRecord({ id, title, what, places, lost, todo, commands, until, who }: Duty): object {
  return {
    id,
    title,
    what,
    ...(places === undefined ? {} : { places }),
    ...(lost === undefined ? {} : { lost }),
    todo,
    commands,
    ...(until === undefined ? {} : { until }),
    ...(who === undefined ? {} : { who }),
  };
}
