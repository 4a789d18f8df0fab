import type { Wording } from "../src/report/words.ts";
import { account } from "./account.ts";
import { cases } from "./cases.ts";

/**
 * The words of the audit report. Plain, factual, no opinion: it never says compliant, certified or passed. Controls are
 * described in our own words; no sentence of a standard is reproduced. `{name}` is filled from the report's data.
 */
export const audit: Wording = {
  title: "Evidence report: handling of security incidents",
  noOpinion:
    "Prepared by a machine from recorded evidence. It states facts and the results of machine checks. It is not an audit opinion: the conclusion is the auditor's.",
  operatorsWord: "none yet: before one exists, only the operator's word stands for when these records were made",
  beforeProof: "before it only the operator's word stands for when records were made",
  proofsEnded:
    "none that still stands: the time stamps have ended and were not renewed in time, so only the operator's word is left",
  demo: "DEMONSTRATION: the clock was simulated until {until}",
  timesNote:
    "Times are printed in UTC (ending in Z), with the clock of the organisation's zone ({zone}) and its offset beside or below. Periods include their first moment and exclude their last.",
  check: [
    'An evidence file: "sha256sum FILE" must print the SHA-256 listed for it.',
    'The whole log: "custody verify STORE"; a pack: "node verify.mjs" in its folder; or by hand: see "How to verify this report".',
  ],
  holesNone: "None: no expected evidence of the period is missing or incomplete{pending}.",
  holesNothing:
    "Nothing was expected in this period: no source was watched in it. It says nothing about what happened.",
  holesSome:
    "{holes} of {expected} expected pieces of evidence are missing or incomplete, and {late} came late, in {gaps} ({open} still open); the longest of them is {title} ({instance}), {span}.",
  silent: "Configured but never heard from, so nothing is expected of them yet and nothing is known: {names}.",
  unwatched: "not watched",
  unwatchedSentence:
    "Not the whole period was watched: {which}. Nothing was expected of that time, so no hole shows in it.",
  holesElse: "Of what was expected, nothing is missing or incomplete{pending}.",
  watchedNothing:
    "Nothing was watched in this period. This report can say nothing about what happened in it, and no result in it speaks for the period.",
  watchedToCome:
    "This period begins after the last record of the log: nothing of it has been watched yet, and no result in this report speaks for it.",
  brokenTitle: "INTEGRITY BROKEN: the log that this report stands on is not what was signed",
  brokenPage: "INTEGRITY BROKEN: see page 1",
  broken: "{reason}. Do not rely on this report until that is explained.",
  brokenUnproven:
    "The pages show what the records say that are there; nothing proves that these are all of them, or the right ones.",
  brokenDo:
    'What to do: keep the store as it is, run "custody verify" (it names every place), compare with a mirror, an earlier pack or a report somebody else received, and restore from a copy that is intact.',
  notJudged: "not judged: the records are not those that were signed",
  asRecordsSay: "as the records say, which are not those that were signed",
  erased:
    "{n} of this register {were} lawfully deleted ({records}). What {they} said is missing in the rows and counts.",
  erasedCover:
    "{n} that this report would rest on {were} lawfully deleted ({records}): what {they} said is missing in it",
  holds: "Orders that evidence must not be deleted, in force at any time in the period.",
  holdsNone: "No order that evidence must be kept was in force in the period.",
  keys: "The keys that sign this log, as its own records say. Each later one was introduced by a record that an earlier one signed, so whoever trusts the first can follow to the newest.",
  coverageIntro:
    "Every source owes evidence for each of its periods, here called expected evidence. Each one is in exactly one state, so the states add up to the number expected. The bar shows the whole reporting period from left to right.",
  gapsIntro:
    "A gap is a stretch of expected evidence that was not completely collected in time. What was collected after its time ran out stays late for ever: it closes the gap and is never counted as if it had been on time. What was wrong with Custody itself stands here as well, without expected evidence beside it.",
  gapsNone:
    "No gap meets the period: every expected piece of evidence that was due at the time of this report was collected in time.",
  gap: "{title} ({instance}): not completely collected for {span}.",
  controlsIntro:
    'For each control: what it asks, in our own words; what was checked by machine and with which result; and the sources the result stands on, whose files are in the evidence index. Results are counted, never added up to one verdict. Where nothing feeds a requirement the result is "no data".',
  remarks:
    "What the reasons of several requirements have in common is said here once; a letter in square brackets behind a reason refers to it.",
  rules: {
    none: "No rules of the organisation are in the log, so nothing in this report is judged by any: no deadline, no severity and no role of its own procedure.",
    intro:
      "The organisation's own rules as they were in force, each version with the record that put it there. An incident is judged by the version that was in force when its clock started: a later version changes nothing that began before it. Versions hold from the later of the day that they name and the moment they were logged; only the first rules of a log reach back, and whatever rests on that says so.",
    others: "{n} more in the log neither held in the period nor judged anything of it.",
    gone: "The record of these rules is there, and their text is gone or cannot be read. Nothing can be judged by them, and no other rules take their place.",
    notes: "Exceptions that the rules themselves grant, and places that they leave open, as they stand in the text.",
    clauses:
      "Everything else that stands in these rules, under its place in them, so that all that a check reads is on these pages: measures, conditions for closing, recovery, evidence, gaps, intake, upkeep, and of severities and deadlines what the tables above have no room for. Calendars, contracts, choices and exceptions stand in their own tables only.",
    choices:
      "Each place where the procedure leaves something open, says it twice or contradicts itself; how it is read in this report, and how else it could be read. These are decisions of the organisation, not of the machine.",
    noChoices: "0 choices are recorded: the rules name no place that can be read in more than one way.",
    holidaysUnknown:
      "Holidays: none is listed, so which days are holidays is not known. What one could change is indeterminate.",
    laws: "The laws at hand as dated data, and whether the organisation's rules say that they bind it. The text of the law counts; what was not checked against it says so.",
  },
  populations: {
    intro:
      "Every kind of record that was judged, by source: what was asked for, how many records were found that meet the period, and whether that is all that the source has by its own count. The count of a source is of everything that it held in that look, of whatever time. What comes in from before, and incidents that Custody opened itself, are counted apart.",
    reconciled: {
      own: "kept in this log: its records are all that there is",
      same: "reconciled: all that it counts was read",
      agrees: "every record that it counts was read, not every value in them",
      differs: "not reconciled",
      uncounted: "the source gives no count of its own",
      "not-asked": "not asked in the period",
    },
    everything:
      "The machine checks look at every record of a population. Samples are what people chose to look at themselves, and are no part of the machine results.",
    noSamples: "0 samples are of this period: nobody froze a population of it.",
    replay:
      'How to draw again: seed = SHA-256 over five lines, each ended by a line feed: "custody/sample/v1", the SHA-256 of the population, size and root of the fingerprint, the auditor\'s words. The rows are the first in the order of SHA-256(seed and name of the row). "custody sample replay PACK" does it from the pack alone. Rows picked by hand come before those that were drawn, and are no random sample.',
    replayed: {
      same: "the same rows",
      different: "something does not follow from what is recorded",
      unknown: "not everything that is needed for it is here",
      undrawn: "nothing was drawn, so nothing was drawn again",
    },
  },
  performance: {
    noRules: "No rules of the organisation are in the log, so there is no deadline to measure by.",
    none: "the rules that count set no deadline for any of them, or their text is gone.",
    intro:
      "Every clock of every incident of the period that the rules set for its handling, by those that were in force when it started; when reviews had to be there stands under Learning from incidents, and what law and contract ask for under Notifications. n is the number of clocks; met, missed and what stands besides add up to it. Median, 9 of 10 and longest are lengths by the clock, of those whose both times are known to the minute, as far apart as they are written; what runs, and what nobody wrote down, has no length; of an even number the median is the longer of the two in the middle.",
    misses: "Each with when it was due and how long it took. What is not done yet goes on.",
    unnoticed:
      "From when it began to when it was noticed, as the records say; the clocks above start only then. Incidents that Custody opened itself begin where evidence is missing from, and are noticed when the log notes the gap: what people answered in that same moment is one deed and no length.",
  },
  registerIntro:
    "Incidents that were open at any time in the period, as the sources recorded them; the newest record of each. Empty fields were empty in the source.",
  nilNoSource:
    "No source of incident records is connected. This report can say nothing about whether incidents happened.",
  nilOwn:
    "The register is kept in this log itself, since {since}: nobody has to collect it, and every record of it is here. It holds no incident of this period.",
  mistakenIntro:
    "Somebody opened these and an owner withdrew them, each with a reason. They are counted nowhere else in this report; their records stay in the log.",
  nilProven:
    "No incident record of this period was found in {sources}: each of the {slots} pieces of evidence expected in the period was collected ({late} of them late), {zero} by their own count held no record at all, {other} held only records of other times or kinds, and {uncounted} gave no count of their own.",
  nilUnproven:
    "No incident record of this period was found in {sources}, but this does not show that there was none: {covered} of {slots} expected pieces of evidence were collected ({late} of them late), {uncounted} gave no count of their own, and {unread} could not be read.",
  nilUnconfirmed:
    "No person has confirmed that nothing happened. Until then this is a period without a record, not a nil return.",
  nilConfirmed: "Confirmed by {by}: this is a nil return.",
  nilReturnsIntro:
    "A nil return is claimed only where every expected piece of evidence of the period came, all of it was read to its end, nothing was found, everything that the source itself counts was read (or it gives no count: uncounted), and a person who showed who they are confirmed it. One piece of evidence that is missing withdraws the claim, also after it was confirmed; the confirmation stays listed.",
  nilReturnsNone: "No source that could show that nothing happened was watched in this period.",
  signOffsIntro:
    "What people signed about the period. Only a person who showed who they are, in a role that may sign, counts; everything else is listed with the reason why it does not.",
  signOffsNone: "Nobody has signed anything about this period.",
  nilStates: {
    confirmed: "confirmed",
    withdrawn: "withdrawn",
    confirmable: "not confirmed yet",
    occupied: "nothing to confirm",
    refused: "cannot be confirmed",
    running: "still running",
    unwatched: "not watched",
  },
  cases,
  alertsIntro:
    "Alerts whose time meets the period, counted by source, name and severity. Each single alert is in the evidence files named by the records.",
  alertsNone:
    "No alert was read from the evidence of the period. Whether none fired is shown only as far as the coverage of the alert sources goes.",
  jobsNone: "No run of a job was read from the evidence of the period.",
  reviewsNone: "No post-incident review dated in the period, and none of an incident listed above, was found.",
  problemsIntro:
    "What could not be read as intended. The evidence files are kept as they are; to mend the source, change it at the place named and let it be collected again.",
  problemsNone: "None: everything collected in the period could be read.",
  importedIntro:
    "Records from before a source was watched, taken over later. They are neither late nor contemporaneous: their existence is dated only from the moment they were logged.",
  importedNone: "Nothing was imported for this period.",
  uploadsNone: "Nobody handed in files for this period.",
  integrity: [
    "This report stands on the first {size} records of the log {origin}. Each record names the SHA-256 of the one before it; all records together have one fingerprint (root), which the operator's key signed. Changing, removing, inserting or reordering any of them changes the chain head and the root printed here.",
    "A log held by one party alone can be rewritten by whoever holds both the store and the key. Only a fingerprint that left their hands shows it. A copy of this report is such a fingerprint from the day somebody else received it.",
  ],
  notVerified: 'The log was not verified when this report was made. Run the steps in "How to verify this report".',
  disposed:
    "{n} ({bytes}) that this report would rest on were deleted by a recorded decision: {reasons}. What they said is not in this report; that they were there, when they were taken in and by which record they were deleted stays in the log. Periods that were covered by them stay covered.",
  unreadable:
    "Records {entries} were written by a later version and may decide about coverage or results. Make this report again with that version.",
  steps: [
    {
      text: "Get the store (a folder or a copy of the bucket; in an unpacked pack it is the folder store) and, from somewhere else than the store or the pack, the public key. It must equal the key printed in this report.",
    },
    {
      text: "With Custody, everything at once. The result must be intact, the size at least {size}:",
      code: ["custody verify STORE \\", "  --key '{vkey}'"],
    },
    {
      text: "Without Custody: one evidence file. The sum printed must equal the file's name and the SHA-256 in the evidence index.",
      code: ["sha256sum blob/sha256/<first two digits>/<sha256>"],
    },
    {
      text: "Without Custody: the chain of all records up to this report, in a POSIX shell inside the store. It must end with record {last} and the chain head printed in this report.",
      code: [
        "h=$(printf '%064d' 0); n=0",
        "cat seq/*/* | while IFS= read -r e && [ $n -lt {size} ]; do",
        '  case $e in *"\\"prev\\":\\"$h\\""*) ;; *) echo "broken at $n"; break;; esac',
        '  h=$(printf %s "$e" | sha256sum | cut -c1-64); n=$((n+1))',
        '  [ $n -lt {size} ] || echo "record $((n-1)): $h"',
        "done",
      ],
    },
    {
      text: 'Without Custody: the signature on the store\'s present fingerprint. It must print "Signature Verified Successfully" (OpenSSL 3).',
      code: [
        "sed '/^$/,$d' checkpoint > body",
        "grep -F ' {origin} {keyPrefix}' checkpoint | cut -d' ' -f3 | base64 -d | tail -c64 > sig",
        "{ printf '0*0\\005\\006\\003+ep\\003!\\000'",
        "  echo '{keyData}' | base64 -d | tail -c32; } > pub.der",
        "openssl pkeyutl -verify -pubin -keyform DER -inkey pub.der \\",
        "  -rawin -in body -sigfile sig",
      ],
    },
    {
      text: "That the signed fingerprint contains the records: any program that reads C2SP tlog-tiles, on the folder tile/ and the file checkpoint. Ask it for the root at size {size}; it must be the root printed in this report.",
    },
    {
      text: "A report somebody received earlier: its size and root must be consistent with the present log. A log that was rewritten cannot be.",
      code: ["custody verify STORE \\", "  --key '{vkey}' \\", "  --since '{size}:{root}'"],
    },
    {
      text: "That this report says what the records say, and that its file is the one that was made: where the log is kept, the same Custody version, configuration, size, period and fonts give the same file, byte for byte. The two sums must be equal; no signature is over the file itself, unless a later record of the kind report names its SHA-256.",
      code: ["custody report {again} \\", "  --out again.pdf", "sha256sum again.pdf THIS-REPORT.pdf"],
    },
  ],
  limits: [
    "Whether a source told the truth. It shows what a source said, and when.",
    "Anything about systems that are not connected; they are named on the first page with the reason.",
    "Anything before a source first answered, except what was imported, which is shown apart.",
    "That nothing happened, where no source could have seen it. Each source's blind spots are printed beside its coverage.",
    "Whether people did what a record says they did. Interviews and samples are the auditor's.",
    "When records were made, other than by the operator's clock, before the first outside proof.",
  ],
  glossary: [
    {
      term: "source, collector",
      meaning:
        "A system that is asked for facts, and the configured part of Custody that asks it. It has a permanent name.",
    },
    {
      term: "evidence file",
      meaning: "The bytes of one answer of a source, kept as they came and named by their SHA-256.",
    },
    {
      term: "record",
      meaning: "One entry of the log, with a number that is never used twice. Records are only added.",
    },
    {
      term: "expected evidence",
      meaning: "One period for which a source owes evidence, from the cadence required of it: a day, a week, a month.",
    },
    {
      term: "gap",
      meaning: "Expected evidence that was not completely collected by its time, or evidence older than required.",
    },
    { term: "collected late, backfill", meaning: "Collected after its time had run out. It stays late for ever." },
    { term: "imported", meaning: "Earlier records taken over: neither late nor contemporaneous." },
    {
      term: "fingerprint, root",
      meaning: "One number that changes when any record changes. The size says how many records it covers.",
    },
    {
      term: "chain head",
      meaning:
        "The SHA-256 of the last record, which through each record's link to the one before depends on all of them.",
    },
    {
      term: "outside proof",
      meaning:
        "Something that dates the fingerprint and is not in the operator's hands, such as a timestamp or a witness.",
    },
    { term: "machine result", meaning: "What a fixed rule gives for the recorded facts. Not a conclusion." },
    { term: "nil return", meaning: "A population proven empty and confirmed by a person." },
  ],
  indexIntro:
    "Every evidence file of the period with its full SHA-256, by collector and origin, and there in the order of the records. One row per distinct content: a file that did not change between two looks is one row, with how many times it was captured. Late: collected after its time; masked: so many secrets or names were replaced in it; for an incident: asked for later, because of it. A file stands here because it was collected in the period; what it tells may be of another time.",
  fontsIntro: "The bytes of this document depend on these font files. Only the ones that were used are listed.",
  unprintable:
    "{n} could not be printed, because no font at hand has them; each is shown as its code. The evidence files hold the original text. Fonts named under report.fonts in the configuration are tried first.",
  rightToLeft:
    "{n} of scripts written from right to left occur. Letters are joined correctly, but the words of a line stand in the order in which they are stored, from left to right.",
  results: {
    met: { word: "met", meaning: "The recorded facts fulfil it." },
    nil: { word: "nil", meaning: "Nothing to judge: proven empty and confirmed by a person." },
    not_met: { word: "not met", meaning: "The recorded facts do not fulfil it." },
    pending: { word: "pending", meaning: "Its time is still running." },
    no_data: { word: "no data", meaning: "Nothing recorded can answer it." },
    indeterminate: {
      word: "indeterminate",
      meaning: "The recorded times are too coarse, or the rule leaves room, so neither can be said.",
    },
    invalid: { word: "invalid", meaning: "The recorded facts contradict themselves." },
    not_applicable: { word: "not applicable", meaning: "It does not apply, for the reason given." },
    waived: { word: "waived", meaning: "Not fulfilled, and accepted by a named person until a date." },
    no_target: { word: "no target", meaning: "The organisation's rules set no target to judge by." },
  },
  slotStates: {
    collected: { word: "collected", meaning: "completely and in time" },
    late: { word: "late", meaning: "completely, after its time" },
    partial: { word: "partial", meaning: "only in part" },
    failed: { word: "failed", meaning: "tried, the source answered, no usable result" },
    unavailable: { word: "unavailable", meaning: "tried, the source could not be reached" },
    missed: { word: "missed", meaning: "nobody tried in time" },
    paused: { word: "paused", meaning: "paused by a person" },
    due: { word: "due", meaning: "over, still within its grace" },
    open: { word: "open", meaning: "not over yet" },
  },
  reasons: {
    truncated: "the source gave only part of its answer",
    sampled: "the source gives only samples",
    retention: "the source did not hold it, or no longer",
    "too-large": "more than is collected at once",
    unreadable: "part of it could not be read",
    "not-listening": "the inbox was not listening all the time",
    interrupted: "the run was interrupted",
    "custody-not-running": "Custody was not running",
    "not-attempted": "no attempt was made while Custody was running",
    "waiting-after-failures": "Custody was waiting after attempts that had failed",
    "not-delivered": "it could not be delivered",
    "clock-wrong": "the clock of the machine was wrong",
    "disk-low": "less than a tenth of a disk was free",
    "disk-full-soon": "a disk was about to be full",
    "certificate-expiring": "a certificate was about to run out",
    "certificate-expired": "a certificate had run out",
    "index-altered": "the index showed something else than the log said",
    "mirror-differs": "the second copy did not hold what the log said",
    "integrity-bad": "the verification found something",
    compromised: "it may be in other hands",
    lost: "it was lost",
    SOURCE_UNREACHABLE: "the source could not be reached",
    SOURCE_ANSWER: "the source gave an answer that is not one of its kind",
    SOURCE_REFUSED: "the source refused access",
    SOURCE_MISCONFIGURED: "the collector's configuration does not fit the source",
    SOURCE_TOO_LARGE: "the source's answer was too large",
    SOURCE_TRUNCATED: "the source's answer broke off",
    SECRET_UNAVAILABLE: "the secret for the source could not be read",
    STORE_UNREACHABLE: "the store could not be reached",
    STORE_FULL: "the store was full",
    ABORTED: "the run was stopped",
    BUG: "a fault in Custody",
  },
  account,
  bases: { policy: "policy", law: "law", contract: "contract", recommended: "recommended" },
  gapStates: {
    open: "Open.",
    "closed-late": "Closed late: collected after its time.",
    closed: "Over.",
    accepted: "Accepted by a person.",
  },
};
