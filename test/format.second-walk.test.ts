import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkpointKeys } from "../src/trust/keyring.ts";
import { KeyLog, newKey } from "./support/key-log.ts";
import { describeWith } from "./support/tools.ts";

const FOLDER = fileURLToPath(new URL("readers/python", import.meta.url));
const KEYS = [newKey(), newKey(), newKey(), newKey()];
const SIZE = 1000;

/** Walks through statements only: each line of JSON is a log without the rest of it. */
const WALK = `
import hashlib, json, sys
import entries, statements
from notes import parse_vkey
for line in sys.stdin:
    log = json.loads(line)
    root_at = lambda size: hashlib.sha256(f"root {size}".encode()).digest()
    stated = [statements.Statement(e["index"], e) for e in log["entries"] if entries.is_statement(e)]
    pins = [parse_vkey(pin) for pin in log["pins"]]
    walk = statements.walk_without_stolen(pins, stated, root_at)
    known = walk.known
    print(json.dumps({
        "refused": [index for index, _ in walk.refused],
        "counting": sorted(t for t, k in known.items() if not k.former and not walk.ended(t, ${SIZE})),
        "former": sorted(t for t, k in known.items() if k.former and not k.pinned and not k.introduced),
        "stolen": sorted(walk.since),
    }))
`;

const statement = fc.record({
  action: fc.oneof(
    { weight: 4, arbitrary: fc.constant("introduce" as const) },
    { weight: 2, arbitrary: fc.constant("retire" as const) },
    { weight: 2, arbitrary: fc.constant("revoke" as const) },
    { weight: 1, arbitrary: fc.constant("attest" as const) },
  ),
  key: fc.nat(KEYS.length - 1),
  signers: fc.uniqueArray(fc.nat(KEYS.length - 1), { minLength: 1, maxLength: 3 }),
  itself: fc.boolean(),
  since: fc.boolean(),
});

describeWith(["python3"], "the second verifier's walk through statements about keys", () => {
  test("takes in and refuses what ours does, and ends with the same keys", { timeout: 120_000 }, async () => {
    const logs = fc.sample(
      fc.record({
        pins: fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 2 }),
        list: fc.array(statement, { minLength: 2, maxLength: 9 }),
      }),
      120,
    );
    const lines: string[] = [];
    const ours: unknown[] = [];
    for (const { pins, list } of logs) {
      const log = new KeyLog();
      for (const { action, key, signers, itself, since } of list) {
        const by = new Set([...signers, ...(action === "introduce" && itself ? [key] : [])]);
        const over = {
          ...(action === "revoke" && since ? { compromisedSince: "2026-01-01T00:00:00.000Z" } : {}),
          ...(action === "attest" ? { records: { from: 2, to: 8 } } : {}),
        };
        const signer = (i: number) => KEYS[i] as (typeof KEYS)[number];
        await log.add({ action, key: signer(key), ...over }, [...by].map(signer));
      }
      const pinned = pins.map((i) => KEYS[i] as (typeof KEYS)[number]);
      const ring = log.ring(pinned);
      ours.push({
        refused: ring.refused.map(({ index }) => index),
        counting: checkpointKeys(ring, SIZE)
          .map(({ vkey }) => vkey)
          .sort(),
        former: ring.keys
          .filter((key) => key.former)
          .map(({ verifier }) => verifier.vkey)
          .sort(),
        stolen: ring.keys
          .filter((key) => key.revoked?.compromisedSince !== undefined)
          .map(({ verifier }) => verifier.vkey)
          .sort(),
      });
      lines.push(
        JSON.stringify({
          pins: pinned.map(({ verifier }) => verifier.vkey),
          entries: log.records.map(({ entry }) => entry),
        }),
      );
    }
    const env = { ...process.env, PYTHONPATH: FOLDER, PYTHONDONTWRITEBYTECODE: "1" };
    const out = execFileSync("python3", ["-c", WALK], { input: lines.join("\n"), env, encoding: "utf8" });
    const second = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    const told = (i: number) => JSON.stringify(logs[i]);
    for (const [i, said] of second.entries()) expect(said, told(i)).toEqual(ours[i]);
  });
});
