import type { FastifyInstance, FastifyReply } from "fastify";
import { titlesOf } from "../duties/duty.ts";
import { dutiesOf } from "../duties/today.ts";
import { many } from "../duties/words.ts";
import { forPeople } from "../lib/zone.ts";
import {
  collectorTable,
  controlTable,
  controlViews,
  gapTable,
  nilTable,
  reportTable,
  restInWords,
  runTable,
  systemsIn,
  watchingSince,
} from "./overview.ts";
import type { PortalParts } from "./parts.ts";
import { createRender, type Frame, type PageName } from "./render.ts";
import { listReports, openReport } from "./reports.ts";
import { type Snapshot, Snapshots } from "./snapshot.ts";
import { icon, style } from "./views/style.ts";

const GAPS_AT_HOME = 8;
const RUNS_AT_HOME = 10;
const RUNS_ON_A_PAGE = 100;
const ENTRY = /^\d{1,15}$/;

/** A page that only says something: not found, not now. */
export type Say = (reply: FastifyReply, status: number, title: string, text: string, remedy?: string) => FastifyReply;

/** The read-only pages. Returns how to answer where there is no page. */
export function addPages(server: FastifyInstance, parts: PortalParts): Say {
  const render = createRender();
  const snapshots = new Snapshots(parts);
  // Another configuration may be put in force while it serves.
  const title = (id: string) => titlesOf(parts.collectors)(id);
  const { zone, name } = parts.organisation;
  // The banner of a demonstration stands on every page, also on those that are shown when the ledger cannot be read.
  let simulated: string | undefined;

  const send = (
    reply: FastifyReply,
    page: PageName,
    frame: Partial<Frame> & { title: string; path: string },
    content: object,
  ) =>
    reply
      .type("text/html; charset=utf-8")
      .header("cache-control", "no-store")
      .send(render(page, { organisation: name, zone, software: parts.software, simulated, ...frame }, content));

  /** Takes a snapshot and renders it; a fixed frame around what the page makes of it. */
  function page(
    path: string,
    heading: string,
    view: PageName,
    content: (snapshot: Snapshot, query: URLSearchParams) => object | Promise<object>,
  ): void {
    server.get(path, async (request, reply) => {
      const snapshot = await snapshots.take();
      const until = snapshot.history.simulatedUntil;
      simulated = until === undefined ? undefined : forPeople(until, zone);
      const head = await parts.head().catch(() => undefined);
      const query = new URL(request.url, "http://127.0.0.1").searchParams;
      return send(reply, view, { title: heading, path, head }, await content(snapshot, query));
    });
  }

  page("/", "Today", "home", async (snapshot) => {
    const duties = dutiesOf({ ...snapshot, refusals: await parts.refusals() }, parts);
    const systems = systemsIn(parts.scope, snapshot, title);
    const connected = systems.filter((system) => system.connected).length;
    const gaps = gapTable(snapshot, parts.gapRules, title, zone);
    return {
      // Red is for what is wrong or late, not for what has time yet.
      duties: duties.map((duty) => ({ ...duty, ahead: duty.clock?.late === false })),
      dutyCount: many(duties.length, "thing"),
      since: watchingSince(snapshot.history, zone),
      scopeWords:
        systems.length === 0
          ? ""
          : `${connected} of ${many(systems.length, "system")} in scope ${connected === 1 ? "is" : "are"} connected.`,
      unsure: snapshot.indexTrouble !== undefined,
      rest: restInWords(snapshot, duties.length, zone),
      systems,
      controls: controlTable(snapshot),
      nils: nilTable(snapshot, zone),
      indexTrouble: snapshot.indexTrouble,
      collectors: collectorTable(snapshot, title, zone),
      gaps: { ...gaps, rows: gaps.rows.slice(0, GAPS_AT_HOME) },
      moreGaps: gaps.rows.length > GAPS_AT_HOME ? gaps.rows.length : undefined,
      runs: runTable(snapshot.history, title, zone, { limit: RUNS_AT_HOME }).table,
      reports: reportTable(await listReports(parts.reportsFolder), zone),
    };
  });

  page("/controls", "Controls", "controls", (snapshot) => ({
    now: forPeople(snapshot.now, zone),
    unavailable: snapshot.indexTrouble,
    controls: controlViews(snapshot),
  }));

  page("/gaps", "Gaps", "gaps", (snapshot) => ({ gaps: gapTable(snapshot, parts.gapRules, title, zone) }));

  page("/runs", "Runs", "runs", (snapshot, query) => {
    const given = query.get("before") ?? "";
    const before = ENTRY.test(given) ? { before: Number(given) } : {};
    const { table, next } = runTable(snapshot.history, title, zone, { limit: RUNS_ON_A_PAGE, ...before });
    return { runs: table, next };
  });

  server.get("/fingerprint", async (_, reply) => {
    const [head, { origin, vkey, heads }] = await Promise.all([parts.head(), parts.published()]);
    const rows = heads.map((one) => [
      { text: one.place },
      { text: many(one.size, "record") },
      { text: one.root },
      { text: forPeople(one.sent, zone) },
    ]);
    const published = {
      caption: "Fingerprints that left the store",
      columns: ["Place", "Up to", "Fingerprint", "Sent"],
      rows,
      empty: "None has left the store yet: so far only the operator's word stands.",
    };
    const frame = { title: "Fingerprint of the log", path: "/fingerprint", head };
    return send(reply, "fingerprint", frame, { ...head, origin, vkey, published });
  });

  server.get("/style.css", (_, reply) =>
    reply.type("text/css; charset=utf-8").header("cache-control", "no-cache").send(style),
  );
  server.get("/icon.svg", (_, reply) => reply.type("image/svg+xml").header("cache-control", "no-cache").send(icon));

  server.get<{ Params: { name: string } }>("/reports/:name", async (request, reply) => {
    const found = await openReport(parts.reportsFolder, request.params.name);
    if (found === undefined) return reply.callNotFound();
    const { file, size, type } = found;
    reply.type(type).header("content-length", size).header("cache-control", "no-store");
    reply.header("content-disposition", `attachment; filename="${request.params.name}"`);
    // Not beyond the size announced, should somebody write to it meanwhile.
    return reply.send(file.createReadStream({ start: 0, end: Math.max(0, size - 1) }));
  });

  return (reply, status, heading, text, remedy) =>
    send(reply.code(status), "message", { title: heading, path: "" }, { title: heading, text, remedy });
}
