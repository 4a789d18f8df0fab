import { z } from "zod";
import { type Answer, defineCollector, secret } from "../src/collector/define.ts";
import { canonicalBytes, parseCanonical } from "../src/lib/canonical.ts";
import { CustodyError } from "../src/lib/errors.ts";
import { parseDuration } from "../src/lib/time.ts";
import { isZone } from "../src/lib/zone.ts";
import { fetchRows, openCursor, readServerState, sizeOf, typeNames } from "./postgres/query.ts";
import { Columns, keepRules, type Page, readRows } from "./postgres/rows.ts";
import { openSession } from "./postgres/session.ts";

const ROWS_TYPE = "application/vnd.custody.rows+json";
const QUERY_TYPE = "application/vnd.custody.query+json";

/** Text of the rows in one evidence file, and in all of a run. */
const PAGE_BYTES = 4 * 1024 * 1024;
const RUN_BYTES = 256 * 1024 * 1024;
const PAGE_ROWS = 5_000;
const MAX_TIMEOUT_MS = 600_000;

const Timeout = z
  .string()
  .transform((text) => parseDuration(text) ?? 0)
  .refine((ms) => ms >= 1 && ms <= MAX_TIMEOUT_MS, "expected a duration from 1ms to 10m, such as 30s");

const Config = z.strictObject({
  connection: secret().describe("reference to postgres://user:password@host/database?sslmode=verify-full"),
  query: z
    .string()
    .trim()
    .min(1)
    .max(20_000)
    .describe("one SELECT of your own; may use $1 and $2 for the start and the end of the window"),
  columns: Columns.describe("which column of the result says what about an incident"),
  zone: z
    .string()
    .refine(isZone, "expected a time zone such as Europe/Berlin")
    .optional()
    .describe("zone of times that the database keeps without one"),
  timeout: Timeout.prefault("30s").describe("longest time for one statement"),
  limit: z.int().min(1).max(1_000_000).default(100_000).describe("most rows of a run; more make it partial"),
});

/** Incidents kept in a table of a Postgres database, through a query of the user's own. */
export const postgresIncidents = defineCollector({
  name: "incident-log/postgres",
  title: "Incident records in a Postgres database",
  family: "incident-log",
  mode: "window",
  facts: ["incident"],
  cadence: "monthly",
  grace: "3d",
  config: Config,
  reader: 4,
  blindSpots: [
    "A table shows its rows as they stood at the moment of the query, not their history: a row added, changed and deleted between two runs was never seen, unless the database keeps its own history and the query asks for it.",
    "Only what the query selects is seen. A WHERE clause that leaves incidents out leaves them out of the evidence; the query is kept with every run.",
    "When a row was really written is not known; the times in it are what the application, or somebody with access to the database, wrote. A timestamp counts as exact, also where somebody entered only its minute or its day.",
  ],
  permissions: [
    "A role of its own that may connect and SELECT from the tables of the query, and nothing more. The transaction is read-only in any case.",
  ],

  source: ({ connection }, reveal) => ({ connection: reveal(connection) }),

  async *collect({ config, source, window, signal }) {
    const session = await openSession(source.connection ?? "", config.timeout, signal);
    try {
      const server = await readServerState(session);
      const sent = await openCursor(session, config.query, window, config.zone);
      const where = `database ${server.database}`;
      const parameters = keepRules(config.columns, config.zone);

      const page: { columns: z.output<typeof Page>["columns"]; rows: (readonly (string | null)[])[]; size: number } = {
        columns: [],
        rows: [],
        size: 0,
      };
      let total = 0;
      let pages = 0;
      let bytes = 0;
      let cut: "rows" | "bytes" | undefined;
      const take = (): Answer => {
        const first = total - page.rows.length + 1;
        const range = total === 0 ? "no rows" : `rows ${first} to ${total}`;
        const content = canonicalBytes({ v: 1, first, columns: page.columns, rows: page.rows });
        page.rows = [];
        page.size = 0;
        pages++;
        return { bytes: content, mediaType: ROWS_TYPE, origin: `${where}, ${range}`, parameters };
      };

      // One row more than allowed tells a result that just fits from one that was cut.
      reading: for await (const batch of fetchRows(session, config.limit + 1)) {
        if (page.columns.length === 0) {
          const types = await typeNames(
            session,
            batch.columns.map(({ oid }) => oid),
          );
          page.columns = batch.columns.map(({ name, oid }) => ({ name, oid, type: types.get(oid) ?? "unknown" }));
          checkColumns(
            config.columns,
            page.columns.map(({ name }) => name),
          );
        }
        for (const row of batch.rows) {
          const size = sizeOf(row);
          if (total === config.limit) cut = "rows";
          else if (bytes + size > RUN_BYTES) cut = "bytes";
          if (cut) break reading;
          // Before and not after a row, so that pages are the same however the rows arrived.
          if (page.rows.length === PAGE_ROWS || (page.rows.length > 0 && page.size + size > PAGE_BYTES)) yield take();
          page.rows.push(row);
          page.size += size;
          bytes += size;
          total++;
        }
      }
      if (page.rows.length > 0 || total === 0) yield take();
      // Beside the rows and not in them, and what differs in every run not even there: rows that did not change are the
      // same evidence files again.
      const { snapshot, ...who } = server;
      const asked = {
        v: 1,
        query: config.query,
        parameters: sent,
        server: who,
        rows: total,
        pages,
        complete: cut === undefined,
      };
      yield {
        bytes: canonicalBytes(asked),
        mediaType: QUERY_TYPE,
        origin: `${where}, query`,
        parameters: { snapshot },
      };

      if (cut === undefined) return { seen: "full", total };
      const most = cut === "rows" ? `${config.limit} rows` : `${RUN_BYTES} bytes`;
      const detail = `the query gives more than ${most}; narrow it with $1 and $2, the start and the end of the window, or raise \`limit\``;
      return { seen: "partial", intervals: [], reason: cut === "rows" ? "truncated" : "too-large", detail };
    } finally {
      await session.close();
    }
  },

  *read({ bytes, mediaType, origin, parameters }) {
    if (mediaType !== QUERY_TYPE) yield* readRows(bytes, origin, parameters);
    else if (!isJson(bytes)) yield { kind: "problem", where: origin, message: "expected what was asked, in JSON" };
  },
});

/** Throws SOURCE_MISCONFIGURED for a column that the result lacks or has twice. */
function checkColumns(columns: Columns, names: readonly string[]): void {
  for (const [field, column] of Object.entries(columns)) {
    const count = names.filter((name) => name === column).length;
    if (column === undefined || count === 1) continue;
    const found =
      count === 0 ? `it has ${names.map((name) => `"${name}"`).join(", ") || "no columns"}` : "it has it twice";
    throw new CustodyError(
      "SOURCE_MISCONFIGURED",
      `the result of the query must have one column "${column}" for ${field}; ${found}`,
      {
        remedy: "Correct `columns`, or name the column in the query with AS.",
      },
    );
  }
}

function isJson(bytes: Uint8Array): boolean {
  try {
    return typeof parseCanonical(bytes) === "object";
  } catch {
    return false;
  }
}
