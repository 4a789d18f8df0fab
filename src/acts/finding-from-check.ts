import type { ControlAssessment, RequirementAssessment } from "../assess/assess.ts";
import type { Failing } from "../assess/judgement.ts";
import type { Custody } from "../custody.ts";
import { MAX_TEXT } from "../evidence/act.ts";
import { CustodyError } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import type { Interval } from "../lib/time.ts";
import { openSigning } from "./signing.ts";

/** A finding out of what a check says of a period. */

const MAX_ENTRIES = 256;
/** Failing records that the text of a finding names. */
const NAMED = 50;

/** What the assessment of a period says about a check, ready to be recorded. */
export interface Prefilled {
  readonly requirement: RequirementAssessment;
  readonly control: ControlAssessment;
  readonly gap: string;
  readonly extent: { readonly failing: number; readonly of: number };
  readonly entries: readonly number[];
  /** Records that the entry has no room for. */
  readonly entriesLeft: number;
}

/** Results in which there is something to find. */
const WANTING: ReadonlySet<string> = new Set(["not_met", "no_data", "indeterminate", "invalid", "no_target", "waived"]);

/** A finding from what a check says of a period. Throws NOT_FOUND for a check that is none, USAGE where nothing is wanting. */
export async function prefill(custody: Custody, id: string, period: Interval): Promise<Prefilled> {
  const signing = await openSigning(custody);
  const controls = signing.controls(period);
  const all = controls.flatMap((control) => control.requirements.map((requirement) => ({ control, requirement })));
  const found = all.find(({ requirement }) => requirement.id === id);
  if (found === undefined)
    throw noSuchRequirement(
      id,
      all.map(({ requirement }) => requirement.id),
    );
  const { requirement, control } = found;
  if (!WANTING.has(requirement.result)) {
    throw new CustodyError(
      "USAGE",
      `${id} is "${requirement.result.replaceAll("_", " ")}" in that time: ${requirement.deciding}`,
      {
        remedy: "There is nothing to find. Where you know more than the records do, say what is missing with --gap.",
      },
    );
  }
  const said = saidOf(requirement);
  // Where nothing failed, or nothing was looked at, an empty finding would only say what the check says anyhow.
  if (said.extent.failing === 0 && requirement.result !== "not_met")
    throw new CustodyError("USAGE", `nothing failed ${id} in that time: ${requirement.deciding}`, {
      remedy: "There is nothing to find. Where you know more than the records do, say what is missing with --gap.",
    });
  return { requirement, control, ...said };
}

function saidOf({
  deciding,
  failing,
  n,
  of,
  entries,
  result,
  cases = [],
}: RequirementAssessment): Omit<Prefilled, "requirement" | "control"> {
  const named = failing.slice(0, NAMED).map(failingInWords);
  const rest = failing.length - named.length;
  const gap = [deciding, ...named, ...(rest > 0 ? [`and ${rest} more`] : [])].join("\n").slice(0, MAX_TEXT);
  // The evidence of what failed comes first: of many records not all have room.
  const behind = [...new Set([...failing.flatMap((one) => one.entries), ...entries])];
  return {
    gap,
    extent: {
      failing: failing.length > 0 ? failing.length : Math.max(0, of - n),
      // What could not be decided is not among those that were.
      of: result === "not_met" ? of : Math.max(of, cases.length),
    },
    entries: behind.slice(0, MAX_ENTRIES).sort((a, b) => a - b),
    entriesLeft: Math.max(0, behind.length - MAX_ENTRIES),
  };
}

const failingInWords = ({ id, instance, what }: Failing) =>
  `- ${id}${instance === undefined ? "" : ` (${instance})`}${what === "" ? "" : `: ${what}`}`;

function noSuchRequirement(id: string, known: readonly string[]): CustodyError {
  return new CustodyError("NOT_FOUND", `there is no requirement ${id.slice(0, 80)}${didYouMean(id, known)}`, {
    remedy: "`custody report` prints them all, each with its name.",
  });
}
