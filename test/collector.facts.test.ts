import { describe, expect, test } from "vitest";
import { jobFile } from "../collectors/job-file.ts";
import { jobPings } from "../collectors/job-pings.ts";
import type { Collector } from "../src/collector/define.ts";
import { type FoundFact, latestFacts, ofKind, readFacts } from "../src/collector/facts.ts";
import { acceptMessage, hasInbox, MAX_MESSAGE_BYTES } from "../src/collector/intake.ts";
import type { Entry } from "../src/evidence/entry.ts";
import { CustodyError, isCustodyError } from "../src/lib/errors.ts";
import { CANARY, instanceOf } from "./support/collector-run.ts";
import { RecordingLedger } from "./support/recording-ledger.ts";

const inbox = instanceOf(jobPings, { token: "${env:TOKEN}" }, "jobs");
const file = instanceOf(jobFile, { path: "a", format: "csv", job: "j", fields: { endedAt: "t", outcome: "o" } });
const message = (over: object = {}) => {
  return {
    bytes: Buffer.from("4 GB"),
    mediaType: "text/plain",
    path: "backup",
    receivedAt: 1_795_086_000_000,
    ...over,
  };
};
const accept = (ledger: RecordingLedger, over: object = {}) =>
  acceptMessage({ instance: inbox, message: message(over), ledger, secrets: [CANARY] });

describe("a message to an inbox", () => {
  test("is stored, listed and appended before the answer", async () => {
    const ledger = new RecordingLedger();
    const { appended, digest } = await accept(ledger);
    expect(appended).toMatchObject({ index: 0, repeated: false });
    expect(ledger.calls).toEqual([
      "application/vnd.custody.ping+json",
      "application/vnd.custody.manifest+json",
      "intake",
    ]);
    expect(ledger.drafts[0]).toMatchObject({
      kind: "intake",
      actor: { type: "source", id: "jobs" },
      once: `hook:jobs:${digest}`,
      use: "cron-health/ping",
      received: "2026-11-19T11:00:00.000Z",
      evidence: [{ digest }],
    });
  });

  test("sent again with the same bytes is recorded once, and acknowledged again", async () => {
    const ledger = new RecordingLedger();
    const first = await accept(ledger);
    expect((await accept(ledger)).appended).toEqual({ ...first.appended, repeated: true });
    expect(ledger.entries).toHaveLength(1);
  });

  test("is refused above 1 MiB, where the collector refuses it, and where there is no inbox", async () => {
    const ledger = new RecordingLedger();
    const codeOf = async (attempt: Promise<unknown>) => {
      const error = await attempt.catch((thrown) => thrown);
      return isCustodyError(error) ? error.code : error;
    };
    expect(await codeOf(accept(ledger, { bytes: new Uint8Array(MAX_MESSAGE_BYTES + 1) }))).toBe("INPUT_TOO_LARGE");
    expect(await codeOf(accept(ledger, { path: "not a job" }))).toBe("INPUT_INVALID");
    expect(hasInbox(file)).toBe(false);
    expect(await codeOf(acceptMessage({ instance: file, message: message(), ledger, secrets: [] }))).toBe("NOT_FOUND");
    expect([ledger.blobs.size, ledger.entries.length]).toEqual([0, 0]);
  });

  test("that the ledger could not take is an error, so that the sender tries again", async () => {
    const ledger = new RecordingLedger();
    ledger.beforeAppend = () => {
      throw new CustodyError("STORE_UNREACHABLE", "gone");
    };
    await expect(accept(ledger)).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
  });
});

describe("facts of an entry", () => {
  async function recorded() {
    const ledger = new RecordingLedger();
    const { digest } = await accept(ledger, { path: "backup/3" });
    return { ledger, digest, entry: ledger.entries[0] as Entry };
  }

  test("name the entry, the item and their place in it", async () => {
    const { ledger, digest, entry } = await recorded();
    const { facts, problems } = await readFacts(entry, ledger.blob, [jobPings]);
    expect(problems).toEqual([]);
    expect(facts).toMatchObject([
      {
        instance: "jobs",
        entry: 0,
        item: digest,
        position: 0,
        ordinal: 0,
        at: 1_795_086_000_000,
        fact: { outcome: "failure" },
      },
    ]);
  });

  test("are problems where evidence is gone, damaged, or of a collector that is not installed", async () => {
    const { ledger, digest, entry } = await recorded();
    const problemOf = async (blob = ledger.blob, collectors: readonly Collector[] = [jobPings]) =>
      (await readFacts(entry, blob, collectors)).problems.map((problem) => problem.message);
    expect(await problemOf(ledger.blob, [])).toEqual([expect.stringContaining("no collector of that name")]);
    const without = async (gone: string) => (gone === digest ? undefined : ledger.blobs.get(gone));
    expect(await problemOf(without)).toEqual([`the evidence file ${digest} is not in the store`]);
    expect(await problemOf(async () => undefined)).toEqual(["the list of captures is not in the store"]);
    // Other bytes in their place say nothing, whatever they are.
    expect(await problemOf(async () => Buffer.from("rubbish"))).toEqual([
      "the list of captures is not as it was recorded, so it was not read; run `custody verify`",
    ]);
    const other = async (name: string) => (name === digest ? Buffer.from("{}") : ledger.blobs.get(name));
    expect(await problemOf(other)).toEqual([
      `the evidence file ${digest} is not as it was recorded, so it was not read; run \`custody verify\``,
    ]);
    const manifest = await ledger.put(Buffer.from("rubbish"), "text/plain");
    const { problems } = await readFacts({ ...entry, manifest } as Entry, ledger.blob, [jobPings]);
    expect(problems.map(({ message }) => message)).toEqual(["a manifest that is not JSON"]);
  });

  test("are none for entries of other kinds, known or not", async () => {
    const { ledger, entry } = await recorded();
    for (const kind of ["head", "constellation"]) {
      expect(await readFacts({ ...entry, kind } as Entry, ledger.blob, [jobPings])).toEqual({
        facts: [],
        problems: [],
      });
    }
  });

  test("the newest revision of each counts, by ledger order whatever the order of reading", () => {
    const found = (entry: number, position: number, ordinal: number, id: string, detail: string): FoundFact => ({
      fact: { kind: "job-run", id, job: id, startedAt: null, endedAt: null, outcome: "success", detail },
      instance: "jobs",
      at: 0,
      item: "",
      entry,
      position,
      ordinal,
    });
    const all = [
      found(2, 1, 0, "a", "new"),
      found(2, 0, 9, "a", "old"),
      found(1, 5, 5, "a", "oldest"),
      found(1, 0, 0, "b", "only"),
    ];
    const other = { ...found(1, 0, 0, "a", "elsewhere"), instance: "others" };
    const latest = latestFacts([...all, other]);
    const details = ofKind(latest, "job-run").map(({ fact }) => fact.detail);
    expect(details.sort()).toEqual(["elsewhere", "new", "only"]);
    expect(ofKind(latest, "alert")).toEqual([]);
  });
});
