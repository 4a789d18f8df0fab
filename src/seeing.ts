import type { AssessmentInput } from "./assess/assess.ts";
import { loadCatalogue } from "./assess/catalogue.ts";
import { assessedDuties } from "./assess/due.ts";
import { nilReturnsOf } from "./assess/nil-return.ts";
import { named } from "./assess/sign-off.ts";
import { hasInbox } from "./collector/intake.ts";
import type { Custody } from "./custody.ts";
import type { Duty } from "./duties/duty.ts";
import { titlesOf } from "./duties/duty.ts";
import { failingJobs } from "./duties/jobs.ts";
import { LastWords } from "./duties/last-words.ts";
import { dutiesOf, type Seen } from "./duties/today.ts";
import type { Observed } from "./evidence/fact.ts";
import { seeWatch } from "./forecasting.ts";
import { type AnyGap, gapsIn } from "./gaps/gap.ts";
import { messageOf } from "./lib/errors.ts";
import type { Instant } from "./lib/time.ts";
import { namesOf } from "./people.ts";
import { memoriesOf } from "./preserving.ts";
import { Publishing } from "./publishing.ts";
import type { History } from "./slots/history.ts";
import { catalogueBytes } from "./work.ts";

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
}

const INDEX_WITHIN = 60_000;
const MAX_PROBLEMS = 10_000;
const YEAR = 365 * 86_400_000;

/**
 * What a person must do. `inside`: also what only the index knows, which may have to be started for it; where it cannot be asked
 * that is part of the answer.
 */
export async function seeDuties(custody: Custody, { now, history }: Sight, inside: boolean): Promise<Duties> {
  const { config } = custody;
  const view = await custody.view();
  const details = await new LastWords().of(history, (digest) => view.blob(digest));
  const conditions = await custody.conditions();
  const watch = await seeWatch(custody, now);
  const known = inside ? await withIndex(custody, history, now) : { unsure: undefined };
  const refusals = await new Publishing(custody).refusals();
  const seen: Seen = {
    now,
    history,
    conditions,
    details,
    problems: undefined,
    failingJobs: undefined,
    watch,
    refusals,
    ...known,
  };
  const duties = dutiesOf(seen, {
    organisation: config.organisation,
    collectors: collectorTitles(custody),
    people: config.people,
    gapRules: config.gaps,
    inboxTroubles: () => inboxTroubles(custody),
  });
  return { duties, unsure: known.unsure };
}

/** What the configured collectors are called. */
export function collectorTitles({ config }: Custody): { readonly id: string; readonly title: string }[] {
  return config.instances.map(({ id, collector }) => ({ id, title: collector.title }));
}

export const titles = (custody: Custody) => titlesOf(collectorTitles(custody));

type Inside = Pick<Seen, "problems" | "failingJobs" | "others"> & { readonly unsure: string | undefined };

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
  const { latestFacts, listProblems } = await import("./index/query.ts");
  const index = await custody.index();
  const facts: Observed[] = [];
  for await (const { fact, instance, entry, digest, item, ordinal } of latestFacts(index)) {
    facts.push({ fact, instance, entry, item: digest, position: item, ordinal });
  }
  const problems = await listProblems(index, { limit: MAX_PROBLEMS });
  const counts = (id: string) => history.instances.get(id)?.record.use !== "cron-health/custody";
  const names = await namesOf(custody);
  const input: AssessmentInput = {
    catalogue: loadCatalogue(new TextDecoder().decode(await catalogueBytes())),
    period: { from: now - YEAR, to: now },
    histories: history,
    facts,
    problems: await listProblems(index, { all: true, limit: MAX_PROBLEMS }),
    asOf: now,
    yields: (use) => custody.config.collectors.find(({ name }) => name === use)?.facts,
    signOffs: (await custody.signOffs()).counting.map((one) => named(one, names)),
  };
  const others = assessedDuties({
    nilReturns: nilReturnsOf(input),
    facts,
    memories: await memoriesOf(custody),
    instances: history.instances,
    now,
    zone: custody.config.organisation.zone,
  });
  return { problems, failingJobs: failingJobs(facts, now, counts), others };
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
