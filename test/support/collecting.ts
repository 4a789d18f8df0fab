import { onTestFinished } from "vitest";
import type { Capture, Collector } from "../../src/collector/define.ts";
import { capturesOf, type FoundFact, type FoundProblem, latestFacts, readFacts } from "../../src/collector/facts.ts";
import { acceptMessage } from "../../src/collector/intake.ts";
import { readCapture } from "../../src/collector/reading.ts";
import { type RunResult, runCollector } from "../../src/collector/run.ts";
import type { Fact, Problem } from "../../src/evidence/fact.ts";
import { type Clock, systemClock } from "../../src/lib/clock.ts";
import type { Interval } from "../../src/lib/time.ts";
import { instanceOf } from "./collector-run.ts";
import { newLedger } from "./ledger.ts";

const SECRETS: Readonly<Record<string, string>> = { "${env:TOKEN}": "TOKEN-of-the-test-4711" };

export interface Collecting {
  /** One run through the real runner into a real ledger. */
  run(window: Interval): Promise<RunResult>;
  /** One message to the instance's inbox. */
  receive(bytes: Uint8Array): Promise<void>;
  /** What the ledger shows by now: the newest revision of each fact. */
  facts(): Promise<FoundFact[]>;
  problems(): Promise<FoundProblem[]>;
  /** The captures as they were stored, oldest first. */
  stored(): Promise<{ url: string; text: string }[]>;
}

/** An instance of a collector with a ledger of its own. */
export async function collecting(
  collector: Collector,
  config: unknown,
  clock: Clock = systemClock,
): Promise<Collecting> {
  const { ledger } = await newLedger({ clock });
  onTestFinished(() => ledger.close());
  const instance = instanceOf(collector, config);
  const secrets = Object.values(SECRETS);
  const signal = new AbortController().signal;
  const found = async () => {
    const facts: FoundFact[] = [];
    const problems: FoundProblem[] = [];
    for await (const { entry } of ledger.read()) {
      const one = await readFacts(entry, (digest) => ledger.blob(digest), [collector]);
      facts.push(...one.facts);
      problems.push(...one.problems);
    }
    return { facts, problems };
  };
  return {
    run: (window) =>
      runCollector({
        instance,
        window,
        trigger: "manual",
        ledger: { put: (bytes, type) => ledger.put(bytes, type), append: (drafts) => ledger.append(drafts) },
        clock,
        signal,
        reveal: ({ secret }) => SECRETS[secret] ?? "",
        secrets,
        folder: ".",
        listening: () => [],
        ownRuns: async function* () {},
        received: async function* () {},
        log: { info() {}, warn() {} },
      }),
    async receive(bytes) {
      const message = { bytes, mediaType: "application/json", path: "", receivedAt: clock.now() };
      await acceptMessage({
        instance,
        message,
        ledger: { put: (b, t) => ledger.put(b, t), append: (d) => ledger.append(d) },
        secrets,
      });
    },
    facts: async () => latestFacts((await found()).facts),
    problems: async () => (await found()).problems,
    async stored() {
      const all: { url: string; text: string }[] = [];
      for await (const { entry } of ledger.read()) {
        for await (const { record, capture } of capturesOf(entry, (digest) => ledger.blob(digest))) {
          all.push({ url: record.origin, text: Buffer.from(capture?.bytes ?? []).toString("utf8") });
        }
      }
      return all;
    },
  };
}

/** What a collector's reader finds in some text. */
export function read(
  collector: Collector,
  text: string,
  over: Partial<Capture> = {},
): { facts: readonly Fact[]; problems: readonly Problem[] } {
  return readCapture(collector, {
    bytes: Buffer.from(text, "utf8"),
    mediaType: "application/json",
    origin: "recording",
    capturedAt: Date.parse("2026-11-21T06:02:20.000Z"),
    window: { from: 0, to: 1 },
    ...over,
  });
}
