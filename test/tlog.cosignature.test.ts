import { createPrivateKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { base64, concat, hex } from "../src/lib/digest.ts";
import { cosign, cosignedMessage, newCosigner, parseCosignerKey, readCosignatures } from "../src/tlog/cosignature.ts";
import { generateKey, newSigner, parseNote, signNote } from "../src/tlog/note.ts";

/** Made with another implementation: Python's `cryptography`, from the specification alone; see the vector's own words. */
const VECTOR = {
  // Ed25519 seed 00 01 02 … 1f.
  seed: Uint8Array.from({ length: 32 }, (_, i) => i),
  name: "witness.example/w1",
  vkey: "witness.example/w1+e75f6532+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
  text: "custody.example/log\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
  seconds: 1_679_315_147,
  line: "— witness.example/w1 519lMgAAAABkGFDLcF7EipPwGN2YDtUVEcCE9BPB43qYcVkDP49oFAP7UGt4Q9vTp52/NBHVXa9oniej7NO3cuFegAnO+19jcNqcCA==\n",
};

const key = createPrivateKey({
  key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), VECTOR.seed]),
  format: "der",
  type: "pkcs8",
});
const witness = parseCosignerKey(VECTOR.vkey);
const bytes = (text: string) => new TextEncoder().encode(text);
const noteOf = (text: string) => parseNote(bytes(text)) ?? expect.fail("no note");

describe("a cosignature (C2SP tlog-cosignature, Ed25519)", () => {
  test("is made as another implementation makes it", async () => {
    const cosigner = newCosigner(VECTOR.name, key);
    expect(cosigner.cosigner.vkey).toBe(VECTOR.vkey);
    expect(await cosign(VECTOR.text, cosigner, VECTOR.seconds)).toBe(VECTOR.line);
  });

  test("is read with its time", () => {
    const read = readCosignatures(noteOf(`${VECTOR.text}\n${VECTOR.line}`), [witness]);
    expect(read.bad).toEqual([]);
    expect(read.cosignatures).toEqual([{ by: witness, time: VECTOR.seconds * 1000 }]);
  });

  test("stands beside signatures by others, which are left alone", async () => {
    const log = newSigner("custody.example/log", generateKey());
    const stranger = newCosigner("else.example", generateKey());
    const note = `${await signNote(VECTOR.text, [log])}${await cosign(VECTOR.text, stranger, 5)}${VECTOR.line}`;
    const read = readCosignatures(noteOf(note), [witness]);
    expect(read).toEqual({ cosignatures: [{ by: witness, time: VECTOR.seconds * 1000 }], bad: [] });
    expect(readCosignatures(noteOf(note), [])).toEqual({ cosignatures: [], bad: [] });
  });

  test("holds for no other byte of text, time or signature", () => {
    const blob = Buffer.from((VECTOR.line.split(" ")[2] ?? "").trim(), "base64");
    for (let at = 0; at < blob.length; at += 1) {
      const changed = Buffer.from(blob);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const read = readCosignatures(noteOf(`${VECTOR.text}\n— ${VECTOR.name} ${base64(changed)}\n`), [witness]);
      expect(read.cosignatures).toEqual([]);
      // A changed key ID makes it somebody else's; everything after it makes it a false one.
      expect(read.bad).toEqual(at < 4 ? [] : [witness]);
    }
    const other = VECTOR.text.replace("20852163", "20852164");
    expect(readCosignatures(noteOf(`${other}\n${VECTOR.line}`), [witness]).bad).toEqual([witness]);
  });

  test("of another length is none, whatever is left out or added", () => {
    const blob = Buffer.from((VECTOR.line.split(" ")[2] ?? "").trim(), "base64");
    for (const changed of [blob.subarray(0, 75), concat([blob, Uint8Array.of(0)]), blob.subarray(0, 12)]) {
      const read = readCosignatures(noteOf(`${VECTOR.text}\n— ${VECTOR.name} ${base64(changed)}\n`), [witness]);
      expect(read).toEqual({ cosignatures: [], bad: [witness] });
    }
  });

  test("without a time, or with one no record can spell, is none", async () => {
    const cosigner = newCosigner(VECTOR.name, key);
    for (const seconds of [0, -1, 1.5, 253_402_300_800]) {
      await expect(cosign(VECTOR.text, cosigner, seconds)).rejects.toThrow("whole seconds");
    }
    // Signed all the same by a witness that does not keep to it.
    for (const seconds of [0n, 253_402_300_800n, 2n ** 64n - 1n]) {
      const time = new Uint8Array(8);
      new DataView(time.buffer).setBigUint64(0, seconds);
      const signature = await cosigner.sign(bytes(`cosignature/v1\ntime ${seconds}\n${VECTOR.text}`));
      const line = `— ${VECTOR.name} ${base64(concat([witness.id, time, signature]))}\n`;
      expect(readCosignatures(noteOf(`${VECTOR.text}\n${line}`), [witness]).bad).toEqual([witness]);
    }
  });

  test("is not a signature of the log, nor the other way round, although the key is the same", async () => {
    const log = newSigner(VECTOR.name, key);
    expect(hex(log.verifier.id)).not.toBe(hex(witness.id));
    const signed = noteOf(await signNote(VECTOR.text, [log]));
    expect(readCosignatures(signed, [witness])).toEqual({ cosignatures: [], bad: [] });
    expect(log.verifier.verify(cosignedMessage(VECTOR.text, 1), await log.sign(bytes(VECTOR.text)))).toBe(false);
  });
});

describe("the key of a witness", () => {
  test("is read back as it is written", () => {
    expect(witness).toMatchObject({ name: VECTOR.name, vkey: VECTOR.vkey });
    expect(hex(witness.id)).toBe("e75f6532");
    expect(parseCosignerKey(`${VECTOR.vkey}\n`).vkey).toBe(VECTOR.vkey);
  });

  test.each([
    ["nothing", "", "not a witness's key"],
    ["no key ID", VECTOR.vkey.replace("+e75f6532", ""), "not a witness's key"],
    ["base64 that is none", VECTOR.vkey.replace("BAOh", "BAO!"), "not a witness's key"],
    ["the wrong key ID", VECTOR.vkey.replace("e75f6532", "e75f6533"), "does not belong to this key"],
    ["another name", VECTOR.vkey.replace("witness.example", "witness.exemple"), "does not belong to this key"],
    ["a key that is too short", "w+00000000+BAOh", "a key of another kind"],
    ["the key of a log", newSigner("a.log", key).verifier.vkey, "the key of a log"],
  ])("is refused: %s", (_, vkey, why) => {
    expect(() => parseCosignerKey(vkey)).toThrow(why);
  });
});
