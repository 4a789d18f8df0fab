/**
 * What a wake-up of the schedule costs over a ledger of three years: twelve collectors that owe evidence every quarter of
 * an hour, one of them with a year of holes. Prints times and ratios; the ratios are what to look at on another machine.
 *
 *   node bench/schedule.bench.mjs [YEARS]
 */
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { compileModules } from "../build/modules.mjs";

const SLOTS = ["history", "state", "work"].map((name) => `src/slots/${name}.ts`);
await compileModules(fileURLToPath(new URL("../dist/modules", import.meta.url)), SLOTS);
const { History } = await import("../dist/modules/src/slots/history.js");
const { slotsOf } = await import("../dist/modules/src/slots/state.js");
const { dueWork } = await import("../dist/modules/src/slots/work.js");

const QUARTER = 15 * 60_000;
const DAY = 24 * 60 * 60_000;
const ZONE = "Europe/Berlin";
const COLLECTORS = 12;
const LOOKS = 200;
const ALL = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
const iso = (at) => new Date(at).toISOString();

const base = (index, kind, at) => ({
  v: 1,
  index,
  prev: "0".repeat(64),
  batch: "0".repeat(32),
  kind,
  at: iso(at),
  actor: { type: "system", id: "custody" },
  software: "bench",
});

/** A history of so many years, without what is older than a run of each collector every hour. */
function historyOf(cadence, years) {
  const start = Date.UTC(2024, 0, 1);
  const end = start + years * 365 * DAY;
  const history = new History();
  let index = 0;
  const add = (entry) => history.add(index++, { ...entry, index: index - 1 });
  const ids = Array.from({ length: COLLECTORS }, (_, i) => `collector-${i}`);
  const record = (id) => ({ id, use: "a/b", family: "a", mode: "window", cadence, grace: "1h", zone: ZONE });
  const digest = { digest: "0".repeat(64), size: 2, mediaType: "application/json" };
  add({ ...base(0, "genesis", start), origin: "bench", nonce: "0".repeat(32), zone: ZONE, key: "k" });
  add({ ...base(0, "config", start), config: digest, zone: ZONE, instances: ids.map(record) });
  let runs = 0;
  for (let at = start + 4 * QUARTER; at <= end; at += 4 * QUARTER) {
    for (const id of ids) {
      // The first collector has no evidence of the second year.
      if (id === "collector-0" && at > start + 365 * DAY && at < start + 730 * DAY) continue;
      const window = { from: iso(at - 4 * QUARTER), to: iso(at) };
      add({
        ...base(0, "run", at),
        instance: id,
        use: "a/b",
        trigger: "schedule",
        window,
        started: iso(at),
        ended: iso(at),
        outcome: "collected",
        covered: [window],
        requests: 1,
        found: { reader: 1, facts: 0, problems: 0 },
        items: 0,
        evidence: [],
      });
      runs += 1;
    }
  }
  return { history, end, runs };
}

function timed(work) {
  const started = performance.now();
  const result = work();
  return [performance.now() - started, result];
}

const years = Number(process.argv[2] ?? 3);
for (const cadence of ["15m", "0,15,30,45 * * * *"]) {
  const { history, end, runs } = historyOf(cadence, years);
  const instances = [...history.instances.values()];
  const [whole, slots] = timed(() => instances.reduce((n, one) => n + slotsOf(one, ALL, end).length, 0));
  const look = (at) => instances.reduce((n, one) => n + dueWork(one, at, 3_600_000).length, 0);
  const [first] = timed(() => look(end));
  const ticks = Array.from({ length: LOOKS }, (_, i) => timed(() => look(end + (i + 1) * 60_000))[0]).sort(
    (a, b) => a - b,
  );
  const [median, worst] = [ticks[LOOKS / 2], ticks[LOOKS - 1]];
  const ms = (n) => n.toFixed(n < 10 ? 2 : 0);
  process.stdout.write(
    `${cadence}: ${years} years, ${COLLECTORS} collectors, ${runs} runs, ${slots} slots
  all states from nothing   ${ms(whole)} ms
  first wake-up             ${ms(first)} ms
  each later one            ${ms(median)} ms (worst of ${LOOKS}: ${ms(worst)} ms)
  all states : wake-up      ${Math.round(whole / median)} : 1
`,
  );
}
