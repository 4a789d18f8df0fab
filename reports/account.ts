import type { AccountWording } from "../src/report/account-words.ts";

/** The words of the parts about people: what they learned, accepted, kept, did and sign. */
export const account: AccountWording = {
  glance: {
    title: "What is not as required, and what is open",
    words: {
      duties: { label: "Duties to tell", text: "{n} under laws and contracts not met" },
      breaches: { label: "Breaches", text: "{n} incidents with personal data have no record of the breach" },
      running: { label: "Times that run", text: "{n} of law or contract not over: still to be told" },
      "personal-data": { label: "Personal data", text: "{n} incidents without a decision whether it was concerned" },
      gravest: { label: "Gravest incidents", text: "{n} of the two worst severities with something missed" },
      events: { label: "Alerts and reports", text: "{n} without a decision" },
      deadlines: { label: "Deadlines of incidents", text: "{n} were missed" },
      reviews: { label: "Reviews", text: "{n} were not there in time" },
      failed: { label: "Requirements", text: "{n} not met, or with facts that contradict themselves" },
      "follow-ups": { label: "Named in reviews", text: "{n} actions with no outcome recorded" },
      actions: { label: "Actions", text: "{n} that have a record are overdue" },
      findings: { label: "Findings", text: "{n} overdue" },
      waivers: { label: "Accepted (waivers)", text: "{n} in force; every other one expired or was taken back" },
      handovers: { label: "Handing over", text: "{n} of evidence never confirmed by whoever got it" },
      chains: { label: "Chains of custody", text: "{n} with a hole" },
      gaps: { label: "Gaps in evidence", text: "{n} still open" },
      jobs: { label: "Jobs, backups and restores", text: "{n} runs failed or did not happen" },
      systems: { label: "Systems", text: "{n} in scope are not connected: nothing of them is counted here" },
      problems: { label: "Sources", text: "{n} in what they gave could not be read" },
      unanswered: { label: "No answer", text: "{n} requirements of which nothing could be said" },
      open: { label: "Incidents", text: "{n} not ended in the period" },
    },
    decided: "{n} of {of} decided",
    unknown: "{n} cannot be shown",
    running: "{n} not over yet",
    more: "and {n} more: {ids}",
    failed: "Not met, the gravest first: law and personal data, then what is timed, then the rest by severity",
    accepted: "{n} of these accepted until {until}, record {entry}",
    outside: "Proof from outside",
    outsideNone: "None: nobody outside has confirmed any record, so times rest on the clock here, since {since}",
    outsideFirst: "The earliest at {at}: {what}",
    failedMore: "{n} more stand under Exceptions, all of them with their facts.",
  },
  learning: {
    intro:
      "What was written down after incidents, what was to be done because of them, and whether that was done and helped. Reviews of this log are listed with the approval that holds for exactly these bytes; reviews of a source with what the source says.",
    none: "0 reviews, 0 actions, and 0 exercises, trainings or other reviews were recorded for the period, in this log and in the sources that were read.",
    deadlinesIntro:
      "For each incident that your rules ask a review of: when it had to be there, by the version of the rules that was in force when its clock started, and what the records show.",
    deadlinesNone:
      "0 incidents of the period were found that your rules ask a review of, or no rules and no source of reviews are there to judge by.",
    reviewsIntro:
      "An approval counts from somebody who proved who they are and may sign, and holds for the bytes that were approved: a later version has none until it is approved itself.",
    actionsIntro:
      "Actions that were to be done, or to be looked at afterwards, at any time in the period; they are told as they stood at the last record. Every date that was ever set is kept: one that passed while the action was to be done stays missed, whatever was planned afterwards.",
    actionsNone: "0 actions were to be done in the period.",
    counts:
      "{total}: {open} to be done ({overdue} of them overdue), {done} done and not looked at yet, {effective} done and found to help, {checked} done with nothing to find out, {cancelled} cancelled. {replanned} planned anew, {late} with a date that was missed, {unowned} without anybody to do it, {undated} without a date.",
    heldIntro:
      "As whoever recorded them says. Of each kind that was not held in the period the newest one before it is named too.",
    heldNone: "0 exercises, trainings or other reviews were recorded for the period or before it.",
    trendsIntro:
      "{n} noticed in the time from {window}, each counted once, whichever registers have it, by the quarter in which it was noticed. A quarter with 0 had none in the records; how far it was watched is said under coverage.",
    trendsNone: "Incidents were not counted by quarter for this report.",
    causesIntro:
      "Causes that two incidents or more share. Twelve months are looked at after the first action about one of them was done.",
    causesNone: "0 causes by name are shared by two incidents.",
    withoutCause:
      "Without a cause by name, so that nobody can say whether it came back: {n} of the incidents counted above. In no quarter, because nobody wrote down when: {undated}.",
  },
  exceptions: {
    intro:
      "Every requirement of this report that the recorded facts do not fulfil, or whose facts contradict each other; those that somebody accepted among them, with until when. How grave one is, this report does not say: that is for the owner and the auditor.",
    none: "0 of {tested} were not met. What was tested: every requirement in the part on controls; the machine results there are {results}.",
    unanswered: "Not failed, and not fulfilled either: {counts}. Which they are and why stands with the controls.",
    waiversIntro:
      "Failed checks that somebody accepted for a time. They stay in the list of what failed and in its numbers; only the word changes, and only until the date. Duties by law cannot be accepted.",
    waiversNone: "0 failed checks were accepted at any time in the period.",
    findingsIntro:
      "Requirements that somebody found not to be met, and what became of that: own findings that were open in the period, and whatever audits, customers or authorities found, closed or not.",
    findingsNone: "0 findings were open in the period, and 0 of audits or other outsiders are recorded.",
    origins: {
      own: "own",
      "internal-audit": "internal audit",
      "external-audit": "external audit",
      customer: "customer",
      authority: "authority",
    },
    states: {
      open: "open: cause or action not said",
      planned: "planned: to be done",
      done: "done: effect not looked at",
      verified: "done, and it helped",
      closed: "closed",
    },
  },
  custody: {
    intro:
      "Things kept as evidence of incidents (A.5.28), physical ones too, and whose hands they passed through. They are not the evidence files of sources on which the results of this report stand: those are under coverage and in the evidence index.",
    none: "0 things were kept as evidence of incidents in the period.",
    counts:
      "{items}: the record of {contiguous} closes from collection on, that of {holed} has a hole, that of {doubted} rests on a handing over that was never confirmed, {incomplete} lack a field that should be there. {files}: {verified} hashed again since they came in, {altered} found altered, {disposed} lawfully deleted.",
    closed:
      "By its records it was in somebody's hands from its collection on: every handing over names who had it before, and no time is left out.",
    readsIntro:
      "Records of evidence that was opened or handed out in the period: of the things above, and of the evidence files of sources.",
    readsNone: "0 records say that evidence was opened or handed out in the period.",
    notSeen:
      "Whoever can read the disk of the store can read evidence without a record here; who that is, the organisation's access rights say.",
  },
  who: {
    onePerson:
      "ONE PERSON: {name} is the one who may sign what is recorded, operates the installation and holds the signing key. Nobody else of the organisation stands between the records and their fingerprint; what holds against one person is a fingerprint that left their hands in time.",
    onePersonShort: "One person signs, operates and holds the key: {name}",
    several: "{name} {parts}",
    parts: { signs: "signs", operates: "operates the installation", key: "holds the signing key" },
    keyReached: "can reach the signing key",
    keyUnsaid: "nobody is named; the key lies with the installation, so whoever operates it can reach it",
    sameName:
      "{name} is the name of {n} IDs in the records: {ids}. They are shown under one name; that they are one person is what the names say, and no record proves it.",
    signedByName:
      "Signed by name are monthly reviews and nil returns, which stand under Signed, and approvals, waivers and acceptances of gaps, which stand with what they are about.",
    actsIntro:
      "Every act of a person that was recorded in the period, by how they were recognised. Only somebody who proved who they are and may sign can sign off; on a bare shell nobody checked who it was, and nothing that is recorded there counts as a sign-off.",
    actsNone: "0 acts of people were recorded in the period.",
    unproven:
      "{acts} of {all} were recorded without anybody proving who they are: 0 of these count as a sign-off ({signing} meant as one).",
  },
  statement: {
    control:
      "This document is made by the program named under Software from the first {size} of the log; the same log, size, period, program and fonts give the same bytes. It is never edited: another report is another document with another ID.",
    earlierNone: "0 reports or packs of this time were recorded in the log before this one.",
    auditor: "Auditor's use (left blank by the machine)",
    intro:
      "To be signed by somebody who answers for the organisation. The machine cannot say it: it knows what was recorded, and not what nobody recorded.",
    items: [
      "All systems and sources that this report should be about are listed in it, also those that are not connected.",
      "All incidents of the period that we know of are in the register, and all reports of events that we had are recorded.",
      "No record was removed or changed to make this report look better.",
      "The gaps that we know of are listed; we know of no others.",
      "Changes to what is collected, and by which rules it is judged, are listed below; we know of no others.",
    ],
    machine:
      "What the records show to that: {sources}, of which {silent} never answered; {notConnected} in scope not connected; {gaps} in expected evidence, {open} still open; {incidents} in the register; {changes} of configuration, rules or keys in the period.",
    changesIntro:
      "Each with its record. Where the program recorded a change of its configuration file, who changed the file is not known to it.",
    changesNone: "0 changes of configuration, rules or keys were recorded in the period.",
    signed: "Signed by {by} on {at}, record {entry}.",
    unsigned: "Not signed in the log. To be signed here:",
  },
  more: "{n} more are in the JSON form of this report.",
};
