import { iso } from "../lib/time.ts";
import { withOffset } from "./calendar.ts";
import type { Days, Note } from "./deeds.ts";
import { accessLog, contractorReview, outageReview } from "./papers.ts";
import { ZONE } from "./settings.ts";

/**
 * The incidents that the company keeps in Custody's own register, from what is noticed to what was learned. Not everything goes
 * well: one is answered too late and reviewed too late, one was opened by mistake, one is not over at the end.
 */
export function ownIncidents(days: Days, note: Note): void {
  contractor(days, note);
  outage(days, note);
  slowExports(days, note);
  mistake(days, note);
  later(days, note);
}

/** Sev1, with personal data: everything that the rules ask for, in time. */
function contractor(days: Days, note: Note): void {
  const at = (day: number, time: string) => days.at(day, time);
  const detected = at(2, "09:12");
  const began = at(1, "21:40");
  note(2, "09:16", "jonas", async (hands) => {
    await hands.incident("contractor", "open", {
      at: detected,
      values: {
        severity: "Sev2",
        nature: "security",
        detectedBy: "customer-report",
        detectedAt: iso(detected),
        detectedAtPrecision: 60_000,
        occurredAt: iso(began),
        occurredAtPrecision: 60_000,
      },
      people: { owner: "katrin" },
      words: {
        title: "Export key of a former contractor still worked",
        text: "A customer asks why exports of its documents were fetched at night from an address that it does not know.",
      },
    });
    await hands.incident("contractor", "stamp", { values: { time: "acknowledged" } });
    await hands.incident("contractor", "assign", { values: { role: "commander" }, people: { person: "jonas" } });
    await hands.incident("contractor", "stamp", {
      values: { time: "responded" },
      words: { text: "Call with the customer; log of exports opened." },
    });
  });
  note(2, "09:24", "jonas", async (hands) => {
    await hands.incident("contractor", "classify", {
      values: { severity: "Sev1" },
      words: { reason: "Three exports with documents of the customer were fetched: data left the house." },
    });
    await hands.incident("contractor", "escalate", {
      values: { to: "owner" },
      people: { toPerson: "katrin" },
      words: { reason: "Sev1, and customer data was read." },
    });
  });
  note(2, "09:31", "jonas", async (hands) => {
    const file = "export-access.log";
    await hands.keep("contractor", file, accessLog(began), {
      values: {
        method: "export",
        personalData: true,
        windowFrom: iso(at(1, "00:00")),
        windowTo: iso(at(2, "09:30")),
      },
      people: { authorisedBy: "katrin" },
      words: {
        title: "Log of the export service for the key of the contractor",
        source: "export service, host app-1, /var/log/export/access.log",
        tool: "logcli 3.4, read only",
      },
    });
    await hands.hold("contractor-key", "incident-commander", "contractor");
  });
  note(2, "09:38", "jonas", async (hands) => {
    const done = (measure: string, text: string) =>
      hands.incident("contractor", "measure", { values: { measure, result: "done" }, words: { text } });
    await done("revoke-access", "Key revoked; account of the contractor closed in all systems.");
    await done("rotate-credentials", "All export keys of that customer made anew.");
    await hands.incident("contractor", "measure", {
      values: { measure: "revoke-signing-key", result: "not-applicable" },
      words: { reason: "The key fetches exports and signs nothing." },
    });
    await hands.incident("contractor", "stamp", { values: { time: "contained" } });
  });
  note(2, "10:05", "katrin", async (hands) => {
    await hands.incident("contractor", "personal-data", {
      values: { decision: "yes" },
      people: { by: "katrin" },
      words: { reason: "The exports hold names and addresses of people who work for the customer." },
    });
    await hands.incident("contractor", "breach", {
      values: {
        role: "controller",
        dataset: "accounts",
        awareAt: iso(at(2, "10:05")),
        awareAtPrecision: 60_000,
        risk: "risk",
        riskAt: iso(at(2, "10:05")),
        riskAtPrecision: 60_000,
        people: 38,
      },
      people: { riskBy: "katrin" },
      words: {
        riskReason: "Business contact data only, but read by somebody who had no right to.",
        facts: "Three exports were fetched with a key that should have been revoked when the contract ended.",
        effects: "38 people may get unwanted mail or calls.",
        remedy: "Key revoked, all keys of the customer made anew, other former accounts looked through.",
      },
    });
  });
  note(2, "13:40", "jonas", async (hands) => {
    await hands.incident("contractor", "impact", {
      values: {
        confidentiality: "high",
        integrity: "none",
        availability: "none",
        affected: 1,
        type: "unauthorised-access",
      },
      words: { text: "One customer; 38 people are named in the exports." },
    });
    await hands.incident("contractor", "communicate", {
      values: { channel: "email", audience: "customers", purpose: "notice", reached: 1, of: 1 },
      words: { text: "What was fetched and when, and what was done.", to: "security contact of the customer" },
    });
    for (const [measure, text] of [
      ["correlate-records", "Compared with the sign-in log and the runs of the collectors: no other use of the key."],
      ["pull-evidence", "Log of the export service kept as evidence."],
      ["deploy-fix", "Keys end with the account from now on."],
      ["regenerate-evidence", "Nothing was missing."],
      ["collection-resumes", "All sources were collected throughout."],
    ] as const)
      await hands.incident("contractor", "measure", { values: { measure, result: "done" }, words: { text } });
    await hands.incident("contractor", "cause", {
      values: { key: "leaver-access" },
      words: { text: "Keys of the export service are not on the list that is worked through when somebody leaves." },
    });
    await hands.incident("contractor", "resolve", { words: { text: "No key of anybody who left works any more." } });
  });
  note(3, "11:20", "katrin", async (hands) => {
    await hands.incident("contractor", "breach", {
      values: {
        role: "controller",
        dataset: "accounts",
        authorityAt: iso(at(3, "11:15")),
        authorityAtPrecision: 60_000,
      },
    });
    await hands.incident("contractor", "communicate", {
      values: { channel: "authority-portal", audience: "authority", purpose: "formal" },
      words: { text: "Notification under Article 33, with the facts known so far.", to: "supervisory authority" },
    });
  });
  note(4, "14:00", "jonas", (hands) =>
    hands.handle("contractor", "transfer", {
      to: "Dr. Ruth Ostermann",
      reason: "To be read by the forensic supplier.",
    }),
  );
  note(7, "10:30", "jonas", (hands) =>
    hands.handle("contractor", "access", { reason: "Question of the customer about the second export." }),
  );
  note(8, "15:00", "jonas", async (hands) => {
    const text = contractorReview(withOffset(detected, ZONE));
    await hands.review("contractor", "review-contractor-key.md", text, "yes", "Leavers: keys are on the list now.");
    await hands.action("leaver-list", "open", {
      title: "Put export keys on the list for people who leave",
      incident: "contractor",
      type: "corrective",
      owner: "jonas",
      due: "+14d",
    });
    await hands.action("key-expiry", "open", {
      title: "Let export keys end by themselves after 90 days",
      incident: "contractor",
      type: "preventive",
      owner: "lena",
      due: "+28d",
    });
  });
  note(9, "09:45", "katrin", async (hands) => {
    await hands.approve("contractor");
    await hands.close("contractor", "Everything that the rules ask for is done.");
  });
  note(14, "16:10", "jonas", (hands) =>
    hands.action("leaver-list", "done", {
      text: "The list has a line for each key store.",
      tracker: "github:nordlicht/handbook@3f9c2e17b0",
    }),
  );
  note(51, "10:00", "katrin", (hands) =>
    hands.action("leaver-list", "verify", {
      result: "effective",
      text: "Two people left since; for both the key stores are ticked off, and no key of theirs works.",
    }),
  );
  note(91, "10:00", "jonas", (hands) =>
    hands.handle("contractor", "verify", { reason: "Quarterly look at kept evidence." }),
  );
}

/** Sev2: answered after its time, and reviewed after its time. */
function outage(days: Days, note: Note): void {
  const detected = days.at(8, "11:34");
  note(8, "14:20", "lena", async (hands) => {
    await hands.incident("outage", "open", {
      at: detected,
      values: {
        severity: "Sev2",
        nature: "availability",
        detectedBy: "cron-health",
        detectedAt: iso(detected),
        detectedAtPrecision: 60_000,
      },
      people: { owner: "lena", commander: "jonas" },
      words: {
        title: "Previews of documents failed for one in three customers",
        text: "The alert was looked at during the lunch break only.",
      },
    });
    await hands.incident("outage", "stamp", { values: { time: "responded" } });
  });
  note(8, "16:05", "jonas", async (hands) => {
    await hands.incident("outage", "personal-data", {
      values: { decision: "no" },
      words: { reason: "Previews were missing; nobody saw anything of anybody else." },
    });
    for (const [measure, why] of [
      ["rotate-credentials", "No credential is concerned."],
      ["revoke-access", "No access is concerned."],
      ["revoke-signing-key", "No key is concerned."],
    ] as const)
      await hands.incident("outage", "measure", {
        values: { measure, result: "not-applicable" },
        words: { reason: why },
      });
    for (const [measure, text] of [
      ["correlate-records", "Compared with releases and alerts of the day."],
      ["pull-evidence", "Alerts and traces of the day are in the log."],
      ["deploy-fix", "Memory of the preview service raised."],
      ["regenerate-evidence", "Nothing was missing."],
      ["collection-resumes", "All sources were collected throughout."],
    ] as const)
      await hands.incident("outage", "measure", { values: { measure, result: "done" }, words: { text } });
    await hands.incident("outage", "cause", {
      values: { key: "capacity-previews" },
      words: { text: "A new format of documents needs three times the memory, and nobody had measured it." },
    });
    await hands.incident("outage", "resolve", { words: { text: "Previews are made again." } });
  });
  note(17, "10:15", "lena", async (hands) => {
    await hands.review(
      "outage",
      "review-previews.md",
      outageReview(withOffset(detected, ZONE)),
      "no",
      "What failed is capacity, not a control.",
    );
    await hands.action("measure-memory", "open", {
      title: "Measure memory for each new format before it is released",
      incident: "outage",
      type: "preventive",
      owner: "lena",
      due: "+21d",
    });
  });
  note(17, "16:30", "katrin", async (hands) => {
    await hands.approve("outage");
    await hands.close("outage", "Resolved and reviewed; the review came late.");
  });
  note(60, "09:10", "lena", (hands) =>
    hands.action("measure-memory", "done", {
      text: "The release pipeline measures it.",
      tracker: "github:nordlicht/previews#212",
    }),
  );
}

/** Sev3, out of an alert and a call. */
function slowExports(days: Days, note: Note): void {
  const detected = days.at(10, "09:50");
  note(10, "10:20", "lena", async (hands) => {
    await hands.report(
      "slow-exports",
      {
        channel: "phone",
        subject: "Exports take an hour",
        text: "A customer calls: exports take an hour since Monday.",
      },
      detected,
      days.at(10, "10:05"),
    );
    await hands.incident("slow-exports", "open", {
      at: detected,
      values: {
        severity: "Sev3",
        nature: "availability",
        detectedBy: "customer-report",
        detectedAt: iso(detected),
        detectedAtPrecision: 60_000,
      },
      people: { owner: "lena", commander: "lena" },
      words: { title: "Exports were slow", text: "Exports of four customers take an hour instead of a minute." },
    });
    await hands.incident("slow-exports", "stamp", { values: { time: "responded" } });
    await hands.decide({
      report: "slow-exports",
      decision: "incident",
      reason: "Four customers wait an hour for what took a minute.",
      story: "slow-exports",
    });
  });
  note(10, "15:30", "lena", async (hands) => {
    await hands.incident("slow-exports", "personal-data", {
      values: { decision: "no" },
      words: { reason: "Exports were slow and complete." },
    });
    await hands.incident("slow-exports", "cause", { words: { text: "An index was missing after a migration." } });
    await hands.incident("slow-exports", "measure", {
      values: { measure: "collection-resumes", result: "done" },
      words: { text: "All sources were collected throughout." },
    });
    await hands.incident("slow-exports", "resolve", { words: { text: "Index made; exports take a minute again." } });
    await hands.close("slow-exports", "Confirmed by the customer who called.");
  });
}

/** Opened by mistake, and said so; and a report that was none. */
function mistake(days: Days, note: Note): void {
  note(11, "09:05", "lena", async (hands) => {
    await hands.incident("mistake", "open", {
      values: { severity: "Sev4", nature: "security", detectedBy: "disclosure" },
      people: { owner: "lena" },
      words: { title: "Mail about a weakness in the sign-in page" },
    });
    await hands.report(
      "scanner-mail",
      {
        channel: "disclosure",
        subject: "Weakness in your sign-in page",
        text: "Mail of a scanner, without any proof.",
      },
      days.at(11, "08:40"),
      days.at(11, "09:30"),
    );
  });
  note(11, "13:15", "katrin", async (hands) => {
    await hands.incident("mistake", "withdraw", {
      words: { reason: "The mail was sent to thousands and names a page that we do not have." },
    });
    await hands.decide({
      report: "scanner-mail",
      decision: "false-positive",
      reason: "Sent to thousands; the page that it names does not exist here. Looked at by two people.",
    });
  });
  note(11, "13:40", "lena", async (hands) => {
    await hands.report(
      "scanner-again",
      {
        channel: "disclosure",
        subject: "Weakness in your sign-in page (2)",
        text: "The same mail to another address.",
      },
      days.at(11, "13:20"),
      days.at(11, "13:40"),
    );
    await hands.decide({
      report: "scanner-again",
      decision: "duplicate",
      reason: "Word for word the mail of this morning.",
      story: "scanner-mail",
    });
  });
}

/** Of the rest of the year. */
function later(days: Days, note: Note): void {
  const probe = days.at(205, "10:02");
  note(205, "10:25", "jonas", async (hands) => {
    await hands.incident("probe", "open", {
      at: probe,
      values: {
        severity: "Sev3",
        nature: "security",
        detectedBy: "edge-alert",
        detectedAt: iso(probe),
        detectedAtPrecision: 60_000,
      },
      people: { owner: "jonas", commander: "jonas" },
      words: { title: "Password list tried against the sign-in page" },
    });
    await hands.incident("probe", "stamp", { values: { time: "responded" } });
  });
  note(205, "17:10", "jonas", async (hands) => {
    await hands.incident("probe", "personal-data", {
      values: { decision: "no" },
      words: { reason: "No sign-in succeeded." },
    });
    await hands.incident("probe", "cause", {
      values: { key: "password-lists" },
      words: { text: "A list of passwords from elsewhere; nothing of ours made it possible." },
    });
    await hands.incident("probe", "measure", {
      values: { measure: "collection-resumes", result: "done" },
      words: { text: "All sources were collected throughout." },
    });
    await hands.incident("probe", "resolve", { words: { text: "Limit for attempts lowered; the list was given up." } });
    await hands.close("probe", "Nothing came of it.");
  });
  const open = days.at(-3, "14:22");
  note(-3, "14:50", "lena", async (hands) => {
    await hands.incident("restore", "open", {
      at: open,
      values: {
        severity: "Sev3",
        nature: "availability",
        detectedBy: "cron-health",
        detectedAt: iso(open),
        detectedAtPrecision: 60_000,
      },
      people: { owner: "lena" },
      words: {
        title: "Restored copy lacks attachments of one day",
        text: "Found by the weekly restore; where the attachments are is not known yet.",
      },
    });
    await hands.incident("restore", "stamp", { values: { time: "responded" } });
    await hands.action("restore-attachments", "open", {
      title: "Find the attachments of that day",
      incident: "restore",
      type: "recovery",
      owner: "lena",
      due: "+3d",
    });
  });
}
