import type { Custody } from "../custody.ts";
import type { Draft } from "../evidence/entry.ts";
import { hasIndex, indexFindings } from "../indexing.ts";
import { canonicalBytes, type Json } from "../lib/canonical.ts";
import { fromBase64 } from "../lib/digest.ts";
import { CustodyError, isCustodyError, messageOf } from "../lib/errors.ts";
import { iso } from "../lib/time.ts";
import { eitherOf } from "../schedule/turns.ts";
import { compareMirror, readMirror } from "../verify/mirror.ts";
import { type VerifyOptions, type VerifyResult, verifyLedger } from "../verify/verify.ts";
import { outsideOf } from "../views/outside.ts";
import { considerate } from "../watch/bounded.ts";
import { daysUntil, expiryCodes, expiryInWords } from "../watch/certificates.ts";
import type { ClockSight, ClockWatch } from "../watch/clock.ts";
import { diskInWords } from "../watch/disk.ts";
import { checksDue, onceOf } from "../watch/due.ts";
import type { Check, WatchLog } from "../watch/log.ts";
import { expiriesHere, forecastHere, watchedSince } from "./forecasting.ts";
import { knownHere } from "./known-heads.ts";

/** Custody looks after itself: what it finds is recorded, and what is bad becomes a gap that people are told of. */

/** What came of one check. */
export interface Checked {
  readonly check: Check;
  readonly result: "good" | "bad" | "unknown";
  /** One sentence. */
  readonly said: string;
}

type Found = Omit<Extract<Draft, { kind: "self-check" }>, "kind" | "actor" | "check" | "started" | "ended" | "body"> & {
  readonly said: string;
  readonly body?: Json;
};

/** A log with more records is verified by hand: the look at it needs memory for each of them. */
const MAX_VERIFIED = 2_000_000;
const MAX_CODES = 32;
const FINDINGS_KEPT = 20;
const MAX_BODY = 64 * 1024;
const WEEK_DAY_IN_FULL = 7;
const DAY = 24 * 3_600_000;
const SYSTEM = { type: "system", id: "custody" } as const;

/** The checks of a workspace, made when they are due. */
export class Watching {
  readonly #custody: Custody;
  /** The state of the clock that was recorded last by this process. */
  #clockSaid: ClockSight["state"] | undefined;

  constructor(custody: Custody) {
    this.#custody = custody;
  }

  /**
   * Makes what is due and records it. `busy` while collectors run: hard work waits for them, for a while. One process at a
   * time. Throws what the ledger throws.
   */
  async checkDue(signal: AbortSignal, busy: boolean): Promise<Checked[]> {
    const custody = this.#custody;
    const log = await custody.watchLog();
    const now = custody.clock.now();
    const due = checksDue(log, await this.#possible(), await watchedSince(custody), now, busy);
    if (this.#clockChanged() && !due.includes("clock")) due.unshift("clock");
    if (due.length === 0) return [];
    const turn = await custody.turns.take("self-check", signal);
    if (turn === undefined) return [];
    const done: Checked[] = [];
    const either = eitherOf(signal, turn.lost);
    try {
      for (const check of due) {
        if (either.signal.aborted) break;
        const one = await this.#make(check, log, either.signal);
        if (one !== undefined) done.push(one);
      }
    } finally {
      either.done();
      await turn.release();
    }
    return done;
  }

  /** What this workspace has something for. */
  async #possible(): Promise<Check[]> {
    const { config, clockWatch } = this.#custody;
    return [
      ...(clockWatch === undefined ? [] : (["clock"] as const)),
      "disk",
      "certificate",
      ...(config.watch.verify === "off" ? [] : (["integrity"] as const)),
      ...((await hasIndex(this.#custody)) && this.#custody.databaseAway === undefined ? (["index"] as const) : []),
      ...(config.mirror === undefined ? [] : (["mirror"] as const)),
    ];
  }

  #clockChanged(): boolean {
    const state = this.#custody.clockWatch?.last?.state;
    return state !== undefined && this.#clockSaid !== undefined && state !== this.#clockSaid;
  }

  async #make(check: Check, log: WatchLog, signal: AbortSignal): Promise<Checked | undefined> {
    const { clock } = this.#custody;
    const started = clock.now();
    let found: Found | undefined;
    try {
      found = await this.#look(check, log, signal);
    } catch (error) {
      // Who was stopped has found nothing; what the ledger says against itself is not for us to keep quiet.
      if (signal.aborted) return undefined;
      if (!isCustodyError(error) || error.kind === "fatal") throw error;
      found = { result: "unknown", codes: [codeOf(error)], said: `could not be looked at: ${messageOf(error)}` };
    }
    if (found === undefined) return undefined;
    const { said, body, ...fields } = found;
    const ledger = await this.#custody.ledger();
    const bytes = body === undefined ? undefined : canonicalBytes(body);
    const blob = bytes && bytes.length <= MAX_BODY ? await ledger.put(bytes, "application/json") : undefined;
    // A clock that changed is said each time; everything else once per round, whoever looked.
    const isSaid = check === "clock" && fields.result !== "unknown";
    const once = isSaid ? {} : { once: onceOf(check, fields.result, started) };
    await ledger.append([
      {
        kind: "self-check",
        actor: SYSTEM,
        ...once,
        check,
        started: iso(started),
        ended: iso(Math.max(started, clock.now())),
        ...fields,
        ...(blob === undefined ? {} : { body: blob }),
      },
    ]);
    return { check, result: fields.result, said };
  }

  #look(check: Check, log: WatchLog, signal: AbortSignal): Promise<Found | undefined> {
    switch (check) {
      case "clock":
        return this.#lookAtClock(signal);
      case "disk":
        return this.#lookAtDisks(log);
      case "certificate":
        return this.#lookAtCertificates(signal);
      case "integrity":
        return this.#verify(log, signal);
      case "index":
        return this.#compareIndex();
      case "mirror":
        return this.#compareMirror(signal);
    }
  }

  async #lookAtClock(signal: AbortSignal): Promise<Found> {
    const watch = this.#custody.clockWatch as ClockWatch;
    const sight = await watch.look(signal);
    if (sight === undefined) return { result: "unknown", codes: ["unreachable"], said: watch.trouble ?? "no answer" };
    this.#clockSaid = sight.state;
    const { offset, uncertainty, use } = sight.reading;
    const codes = sight.state === "right" ? {} : { codes: [`clock-${sight.state}`] };
    return {
      result: sight.state === "wrong" ? "bad" : "good",
      ...codes,
      value: offset,
      said: `${use}: ${offset} ms (± ${uncertainty} ms)`,
    };
  }

  async #lookAtDisks(log: WatchLog): Promise<Found> {
    const disks = await forecastHere(this.#custody, log);
    const least = disks[0];
    if (least === undefined) return { result: "unknown", codes: ["unreachable"], said: "no folder could be looked at" };
    const codes = [...new Set(disks.flatMap((disk) => disk.codes))];
    return {
      result: codes.length > 0 ? "bad" : "good",
      ...(codes.length > 0 ? { codes } : {}),
      value: least.free,
      body: { v: 1, disks: disks.map(({ folders, free, size }) => ({ folders: [...folders], free, size })) },
      said: disks.map(diskInWords).join("; "),
    };
  }

  async #lookAtCertificates(signal: AbortSignal): Promise<Found | undefined> {
    const { ends, unseen } = await expiriesHere(this.#custody, signal);
    const now = this.#custody.clock.now();
    if (ends.length + unseen.length === 0) return undefined;
    const body: Json = {
      v: 1,
      ends: ends.map((one) => ({ what: one.what, ends: iso(one.ends) })),
      unseen: unseen.map(({ what, why }) => ({ what, why })),
    };
    if (ends.length === 0) return { result: "unknown", codes: ["unreachable"], body, said: "no server answered" };
    const codes = expiryCodes(ends, now);
    return {
      result: codes.length > 0 ? "bad" : "good",
      ...(codes.length > 0 ? { codes } : {}),
      value: Math.min(...ends.map((one) => daysUntil(one.ends, now))),
      body,
      said: expiryInWords(ends, now) || `${ends.length} looked at`,
    };
  }

  async #verify(log: WatchLog, signal: AbortSignal): Promise<Found> {
    const custody = this.#custody;
    const { size } = await custody.view();
    if (size > MAX_VERIFIED)
      return {
        result: "unknown",
        codes: ["too-large"],
        said: `${size} records; up to ${MAX_VERIFIED} are verified here`,
      };
    const quick = this.#isQuick(log);
    let result = await this.#verifyOnce(quick, signal);
    // Another process may have been writing just then: what is wrong is wrong a second time.
    if (!result.ok) result = await this.#verifyOnce(quick, signal);
    const seen = result.root === undefined ? {} : { seen: { size: result.size, root: result.root } };
    const codes = [...new Set(result.findings.map(({ code }) => code))].slice(0, MAX_CODES);
    return {
      result: result.ok ? "good" : "bad",
      ...seen,
      ...(quick ? { quick: true } : {}),
      ...(codes.length > 0 ? { codes } : {}),
      ...(result.ok ? {} : { body: findingsOf(result) }),
      said: `${result.checked.entries} records, ${result.checked.blobs} files: ${result.verdicts.integrity.word}`,
    };
  }

  /** In full as the configuration says, else a folder always, and a bucket, where reading costs, once a week. */
  #isQuick(log: WatchLog): boolean {
    const { watch, store } = this.#custody.config;
    if (watch.verify !== undefined) return watch.verify === "quick";
    const last = log.newestKnown("integrity");
    const day = Math.floor(this.#custody.clock.now() / DAY) % WEEK_DAY_IN_FULL;
    return store.kind === "s3" && last !== undefined && day !== 0;
  }

  async #verifyOnce(quick: boolean, signal: AbortSignal): Promise<VerifyResult> {
    const custody = this.#custody;
    const options = await this.#options(quick);
    const { heads } = await knownHere(custody);
    return verifyLedger(considerate(await custody.store(), signal), { ...options, since: heads });
  }

  async #options(quick: boolean): Promise<VerifyOptions> {
    const { config, clock } = this.#custody;
    const outside = await outsideOf(config);
    return { keys: [await this.#custody.pinnedKey()], quick, now: clock.now(), outside };
  }

  async #compareIndex(): Promise<Found> {
    // Before it is compared it must have read everything.
    await this.#custody.index();
    const findings = await indexFindings(this.#custody);
    if (findings.length === 0) return { result: "good", said: "as the log says" };
    const body: Json = { v: 1, findings: findings.slice(0, FINDINGS_KEPT).map(inBody) };
    return { result: "bad", codes: ["index-altered"], body, said: `${findings.length} differences` };
  }

  async #compareMirror(signal: AbortSignal): Promise<Found> {
    const custody = this.#custody;
    const opened = await custody.mirror();
    if (opened === undefined) throw new CustodyError("BUG", "there is no mirror");
    try {
      const place = opened.place;
      const mirror = { ...considerate(opened, signal), place };
      const store = considerate(await custody.store(), signal);
      const options = await this.#options(true);
      const reading = await readMirror(mirror, options);
      const result = await verifyLedger(store, {
        ...options,
        since: reading.head === undefined ? [] : [reading.head],
        further: [async (known, findings) => void (await compareMirror(store, mirror, reading, known, findings))],
      });
      const differs = result.findings.filter(({ code }) => code === "mirror-differs");
      const root = reading.result.root;
      const seen = root !== undefined && fromBase64(root) ? { seen: { size: reading.result.size, root } } : {};
      if (differs.length === 0) return { result: "good", ...seen, quick: true, said: `${reading.result.size} records` };
      const body: Json = { v: 1, findings: differs.slice(0, FINDINGS_KEPT).map(inBody) };
      return {
        result: "bad",
        ...seen,
        quick: true,
        codes: ["mirror-differs"],
        body,
        said: `${differs.length} differences`,
      };
    } finally {
      await opened.close();
    }
  }
}

const inBody = (one: VerifyResult["findings"][number]): Json => ({
  code: one.code,
  where: one.where.slice(0, 500),
  expected: one.expected.slice(0, 500),
  found: one.found.slice(0, 500),
});

const findingsOf = (result: VerifyResult): Json => ({
  v: 1,
  findings: result.findings.slice(0, FINDINGS_KEPT).map(inBody),
  found: result.found,
});

/** A closed code, as entries spell it. */
function codeOf(error: CustodyError): string {
  return error.kind === "temporary" ? "unreachable" : error.code.toLowerCase().replaceAll("_", "-");
}
