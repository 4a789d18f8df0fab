import { assessControls, type ControlAssessment } from "../assess/assess.ts";
import type { Observed } from "../evidence/fact.ts";
import { decodeManifest } from "../evidence/manifest.ts";
import { latestFacts, listProblems, type ProblemView } from "../index/query.ts";
import { messageOf } from "../lib/errors.ts";
import type { Instant, Interval } from "../lib/time.ts";
import type { History } from "../slots/history.ts";
import { type FailingJob, failingJobs } from "./jobs.ts";
import type { PortalParts } from "./parts.ts";

/** What only the index knows. */
interface Known {
  readonly size: number;
  readonly facts: readonly Observed[];
  /** In the newest evidence of every instance: what should be mended now. */
  readonly problems: readonly ProblemView[];
  readonly allProblems: readonly ProblemView[];
}

/** Everything a page is made of, as of one moment. */
export interface Snapshot {
  readonly now: Instant;
  readonly size: number;
  readonly history: History;
  /** What is assessed: the last year. */
  readonly period: Interval;
  /** Why a last run did not see everything, in its own words, by instance. */
  readonly details: ReadonlyMap<string, string>;
  /** Undefined while the index is not available. */
  readonly controls: readonly ControlAssessment[] | undefined;
  readonly problems: readonly ProblemView[] | undefined;
  readonly failingJobs: readonly FailingJob[] | undefined;
  readonly indexTrouble: string | undefined;
}

const YEAR = 365 * 86_400_000;
/** A page does not wait longer for the index; the next one finds it ready. */
const INDEX_WITHIN = 4_000;
const MINUTE = 60_000;
const MAX_PROBLEMS = 10_000;

/** Makes snapshots, and keeps what is dear to make until the ledger grows. States come from the ledger, facts from the index. */
export class Snapshots {
  readonly #parts: PortalParts;
  #known: Known | undefined;
  #asking: Promise<Known> | undefined;
  #trouble: string | undefined;
  #judged: { readonly key: string; readonly controls: readonly ControlAssessment[] } | undefined;
  #details: ReadonlyMap<string, string> = new Map();

  constructor(parts: PortalParts) {
    this.#parts = parts;
  }

  /** Throws what the ledger throws when it cannot be read; an index that is away is part of the answer. */
  async take(): Promise<Snapshot> {
    const { clock } = this.#parts;
    const { history, size } = await this.#parts.history();
    const now = Math.max(history.asOf, clock.now());
    const period = { from: now - YEAR, to: now };
    const known = await this.#know(size);
    const details = await this.#lastWords(history);
    return {
      now,
      size,
      history,
      period,
      details,
      controls: known && this.#judge(known, history, period, now),
      problems: known?.problems,
      failingJobs:
        known && failingJobs(known.facts, now, (id) => history.instances.get(id)?.record.use !== "cron-health/custody"),
      indexTrouble: known ? undefined : this.#trouble,
    };
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
    const problems = await listProblems(index, { limit: MAX_PROBLEMS });
    const allProblems = await listProblems(index, { all: true, limit: MAX_PROBLEMS });
    this.#trouble = undefined;
    this.#known = { size, facts, problems, allProblems };
    return this.#known;
  }

  /** Time alone makes a requirement overdue, so a judgement is kept for a minute at most. */
  #judge(known: Known, history: History, period: Interval, now: Instant): readonly ControlAssessment[] {
    const key = `${known.size} ${Math.floor(now / MINUTE)}`;
    if (this.#judged?.key === key) return this.#judged.controls;
    const { catalogue, yields } = this.#parts;
    const { facts, allProblems: problems } = known;
    const controls = assessControls({ catalogue, period, histories: history, facts, problems, asOf: now, yields });
    this.#judged = { key, controls };
    return controls;
  }

  /** What the last run of each instance said where it did not see everything; an entry holds the code, its manifest the words. */
  async #lastWords(history: History): Promise<ReadonlyMap<string, string>> {
    const words = new Map<string, string>();
    const read = new Map<string, string>();
    for (const { id, runs } of history.instances.values()) {
      const run = runs.at(-1);
      if (run === undefined || run.outcome === "collected" || run.manifest === undefined) continue;
      const { digest } = run.manifest;
      const detail = this.#details.get(digest) ?? (await this.#detailIn(digest));
      read.set(digest, detail);
      if (detail !== "") words.set(id, detail);
    }
    this.#details = read;
    return words;
  }

  async #detailIn(digest: string): Promise<string> {
    try {
      const bytes = await this.#parts.blob(digest);
      return (bytes && decodeManifest(bytes).detail) ?? "";
    } catch {
      return "";
    }
  }
}
