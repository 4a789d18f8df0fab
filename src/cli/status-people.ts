import { NIL_RETURN } from "../assess/nil.ts";
import { type NilReturn, nilReturnsOf, windowAsFlag, windowInWords } from "../assess/nil-return.ts";
import { type PreservationDuty, preservationDue } from "../assess/preservation.ts";
import { NOUNS } from "../assess/vocabulary.ts";
import { type FoundProblem, readFacts } from "../collector/facts.ts";
import type { Custody } from "../custody.ts";
import type { Observed } from "../evidence/fact.ts";
import { assessmentOf, catalogueIn } from "../gathering.ts";
import type { Instant, Interval } from "../lib/time.ts";
import { wallClock } from "../lib/zone.ts";
import { namesOf } from "../people.ts";
import { memoriesOf, registerFacts } from "../preserving.ts";
import { inRecords } from "./sign.ts";

/** What `custody status` says about what people confirm and what they should preserve: lines, and the same as records. */
export async function peopleStatus(
  custody: Custody,
  now: Instant,
): Promise<{ readonly lines: readonly string[]; readonly record: object }> {
  const { zone } = custody.config.organisation;
  const nils = await lastMonth(custody, now, zone);
  const { instances } = await custody.history();
  const memories = await memoriesOf(custody);
  const facts = memories.length > 0 ? await registerFacts(custody) : [];
  const duties = preservationDue({ facts, memories, instances, now, zone });
  return {
    lines: [...nils.flatMap((one) => nilLine(one, zone)), ...duties.flatMap(preserveLines)],
    record: {
      nilReturns: nils.map(inRecords),
      preserve: duties.map(({ incident, deadline, sources }) => ({ incident, deadline, sources })),
    },
  };
}

/**
 * The claims of the last month that is over. Status reads no evidence but what came after a confirmation: what came before
 * was looked at then. So of what nobody confirmed it tells only what the records of the runs decide by themselves.
 */
async function lastMonth(custody: Custody, now: Instant, zone: string): Promise<NilReturn[]> {
  const first = wallClock(now, zone).toPlainDate().with({ day: 1 });
  const start = (day: typeof first) => day.toZonedDateTime(zone).epochMilliseconds;
  const window = { from: start(first.subtract({ months: 1 })), to: start(first) };
  const history = await custody.history();
  const signOffs = await custody.signOffs();
  const { catalogue } = await catalogueIn(custody, { config: custody.newestConfig });
  const meant = signOffs.counting.filter((one) => one.subject === NIL_RETURN && meet(one.window, window));
  const since = meant.length > 0 ? Math.min(...meant.map(({ seen }) => seen)) : undefined;
  const { facts, problems } = since === undefined ? { facts: [], problems: [] } : await factsSince(custody, since);
  const names = meant.length > 0 ? await namesOf(custody) : new Map<string, string>();
  const judged = assessmentOf(custody, { history, facts, problems, signOffs }, catalogue, window, names);
  return nilReturnsOf({ ...judged, asOf: now }).filter((one) => isDecided(one, history.instances, window));
}

const meet = (a: Interval, b: Interval): boolean => a.from < b.to && b.from < a.to;

function isDecided(
  { state, sources }: NilReturn,
  instances: Awaited<ReturnType<Custody["history"]>>["instances"],
  window: Interval,
): boolean {
  if (state === "unwatched" || state === "running" || state === "occupied") return false;
  if (state !== "confirmable") return true;
  // What was found may be of another kind or time; that is for `custody sign` to say.
  return sources.every(({ instance }) =>
    (instances.get(instance)?.runs ?? []).every((run) => run.facts === 0 || !meet(run.window, window)),
  );
}

async function factsSince(custody: Custody, from: number): Promise<{ facts: Observed[]; problems: FoundProblem[] }> {
  const ledger = await custody.view();
  const disposals = await custody.disposals();
  const { collectors } = custody.config;
  const facts: Observed[] = [];
  const problems: FoundProblem[] = [];
  for await (const { entry } of ledger.read(from)) {
    const read = await readFacts(
      entry,
      (digest) => ledger.blob(digest),
      collectors,
      (digest, named) => disposals.explains(digest, named),
    );
    facts.push(...read.facts);
    problems.push(...read.problems);
  }
  return { facts, problems };
}

function nilLine({ window, over, state, reason }: NilReturn, zone: string): string[] {
  const what = `${windowInWords(window, zone)}, no ${NOUNS[over][0]}`;
  switch (state) {
    case "confirmed":
      return [`${what}: confirmed.`];
    case "confirmable":
      return [`${what}: can be confirmed; \`custody sign ${NIL_RETURN} ${windowAsFlag(window, zone)}\`.`];
    default:
      return [`${what}: ${reason}.`];
  }
}

const preserveLines = ({ title, lost, commands }: PreservationDuty): string[] => [
  `${title}. ${lost}`,
  ...commands.map((command) => `  \`${command}\``),
];
