import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { addBlob, type Forged, rewritten } from "../../src/attack/forge.ts";
import { type RangeFile, seedSigner } from "../../src/attack/load.ts";
import { blobKey, MANIFEST_TYPE } from "../../src/evidence/blob.ts";
import { canonicalBytes, type Json } from "../../src/lib/canonical.ts";
import { base64, sha256 } from "../../src/lib/digest.ts";
import { iso } from "../../src/lib/time.ts";
import type { Head } from "../../src/tlog/checkpoint.ts";
import { cosign, newCosigner } from "../../src/tlog/cosignature.ts";
import type { Signer } from "../../src/tlog/signer.ts";
import { type Statement, signStatement } from "../../src/trust/statement.ts";
import { encodeRequest } from "../../src/tsp/request.ts";
import { privateKeyOf } from "./attack-keys.ts";
import { Tsa } from "./tsa.ts";

/**
 * Makes `assets/attack-range`, the small ledger that attacks are carried out on. It is made once and kept, because a time
 * stamp cannot be made again; `UPDATE_RANGE=1 npx vitest run test/attacks.test.ts` makes a new one.
 *
 * Its story: a log with three keys. The second was stolen on 1 April; a third had been introduced as a spare before.
 */

const ORIGIN = "range-5eed0001";
const SEEDS = { retired: "11".repeat(32), revoked: "22".repeat(32), current: "33".repeat(32) };
const WITNESS_SEED = "44".repeat(32);
const system = { type: "system", id: "custody" };
const anna = { type: "person", id: "p-5d1f0c2a9b3e", auth: "unauthenticated", role: "owner" };
const text = (words: string) => new TextEncoder().encode(words);

type Draft = { readonly kind: string; readonly [member: string]: unknown };

class Story {
  readonly objects = new Map<string, Uint8Array>();
  readonly batches: Forged[][] = [];
  readonly sizes: number[] = [];
  now = Date.UTC(2026, 2, 1, 6);
  signers: Signer[];

  constructor(signers: Signer[]) {
    this.signers = signers;
  }

  get size(): number {
    return this.batches.reduce((sum, batch) => sum + batch.length, 0);
  }

  pass(hours: number): void {
    this.now += hours * 3_600_000;
  }

  add(...drafts: Draft[]): void {
    const at = iso(this.now);
    const id = sha256(text(`batch ${this.batches.length}`));
    const common = { v: 1, at, batch: Buffer.from(id).toString("hex").slice(0, 32), software: "custody/0.1.0" };
    this.batches.push(drafts.map((draft) => ({ actor: system, ...common, ...draft }) as unknown as Forged));
  }

  blob(bytes: Uint8Array, mediaType: string) {
    return addBlob(this.objects, bytes, mediaType);
  }

  async head(): Promise<{ head: Head; checkpoint: Uint8Array }> {
    const { objects, head } = await rewritten(this.objects, this.batches, this.signers, this.sizes);
    return { head, checkpoint: objects.get("checkpoint") as Uint8Array };
  }

  /** As when a checkpoint is put: the partial tiles of this size stay for ever. */
  async publish() {
    this.sizes.push(this.size);
    return this.head();
  }

  async state(by: readonly Signer[], statement: Omit<Statement, "after">, actor: object = system): Promise<void> {
    const { head } = await this.head();
    const whole = { ...statement, after: { size: head.size, root: base64(head.root) } };
    this.add({ kind: "key", ...whole, actor, signatures: await signStatement(ORIGIN, whole, by) });
  }

  /** A run of a day, with one evidence file and its manifest. */
  run(day: string, over: Draft | Record<string, unknown> = {}): Draft {
    const window = { from: `2026-${day}T00:00:00.000Z`, to: `2026-${day}T23:59:59.000Z` };
    const log = `# Incident INC-${day}\n\nDetected: 2026-${day} 04:00\nSeverity: Sev2\nResolved: 2026-${day} 05:30\n`;
    const evidence = this.blob(text(log), "text/markdown");
    const capture = { ...evidence, origin: `incidents/INC-${day}.md`, capturedAt: window.to, masked: [] };
    const manifest = this.blob(
      canonicalBytes({
        v: 1,
        instance: "incidents",
        use: "incident-log/markdown",
        window,
        reader: 1,
        captures: [capture],
        problems: [],
      } as unknown as Json),
      MANIFEST_TYPE,
    );
    return {
      kind: "run",
      instance: "incidents",
      use: "incident-log/markdown",
      trigger: "schedule",
      slot: `incidents@${window.from}`,
      window,
      started: window.to,
      ended: window.to,
      outcome: "collected",
      covered: [{ from: window.from, to: `2026-${day}T23:59:59.999Z` }],
      requests: 0,
      found: { reader: 1, facts: 1, problems: 0 },
      items: 1,
      evidence: [evidence],
      manifest,
      ...over,
    };
  }

  failed(day: string): Draft {
    const none = { outcome: "failed", reason: "SOURCE_REFUSED", covered: [], items: 0, evidence: [] };
    const { manifest: _, slot: __, ...run } = this.run(day, none) as Record<string, unknown>;
    return { ...run, kind: "run", found: { reader: 1, facts: 0, problems: 0 } };
  }

  upload(name: string, bytes: Uint8Array, mediaType: string): Draft {
    const evidence = this.blob(bytes, mediaType);
    const manifest = this.blob(
      canonicalBytes({ v: 1, reason: "Asked for by the auditor", files: [{ ...evidence, name }] }),
      MANIFEST_TYPE,
    );
    return { kind: "upload", actor: anna, evidence: [evidence], controls: ["A.5.28"], manifest };
  }
}

/** Makes the range in this folder, in the place of what is there. */
export async function makeRange(folder: string): Promise<void> {
  const [retired, revoked, current] = [SEEDS.retired, SEEDS.revoked, SEEDS.current].map((s) => seedSigner(ORIGIN, s));
  if (!retired || !revoked || !current) throw new Error("three seeds");
  const witness = newCosigner("witness.example", privateKeyOf(WITNESS_SEED));
  const story = new Story([retired]);
  const tsa = await new Tsa({ now: () => story.now, from: Date.UTC(2026, 0, 1), to: Date.UTC(2036, 0, 1) }).start();
  try {
    const genesis = { origin: ORIGIN, nonce: "01".repeat(16), zone: "Europe/Berlin", key: retired.verifier.vkey };
    story.add({ kind: "genesis", ...genesis });
    const config = story.blob(canonicalBytes({ organisation: "Range GmbH" }), "application/json");
    const instance = { id: "incidents", use: "incident-log/markdown", family: "incident-log", mode: "window" };
    const required = { cadence: "daily", grace: "6h", zone: "UTC" };
    story.add({ kind: "config", config, zone: "Europe/Berlin", instances: [{ ...instance, ...required }] });
    const identity = story.blob(canonicalBytes({ v: 1, person: anna.id, osUser: "anna" }), "application/json");
    story.add({ kind: "identity", actor: anna, person: anna.id, identity });
    story.pass(24);

    story.add(story.run("03-01"));
    story.add(
      story.run("03-02", { source: "caf\u00e9" }),
      story.failed("03-03"),
      story.run("03-04"),
      story.run("03-05"),
    );
    story.add(
      story.upload("gateway.log.gz", gzipSync(text("04:00 gateway down\n05:30 gateway up\n")), "application/gzip"),
    );
    const mistake = text("The wrong file: salaries of March\n");
    story.add(story.upload("salaries.txt", mistake, "text/plain"));
    story.pass(1);
    const digest = Buffer.from(sha256(mistake)).toString("hex");
    const items = [{ digest, size: mistake.length, entries: [story.size - 1] }];
    story.add({ kind: "disposal", actor: anna, items, reason: "mistake", authority: "owner" });
    story.objects.delete(blobKey(digest));
    story.pass(24 * 5);

    await story.state([retired, revoked], { action: "introduce", key: revoked.verifier.vkey });
    await story.state([revoked], { action: "retire", key: retired.verifier.vkey, reason: "rotated" });
    story.signers = [revoked];
    await story.state([revoked, current], { action: "introduce", key: current.verifier.vkey });
    story.add(story.run("03-09"));
    const earlier = await sendHead(story, tsa, witness);
    story.pass(24);
    story.add(story.run("03-28"));
    story.pass(24 * 14);

    // The theft: what the second key signed from here on is in doubt.
    story.add(story.run("04-01"));
    story.add(story.run("04-02"));
    story.pass(24);
    story.signers = [current];
    const since = "2026-03-20T00:00:00.000Z";
    const incident = "INC-2026-7";
    await story.state([current], {
      action: "revoke",
      key: revoked.verifier.vkey,
      compromisedSince: since,
      reason: "compromised",
      incident,
    });
    const upTo = story.size;
    await story.state(
      [current],
      { action: "attest", key: revoked.verifier.vkey, records: { from: earlier.head.size, to: upTo } },
      anna,
    );
    story.add(story.run("04-03"));
    story.pass(24);
    await sendHead(story, tsa, witness);
    const printed = await story.publish();
    story.pass(24);
    story.add(story.run("04-04"));
    story.pass(24);
    story.add(story.run("04-05"));
    const { objects, head } = await rewritten(story.objects, story.batches, story.signers, [
      ...story.sizes,
      story.size,
    ]);

    await rm(folder, { recursive: true, force: true });
    for (const [key, bytes] of objects) {
      await mkdir(dirname(join(folder, "store", key)), { recursive: true });
      await writeFile(join(folder, "store", key), bytes);
    }
    const file: RangeFile = {
      pinned: retired.verifier.vkey,
      seeds: SEEDS,
      stampRoots: new TextDecoder().decode(tsa.root),
      witnesses: [witness.cosigner.vkey],
      printed: textOf(printed.head),
      guard: textOf(head),
      earlier: { size: earlier.head.size, checkpoint: new TextDecoder().decode(earlier.checkpoint) },
    };
    await writeFile(join(folder, "range.json"), `${JSON.stringify(file, null, 2)}\n`);
  } finally {
    await tsa.stop();
  }
}

function textOf({ size, root }: Head) {
  return { size, root: base64(root) };
}

/** The head of now goes to a time stamp service and a witness. */
async function sendHead(story: Story, tsa: Tsa, witness: ReturnType<typeof newCosigner>) {
  const published = await story.publish();
  const { head, checkpoint: bytes } = published;
  const checkpoint = story.blob(bytes, "text/plain; charset=utf-8");
  const query = encodeRequest({ digest: sha256(bytes), nonce: BigInt(story.size) + 1n });
  const answer = await fetch(tsa.url, {
    method: "POST",
    headers: { "content-type": "application/timestamp-query" },
    body: Buffer.from(query),
  });
  const stamp = story.blob(new Uint8Array(await answer.arrayBuffer()), "application/timestamp-reply");
  const note = new TextDecoder().decode(bytes);
  const line = await cosign(note.slice(0, note.lastIndexOf("\n\n") + 1), witness, Math.floor(story.now / 1000));
  const cosigned = story.blob(text(note + line), "text/plain; charset=utf-8");
  const sent = { sent: iso(story.now), received: iso(story.now) };
  const common = { kind: "head", ...textOf(head), checkpoint, ...sent };
  story.add(
    { ...common, use: "timestamp", target: "tsa", receipt: stamp },
    { ...common, use: "witness", target: "auditor", receipt: cosigned },
  );
  story.pass(1);
  return published;
}
