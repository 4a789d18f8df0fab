import type { CaseWording } from "../src/report/case-words.ts";

/** The words of the parts about incidents and events. */
export const cases: CaseWording = {
  columnsNote:
    "Times are UTC, the organisation's clock below. The severity is the one given first and the worst it ever had, in the words of the rules that counted for it.",
  merged:
    "{records} records of sources are {incidents} incidents here: somebody recorded that some of them are the same, and each of these stands in one row.",
  byCustodyIntro:
    "Custody opened these itself because a rule of the organisation says so, as a rule for evidence that did not come. They are counted apart from all others.",
  undatedIntro: "They cannot be placed in a period, so they stand in every report until the source gives them a time.",
  doublesIntro: "More than one record bears the same ID. They stay apart; none of them stands for another.",
  doubles: {
    "one-source":
      "one source tells different incidents under it at once; each is a row of its own, known by its file. Give each an ID of its own at the source",
    sources: "different sources tell of it; each is a row of its own until a link says that they are the same",
  },
  sheetsIntro:
    "What the records say of single incidents, from beginning to end: {n} of the {of} incidents of the register, the worst first; the others follow in a few lines each. Each statement names the record or file that it is from; the time of logging is when this log had it first.",
  briefIntro:
    "Of lesser severities, or opened by Custody itself. Times and records of each, and what came of what was due for it; those that were opened by mistake stand in the register with who withdrew them and why.",
  sheetsNone: "0 incidents of the period are in the register, so there is no sheet.",
  sheetsNoRules:
    "0 of {of} incidents have a sheet: no rules of the organisation say which severities are the worst, so the register above has all that is known of them.",
  sheetsNoneChosen:
    "0 of {of} incidents are of the two worst severities of the rules, or of those that the rules ask a review for; the register has all of them.",
  sheetsMore:
    "{n} more incidents have a sheet, which are not printed here: {ids}. They are in the report as data (--out with a name that ends in .json).",
  timelineNote:
    "Happened is what the record says; logged is when this log had it. A time without seconds is known to the minute only. A source that is collected once a day is logged up to a day later. Letters in square brackets are explained under Controls.",
  noPolicy: "No rules of the organisation were in force for it, so no clock of its own was judged.",
  noClocks: "No clock of the rules, of a law or of a contract ran for it.",
  decisionsIntro:
    "Each alert and each report of a person is an event, and somebody or an approved rule decides whether it is an incident. Of {events} of this period {decided} are decided and {undecided} are not. What no incident came of stays listed.",
  decisionsNone:
    "0 events: no alert and no report of a person was seen in this period, in {sources}. Whether there was none is shown only as far as the coverage of these goes.",
  decisionsUnused:
    "Each alert and each report of a person is an event. {decided} of {events} of this period are decided and {undecided} are not: nobody decided about any of them, and no rule did. Each is in the JSON form of this report.",
  lagNote:
    "From when an event began until it was decided, clock time, nothing rounded or made up between two; of an even number the longer of the two in the middle. By rule: until the log knew both the event and the rule.",
  rulesNone: "0 intake rules held in this period: people decide about every event.",
  undecidedNone: "0 of {events} events wait for a decision.",
  bulkNone: "0 decisions beyond the limits of the rules ({limits}).",
  bulkNoRule: "The rules do not say from how many decisions at once on somebody is told, so nothing was looked for.",
  changedNone: "0 decisions about these events were changed later.",
  notificationsIntro:
    "Whether personal data was concerned is recorded for {decided} of {of} incidents: {yes} yes, {no} no. Due is the strict end of a time; where the way in which law counts could decide, the result is left open.",
  notificationsNothing: "0 incidents of the period are in the register, so nobody had to be told of one.",
  notificationsNil:
    "No incident of the period was recorded as a breach of personal data; {decided} of {of} have a recorded decision.",
  breachNotNotified: "not notified: the risk was decided to be unlikely",
  unrecorded: "personal data was concerned, and no breach is recorded: neither role nor risk nor who was told",
  lawsNote: "On: {on}. Off, so that nothing of them is asked here: {off}. Why stands with the rules that count.",
  unjudged: "Not judged by law or contract, because the text of the rules that counted is gone: {ids}.",
  decisionWords: {
    incident: "incident",
    "event-only": "event only",
    "false-positive": "false positive",
    duplicate: "duplicate",
  },
};
