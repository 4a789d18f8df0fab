/** The made-up company, and how its Custody is configured. */

export const ZONE = "Europe/Berlin";

export const FOLDERS = {
  sources: "sources",
  register: "sources/register",
  alerts: "sources/alerts",
  jobs: "sources/jobs",
  /** What people write: the organisation's own rules, reviews, what they keep as evidence. */
  papers: "papers",
} as const;

/** The inbox for jobs that report by themselves, and the file with its token. */
export const INBOX = "offsite";
export const TOKEN_FILE = "data/keys/offsite-token";

export interface Filled {
  /** What stands under `token:`, by short name. */
  readonly tokens?: Readonly<Record<string, string>>;
  /** The organisation's own rules. */
  readonly policy?: string;
}

/** `custody.yaml` of the demonstration; the same text but for the rules in force and the hashes of tokens. */
export function settings({ tokens = {}, policy = "sev1-4" }: Filled = {}): string {
  const person = (name: string, role: string) =>
    tokens[name] === undefined ? `{ role: ${role} }` : `{ role: ${role}, token: "${tokens[name]}" }`;
  return SETTINGS.replace(
    /^( {2}(\w+): )\{ role: (\w+) \}$/gm,
    (_, start: string, name: string, role: string) => `${start}${person(name, role)}`,
  ).replace(/^policy: .*$/m, `policy: ${policy}`);
}

/** The text without what differs between demonstrations. */
export const plainSettings = (text: string): string =>
  text.replace(/, token: "sha256:[0-9a-f]{64}"/g, "").replace(/^policy: .*$/m, "policy: sev1-4");

const SETTINGS = `# A demonstration. The company is invented, and so is everything in sources/. The collectors, the log and the report are real.
# Every key is explained in docs/configuration.md; \`custody sources\` lists what can be connected.
organisation:
  name: Nordlicht Software GmbH
  zone: ${ZONE}
  soa: { version: "2026-01" }

scope:
  - { system: "document platform (production)", sources: [alerts] }
  - { system: incident register, sources: [incidents] }
  - { system: backups and scheduled jobs, sources: [jobs, ${INBOX}] }
  - { system: support mailbox, notConnected: "read access to the mailbox is not agreed with the works council yet" }
  - { system: laptops, notConnected: the device management has no export }

# Who may do what. \`custody people token katrin --write\` makes a token with which you can act as her.
people:
  katrin: { role: owner }
  jonas: { role: operator }
  lena: { role: operator }
  ines: { role: auditor }

# The organisation's own rules for incidents, and its register of them, kept in the log itself.
policy: sev1-4
register: true

store: file:./data/store
index: ./data/index

collectors:
  # Incident records and reviews, one Markdown file each. Required every month, in hand three days after its end.
  - id: incidents
    use: incident-log/markdown
    path: ./${FOLDERS.register}

  # What the monitoring exports: one line when an alert begins, one when it ends.
  - id: alerts
    use: alert-history/file
    path: ./${FOLDERS.alerts}/*.ndjson
    format: ndjson
    fields:
      id: id
      name: alert
      severity: severity
      state: state
      startsAt: starts_at
      endsAt: ends_at
      labels: [labels.service, labels.host]

  # The log of the job scheduler. Its times have no zone, so it is said here.
  - id: jobs
    use: cron-health/file
    path: ./${FOLDERS.jobs}/*.csv
    format: csv
    zone: ${ZONE}
    fields: { id: run, job: job, startedAt: started, endedAt: ended, outcome: result, detail: detail }

  # A job that reports by itself, while \`custody serve\` runs; \`custody hooks\` prints the line to call.
  - id: ${INBOX}
    use: cron-health/ping
    cadence: weekly
    grace: 1d
    token: "\${file:./${TOKEN_FILE}}"
    jobs:
      - { job: offsite-copy, every: weekly, grace: 1d }

  # Custody's own runs.
  - id: custody
    use: cron-health/custody

portal: { listen: "127.0.0.1:8484" }
`;
