import { describe, expect, onTestFinished, test } from "vitest";
import type { Capture, Collector } from "../../src/collector/define.ts";
import { MIN_SECRET_LENGTH } from "../../src/collector/mask.ts";
import { spellingsOf } from "../../src/collector/spelling.ts";
import { Fact } from "../../src/evidence/fact.ts";
import type { Json } from "../../src/lib/canonical.ts";
import { parseDuration } from "../../src/lib/time.ts";
import { CANARY, DAY, type RunOptions, runOver } from "./collector-run.ts";
import { RecordingLedger } from "./recording-ledger.ts";

/** Bytes as a source gave them. */
export interface Recording {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly origin: string;
  readonly parameters?: Json | undefined;
}

/** A source that runs: what a run needs to ask it, and how it ends. Each call starts a fresh one with the same content. */
export type StartSource = () => Promise<RunOptions & { readonly stop?: () => Promise<void> }>;

export interface CollectorContract {
  /** A configuration as a person writes it, secrets as references. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly recordings: readonly Recording[];
  /** Everything is there: the run is collected. */
  readonly source: StartSource;
  /** Something of the window is no longer there, or beyond a limit: the run must not claim it. */
  readonly short?: StartSource;
  /** Nobody answers. */
  readonly gone?: StartSource;
}

const HOSTILE: Readonly<Record<string, Uint8Array>> = {
  "nothing at all": new Uint8Array(),
  "a web page": Buffer.from("<!doctype html><html><body>Sign in</body></html>"),
  "binary bytes": Uint8Array.from({ length: 512 }, (_, i) => (i * 167 + 13) % 256),
  "JSON of another shape": Buffer.from('{"a":[1,null,{"__proto__":{"b":1}}],"status":"success","data":null}'),
  "a JSON null": Buffer.from("null"),
  "a deep nesting": Buffer.from("[".repeat(20_000)),
  "a list of nulls": Buffer.from("[null,null]"),
};

/** What every collector promises, whatever its source is; one call per collector. */
export function describeCollector(collector: Collector, contract: CollectorContract): void {
  const started = async (start: StartSource): Promise<RunOptions> => {
    const { stop, ...options } = await start();
    if (stop) onTestFinished(stop);
    return { config: contract.config, ...options };
  };
  const captureOf = (recording: Recording, bytes = recording.bytes): Capture => {
    const { mediaType, origin, parameters } = recording;
    const capture = { bytes, mediaType, origin, capturedAt: DAY.to, window: DAY };
    return parameters === undefined ? capture : { ...capture, parameters };
  };

  describe(`${collector.name} keeps the contract of collectors:`, () => {
    test("its declaration is complete and frozen", () => {
      expect(Object.isFrozen(collector)).toBe(true);
      expect(collector.name.split("/")[0]).toBe(collector.family);
      expect(collector.blindSpots.length).toBeGreaterThan(0);
      expect(collector.permissions.length).toBeGreaterThan(0);
      expect(collector.facts.length).toBeGreaterThan(0);
      expect(collector.reader).toBeGreaterThan(0);
      expect(parseDuration(collector.grace)).toBeDefined();
      // Custody's own heartbeat comes by no message.
      if (collector.mode === "inbox" && collector.name !== "cron-health/heartbeat")
        expect(collector.receive).toBeDefined();
    });

    test("its configuration is strict and takes secrets by reference only", () => {
      expect(collector.config.safeParse(contract.config).success).toBe(true);
      expect(collector.config.safeParse({ ...contract.config, unknownKey: 1 }).success).toBe(false);
      for (const [key, value] of Object.entries(contract.config)) {
        if (typeof value !== "string" || !value.startsWith("${")) continue;
        expect(collector.config.safeParse({ ...contract.config, [key]: CANARY }).success).toBe(false);
      }
    });

    test("reading its recordings twice finds the same facts, of declared kinds only", () => {
      let facts = 0;
      for (const recording of contract.recordings) {
        const found = [...collector.read(captureOf(recording))];
        expect([...collector.read(captureOf(recording))]).toEqual(found);
        for (const one of found) {
          if (one.kind === "problem") continue;
          expect(Fact.safeParse(one).error).toBeUndefined();
          expect(collector.facts).toContain(one.kind);
          facts++;
        }
      }
      expect(facts).toBeGreaterThan(0);
    });

    test("reading damaged bytes leaves problems and never throws", () => {
      for (const recording of contract.recordings) {
        const { bytes } = recording;
        const cuts = Array.from({ length: 24 }, (_, i) => bytes.slice(0, Math.floor((bytes.length * i) / 24)));
        for (const damaged of [...cuts, ...Object.values(HOSTILE)]) {
          for (const one of collector.read(captureOf(recording, damaged))) {
            if (one.kind === "problem") expect(one.message).not.toBe("");
            else expect(Fact.safeParse(one).error).toBeUndefined();
          }
        }
        const page = [...collector.read(captureOf(recording, HOSTILE["a web page"]))];
        expect(page.map((one) => one.kind)).toContain("problem");
      }
    });

    test("a run over everything is collected, and the same window again stores no new evidence", async () => {
      const options = await started(contract.source);
      const ledger = new RecordingLedger();
      const first = await runOver(collector, { ...options, ledger });
      expect(first.message).toContain(collector.title);
      expect({ outcome: first.outcome, detail: first.message }).toMatchObject({ outcome: "collected" });
      expect(first.draft.covered.length + (first.draft.instants?.length ?? 0)).toBeGreaterThan(0);
      const again = await runOver(collector, { ...options, ledger, trigger: "backfill" });
      expect(again.draft.evidence).toEqual(first.draft.evidence);
      expect(ledger.entries).toHaveLength(2);
    });

    test("a run that is told to stop stops within one request and says so", async () => {
      const options = await started(contract.source);
      const stop = new AbortController();
      const ledger = new RecordingLedger();
      const stored: string[] = [];
      ledger.beforePut = (_, mediaType) => {
        if (!mediaType.includes("manifest")) stored.push(mediaType);
        stop.abort();
      };
      const stopped = await runOver(collector, { ...options, ledger, signal: stop.signal });
      expect(stored).toHaveLength(1);
      expect(stopped.draft).toMatchObject({ outcome: "partial", reason: "interrupted", covered: [], items: 1 });
      const never = await runOver(collector, { ...options, signal: AbortSignal.abort() });
      expect(never.draft).toMatchObject({ outcome: "failed", reason: "interrupted", items: 0, requests: 0 });
    });

    test("no secret is in anything it stores or says", async () => {
      const said: string[] = [];
      for (const start of [contract.source, contract.short, contract.gone]) {
        if (!start) continue;
        const options = await started(start);
        const { ledger, message, problems } = await runOver(collector, { ...options, secrets: [CANARY] });
        said.push(ledger.everything(), message, JSON.stringify(problems));
      }
      const spellings = spellingsOf(CANARY).flatMap((s) => [s, Buffer.from(s, "utf8").toString("latin1")]);
      expect(spellings.length).toBeGreaterThan(MIN_SECRET_LENGTH);
      for (const spelling of spellings) for (const text of said) expect(text.includes(spelling)).toBe(false);
    });

    const { short, gone } = contract;
    if (short) {
      test("what the source no longer has is not claimed", async () => {
        const { draft } = await runOver(collector, await started(short));
        expect(draft.outcome).toBe("partial");
        expect(draft.covered.every(({ from }) => Date.parse(from) > DAY.from)).toBe(true);
      });
    }
    if (gone) {
      test("a source that does not answer is unavailable, and the message says what to do", async () => {
        const { draft, message } = await runOver(collector, await started(gone));
        expect(draft).toMatchObject({ outcome: "unavailable", covered: [], reason: "SOURCE_UNREACHABLE" });
        expect(message).toMatch(/Check/);
      });
    }
  });
}
