/**
 * What happened, in words: the plots of the incidents. Company, people and customers are invented. Durations are minutes.
 * Each has something that registers of real companies have, and a few have what they should not have.
 */
export interface Script {
  /** Days after the beginning; negative: before the end of the story. */
  readonly day: number;
  /** Earliest local time; up to an hour is added. */
  readonly time: string;
  readonly slug: string;
  readonly title: string;
  readonly severity: "Sev1" | "Sev2" | "Sev3" | "Sev4";
  readonly nature: "availability" | "security" | "both";
  readonly personalData?: "yes";
  readonly alert?: { readonly name: string; readonly service: string };
  readonly unnoticed: number;
  /** From its detection, where somebody began later than usual. */
  readonly respondedAfter?: number;
  /** From its detection; absent: it is not over at the end of the story. */
  readonly resolvedAfter?: number;
  readonly description: string;
  readonly impact: string;
  readonly notes: readonly [string, string, string];
  /** A slip of whoever wrote the record. */
  readonly slip?: "no-owner" | "no-zone" | "no-response";
  readonly review?: Review;
}

export interface Review {
  /** Working days do not matter here: days after it was resolved. */
  readonly days: number;
  readonly cause: string;
  readonly good: string;
  readonly bad: string;
  readonly actions: readonly { readonly item: string; readonly owner?: string; readonly dueDays?: number }[];
}

const login = { name: "FailedSignIns", service: "login" };
const api = { name: "HighErrorRate", service: "api" };

export const SCRIPTS: readonly Script[] = [
  {
    day: 5,
    time: "09:10",
    slug: "slow-search",
    title: "Search was slow after an index was rebuilt",
    severity: "Sev3",
    nature: "availability",
    alert: { name: "ApiLatencyHigh", service: "api" },
    unnoticed: 12,
    resolvedAfter: 95,
    description:
      "A rebuild of the search index was started during office hours and took most of the database's capacity.",
    impact: "Searching took 8 to 15 seconds. Nothing was lost.",
    notes: [
      "Rebuild found as the cause in the list of running queries.",
      "Rebuild stopped.",
      "Rebuilt again at night; response times normal.",
    ],
  },
  {
    day: 19,
    time: "10:30",
    slug: "phishing-mail",
    title: "Phishing mail to three colleagues",
    severity: "Sev4",
    nature: "security",
    unnoticed: 25,
    resolvedAfter: 180,
    description:
      "Three colleagues received a mail that asked them to sign in to a copied page of our mail provider. Nobody entered a password.",
    impact: "None. The sender's domain is blocked.",
    notes: [
      "Mail reported by the first recipient.",
      "Domain blocked, mail removed from all mailboxes.",
      "Sign-in logs of the three accounts checked: nothing unusual.",
    ],
  },
  {
    day: 38,
    time: "08:40",
    slug: "sign-in-outage",
    title: "Customers could not sign in",
    severity: "Sev2",
    nature: "availability",
    alert: api,
    unnoticed: 4,
    resolvedAfter: 52,
    description:
      "After a release the login service could not reach its session store, because a new network rule did not include it.",
    impact: "All customers, 52 minutes. Those who were signed in already could go on working.",
    notes: [
      "Error rate of the login service at 100 %.",
      "Release rolled back; no effect, the rule stayed.",
      "Network rule corrected, sign-in works, tested with two accounts.",
    ],
    review: {
      days: 4,
      cause: "Network rules are changed by a script that is not part of the release and is not rolled back with it.",
      good: "The alert came within three minutes, and the status page was updated before the first customer called.",
      bad: "The roll-back cost 20 minutes and could not have helped.",
      actions: [
        { item: "Keep network rules in the release", owner: "Jonas Petersen", dueDays: 30 },
        { item: "Test signing in after each release", owner: "Lena Brandt", dueDays: 14 },
      ],
    },
  },
  {
    day: 50,
    time: "14:00",
    slug: "newsletter-twice",
    title: "Release notes were mailed twice",
    severity: "Sev4",
    nature: "availability",
    unnoticed: 30,
    resolvedAfter: 60,
    slip: "no-response",
    description: "A job that sends the release notes was started again after a time-out although it had finished.",
    impact: "1,140 recipients received the same mail twice.",
    notes: [
      "Two customers asked.",
      "Job stopped and its list emptied.",
      "Job now notes each recipient before it sends.",
    ],
  },
  {
    day: 46,
    time: "07:50",
    slug: "störung-firmen-login",
    title: "Störung der Anmeldung über das Firmen-Login (Müller & Söhne GmbH)",
    severity: "Sev3",
    nature: "availability",
    alert: login,
    unnoticed: 18,
    resolvedAfter: 140,
    description:
      "Das Zertifikat, mit dem der Kunde seine Anmeldungen unterschreibt, wurde dort getauscht, ohne dass wir es wussten. Die Prüfung schlug für alle Beschäftigten fehl.",
    impact:
      "Ein Kunde, etwa 60 Personen, konnte sich nicht über das Firmen-Login anmelden. Die Anmeldung mit Kennwort war möglich.",
    notes: [
      "Meldung von Frau Groß (Müller & Söhne).",
      "Neues Zertifikat vom Kunden erhalten und geprüft.",
      "Zertifikat hinterlegt, Anmeldung vom Kunden bestätigt.",
    ],
  },
  {
    day: 96,
    time: "15:20",
    slug: "documents-of-another-customer",
    title: "Documents of one customer were visible to another",
    severity: "Sev1",
    nature: "both",
    personalData: "yes",
    unnoticed: 34,
    resolvedAfter: 46,
    description:
      "A cache in front of the document service ignored the customer's number for one kind of preview. A user saw the previews of four documents of another customer and reported it.",
    impact:
      "Four documents with names and addresses of 11 people, seen by one user of another customer for 34 minutes.",
    notes: [
      "Report of the user confirmed.",
      "Previews switched off for all customers.",
      "Cache emptied and corrected, previews on again after a check by two people.",
    ],
    review: {
      days: 5,
      cause: "The key of the cache was built from the path alone; the customer's number is in a header.",
      good: "Previews could be switched off without a release. Both customers were told on the same day.",
      bad: "No test asks for a document as the wrong customer.",
      actions: [
        { item: "Test every path of the document service as a second customer", owner: "Lena Brandt", dueDays: 21 },
        { item: "Look for other caches that ignore headers" },
        { item: "Write down whom to tell and within which time", owner: "Katrin Vogel" },
      ],
    },
  },
  {
    day: 121,
    time: "06:30",
    slug: "export-incomplete",
    title: "Export for 株式会社みなと技研 was incomplete",
    severity: "Sev3",
    nature: "availability",
    unnoticed: 240,
    resolvedAfter: 400,
    description:
      "The monthly export for 株式会社みなと技研 (Minato Giken) ended after 10,000 of 12,480 documents without an error.",
    impact: "One customer received an incomplete export and noticed it by the count.",
    notes: [
      "Customer sent the count of documents.",
      "Limit of the list call found as the cause.",
      "Export repeated: 12,480 documents, confirmed by the customer.",
    ],
  },
  {
    day: 143,
    time: "11:15",
    slug: "access-key-in-repository",
    title: "Access key in a public repository",
    severity: "Sev2",
    nature: "security",
    unnoticed: 95,
    respondedAfter: 75,
    resolvedAfter: 130,
    description:
      "An example for a customer was published with a working access key to the test storage in it. A scanner of the repository host reported it.",
    impact:
      "The key allowed reading the test storage, which holds made-up documents only. The access log shows two reads by the scanner and no others.",
    notes: [
      "Report of the scanner received.",
      "Key revoked.",
      "Access log of the storage read from the key's first day on; nothing unexpected.",
    ],
  },
  {
    day: 167,
    time: "08:15",
    slug: "lost-laptop",
    title: "Laptop left on a train",
    severity: "Sev4",
    nature: "security",
    unnoticed: 20,
    resolvedAfter: 300,
    slip: "no-zone",
    description: "A colleague left a work laptop on a train. The disk is encrypted and the laptop was switched off.",
    impact: "None known. The laptop came back through the lost-property office after six days, unopened.",
    notes: ["Loss reported by phone.", "Sessions ended, device locked.", "Passwords changed, replacement handed out."],
  },
  {
    day: 189,
    time: "13:05",
    slug: "webhooks-twice",
    title: "Webhooks were delivered twice",
    severity: "Sev3",
    nature: "availability",
    alert: { name: "QueueBacklog", service: "mail" },
    unnoticed: 40,
    resolvedAfter: 120,
    slip: "no-owner",
    description: "Two workers took the same messages after a queue was moved to another host.",
    impact: "Nine customers received about 3,200 webhooks twice within two hours.",
    notes: [
      "Support forwarded the question of a customer.",
      "Second worker stopped.",
      "Locks of the queue corrected, both workers running.",
    ],
  },
  {
    day: 214,
    time: "03:10",
    slug: "database-failover",
    title: "Database failover took 40 minutes",
    severity: "Sev2",
    nature: "availability",
    alert: api,
    unnoticed: 2,
    resolvedAfter: 44,
    description:
      "The host of the primary database failed. The standby was 6 minutes behind and did not take over by itself.",
    impact: "All customers, read and write, 44 minutes at night. No data was lost.",
    notes: [
      "On-call woken by the alert.",
      "Standby caught up and promoted by hand.",
      "Application connected again; second standby ordered.",
    ],
    review: {
      days: 9,
      cause: "",
      good: "",
      bad: "The steps for promoting the standby were two versions old.",
      actions: [{ item: "Rehearse the failover every quarter", owner: "Jonas Petersen", dueDays: 60 }],
    },
  },
  {
    day: 238,
    time: "16:40",
    slug: "unusual-sign-ins",
    title: "Unusual sign-ins to one account",
    severity: "Sev3",
    nature: "security",
    alert: login,
    unnoticed: 55,
    resolvedAfter: 75,
    description:
      "About 900 failed sign-ins to the account of one customer's administrator within an hour, from many addresses.",
    impact: "No sign-in succeeded. The account was locked for 40 minutes.",
    notes: [
      "Alert looked at; pattern of a password list.",
      "Account locked, customer called.",
      "Second factor set up by the customer, account unlocked.",
    ],
  },
  {
    day: 262,
    time: "00:20",
    slug: "help-centre-certificate",
    title: "Certificate of the help centre expired",
    severity: "Sev4",
    nature: "availability",
    alert: { name: "ProbeFailed", service: "website" },
    unnoticed: 5,
    resolvedAfter: 65,
    description: "The certificate of the help centre is not renewed by the job that renews the others.",
    impact: "Visitors of the help centre saw a warning for an hour at night.",
    notes: ["Alert looked at.", "Certificate renewed by hand.", "Help centre added to the job."],
  },
  {
    day: 287,
    time: "07:30",
    slug: "mail-delayed",
    title: "Mail to customers was delayed by five hours",
    severity: "Sev2",
    nature: "availability",
    alert: { name: "QueueBacklog", service: "mail" },
    unnoticed: 70,
    resolvedAfter: 290,
    description:
      "The mail provider refused our mail because a record in our DNS had been removed with an unused domain.",
    impact: "About 6,400 mails were delivered up to five hours late, among them sign-in codes.",
    notes: [
      "Backlog found by on-call, provider's answer read.",
      "DNS record restored.",
      "Queue empty, sample of ten mails confirmed.",
    ],
    review: {
      days: 6,
      cause: "The record was shared by two domains, and nothing says which records are in use.",
      good: "Nothing was lost: the queue keeps mail for three days.",
      bad: "The alert for the backlog was a warning and nobody looked at it for an hour.",
      actions: [
        { item: "Keep DNS in the repository, with the use of each record", owner: "Sören Lübke", dueDays: 45 },
        { item: "Make a backlog of sign-in codes a critical alert", owner: "Jonas Petersen", dueDays: 7 },
      ],
    },
  },
  {
    day: 311,
    time: "10:00",
    slug: "backup-not-restorable",
    title: "Backup of one database could not be restored",
    severity: "Sev3",
    nature: "availability",
    unnoticed: 90,
    resolvedAfter: 480,
    description:
      "The weekly test could not restore the newest backup of the billing database: its last file was cut off.",
    impact: "No data was lost; the backup of the day before was complete.",
    notes: [
      "Result of the test looked at.",
      "New backup taken and restored.",
      "Backup job now compares sizes before it reports success.",
    ],
  },
  {
    day: 338,
    time: "12:45",
    slug: "wrong-prices",
    title: "Prices without tax on the order page",
    severity: "Sev4",
    nature: "availability",
    unnoticed: 150,
    resolvedAfter: 35,
    description: "A text module was replaced and left out the tax.",
    impact: "Two orders were placed at the wrong price and were corrected with the customers.",
    notes: ["Sales noticed it.", "Text module put back.", "Both customers called."],
  },
  {
    day: -2,
    time: "09:30",
    slug: "upload-timeouts",
    title: "Time-outs when documents are uploaded",
    severity: "Sev3",
    nature: "availability",
    alert: api,
    unnoticed: 15,
    description: "About one in fifty uploads of large documents ends with a time-out. The cause is not known yet.",
    impact: "Users have to upload again. Nothing is lost.",
    notes: [
      "Four customers reported it.",
      "Time-out raised, fewer failures.",
      "Traces of failed uploads handed to the provider.",
    ],
  },
];
