import { type KeptFrom, type Preserved, preserveIncident } from "../acts/preserving.ts";
import type { Custody } from "../custody.ts";
import { publish } from "../daemon/mirroring.ts";
import { CustodyError, EXIT_CODES } from "../lib/errors.ts";
import { type Interval, iso } from "../lib/time.ts";
import { dateForPeople, forPeople } from "../lib/zone.ts";
import { noteGaps } from "../work.ts";
import { whatIsLeft } from "./collect.ts";
import { type GlobalFlags, stopSignal, withCustody } from "./context.ts";
import { parseMoment } from "./moment.ts";

interface Flags extends GlobalFlags {
  readonly from?: string;
  readonly to?: string;
  readonly authority?: string;
  readonly asEvidence?: boolean;
}

const AUTHORITY = /^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,199}$/;
const MAX_INCIDENT = 500;
const WORTH_SAYING = 60_000;

/** `custody preserve INCIDENT`: exit codes as `custody collect` has them; what a source has forgotten is no mistake. */
export function preserve(flags: Flags, incident: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { zone } = custody.config.organisation;
    const { authority = "incident" } = flags;
    if (!AUTHORITY.test(authority)) {
      throw new CustodyError("USAGE", "--authority: expected a role or a reference such as court/4711; no names", {
        remedy: "Nothing was collected.",
      });
    }
    if (incident.length > MAX_INCIDENT) throw new CustodyError("USAGE", "this is too long for the id of an incident");
    const at = (text: string | undefined) => (text === undefined ? undefined : parseMoment(text, zone));
    const signal = stopSignal();
    output.progress("collecting …");
    const request = { incident, from: at(flags.from), to: at(flags.to), authority };
    const done = await preserveIncident(custody, request, signal, (kept) => {
      output.line(lineOf(kept, zone));
      for (const span of kept.forgotten) output.line(`            it remembers nothing of ${spanInWords(span, zone)}`);
    });
    const things = flags.asEvidence ? await keepThings(custody, done, authority) : [];
    await noteGaps(custody);
    await publish(custody, output.note);
    const silent = done.kept.flatMap(({ instance, result }) => (isSilent(result) ? [instance.id] : []));
    const span = `from ${forPeople(done.window.from, zone)} to ${forPeople(done.window.to, zone)}`;
    if (silent.length === 0 && !signal.aborted)
      output.line(`${done.incident}: everything ${span} that could still be had is kept.`);
    else {
      const rest = silent.length === 0 ? "it was stopped" : `nothing was had from ${silent.join(", ")}`;
      output.line(`${done.incident}: not everything ${span} is kept: ${rest}; ask again as soon as it can be had.`);
    }
    for (const { hold, entry } of done.holds) output.line(`Hold ${hold} is placed (record ${entry}).`);
    if (done.holds.length === 0) output.line("The holds on it stand already.");
    output.line("None of it can be disposed of until all of these are released:");
    for (const hold of done.inForce) output.line(`  custody hold release ${hold}`);
    for (const { id, instance, files } of things)
      output.line(
        `${id} is what ${instance} gave: ${files === 1 ? "one file" : `${files} files`}; \`custody evidence show ${id}\`.`,
      );
    output.object({
      ok: done.kept.every(({ result }) => result.outcome === "collected"),
      incident: done.incident,
      record: done.record,
      window: written(done.window),
      runs: done.kept.map(({ instance, result, forgotten }) => ({
        instance: instance.id,
        outcome: result.outcome,
        entry: result.appended.index,
        files: result.draft.items,
        covered: result.draft.covered,
        forgotten: forgotten.map(written),
        message: result.message,
      })),
      holds: done.holds,
      inForce: done.inForce,
      ...(flags.asEvidence ? { evidence: things } : {}),
    });
    if (signal.aborted) return EXIT_CODES.temporary;
    const kinds = done.kept.map(({ result }) => whatIsLeft(result));
    return kinds.includes("input") ? EXIT_CODES.input : kinds.includes("temporary") ? EXIT_CODES.temporary : 0;
  });
}

/** One thing with a custody record of its own for each source that gave anything. */
async function keepThings(custody: Custody, { kept, record }: Preserved, authority: string) {
  const { keepRun } = await import("../acts/keeping-captures.ts");
  const things = [];
  for (const { instance, result } of kept) {
    const thing = await keepRun(custody, result.appended.index, { incident: record, authority });
    if (thing !== undefined) things.push({ ...thing, instance: instance.id });
  }
  return things;
}

const isSilent = ({ outcome }: KeptFrom["result"]): boolean => outcome === "failed" || outcome === "unavailable";

const written = ({ from, to }: Interval) => ({ from: iso(from), to: iso(to) });

function lineOf({ instance, result }: KeptFrom, zone: string): string {
  const { items, instants = [] } = result.draft;
  const files = `kept ${items} ${items === 1 ? "file" : "files"}`;
  const [now] = instants;
  const only = now === undefined ? "" : `; it knows only how things stand, seen ${forPeople(Date.parse(now), zone)}`;
  const trouble = result.outcome === "collected" ? "" : `; ${result.message}`;
  return `${result.outcome.padEnd(11)} ${instance.id}  ${files}${only}${trouble}`;
}

function spanInWords({ from, to }: Interval, zone: string): string {
  if (to - from < 2 * WORTH_SAYING) return `less than two minutes from ${forPeople(from, zone)} on`;
  const [first, last] = [dateForPeople(from, zone), dateForPeople(to - 1, zone)];
  return first === last
    ? `${first}, ${forPeople(from, zone)} to ${forPeople(to, zone)}`
    : `${forPeople(from, zone)} to ${forPeople(to, zone)}`;
}
