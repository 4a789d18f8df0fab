import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Draft, Entry } from "../src/evidence/entry.ts";
import { createLedger } from "../src/ledger/create.ts";
import { fileGuard, type Guard, joinGuards } from "../src/ledger/guard.ts";
import { Ledger } from "../src/ledger/ledger.ts";
import { sha256 } from "../src/lib/digest.ts";
import { isCustodyError } from "../src/lib/errors.ts";
import { MemoryStore } from "../src/store/memory.ts";
import type { Head } from "../src/tlog/checkpoint.ts";
import { newCosigner } from "../src/tlog/cosignature.ts";
import { generateKey, newSigner, type Signer } from "../src/tlog/note.ts";
import type { Outside } from "../src/trust/anchor.ts";
import { readCertificates } from "../src/tsp/certificate.ts";
import { type KnownHead, type VerifyResult, verifyLedger } from "../src/verify/verify.ts";
import { FakeClock } from "./support/clock.ts";
import { config, instance, run } from "./support/entries.ts";
import { accessDraft, memoryGuard, temporaryFolder } from "./support/ledger.ts";
import { checkpointIn, cosigned, recordHead } from "./support/outside.ts";
import { StampService } from "./support/stamp-service.ts";
import { describeWith } from "./support/tools.ts";
import { Tsa } from "./support/tsa.ts";

/**
 * What each combination of outside proofs, and of what was set back and what was not, looks like: the five words, the
 * findings, and what a writer says that opens such a store. The cases that nobody can see stand in it too, as unseen.
 */

const DAY = 86_400_000;
const BEGUN = Date.parse("2026-01-04T10:00:00.000Z");
const FIRST_RUN = Date.parse("2026-01-06T00:30:00.000Z");
const SECOND_RUN = FIRST_RUN + DAY;
/** When it is all looked at. */
const NOW = Date.parse("2027-01-01T00:00:00.000Z");

type Proof = (ledger: Ledger, checkpoint: Uint8Array, at: number) => Promise<unknown>;

/** What is known outside: how a head is proven at the first and at the second time, and who is trusted. */
interface Knowledge {
  readonly first: Proof;
  readonly second: Proof;
  /** What somebody with the key gets for a rewritten log: a witness remembers, a time stamping service does not. */
  readonly forged?: Proof;
  readonly outside: Outside;
}

const nothing: Proof = async () => {};
const stampBy =
  (tsa: StampService): Proof =>
  (ledger, checkpoint, at) =>
    recordHead(ledger, "timestamp", checkpoint, tsa.stamp(checkpoint, at));
const certified = (until: number) => new StampService().certify(BEGUN - DAY, until);
const only = (...services: StampService[]): Outside => ({ stampRoots: services.map((s) => s.root), witnesses: [] });

const KNOWLEDGE: Record<string, () => Knowledge> = {
  "no anchor": () => ({ first: nothing, second: nothing, outside: only() }),
  timestamp: () => {
    const tsa = certified(NOW + DAY);
    return { first: stampBy(tsa), second: stampBy(tsa), outside: only(tsa) };
  },
  witness: () => {
    const witness = newCosigner("witness.example", generateKey());
    const sign: Proof = async (ledger, checkpoint, at) =>
      recordHead(ledger, "witness", checkpoint, await cosigned(checkpoint, witness, at));
    return {
      first: sign,
      second: sign,
      forged: nothing,
      outside: { stampRoots: [], witnesses: [witness.cosigner.vkey] },
    };
  },
  both: () => {
    const tsa = certified(NOW + DAY);
    const witness = newCosigner("witness.example", generateKey());
    const both: Proof = async (ledger, checkpoint, at) => {
      await stampBy(tsa)(ledger, checkpoint, at);
      await recordHead(ledger, "witness", checkpoint, await cosigned(checkpoint, witness, at));
    };
    const outside = { stampRoots: [tsa.root], witnesses: [witness.cosigner.vkey] };
    return { first: both, second: both, forged: stampBy(tsa), outside };
  },
  "expired stamp": () => {
    const tsa = certified(SECOND_RUN + 10 * DAY);
    return { first: stampBy(tsa), second: stampBy(tsa), outside: only(tsa) };
  },
  "renewed stamp": () => {
    const [tsa, next] = [certified(SECOND_RUN + 10 * DAY), certified(NOW + DAY)];
    return { first: stampBy(tsa), second: stampBy(next), outside: only(tsa, next) };
  },
  "unknown root": () => {
    const tsa = certified(NOW + DAY);
    return { first: stampBy(tsa), second: stampBy(tsa), outside: only(certified(NOW + DAY)) };
  },
};

type Age = "old" | "new";

/** What an enemy did: which state the store is in, and which state each place that remembers heads still knows. */
interface Situation {
  readonly store: Age | "rewritten" | "replayed";
  readonly file?: Age;
  readonly row?: Age;
  readonly target?: Age;
}

const SITUATIONS: Record<string, Situation> = {
  "as it is": { store: "new", file: "new" },
  "as it is, head at a target": { store: "new", file: "new", row: "new", target: "new" },
  "as it is, older head at a target": { store: "new", file: "new", target: "old" },
  "store set back": { store: "old", file: "new" },
  "store and file set back, row not": { store: "old", file: "old", row: "new" },
  "store, file and row set back, target not": { store: "old", file: "old", row: "old", target: "new" },
  "all set back together": { store: "old", file: "old", row: "old", target: "old" },
  "all set back, no head given": { store: "old", file: "old" },
  "rewritten, file new": { store: "rewritten", file: "new" },
  "rewritten, target new": { store: "rewritten", file: "old", target: "new" },
  "rewritten, no head given": { store: "rewritten", file: "old" },
  "proofs put into another log": { store: "replayed" },
};

/** A log in both of its states, and both of its forgeries by whoever has the key. */
class Case {
  readonly states = new Map<Situation["store"], { store: MemoryStore; head: Head }>();
  readonly signer: Signer = newSigner("example-0a1b2c3d", generateKey());
  readonly knowledge: Knowledge;

  constructor(knowledge: Knowledge) {
    this.knowledge = knowledge;
  }

  async build(): Promise<this> {
    const { ledger, clock } = await this.#begin();
    const first = await this.#proven(ledger, clock, FIRST_RUN, 1, this.knowledge.first);
    await this.#keep("old", ledger);
    const old = new MemoryStore();
    for (const [key, bytes] of first.objects) old.objects.set(key, bytes);
    await this.#proven(ledger, clock, SECOND_RUN, 1, this.knowledge.second);
    await this.#keep("new", ledger);

    const forger = await this.#open(old);
    const { forged = this.knowledge.second } = this.knowledge;
    await this.#proven(forger.ledger, forger.clock, SECOND_RUN, 2, forged);
    while (forger.ledger.size < this.head("new").size) await forger.ledger.append([accessDraft("as-long-as-before")]);
    await this.#keep("rewritten", forger.ledger);

    const another = await this.#begin();
    const none = await this.#proven(another.ledger, another.clock, FIRST_RUN, 2, nothing);
    for (const [key, bytes] of this.#kept) none.objects.set(key, bytes);
    for (const draft of this.#proofs) await another.ledger.append([draft]);
    await this.#keep("replayed", another.ledger);
    return this;
  }

  /** `head` entries of the first time, and the files they name. */
  readonly #proofs: Draft[] = [];
  readonly #kept = new Map<string, Uint8Array>();
  readonly #stores = new Map<Ledger, MemoryStore>();

  async #open(store: MemoryStore) {
    const clock = new FakeClock(BEGUN);
    const parts = { store, signer: this.signer, guard: memoryGuard(), clock, software: "custody/test" };
    const head = (await Ledger.open({ ...parts, guard: accepting(store, parts.guard) })) as Ledger;
    this.#stores.set(head, store);
    return { ledger: head, clock };
  }

  async #begin() {
    const clock = new FakeClock(BEGUN);
    const store = new MemoryStore();
    const ledger = await createLedger(
      { store, signer: this.signer, guard: memoryGuard(), clock, software: "custody/test" },
      { zone: "UTC" },
    );
    this.#stores.set(ledger, store);
    const ref = await ledger.put(new TextEncoder().encode("config"), "application/yaml");
    await ledger.append([draftOf(config(BEGUN, [instance()], { config: ref }))]);
    return { ledger, clock };
  }

  /** One more day of evidence, and what somebody outside says of it. */
  async #proven(ledger: Ledger, clock: FakeClock, at: number, requests: number, proof: Proof): Promise<MemoryStore> {
    const store = this.#stores.get(ledger) as MemoryStore;
    clock.set(at);
    const midnight = at - (at % DAY);
    const covered = [[midnight - DAY, midnight]] as const;
    await ledger.append([draftOf(run(at, { covered, evidence: [], items: 0, requests }))]);
    await ledger.publish();
    const from = ledger.size;
    const before = new Set(store.objects.keys());
    await proof(ledger, await checkpointIn(store), at);
    if (at === FIRST_RUN && requests === 1) {
      for await (const { entry } of ledger.read(from)) this.#proofs.push(draftOf(entry));
      for (const [key, bytes] of store.objects)
        if (key.startsWith("blob/") && !before.has(key)) this.#kept.set(key, bytes);
    }
    await ledger.publish();
    return store;
  }

  async #keep(name: Situation["store"], ledger: Ledger): Promise<void> {
    const head = await ledger.publish();
    const copy = new MemoryStore();
    for (const [key, bytes] of (this.#stores.get(ledger) as MemoryStore).objects) copy.objects.set(key, bytes);
    this.states.set(name, { store: copy, head });
  }

  head(age: Age): Head {
    return this.states.get(age)?.head as Head;
  }

  store(state: Situation["store"]): MemoryStore {
    return this.states.get(state)?.store as MemoryStore;
  }

  /** What whoever verifies sees. */
  verified({ store, file, row, target }: Situation): Promise<VerifyResult> {
    const known = (age: Age | undefined, held: KnownHead["held"], from: string): KnownHead[] =>
      age === undefined ? [] : [{ ...this.head(age), held, from }];
    return verifyLedger(this.store(store), {
      keys: [this.signer.verifier],
      outside: this.knowledge.outside,
      now: NOW,
      since: [...known(file, "guard", "file"), ...known(row, "guard", "row"), ...known(target, "outside", "target")],
    });
  }

  /** What a writer says that opens the store: nothing, or the code of its refusal. */
  async opened({ store, file, row, target }: Situation): Promise<string> {
    const guards = await Promise.all(
      [file, row].map(async (age, i) => {
        const guard = fileGuard(join(await temporaryFolder(), `head-${i}`));
        if (age !== undefined) await guard.add(this.head(age));
        return guard;
      }),
    );
    const [first, second] = guards as [Guard, Guard];
    const parts = { signer: this.signer, clock: new FakeClock(NOW), software: "custody/test" };
    const copy = new MemoryStore();
    for (const [key, bytes] of this.store(store).objects) copy.objects.set(key, bytes);
    try {
      const elsewhere = async () => (target === undefined ? [] : [{ ...this.head(target), from: "the target" }]);
      await Ledger.open({ ...parts, store: copy, guard: joinGuards(first, second, () => false), elsewhere });
      return "opens";
    } catch (thrown) {
      if (!isCustodyError(thrown)) throw thrown;
      return thrown.code;
    }
  }
}

/** A guard that takes the store as it is: the forger's own. */
function accepting(store: MemoryStore, guard: Guard): Guard {
  return {
    ...guard,
    newest: async () => {
      const { parseCheckpoint } = await import("../src/tlog/checkpoint.ts");
      return (await guard.newest()) ?? parseCheckpoint(await checkpointIn(store));
    },
  };
}

/** What of an entry whoever appends it gives. */
function draftOf(entry: Entry): Draft {
  const { v, index, prev, batch, at, software, clock, ...draft } = entry as Entry & { clock?: unknown };
  return draft as Draft;
}

const wordsOf = ({ verdicts }: VerifyResult) => Object.values(verdicts).map(({ word }) => word);
const codesOf = ({ findings }: VerifyResult) => [...new Set(findings.map(({ code }) => code))].sort().join(",") || "-";

describe("five words, the findings, and what a writer says", () => {
  test.each(Object.keys(KNOWLEDGE))("with %s", async (name) => {
    const built = await new Case((KNOWLEDGE[name] as () => Knowledge)()).build();
    const rows: string[] = [];
    for (const [situation, state] of Object.entries(SITUATIONS)) {
      const result = await built.verified(state);
      rows.push(`${situation}: ${wordsOf(result).join(" ")} | ${codesOf(result)} | ${await built.opened(state)}`);
    }
    expect(rows).toEqual(EXPECTED[name]);
  });
});

const EXPECTED: Record<string, readonly string[]> = {
  "no anchor": [
    "as it is: intact unanchored self-attested complete current | - | opens",
    "as it is, head at a target: intact unanchored published complete current | - | opens",
    "as it is, older head at a target: intact unanchored published complete current | - | opens",
    "store set back: broken unanchored self-attested complete current | rolled-back | LEDGER_ROLLED_BACK",
    "store and file set back, row not: broken unanchored self-attested complete current | rolled-back | LEDGER_ROLLED_BACK",
    "store, file and row set back, target not: broken unanchored self-attested complete current | rolled-back | LEDGER_ROLLED_BACK",
    "all set back together: intact unanchored published complete current | - | opens",
    "all set back, no head given: intact unanchored self-attested complete current | - | opens",
    "rewritten, file new: broken unanchored self-attested complete current | forked | LEDGER_FORKED",
    "rewritten, target new: broken unanchored self-attested complete current | forked | LEDGER_FORKED",
    "rewritten, no head given: intact unanchored self-attested complete current | - | opens",
    "proofs put into another log: intact unanchored self-attested complete current | - | NO_GUARD",
  ],
  timestamp: [
    "as it is: intact anchored timestamped complete current | - | opens",
    "as it is, head at a target: intact anchored published complete current | - | opens",
    "as it is, older head at a target: intact anchored published complete current | - | opens",
    "store set back: broken anchored timestamped complete current | rolled-back | LEDGER_ROLLED_BACK",
    "store and file set back, row not: broken anchored timestamped complete current | rolled-back | LEDGER_ROLLED_BACK",
    "store, file and row set back, target not: broken anchored timestamped complete current | rolled-back | LEDGER_ROLLED_BACK",
    "all set back together: intact anchored published complete current | - | opens",
    "all set back, no head given: intact anchored timestamped complete current | - | opens",
    "rewritten, file new: broken anchored timestamped complete current | forked | LEDGER_FORKED",
    "rewritten, target new: broken anchored timestamped complete current | forked | LEDGER_FORKED",
    "rewritten, no head given: intact anchored timestamped complete current | - | opens",
    "proofs put into another log: broken unanchored self-attested complete current | forked | NO_GUARD",
  ],
  witness: [
    "as it is: intact anchored witnessed complete current | - | opens",
    "as it is, head at a target: intact anchored witnessed complete current | - | opens",
    "as it is, older head at a target: intact anchored witnessed complete current | - | opens",
    "store set back: broken anchored witnessed complete current | rolled-back | LEDGER_ROLLED_BACK",
    "store and file set back, row not: broken anchored witnessed complete current | rolled-back | LEDGER_ROLLED_BACK",
    "store, file and row set back, target not: broken anchored witnessed complete current | rolled-back | LEDGER_ROLLED_BACK",
    "all set back together: intact anchored witnessed complete current | - | opens",
    "all set back, no head given: intact anchored witnessed complete current | - | opens",
    "rewritten, file new: broken anchored witnessed complete current | forked | LEDGER_FORKED",
    "rewritten, target new: broken anchored witnessed complete current | forked | LEDGER_FORKED",
    "rewritten, no head given: intact anchored witnessed complete current | - | opens",
    "proofs put into another log: broken unanchored self-attested complete current | forked | NO_GUARD",
  ],
  both: [
    "as it is: intact anchored witnessed complete current | - | opens",
    "as it is, head at a target: intact anchored witnessed complete current | - | opens",
    "as it is, older head at a target: intact anchored witnessed complete current | - | opens",
    "store set back: broken anchored witnessed complete current | rolled-back | LEDGER_ROLLED_BACK",
    "store and file set back, row not: broken anchored witnessed complete current | rolled-back | LEDGER_ROLLED_BACK",
    "store, file and row set back, target not: broken anchored witnessed complete current | rolled-back | LEDGER_ROLLED_BACK",
    "all set back together: intact anchored witnessed complete current | - | opens",
    "all set back, no head given: intact anchored witnessed complete current | - | opens",
    "rewritten, file new: broken anchored witnessed complete current | forked | LEDGER_FORKED",
    "rewritten, target new: broken anchored witnessed complete current | forked | LEDGER_FORKED",
    "rewritten, no head given: intact anchored witnessed complete current | - | opens",
    "proofs put into another log: broken unanchored self-attested complete current | forked | NO_GUARD",
  ],
  "expired stamp": [
    "as it is: intact expired self-attested complete current | - | opens",
    "as it is, head at a target: intact expired published complete current | - | opens",
    "as it is, older head at a target: intact expired published complete current | - | opens",
    "store set back: broken expired self-attested complete current | rolled-back | LEDGER_ROLLED_BACK",
    "store and file set back, row not: broken expired self-attested complete current | rolled-back | LEDGER_ROLLED_BACK",
    "store, file and row set back, target not: broken expired self-attested complete current | rolled-back | LEDGER_ROLLED_BACK",
    "all set back together: intact expired published complete current | - | opens",
    "all set back, no head given: intact expired self-attested complete current | - | opens",
    "rewritten, file new: broken expired self-attested complete current | forked | LEDGER_FORKED",
    "rewritten, target new: broken expired self-attested complete current | forked | LEDGER_FORKED",
    "rewritten, no head given: intact expired self-attested complete current | - | opens",
    "proofs put into another log: broken unanchored self-attested complete current | forked | NO_GUARD",
  ],
  "renewed stamp": [
    "as it is: intact anchored timestamped complete current | - | opens",
    "as it is, head at a target: intact anchored published complete current | - | opens",
    "as it is, older head at a target: intact anchored published complete current | - | opens",
    "store set back: broken expired self-attested complete current | rolled-back | LEDGER_ROLLED_BACK",
    "store and file set back, row not: broken expired self-attested complete current | rolled-back | LEDGER_ROLLED_BACK",
    "store, file and row set back, target not: broken expired self-attested complete current | rolled-back | LEDGER_ROLLED_BACK",
    "all set back together: intact expired published complete current | - | opens",
    "all set back, no head given: intact expired self-attested complete current | - | opens",
    "rewritten, file new: broken anchored timestamped complete current | forked | LEDGER_FORKED",
    "rewritten, target new: broken anchored timestamped complete current | forked | LEDGER_FORKED",
    "rewritten, no head given: intact anchored timestamped complete current | - | opens",
    "proofs put into another log: broken unanchored self-attested complete current | forked | NO_GUARD",
  ],
  "unknown root": [
    "as it is: intact unanchored self-attested complete current | - | opens",
    "as it is, head at a target: intact unanchored published complete current | - | opens",
    "as it is, older head at a target: intact unanchored published complete current | - | opens",
    "store set back: broken unanchored self-attested complete current | rolled-back | LEDGER_ROLLED_BACK",
    "store and file set back, row not: broken unanchored self-attested complete current | rolled-back | LEDGER_ROLLED_BACK",
    "store, file and row set back, target not: broken unanchored self-attested complete current | rolled-back | LEDGER_ROLLED_BACK",
    "all set back together: intact unanchored published complete current | - | opens",
    "all set back, no head given: intact unanchored self-attested complete current | - | opens",
    "rewritten, file new: broken unanchored self-attested complete current | forked | LEDGER_FORKED",
    "rewritten, target new: broken unanchored self-attested complete current | forked | LEDGER_FORKED",
    "rewritten, no head given: intact unanchored self-attested complete current | - | opens",
    "proofs put into another log: broken unanchored self-attested complete current | forked | NO_GUARD",
  ],
};

test("what nobody can see is said to be intact, and the reason tells how far anybody outside has seen it", async () => {
  const built = await new Case((KNOWLEDGE.timestamp as () => Knowledge)()).build();
  const unseen = await built.verified({ store: "old", file: "old", row: "old" });
  expect([unseen.ok, unseen.findings]).toEqual([true, []]);
  // A head that left the operator's hands reveals it, whoever holds it: typed from a report, or found at a target.
  for (const held of ["outside", "guard"] as const) {
    const since = [{ ...built.head("new"), held, from: "a report" }];
    const seen = await verifyLedger(built.store("old"), { keys: [built.signer.verifier], since });
    expect(codesOf(seen)).toBe("rolled-back");
  }
  // So does a stamp that is not in the log any more, once somebody brings it: its head is larger than the log.
  expect(built.head("new").size).toBeGreaterThan(built.head("old").size);
  expect(unseen.verdicts.time.reason).toContain("the first 3 of 4 records");
  const rewritten = await built.verified({ store: "rewritten" });
  expect([rewritten.ok, rewritten.verdicts.time.word]).toEqual([true, "anchored"]);
});

describeWith(["openssl"], "with time stamps by openssl", () => {
  test("the words are the same", async () => {
    const tsa = new Tsa();
    try {
      const service = tsa.pki.service("tsa1", [], ["accuracy=secs:1"]);
      const stamp: Proof = (ledger, checkpoint) =>
        recordHead(ledger, "timestamp", checkpoint, tsa.pki.stamp(service, sha256(checkpoint)));
      const outside = { stampRoots: readCertificates(tsa.root), witnesses: [] };
      const built = await new Case({ first: stamp, second: stamp, outside }).build();
      const at = async (now: number, over: { outside?: Outside; store?: "old" } = {}) => {
        const keys = [built.signer.verifier];
        const since: KnownHead[] = [{ ...built.head("new"), held: "guard", from: "file" }];
        const result = await verifyLedger(built.store(over.store ?? "new"), { keys, now, since, outside, ...over });
        return `${wordsOf(result).join(" ")} | ${codesOf(result)}`;
      };
      const now = Date.now();
      expect(await at(now)).toBe("intact anchored timestamped complete current | -");
      expect(await at(now, { store: "old" })).toBe("broken anchored timestamped complete current | rolled-back");
      expect(await at(now + 366 * DAY)).toBe("intact expired self-attested complete current | -");
      const other = { stampRoots: readCertificates(tsa.pki.pem("other-root")), witnesses: [] };
      expect(await at(now, { outside: other })).toBe("intact unanchored self-attested complete current | -");
    } finally {
      await tsa.stop();
    }
  });
});
