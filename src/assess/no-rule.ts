/** How it is said that the organisation's rules have nothing on a subject. */

/** What rules set, and what they name; all else they ask for. */
const SET = /^(?:time|number|due dates|interval|rhythm|least|conditions|count|words|head|order)\b/;
const NAMED =
  /^(?:people|severities|kinds|ways|channel|systems|exceptions|fields|parts|signals|document|other documents|runbook)\b/;

/** `your rules set no rhythm for updates`, `your rules name no people on call`, `your rules ask for no review of logs`. */
export function noRuleOn(what: string): string {
  if (what.startsWith("somebody")) return `your rules do not ask for ${what}`;
  return `your rules ${SET.test(what) ? "set" : NAMED.test(what) ? "name" : "ask for"} no ${what}`;
}
