/** The made-up company, and how its Custody is configured. */

export const ZONE = "Europe/Berlin";

export const FOLDERS = {
  sources: "sources",
  register: "sources/register",
  alerts: "sources/alerts",
  jobs: "sources/jobs",
} as const;

/** The inbox for jobs that report by themselves, and the file with its token. */
export const INBOX = "offsite";
export const TOKEN_FILE = "data/keys/offsite-token";

/** `custody.yaml` of the demonstration; always the same text. */
export const SETTINGS = `# A demonstration. The company is invented, and so is everything in sources/. The collectors, the log and the report are real.
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

people:
  katrin: { role: owner }
  jonas: { role: operator }

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
