import { OWN_REGISTER } from "../incidents/register.ts";
import { lengthForPeople } from "../lib/length.ts";
import { dateForPeople } from "../lib/zone.ts";
import { type Cell, cell, line } from "./blocks.ts";
import type { PolicyUse, ToldBy } from "./incidents-shape.ts";
import type { SheetTime } from "./sheets-shape.ts";
import { momentCell } from "./words.ts";

/** Cells that the parts about incidents, events and what people did share. */

/** When something was, no more exactly than it is known: UTC, and the organisation's clock below. */
export function timeCell({ at, precision }: SheetTime, zone: string): Cell {
  if (at === null) return cell(null);
  if (precision >= DAY_ONLY) return [line(dateForPeople(Date.parse(at), zone)), line("the day only", "muted")];
  const [utc, local] = momentCell(at, zone);
  if (precision < 60_000) return [utc ?? line("–"), ...(local === undefined ? [] : [local])];
  // Without seconds it is known to the minute; what is known less exactly says so.
  const vague = precision < 3_600_000 ? "" : `, to ${lengthForPeople(precision)}`;
  return [line((utc?.text ?? "–").replace(/:\d\dZ$/, "Z")), line(`${local?.text ?? ""}${vague}`, "muted")];
}

/** The same in one line, for columns that are wide enough. */
export const timeLine = (time: SheetTime, zone: string): Cell => cell(timeText(time, zone));

export const timeText = (time: SheetTime, zone: string): string =>
  timeCell(time, zone)
    .map(({ text }) => text)
    .join(", ");

/** Where nobody said when. */
export const NO_TIME: SheetTime = { at: null, precision: 1 };

const DAY_ONLY = 20 * 3_600_000;

/** The same for narrow columns: day and time of day each on a line of its own. */
export function narrowTime(time: SheetTime, zone: string): Cell {
  const [first, ...rest] = timeCell(time, zone);
  if (first === undefined || time.precision >= DAY_ONLY) return [...(first ? [first] : []), ...rest];
  const [day = "–", ...clock] = first.text.split(" ");
  return [
    line(day),
    ...(clock.length > 0 ? [line(clock.join(" "))] : []),
    ...rest.map((one) => line(one.text.replace(/, to .*$/, ""), "muted")),
  ];
}

/** `record 123`, and of a source its name and the beginning of the file's SHA-256. */
export function sourceCell({ instance, entry, digest }: ToldBy): Cell {
  if (instance === OWN_REGISTER) return [line(`record ${entry}`)];
  return [line(instance), line(`record ${entry}${digest === null ? "" : `, sha256 ${digest.slice(0, 8)}…`}`, "muted")];
}

/** The same in one line, without the file: the record names it. */
export const sourceLine = ({ instance, entry }: ToldBy): Cell =>
  cell(instance === OWN_REGISTER ? `record ${entry}` : `${instance}, record ${entry}`);

/** Where an event was told of: a source, or people. */
export const eventSource = (instance: string): string => (instance === OWN_REGISTER ? "reports by people" : instance);

/** What an incident concerns, in words. */
export const natureText = (nature: string | null): string | null =>
  nature === "both" ? "availability and security" : nature;

/** A length of clock time, never shorter than it is; a dash where there is none. */
export const lengthText = (ms: number | null): string => (ms === null ? "–" : lengthForPeople(ms));

/** The rules by which something was judged. */
export function policyText(policy: PolicyUse | null): string {
  if (policy === null) return "no rules of the organisation";
  const back = policy.reachesBack ? "; logged only after it began" : "";
  return `${policy.name}, version ${policy.version} (record ${policy.entry}, sha256 ${policy.digest.slice(0, 16)}…${back})`;
}
