import { caseRecords } from "./cases-input.ts";
import { decisionsOf, eventSources } from "./decisions.ts";
import { besideOf, incidentRegister, incidentsOf, type RegisterSources } from "./incidents.ts";
import type { ReportInput } from "./input.ts";
import { dutiesOf, notificationsOf, tellsOfBreaches } from "./notifications.ts";
import type { Populations } from "./registers.ts";
import type { ReportModel } from "./shape.ts";
import { chosenCases, incidentSheets } from "./sheets.ts";

/** The parts of a report that tell of incidents and events: all of the same incidents, each once. */
export function caseParts(
  input: ReportInput,
  populations: Populations,
  from: Pick<RegisterSources, "imported" | "gone" | "sources" | "unread" | "claim">,
): Pick<ReportModel, "incidents" | "sheets" | "decisions" | "notifications"> {
  const records = caseRecords(input);
  const all = incidentsOf(populations, input);
  const beside = besideOf(populations);
  const tells = tellsOfBreaches(all);
  const duties = new Map(all.map((one) => [one, dutiesOf(one, records, input, tells)] as const));
  const chosen = chosenCases(all, input);
  return {
    incidents: incidentRegister(input, { ...from, all, beside, sheets: new Set(chosen.map(({ one }) => one)) }),
    sheets: incidentSheets(input, all, chosen, beside, duties),
    decisions: decisionsOf(input, eventSources(input)),
    notifications: notificationsOf(input, all, duties),
  };
}
