import type { Custody } from "../custody.ts";
import { type ClosingProblem, closingProblems } from "../incidents/closing.ts";
import type { RegisterIncident } from "../incidents/incident.ts";
import { CustodyError } from "../lib/errors.ts";
import { personFor } from "../people.ts";
import { worstOf } from "../policy/policy.ts";
import { closingConditions } from "./closing.ts";
import type { IncidentRequest } from "./incident-request.ts";
import type { OpenRegister } from "./open-register.ts";

/** Who may close an incident, and what they take upon themselves. */

/** The role that the rules ask of whoever closes it; undefined where they ask for none. */
function closingRole({ timeline }: OpenRegister, { times, opened, severities }: RegisterIncident) {
  const policy = timeline.policyAt((times.detectedAt ?? opened).at)?.policy;
  const peak =
    policy &&
    worstOf(
      policy,
      severities.map(({ severity }) => severity),
    )?.label;
  return policy?.closing?.byRole.find(({ severities: asked }) => peak !== undefined && asked.includes(peak))?.role;
}

/** Throws NOT_ALLOWED where the rules ask for a role that whoever acts has not shown. */
export function requireClosingRole(custody: Custody, opened: OpenRegister, incident: RegisterIncident): void {
  const role = closingRole(opened, incident);
  if (role === undefined) return;
  const person = personFor(custody.config, role === "owner" ? "sign-off" : "record");
  if (person !== undefined) return;
  throw new CustodyError(
    "NOT_ALLOWED",
    `${incident.id} is closed by an ${role}, as your rules say, who shows who they are`,
    {
      remedy: "Put the personal token into CUSTODY_TOKEN, or name its file with --token-file. Nothing was recorded.",
    },
  );
}

/** The conditions that do not hold and that somebody takes upon themselves. Throws INPUT_INVALID where nobody does. */
export function whatIsWaived(opened: OpenRegister, { incident, waive, words }: IncidentRequest): ClosingProblem[] {
  const found = opened.find(incident ?? "");
  const conditions = closingConditions(opened, found);
  const problems = closingProblems(found, conditions);
  if (waive !== undefined) return problems;
  const silent = conditions.reason && ![words?.reason ?? ""].flat().join("").trim();
  if (problems.length === 0 && !silent) return problems;
  const list = [
    ...problems.map(({ text, todo }) => `  - ${text}${todo === undefined ? "" : `: \`${todo}\``}`),
    ...(silent ? ['  - it is not said why it is closed, and your rules ask for that: `--reason "…"`'] : []),
  ].join("\n");
  throw new CustodyError("INPUT_INVALID", `${found.id} cannot be closed yet:\n${list}`, {
    remedy: `Do that first; or close it all the same with --waive "why", as an owner with a personal token. Nothing was recorded.`,
  });
}
