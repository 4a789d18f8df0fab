/**
 * What became of every expected piece of evidence, worked out a second time: by walking through the time in quarters of an
 * hour with the machine's own calendar, and by marking minutes. It shares no code with the program, and knows only what
 * the records say. Good for zones and cadences whose bounds lie on quarters of an hour, and records on whole minutes.
 */
export interface OracleSlot {
  readonly from: number;
  readonly to: number;
  readonly state: string;
}

type Json = Readonly<Record<string, unknown>>;
interface Settings {
  readonly at: number;
  readonly cadence: string;
  readonly grace: number;
  readonly zone: string;
  readonly mode: string;
}

const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;
const HOURS: Readonly<Record<string, number>> = { h: 60, d: 1440, m: 1 };

/** Milliseconds of a record's time; each is read once. */
const read = new Map<unknown, number>();
function ms(text: unknown): number {
  const known = read.get(text);
  if (known !== undefined) return known;
  const at = Date.parse(String(text));
  read.set(text, at);
  return at;
}
const minutesOf = (duration: string): number =>
  Number(duration.slice(0, -1)) * (HOURS[duration.slice(-1)] ?? Number.NaN);

/** What a zone's clock on the wall shows, as `2028-03-26 02:15`. */
function wallClocks() {
  const zones = new Map<string, { readonly format: Intl.DateTimeFormat; readonly shown: Map<number, string> }>();
  return (at: number, zone: string): string => {
    const { format, shown } = zones.get(zone) ?? {
      format: new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" }),
      shown: new Map<number, string>(),
    };
    zones.set(zone, { format, shown });
    const text = shown.get(at) ?? format.format(at);
    shown.set(at, text);
    return text;
  };
}
type WallClock = ReturnType<typeof wallClocks>;

/** A name of the period that a wall clock's time is in; later periods have later names. */
function periodName(cadence: string, wall: string): string {
  const [date = "", time = ""] = wall.split(" ");
  const [hour = "", minute = ""] = time.split(":");
  if (cadence === "daily") return date;
  if (cadence === "monthly") return date.slice(0, 7);
  if (cadence === "quarterly") return `${date.slice(0, 4)} ${Math.floor((Number(date.slice(5, 7)) - 1) / 3)}`;
  if (cadence === "weekly") {
    const day = new Date(`${date}T00:00:00Z`);
    const sinceMonday = (day.getUTCDay() + 6) % 7;
    return new Date(day.getTime() - sinceMonday * 1440 * MINUTE).toISOString().slice(0, 10);
  }
  const step = cadence === "hourly" ? 60 : minutesOf(cadence);
  return `${date} ${String(Math.floor((Number(hour) * 60 + Number(minute)) / step)).padStart(3, "0")}`;
}

/** Starts of periods up to `end`, each with the settings it began under. */
function periods(settings: readonly Settings[], end: number, wall: WallClock) {
  const [first] = settings;
  if (first === undefined) return [];
  const starts: { readonly at: number; readonly under: Settings }[] = [];
  let under = first;
  let latest = "";
  // A quarter of a year has at most 92 days.
  for (
    let at = Math.floor(first.at / QUARTER) * QUARTER - 93 * 1440 * MINUTE;
    at <= end + 100 * 1440 * MINUTE;
    at += QUARTER
  ) {
    const name = periodName(under.cadence, wall(at, under.zone));
    if (name <= latest) continue;
    const known = latest !== "";
    const now: Settings = settings.findLast((one) => one.at <= at) ?? first;
    latest = now === under ? name : periodName(now.cadence, wall(at, now.zone));
    under = now;
    if (known) starts.push({ at, under });
    if (at > end) break;
  }
  return starts;
}

/** All slots of an instance that have begun by `end`, from the entries of a ledger up to then. */
export function oracleSlots(
  entries: readonly Json[],
  instance: string,
  end: number,
  wall = wallClocks(),
): OracleSlot[] {
  const known = entries.filter((entry) => ms(entry.at) <= end);
  const settings: Settings[] = [];
  for (const entry of known.filter(({ kind }) => kind === "config")) {
    const one = (entry.instances as Json[]).find(({ id }) => id === instance);
    if (one === undefined) continue;
    const { cadence, grace, zone, mode } = one as Record<string, string>;
    const said = { cadence: cadence ?? "", grace: minutesOf(grace ?? "") * MINUTE, zone: zone ?? "", mode: mode ?? "" };
    const last = settings.at(-1);
    if (last && JSON.stringify({ ...last, at: 0 }) === JSON.stringify({ at: 0, ...said })) continue;
    settings.push({ at: ms(entry.at), ...said });
  }
  const runs = known.filter((entry) => entry.kind === "run" && entry.instance === instance);
  const good = runs.filter(({ outcome }) => outcome === "collected" || outcome === "partial");
  const [success] = good;
  const [configured] = settings;
  if (success === undefined || configured === undefined) return [];

  const base = configured.at - 100 * 1440 * MINUTE;
  /** Per minute: when it was first known to be covered. */
  const coveredAt = new Float64Array(Math.ceil((end - base) / MINUTE) + 1);
  const moments: { readonly moment: number; readonly at: number }[] = [];
  for (const run of good) {
    const at = ms(run.at);
    for (const { from, to } of run.covered as { from: string; to: string }[]) {
      if (ms(from) % MINUTE !== 0 || ms(to) % MINUTE !== 0) throw new Error(`${from} to ${to} are no whole minutes`);
      for (let m = Math.max(ms(from), base); m < Math.min(ms(to), at); m += MINUTE) {
        const i = (m - base) / MINUTE;
        if (coveredAt[i] === 0) coveredAt[i] = at;
      }
    }
    for (const moment of (run.instants ?? []) as string[])
      if (ms(moment) <= at) moments.push({ moment: ms(moment), at });
  }
  const paused = known.filter(
    (entry) => entry.kind === "plan" && entry.instance === instance && entry.action === "pause",
  );

  const starts = periods(settings, end, wall);
  const earliest = Math.min(
    ...(success.covered as { from: string }[]).map(({ from }) => ms(from)),
    ...((success.instants ?? []) as string[]).map(ms),
  );
  const slots: OracleSlot[] = [];
  for (const [i, { at: from, under }] of starts.entries()) {
    const to = starts[i + 1]?.at;
    if (to === undefined || from > end) break;
    const due = to + under.grace;
    if (slots.length === 0) {
      if (to <= Math.max(configured.at, earliest) || due < ms(success.at)) continue;
      if (under.mode === "snapshot" ? earliest >= to : earliest > from) continue;
    }
    let full = 0;
    let some = false;
    if (under.mode === "snapshot") {
      const seen = moments.filter(({ moment }) => from <= moment && moment <= due);
      full = seen.length > 0 ? Math.min(...seen.map(({ at }) => at)) : Number.POSITIVE_INFINITY;
      some = seen.some(({ at }) => at <= due);
    } else {
      for (let m = from; m < to; m += MINUTE) {
        const at = coveredAt[(m - base) / MINUTE] || Number.POSITIVE_INFINITY;
        full = Math.max(full, at);
        some ||= at <= due;
      }
    }
    const id = `${instance}@${new Date(from).toISOString()}`;
    const tries = runs.filter((run) => run.slot === id && ms(run.at) >= from && ms(run.at) <= due);
    const excused = paused.some((pause) => Math.max(ms(pause.from), ms(pause.at)) < to && to <= ms(pause.to));
    const state = (): string => {
      if (full <= due) return "collected";
      if (excused) return "paused";
      if (end < to) return "open";
      if (end <= due) return "due";
      if (full <= end) return "late";
      if (some) return "partial";
      return tries.length === 0 ? "missed" : tries.at(-1)?.outcome === "unavailable" ? "unavailable" : "failed";
    };
    slots.push({ from, to, state: state() });
  }
  return slots;
}

/** The oracle for several instances and moments: what clocks showed is looked up once. */
export function oracle(entries: readonly Json[]) {
  const wall = wallClocks();
  return (instance: string, end: number) => oracleSlots(entries, instance, end, wall);
}
