import { stringify } from "yaml";
import { z } from "zod";
import { collectors } from "../../collectors/index.ts";
import type { Collector } from "../../src/collector/define.ts";
import { ConfigFile, Instance } from "../../src/config/file.ts";
import { unwrap } from "../../src/config/mistakes.ts";
import type { HeadTarget } from "../../src/heads/define.ts";
import { headTargets } from "../../src/heads/index.ts";
import { channels } from "../../src/notify/channels/index.ts";
import type { Channel } from "../../src/notify/define.ts";

/** The reference of `custody.yaml`, made from the schemas that check it, so that it cannot say anything else than they do. */

/** An example of each collector as it stands under `collectors:`; a test reads every one of them. */
export const EXAMPLES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "alert-history/file": {
    id: "alerts",
    use: "alert-history/file",
    path: "./exports/alerts-*.csv",
    format: "csv",
    zone: "Europe/Berlin",
    fields: { id: "number", name: "check", severity: "level", startsAt: "raised", endsAt: "cleared" },
  },
  "alert-history/alertmanager": {
    id: "alertmanager",
    use: "alert-history/alertmanager",
    url: "http://127.0.0.1:9093",
    token: "${file:secrets/alertmanager-hook}",
  },
  "alert-history/prometheus": {
    id: "prom",
    use: "alert-history/prometheus",
    url: "https://prometheus.example.com",
    basic: { user: "custody", password: "${env:PROMETHEUS_PASSWORD}" },
  },
  "cron-health/custody": { id: "custody", use: "cron-health/custody" },
  "cron-health/file": {
    id: "backups",
    use: "cron-health/file",
    path: "/var/log/backup/runs.ndjson",
    format: "ndjson",
    fields: {
      job: "job",
      startedAt: { field: "begun", format: "epoch_s" },
      endedAt: { field: "done", format: "epoch_s" },
      outcome: "result",
    },
  },
  "cron-health/heartbeat": { id: "heartbeat", use: "cron-health/heartbeat" },
  "cron-health/ping": {
    id: "jobs",
    use: "cron-health/ping",
    token: "${env:CUSTODY_PING_TOKEN}",
    jobs: [
      { job: "backup", every: "daily", grace: "2h" },
      { job: "log-rotation", every: "6h" },
    ],
  },
  "incident-log/markdown": {
    id: "incidents",
    use: "incident-log/markdown",
    path: "./incidents",
    zone: "Europe/Berlin",
    fields: { detectedAt: "entdeckt", severity: ["schwere", "stufe"] },
  },
  "incident-log/postgres": {
    id: "tickets",
    use: "incident-log/postgres",
    connection: "${env:TICKETS_URL}",
    query: "SELECT number, title, severity, detected_at, closed_at FROM incidents WHERE security",
    columns: { id: "number", title: "title", severity: "severity", detectedAt: "detected_at", closedAt: "closed_at" },
  },
};

interface Row {
  readonly key: string;
  readonly meaning: string;
  readonly fallback: string;
  readonly example: string;
}

/** The whole page. */
export function configurationReference(): string {
  return `${INTRODUCTION}
## Keys of the file

${table(rowsOf(ConfigFile, ""))}
## Keys of every collector

Under \`collectors:\` each has these and its own, which follow below.

${table(rowsOf(Instance, ""))}
## Collectors

${collectors.map(section).join("\n")}
## Where fingerprints go

Under \`heads:\` each has these besides \`use\`, \`id\` and \`every\`; [outside-proofs.md](outside-proofs.md) says which to choose.

${headTargets.map(headSection).join("\n")}
## How people are told

Under \`notify:\` each has these besides the keys above; [notices.md](notices.md) says how to make each of them.

${channels.map(channelSection).join("\n")}`;
}

/** An example of each channel as it stands under `notify:`; a test reads every one of them. */
export const CHANNEL_EXAMPLES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  email: {
    use: "email",
    server: "mail.example.com:587",
    user: "custody@example.com",
    password: "${env:CUSTODY_MAIL_PASSWORD}",
    from: "custody@example.com",
    to: ["anna@example.com", "ops@example.com"],
    gets: ["digest", "urgent", "report"],
  },
  discord: { use: "discord", webhook: "${env:DISCORD_WEBHOOK}" },
  slack: { use: "slack", webhook: "${env:SLACK_WEBHOOK}" },
  telegram: { use: "telegram", token: "${env:TELEGRAM_BOT_TOKEN}", chat: "-1001234567890" },
  webhook: { use: "webhook", url: "https://hooks.example.com/notices", secret: "${env:CUSTODY_NOTICE_SECRET}" },
};

function channelSection({ use, title, config }: Channel): string {
  const example = stringify([CHANNEL_EXAMPLES[use]], { lineWidth: 0 });
  return `### ${use}

${sentence(title)}

\`\`\`yaml
notify:
${example.replaceAll(/^(?=.)/gm, "  ").trimEnd()}
\`\`\`

${table(rowsOf(config, ""))}`;
}

/** An example of each way out of the store as it stands under `heads:`; a test reads every one of them. */
export const HEAD_EXAMPLES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  timestamp: { use: "timestamp", url: "https://tsa.example.com/tsr", roots: "./tsa-roots.pem" },
  witness: {
    use: "witness",
    url: "https://witness.example.com",
    key: "witness.example.com+1fbda19c+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
  },
  file: { use: "file", path: "/mnt/audit-share/custody" },
  git: { use: "git", path: "../heads", push: true },
  webhook: { use: "webhook", url: "https://hooks.example.com/heads", secret: "${env:CUSTODY_HEADS_SECRET}" },
  email: {
    use: "email",
    server: "mail.example.com:587",
    user: "custody@example.com",
    password: "${env:CUSTODY_MAIL_PASSWORD}",
    from: "custody@example.com",
    to: "audit@example.com",
  },
  s3: {
    use: "s3",
    bucket: "auditor-heads",
    region: "eu-central-1",
    accessKey: "${env:HEADS_ACCESS_KEY}",
    secretKey: "${env:HEADS_SECRET_KEY}",
  },
};

function headSection({ use, title, proves, config }: HeadTarget): string {
  const example = stringify([HEAD_EXAMPLES[use]], { lineWidth: 0 });
  return `### ${use}

${sentence(title)} ${proves}

\`\`\`yaml
heads:
${example.replaceAll(/^(?=.)/gm, "  ").trimEnd()}
\`\`\`

${table(rowsOf(config, ""))}`;
}

const INTRODUCTION = `# Configuration

<!-- Made from the schemas by test/docs.configuration.test.ts; UPDATE_DOCS=1 writes it anew. Change the schemas instead. -->

Custody reads one YAML file: the one named with \`-c FILE\`, else the one in \`CUSTODY_CONFIG\`, else \`./custody.yaml\`.
\`custody init\` writes a small one that works.

- **Everything is checked before anything starts.** A key that Custody does not know is a mistake, named with its line and
  the nearest key that it knows; all mistakes of a file are said at once.
- **Secrets are references**: \`\${env:NAME}\` for an environment variable, \`\${file:PATH}\` for the content of a file. A secret
  that stands in the file itself is refused, and so is an address with a password in it.
- **Paths** are meant from the folder of the file.
- **Durations** are written as \`90s\`, \`15m\`, \`6h\`, \`3d\`. Dates and numbers that are meant as text are put in quotes.
- **The file becomes part of the log** each time it has changed, with the references instead of the secrets: an auditor sees
  what was expected at any time.

A whole file:

\`\`\`yaml
organisation: { name: Example GmbH, zone: Europe/Berlin, soa: { version: "2026-03" } }
scope:
  - { system: production API, sources: [prom, incidents] }
  - { system: support mailbox, notConnected: IMAP not enabled yet }
people:
  anna: { role: owner, osUser: anna }
store: file:./data/store
collectors:
  - { id: custody, use: cron-health/custody }
  - { id: incidents, use: incident-log/markdown, path: ./incidents }
  - { id: prom, use: alert-history/prometheus, url: "http://127.0.0.1:9090" }
\`\`\`

A store in a bucket:

\`\`\`yaml
store:
  bucket: example-evidence
  endpoint: https://s3.example.com
  accessKey: "\${env:CUSTODY_S3_ACCESS_KEY}"
  secretKey: "\${env:CUSTODY_S3_SECRET_KEY}"
\`\`\`

These environment variables are read beside those that the file refers to:

| Variable | Meaning |
|---|---|
| \`CUSTODY_CONFIG\` | The file, where no \`-c\` names one. |
| \`CUSTODY_SERVER_HOME\` | Where the private Postgres keeps its programs and data when Custody runs as root; \`/var/lib/custody\` unless set. |
| \`USER\`, \`LOGNAME\`, \`USERNAME\` | Who acts on the command line; noted as not authenticated. |
`;

function section(collector: Collector): string {
  const { name, title, mode, facts, cadence, grace, permissions, blindSpots } = collector;
  const rows = rowsOf(collector.config, "").map((row) => ({
    ...row,
    example: row.example || usedIn(EXAMPLES[name], row.key),
  }));
  const own = rows.length === 0 ? "It has no keys of its own.\n" : table(rows);
  const example = stringify([EXAMPLES[name]], { lineWidth: 0 });
  return `### ${name}

${title}. Gives: ${facts.join(", ")}. Required ${cadence} with ${grace} of grace unless stated otherwise; ${MODES[mode]}.

\`\`\`yaml
collectors:
${example.replaceAll(/^(?=.)/gm, "  ").trimEnd()}
\`\`\`

${own}
Needs:

${permissions.map((line) => `- ${line}`).join("\n")}

Cannot show:

${blindSpots.map((line) => `- ${line}`).join("\n")}
`;
}

/** The value of a key in an example, where it is a single one. */
function usedIn(example: unknown, key: string): string {
  let value: unknown = example;
  for (const name of key.replaceAll("[]", ".0").split(".")) {
    value = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  }
  // Larger ones stand in the example above the table.
  return value === undefined || JSON.stringify(value).length > 60 ? "" : spelled(value);
}

const MODES = {
  window: "it can be asked about the past",
  snapshot: "it knows only the present",
  inbox: "it reports by itself, while `custody serve` runs",
} as const;

function table(rows: readonly Row[]): string {
  const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  const lines = rows.map(({ key, meaning, fallback, example }) =>
    [`\`${key}\``, meaning, fallback, example].map(cell).join(" | "),
  );
  return `| Key | Meaning | Unless stated | Example |\n|---|---|---|---|\n${lines.map((line) => `| ${line} |`).join("\n")}\n`;
}

/** A row for each key below a schema, in the order in which they are declared. */
function rowsOf(schema: unknown, path: string): Row[] {
  const inner = unwrap(schema);
  const options = inner instanceof z.ZodUnion ? inner.options.map(unwrap) : [inner];
  return options.flatMap((option) => {
    if (option instanceof z.ZodArray) return rowsOf(option.element, `${path}[]`);
    if (option instanceof z.ZodRecord) return rowsOf(option.valueType, `${path}.NAME`);
    if (!(option instanceof z.ZodObject)) return [];
    return Object.entries(option.shape).flatMap(([name, child]) => {
      const key = path === "" ? name : `${path}.${name}`;
      // Keys that say nothing of themselves are named by the one above.
      return metaOf(child).description === undefined ? [] : [rowOf(key, child), ...childRows(key, child)];
    });
  });
}

/** The items of `collectors` have a table of their own. */
const childRows = (key: string, child: unknown) => (key === "collectors" ? [] : rowsOf(child, key));

function rowOf(key: string, schema: unknown): Row {
  const { description = "", examples = [] } = metaOf(schema);
  const silent = silentKeys(schema);
  const keys = silent.length === 0 ? "" : ` Its keys: ${silent.map((name) => `\`${name}\``).join(", ")}.`;
  return {
    key,
    meaning: sentence(description) + choices(schema) + keys,
    fallback: fallbackOf(schema),
    example: examples.map(spelled).join(", "),
  };
}

const sentence = (text: string) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;

const spelled = (value: unknown) =>
  `\`${stringify(value, { collectionStyle: "flow", flowCollectionPadding: false, lineWidth: 0 }).trim()}\``;

function choices(schema: unknown): string {
  const inner = unwrap(schema);
  return inner instanceof z.ZodEnum ? ` One of ${inner.options.map((one) => `\`${one}\``).join(", ")}.` : "";
}

function silentKeys(schema: unknown): string[] {
  const inner = unwrap(schema);
  if (!(inner instanceof z.ZodObject)) return [];
  return Object.entries(inner.shape).flatMap(([name, child]) =>
    metaOf(child).description === undefined
      ? [fallbackOf(child).startsWith("`") ? `${name}: ${fallbackOf(child).slice(1, -1)}` : name]
      : [],
  );
}

/** What a schema says of itself, wherever between its outermost and its innermost layer. */
function metaOf(schema: unknown): { description?: string | undefined; examples?: readonly unknown[] } {
  for (let layer = schema; layer instanceof z.ZodType; layer = below(layer)) {
    const meta = layer.meta();
    if (meta?.description !== undefined) return meta as { description: string; examples?: readonly unknown[] };
  }
  return {};
}

/** "needed", the default, or nothing where the key may be left out. */
function fallbackOf(schema: unknown): string {
  for (let layer = schema; layer instanceof z.ZodType; layer = below(layer)) {
    if (layer instanceof z.ZodOptional) return "";
    if (layer instanceof z.ZodDefault || layer instanceof z.ZodPrefault) {
      const value: unknown = layer.def.defaultValue;
      const isEmpty = value === "" || (typeof value === "object" && Object.keys(value ?? {}).length === 0);
      return isEmpty ? "" : spelled(value);
    }
  }
  return "needed";
}

function below(layer: unknown): unknown {
  if (layer instanceof z.ZodOptional || layer instanceof z.ZodDefault || layer instanceof z.ZodPrefault)
    return layer.unwrap();
  return layer instanceof z.ZodPipe ? layer.in : undefined;
}
