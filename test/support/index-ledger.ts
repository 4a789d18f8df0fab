import { z } from "zod";
import { defineCollector } from "../../src/collector/define.ts";
import { readFacts as readWith } from "../../src/collector/facts.ts";
import { type Entry, encodeEntry } from "../../src/evidence/entry.ts";
import { type Fact, type Problem, wholeFact } from "../../src/evidence/fact.ts";
import { encodeManifest, type ManifestCapture } from "../../src/evidence/manifest.ts";
import type { LedgerReader, ReadFacts } from "../../src/index/follow.ts";
import { digestOf } from "../../src/lib/digest.ts";
import { iso } from "../../src/lib/time.ts";
import { chain, config, entry, genesis, instance, run, t } from "./entries.ts";

/** Reads a capture that is a JSON array of facts and problems. */
const listed = defineCollector({
  name: "incident-log/listed",
  title: "A list of facts",
  family: "incident-log",
  mode: "window",
  facts: ["incident", "job-run"],
  cadence: "daily",
  grace: "6h",
  config: z.strictObject({}),
  reader: 1,
  blindSpots: [],
  permissions: [],
  // biome-ignore lint/correctness/useYield: nothing is collected here
  async *collect() {
    return { seen: "full" };
  },
  read: ({ bytes }) => JSON.parse(new TextDecoder().decode(bytes)) as (Fact | Problem)[],
});

/** The collector API's own reading of an entry, with that one collector. */
export const readFacts: ReadFacts = (entry, blob) => readWith(entry, blob, [listed]);

const START = t("2026-01-01");
const HOUR = 3_600_000;

export function incident(id: string, fields: Partial<Extract<Fact, { kind: "incident" }>> = {}): Fact {
  const none = {
    severity: null,
    nature: null,
    acknowledgedAt: null,
    containedAt: null,
    owner: null,
    commander: null,
    review: null,
  };
  const times = { occurredAt: START, detectedAt: START + HOUR, resolvedAt: null, closedAt: null };
  return wholeFact({
    kind: "incident",
    id,
    title: id,
    status: "open",
    personalData: null,
    ...none,
    ...times,
    ...fields,
  });
}

export class SampleLedger implements LedgerReader {
  readonly origin: string;
  readonly entries: Entry[] = [];
  readonly blobs = new Map<string, Uint8Array>();

  constructor(origin = "example-0a1b2c3d") {
    this.origin = origin;
    this.add(genesis(START, { origin }), config(START, [instance({ id: "incidents", use: "incident-log/listed" })]));
  }

  get size(): number {
    return this.entries.length;
  }

  add(...entries: Entry[]): this {
    this.entries.push(...entries);
    return this;
  }

  /** A run of an instance, one item per list of facts and problems. */
  addRun(lists: readonly (readonly unknown[])[], fields: { instance?: string; use?: string } = {}): this {
    const at = START + this.size * HOUR;
    const { instance: id = "incidents", use = "incident-log/listed" } = fields;
    const captures = lists.map((list, n): ManifestCapture => {
      const bytes = new TextEncoder().encode(JSON.stringify(list));
      return {
        ...this.put(bytes, "application/json"),
        origin: `list ${n}`,
        capturedAt: iso(at),
        masked: [{ rule: "token", count: n }],
      };
    });
    const window = { from: iso(at - HOUR), to: iso(at) };
    const manifest = encodeManifest({ v: 1, instance: id, use, window, reader: 1, captures, problems: [] });
    return this.add(
      run(at, {
        instance: id,
        use,
        covered: [[at - HOUR, at]],
        items: captures.length,
        evidence: [],
        manifest: this.put(manifest, "application/vnd.custody.manifest+json"),
      }),
    );
  }

  put(bytes: Uint8Array, mediaType: string) {
    const digest = digestOf(bytes);
    this.blobs.set(digest, bytes);
    return { digest, size: bytes.length, mediaType };
  }

  async *read(from = 0) {
    for (const one of chain(this.entries).slice(from)) {
      const bytes = encodeEntry(one);
      yield { index: one.index, digest: digestOf(bytes), bytes, entry: one };
    }
  }

  async blob(digest: string) {
    return this.blobs.get(digest);
  }
}

/** Some hundred entries of all sorts: facts that stay, change and come back, problems, failures, uploads, kinds of the future. */
export function richLedger(runs = 300): SampleLedger {
  const ledger = new SampleLedger();
  for (let n = 0; n < runs; n += 1) {
    const status = n % 40 < 20 ? "open" : "resolved";
    const facts = [
      incident("INC-1"),
      incident("INC-2", { status }),
      incident(`INC-${3 + (n % 5)}`, { title: "a\0b \u{1f525}", closedAt: START + n }),
    ];
    const problem: Problem = { kind: "problem", where: "list, line 3", message: "expected a date, found \0" };
    if (n % 11 === 5)
      ledger.add(run(START + ledger.size * HOUR, { instance: "incidents", covered: [], reason: "refused" }));
    else if (n % 13 === 7) ledger.addRun([["rubbish"], facts]);
    else if (n % 17 === 3) ledger.addRun([facts], { instance: "gone", use: "incident-log/removed" });
    else ledger.addRun(n % 7 === 0 ? [[problem], facts] : [facts, []]);
  }
  const at = START + ledger.size * HOUR;
  const upload = ledger.put(new TextEncoder().encode("minutes"), "text/plain");
  ledger.add(
    entry("upload", at, {
      evidence: [upload],
      controls: ["A.5.27"],
      manifest: ledger.put(new TextEncoder().encode("{"), "application/json"),
    }),
  );
  return ledger.add(
    entry("telepathy", at, { instance: "incidents", thought: "\u0000 and more", deep: { er: [1, 2] } }),
  );
}
