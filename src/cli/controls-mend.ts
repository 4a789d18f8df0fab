import type { ResultWord } from "../assess/vocabulary.ts";

/** The command that puts a requirement right, or records the next step, by the beginning of its name; the longest one counts. */
const MENDS: Readonly<Record<string, string>> = {
  "a524.": "custody policy check FILE",
  "a524.procedure.reviewed": 'custody activity record procedure-review --title "…"',
  "a524.policy.reviewed_after_incident": 'custody activity record procedure-review --title "…"',
  "a524.policy.links_resolve": "custody upload FILE",
  "a524.runbook.": "custody upload FILE",
  "a524.collectors.": "custody config check",
  "a524.contacts.": 'custody activity record contact-check --title "…"',
  "a524.exercise.": 'custody activity record exercise --title "…"',
  "a524.training.": 'custody activity record training --title "…"',
  "a525.alerts.": "custody collect",
  "a525.alerts.decided": "custody event list --undecided",
  "a525.alerts.nil": "custody sign nil-return",
  "a525.reports.": "custody event list --undecided",
  "a525.reports.acknowledged": "custody event ack EVENT",
  "a525.decision.": "custody event list",
  "a525.severity.": "custody incident classify ID --severity LABEL --reason …",
  "a525.nature.": "custody incident classify ID --nature WORD",
  "a525.detection.": "custody incident correct ID RECORD --because … --detected-by WORD",
  "a525.incident.linked_to_event": "custody event decide EVENT incident --incident ID",
  "a525.vulnerabilities.": "custody incident tag ID TAG",
  "a525.personal_data.": "custody incident personal-data ID yes|no",
  "a525.recurrence.": 'custody activity record recurrence-review --title "…"',
  "a526.": "custody incident show ID",
  "a526.register.": "custody collect",
  "a526.register.nil": "custody sign nil-return",
  "a526.owner.": "custody incident assign ID owner PERSON",
  "a526.commander.": "custody incident assign ID commander PERSON",
  "a526.detection.": "custody incident stamp ID detected --at TIME",
  "a526.resolution.": "custody incident resolve ID",
  "a526.containment.": "custody incident measure ID NAME",
  "a526.containment.recorded": "custody incident stamp ID contained",
  "a526.eradication.": "custody incident measure ID NAME",
  "a526.evidence_before_cleanup": "custody preserve ID",
  "a526.acknowledgement.": "custody incident stamp ID acknowledged",
  "a526.triage.": "custody incident stamp ID triaged",
  "a526.response.": "custody incident stamp ID responded",
  "a526.escalation": "custody incident escalate ID --to ROLE --reason …",
  "a526.communication.": "custody incident communicate ID --channel NAME",
  "a526.comms.independent": "custody sign independent-channel",
  "a526.updates.": "custody incident communicate ID --channel NAME",
  "a526.collection.": "custody collect",
  "a526.recovery.": "custody incident stamp ID verified",
  "a526.closure.": 'custody incident close ID --reason "…"',
  "a526.breach.": "custody incident breach ID",
  "a526.nis.": "custody incident law-step ID STEP",
  "a526.dora.": "custody incident law-step ID STEP",
  "a526.cra.": "custody incident law-step ID STEP",
  "a527.": "custody review list",
  "a527.review.exists": "custody review new ID",
  "a527.actions.": "custody action list",
  "a527.actions.effective": "custody action verify ID",
  "a527.trends.": 'custody activity record trend-review --title "…"',
  "a528.": "custody evidence list",
  "a528.evidence.": "custody preserve ID",
  "a528.source.": "custody preserve ID",
  "a528.hold.": "custody preserve ID",
  "a536.": "custody collect",
  "a536.gaps.": "custody gaps",
  "a536.exceptions.": "custody waive",
  "a536.review.": "custody sign monthly-review --month YYYY-MM",
  "a536.heads.": "custody head publish",
  "a813.backup.": "custody collect",
  "a813.restore.": 'custody activity record restore-test --title "…"',
  "a815.logs.reviewed": 'custody activity record log-review --title "…"',
  "a816.": "custody collect",
  "a816.alerts.tested": "custody sign test-alert",
  "a816.alerts.nil": "custody sign nil-return",
  "a816.outages.": "custody incident open",
};

/** What no command answers: no source and no record shows it, or it is a trait of how decisions were made. */
export const WITHOUT_MEND: readonly string[] = [
  "a525.no_bulk_close",
  "a813.backup.apart",
  "a815.logs.kept",
  "a816.alerts.acknowledged",
  "a816.alerts.delivered",
];

const OPEN: readonly ResultWord[] = ["not_met", "indeterminate", "invalid", "no_data"];

/** What to type next; undefined where nothing has to be done, or no command can do it. */
export function mendOf(id: string, result: ResultWord, period: string): string | undefined {
  if (!OPEN.includes(result)) return undefined;
  const known = WITHOUT_MEND.includes(id) ? [] : Object.keys(MENDS).filter((begin) => id.startsWith(begin));
  const longest = known.sort((a, b) => b.length - a.length)[0];
  const next = longest === undefined ? undefined : MENDS[longest];
  if (result !== "not_met") return next;
  const finding = `custody finding open --requirement ${id} --period ${period}`;
  return next === undefined ? finding : `${next}   (what can no longer be put right: ${finding})`;
}

/** Every command that is named, by the beginnings of the requirements for which it is. */
export const MENDING_COMMANDS: Readonly<Record<string, string>> = MENDS;
