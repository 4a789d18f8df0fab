import { type AssessmentInput, assessControls, type ControlAssessment } from "../assess/assess.ts";
import { assessedDuties } from "../assess/due.ts";
import { type NilReturn, nilReturnsOf } from "../assess/nil-return.ts";
import type { OwnRegister } from "../assess/own-register.ts";
import type { SignOff } from "../assess/sign-off.ts";
import type { Duty } from "../duties/duty.ts";
import type { AnswerDue } from "../duties/gaps.ts";
import { type FailingJob, failingJobs } from "../duties/jobs.ts";
import { type Details, LastWords } from "../duties/last-words.ts";
import type { Seen } from "../duties/today.ts";
import type { Observed } from "../evidence/fact.ts";
import { waiversDue } from "../findings/due.ts";
import type { Waiver } from "../findings/waiver.ts";
import type { Conditions } from "../gaps/conditions.ts";
import { gapsIn } from "../gaps/gap.ts";
import { alertWordings, latestFacts, listProblems, type ProblemView } from "../index/query.ts";
import { messageOf } from "../lib/errors.ts";
import type { Instant, Interval } from "../lib/time.ts";
import type { History } from "../slots/history.ts";
import type { PortalParts } from "./parts.ts";

/** What only the index knows. */
interface Known {
  readonly size: number;
  readonly facts: readonly Observed[];
  /** Alerts in each of their wordings. */
  readonly alerts: readonly Observed[];
  readonly own: OwnRegister | undefined;
  /** In the newest evidence of every instance: what should be mended now. */
  readonly problems: readonly ProblemView[];
  readonly allProblems: readonly ProblemView[];
}

/** Everything a page is made of, as of one moment. */
export interface Snapshot {
  readonly now: Instant;
  readonly size: number;
  readonly history: History;
  readonly conditions: Conditions;
  /** What is assessed: the last year. */
  readonly period: Interval;
  /** Why a last run did not see everything, in its own words, by instance. */
  readonly details: Details;
  /** Undefined while the index is not available. */
  readonly controls: readonly ControlAssessment[] | undefined;
  /** Every claim of the last year that nothing happened, month by month. */
  readonly nilReturns: readonly NilReturn[] | undefined;
  readonly problems: readonly ProblemView[] | undefined;
  readonly failingJobs: readonly FailingJob[] | undefined;
  /** What follows from the facts for a person to do. */
  readonly others: readonly Duty[];
  /** Deadlines that run, and until when gaps are to be answered. */
  readonly clocks?: readonly Duty[];
  readonly answers?: ReadonlyMap<string, AnswerDue>;
  readonly indexTrouble: string | undefined;
  /** What Custody found out about itself. */
  readonly watch?: Seen["watch"];
}

const YEAR = 365 * 86_400_000;
/** A page does not wait longer for the index; the next one finds it ready. */
const INDEX_WITHIN = 4_000;
const MINUTE = 60_000;
const MAX_PROBLEMS = 10_000;

interface Judged {
  readonly controls: readonly ControlAssessment[];
  readonly nilReturns: readonly NilReturn[];
}

/** Makes snapshots, and keeps what is dear to make until the ledger grows. States come from the ledger, facts from the index. */
export class Snapshots {
  readonly #parts: PortalParts;
  #known: Known | undefined;
  #asking: Promise<Known> | undefined;
  #trouble: string | undefined;
  #judged: ({ readonly key: string } & Judged) | undefined;
  readonly #lastWords = new LastWords();

  constructor(parts: PortalParts) {
    this.#parts = parts;
  }

  /** Throws what the ledger throws when it cannot be read; an index that is away is part of the answer. */
  async take(): Promise<Snapshot> {
    const { clock } = this.#parts;
    const { history, conditions, size } = await this.#parts.history();
    const now = Math.max(history.asOf, clock.now());
    const period = { from: now - YEAR, to: now };
    const known = await this.#know(size);
    const details = await this.#lastWords.of(history, (digest) => this.#parts.blob(digest));
    const signOffs = known === undefined ? [] : await this.#parts.signOffs();
    const waivers = (await this.#parts.waivers?.()) ?? [];
    const gaps = gapsIn(history, conditions, now, this.#parts.gapRules);
    const policies = await this.#parts.policies?.();
    const toldAs = known && (await this.#parts.toldAs?.(known.facts));
    const judged = known && this.#judge(known, history, period, now, signOffs, waivers, { policies, gaps, toldAs });
    return {
      now,
      size,
      history,
      conditions,
      period,
      details,
      controls: judged?.controls,
      nilReturns: judged?.nilReturns,
      clocks: (await this.#parts.clocks?.(now)) ?? [],
      answers: (await this.#parts.answers?.(gaps, now)) ?? new Map(),
      others: [
        ...((known && (await this.#parts.undecided?.(known.alerts, now))) ?? []),
        ...waiversDue(waivers, now, this.#parts.organisation.zone),
        ...(await this.#others(known, judged?.nilReturns ?? [], history, now)),
      ],
      problems: known?.problems,
      failingJobs:
        known && failingJobs(known.facts, now, (id) => history.instances.get(id)?.record.use !== "cron-health/custody"),
      indexTrouble: known ? undefined : this.#trouble,
      watch: await this.#parts.watch(now),
    };
  }

  async #others(
    known: Known | undefined,
    nilReturns: readonly NilReturn[],
    { instances }: History,
    now: Instant,
  ): Promise<readonly Duty[]> {
    if (known === undefined) return [];
    const { zone } = this.#parts.organisation;
    const memories = await this.#parts.memories();
    return assessedDuties({ nilReturns, facts: known.facts, memories, instances, now, zone });
  }

  async #know(size: number): Promise<Known | undefined> {
    if (this.#known?.size === size) return this.#known;
    this.#asking ??= this.#ask(size).finally(() => {
      this.#asking = undefined;
    });
    const done = new AbortController();
    const late = this.#parts.clock.sleep(INDEX_WITHIN, done.signal).then(
      () => undefined,
      () => undefined,
    );
    try {
      const known = await Promise.race([this.#asking, late]);
      if (known === undefined) this.#trouble = "it is being prepared; look again in a moment";
      return known;
    } catch (error) {
      const trouble = messageOf(error);
      if (trouble !== this.#trouble)
        this.#parts.log.error({ error: trouble }, "the index is not available; pages show the rest");
      this.#trouble = trouble;
      return undefined;
    } finally {
      done.abort();
    }
  }

  async #ask(size: number): Promise<Known> {
    const index = await this.#parts.index();
    const facts: Observed[] = [];
    for await (const { fact, instance, entry, digest, item, ordinal } of latestFacts(index)) {
      facts.push({ fact, instance, entry, item: digest, position: item, ordinal });
    }
    const own = await this.#parts.own?.();
    if (own !== undefined) facts.push(...own.facts);
    const problems = await listProblems(index, { limit: MAX_PROBLEMS });
    const allProblems = await listProblems(index, { all: true, limit: MAX_PROBLEMS });
    this.#trouble = undefined;
    const alerts: Observed[] = [];
    for await (const { fact, instance, entry, digest, item, ordinal, at } of alertWordings(index))
      alerts.push({ fact, instance, entry, item: digest, position: item, ordinal, at });
    this.#known = { size, facts, alerts, own: own?.register, problems, allProblems };
    return this.#known;
  }

  /** Time alone makes a requirement overdue, so a judgement is kept for a minute at most. */
  #judge(
    known: Known,
    history: History,
    period: Interval,
    now: Instant,
    signOffs: readonly SignOff[],
    waivers: readonly Waiver[],
    rules: Pick<AssessmentInput, "policies" | "gaps" | "toldAs">,
  ): Judged {
    const key = `${known.size} ${Math.floor(now / MINUTE)}`;
    if (this.#judged?.key === key) return this.#judged;
    const { catalogue, yields } = this.#parts;
    const { facts, allProblems: problems } = known;
    const input: AssessmentInput = {
      catalogue,
      period,
      histories: history,
      facts,
      problems,
      asOf: now,
      yields,
      signOffs,
      waivers,
      own: known.own,
      laws: this.#parts.laws,
      ...rules,
    };
    this.#judged = { key, controls: assessControls(input), nilReturns: nilReturnsOf(input) };
    return this.#judged;
  }
}
