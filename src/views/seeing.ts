import { memoriesOf } from "../acts/preserving.ts";
import type { AssessmentInput } from "../assess/assess.ts";
import { catalogueOf } from "../assess/catalogue.ts";
import { assessedDuties } from "../assess/due.ts";
import { type NilReturn, nilReturnsOf } from "../assess/nil-return.ts";
import { named } from "../assess/sign-off.ts";
import { hasInbox } from "../collector/intake.ts";
import type { Custody } from "../custody.ts";
import { seeWatch } from "../daemon/forecasting.ts";
import { Publishing } from "../daemon/publishing.ts";
import type { Duty } from "../duties/duty.ts";
import { titlesOf } from "../duties/duty.ts";
import { failingJobs } from "../duties/jobs.ts";
import { LastWords } from "../duties/last-words.ts";
import { dutiesOf, type Seen } from "../duties/today.ts";
import type { Observed } from "../evidence/fact.ts";
import { waiversDue } from "../findings/due.ts";
import { withOwners } from "../findings/waiver.ts";
import { type AnyGap, gapsIn } from "../gaps/gap.ts";
import type { ProblemView } from "../index/query.ts";
import { messageOf } from "../lib/errors.ts";
import type { Instant } from "../lib/time.ts";
import { namesOf } from "../people.ts";
import { readInside } from "../reading-inside.ts";
import type { History } from "../slots/history.ts";
import { catalogueBytes } from "../work.ts";
import { answersDue } from "./gap-answers.ts";
import { liveClocks } from "./live-clocks.ts";
import { undecidedDuties } from "./undecided.ts";

/** What a person must do, for commands and notices alike; the pages show the same. */

/** What is known of gaps as of now. */
export interface Sight {
  readonly now: Instant;
  readonly history: History;
  readonly gaps: readonly AnyGap[];
  /** Records that this rests on. */
  readonly size: number;
}

/** The gaps, out of the ledger alone. */
export async function seeGaps(custody: Custody): Promise<Sight> {
  // First: what comes meanwhile is not counted as seen.
  const { size } = await custody.view();
  const history = await custody.history();
  const now = Math.max(history.asOf, custody.clock.now());
  return { now, history, gaps: gapsIn(history, await custody.conditions(), now, custody.config.gaps), size };
}

export interface Duties {
  readonly duties: readonly Duty[];
  /** Why what is written inside the evidence could not be looked up; undefined where it was, or was not asked for. */
  readonly unsure: string | undefined;
  /** Every claim of the last year that nothing happened, as far as it is known; none where that was not asked for. */
  readonly nilReturns: readonly NilReturn[];
}

const INDEX_WITHIN = 60_000;
const MAX_PROBLEMS = 10_000;
const YEAR = 365 * 86_400_000;

/**
 * What a person must do. `inside`: where what is written inside the evidence is looked up. The index may have to be started for it, and
 * where it cannot be asked that is part of the answer; the log is read for the newest records only. `false`: nowhere.
 */
export async function seeDuties(
  custody: Custody,
  { now, history, gaps }: Sight,
  inside: "index" | "log" | false,
): Promise<Duties> {
  const { config } = custody;
  const view = await custody.view();
  const details = await new LastWords().of(history, (digest) => view.blob(digest));
  const conditions = await custody.conditions();
  const watch = await seeWatch(custody, now, { notice: inside !== "log" });
  const known = inside === false ? nothing() : await KNOWING[inside](custody, history, now);
  const refusals = await new Publishing(custody).refusals();
  const waivers = await waiverDuties(custody, now);
  const seen: Seen = {
    now,
    history,
    conditions,
    details,
    problems: undefined,
    failingJobs: undefined,
    watch,
    refusals,
    clocks: inside === false ? [] : await liveClocks(custody, now),
    answers: await answersDue(custody, gaps, now),
    ...known,
    others: [...waivers, ...(known.others ?? [])],
  };
  const duties = dutiesOf(seen, {
    organisation: config.organisation,
    collectors: collectorTitles(custody),
    people: config.people,
    gapRules: config.gaps,
    inboxTroubles: () => inboxTroubles(custody),
  });
  return { duties, unsure: known.unsure, nilReturns: known.nilReturns ?? [] };
}

/** What is accepted now and will soon not be; out of the ledger alone. */
export async function waiverDuties(custody: Custody, now: Instant): Promise<Duty[]> {
  const { all } = await custody.waivers();
  const names = all.length === 0 ? new Map<string, string>() : await namesOf(custody);
  return waiversDue(withOwners(all, names), now, custody.config.organisation.zone);
}

/** What the configured collectors are called. */
export function collectorTitles({ config }: Custody): { readonly id: string; readonly title: string }[] {
  return config.instances.map(({ id, collector }) => ({ id, title: collector.title }));
}

export const titles = (custody: Custody) => titlesOf(collectorTitles(custody));

type Inside = Partial<Pick<Seen, "problems" | "failingJobs" | "others">> & {
  readonly unsure: string | undefined;
  readonly nilReturns?: readonly NilReturn[];
};

const KNOWING: Readonly<
  Record<"index" | "log", (custody: Custody, history: History, now: Instant) => Promise<Inside>>
> = {
  index: withIndex,
  log: withLog,
};

const nothing = (): Inside => ({ unsure: undefined });

async function withLog(custody: Custody, history: History, now: Instant): Promise<Inside> {
  const { facts, problems, allProblems, from } = await readInside(custody, history, now);
  const nilReturns = (await nilReturnsHere(custody, history, now, facts, allProblems)).filter(
    (one) => one.window.from >= from || isDecided(one, history),
  );
  return {
    problems,
    ...(await followingFrom(custody, history, now, facts, nilReturns)),
    nilReturns,
    unsure: undefined,
  };
}

/** Where not everything was read: true for what the records of the runs decide by themselves. */
function isDecided({ state, sources, window }: NilReturn, { instances }: History): boolean {
  if (state === "occupied") return false;
  if (state !== "confirmable") return true;
  return sources.every(({ instance }) =>
    (instances.get(instance)?.runs ?? []).every(
      (run) => run.facts === 0 || run.window.from >= window.to || window.from >= run.window.to,
    ),
  );
}

async function withIndex(custody: Custody, history: History, now: Instant): Promise<Inside> {
  const done = new AbortController();
  const late = custody.clock.sleep(INDEX_WITHIN, done.signal).then(
    () => "late" as const,
    () => "late" as const,
  );
  const asked = askIndex(custody, history, now);
  // Nobody waits for its end when it comes too late.
  asked.catch(() => {});
  try {
    const found = await Promise.race([asked, late]);
    if (found !== "late") return { ...found, unsure: undefined };
    return { problems: undefined, failingJobs: undefined, unsure: "the index is still being prepared" };
  } catch {
    // Why, its own page and the log of the daemon say; it would help nobody who reads this on a phone.
    return { problems: undefined, failingJobs: undefined, unsure: "the index is not available" };
  } finally {
    done.abort();
  }
}

async function askIndex(custody: Custody, history: History, now: Instant): Promise<Omit<Inside, "unsure">> {
  const { alertWordings, latestFacts, listProblems } = await import("../index/query.ts");
  const index = await custody.index();
  const facts: Observed[] = [];
  for await (const { fact, instance, entry, digest, item, ordinal } of latestFacts(index)) {
    facts.push({ fact, instance, entry, item: digest, position: item, ordinal });
  }
  const problems = await listProblems(index, { limit: MAX_PROBLEMS });
  const allProblems = await listProblems(index, { all: true, limit: MAX_PROBLEMS });
  const nilReturns = await nilReturnsHere(custody, history, now, facts, allProblems);
  const alerts: Observed[] = [];
  for await (const { fact, instance, entry, digest, item, ordinal, at } of alertWordings(index))
    alerts.push({ fact, instance, entry, item: digest, position: item, ordinal, at });
  return { problems, ...(await followingFrom(custody, history, now, facts, nilReturns, alerts)), nilReturns };
}

async function nilReturnsHere(
  custody: Custody,
  history: History,
  now: Instant,
  facts: readonly Observed[],
  problems: readonly ProblemView[],
): Promise<NilReturn[]> {
  const { counting } = await custody.signOffs();
  const names = counting.length === 0 ? new Map<string, string>() : await namesOf(custody);
  const input: AssessmentInput = {
    catalogue: catalogueOf(new TextDecoder().decode(await catalogueBytes(custody.config))),
    period: { from: now - YEAR, to: now },
    histories: history,
    facts,
    problems,
    asOf: now,
    yields: (use) => custody.config.collectors.find(({ name }) => name === use)?.facts,
    signOffs: counting.map((one) => named(one, names)),
  };
  return nilReturnsOf(input);
}

/** What follows for a person from facts. */
async function followingFrom(
  custody: Custody,
  history: History,
  now: Instant,
  facts: readonly Observed[],
  nilReturns: readonly NilReturn[],
  alerts: readonly Observed[] = facts,
): Promise<Required<Pick<Inside, "failingJobs" | "others">>> {
  const counts = (id: string) => history.instances.get(id)?.record.use !== "cron-health/custody";
  const others = assessedDuties({
    nilReturns,
    facts,
    memories: await memoriesOf(custody),
    instances: history.instances,
    now,
    zone: custody.config.organisation.zone,
  });
  const undecided = await undecidedDuties(custody, alerts, now);
  return { failingJobs: failingJobs(facts, now, counts), others: [...undecided, ...others] };
}

/** Inboxes whose secret cannot be read, and why. */
export function inboxTroubles({ config }: Custody): { readonly instance: string; readonly message: string }[] {
  return config.instances.flatMap((instance) => {
    const ref = hasInbox(instance) ? instance.collector.inboxToken?.(instance.config as never) : undefined;
    try {
      if (ref) config.reveal(ref);
      return [];
    } catch (error) {
      return [{ instance: instance.id, message: messageOf(error) }];
    }
  });
}
