import { randomBytes } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { isAddress } from "../collector/bucket.ts";
import { hex, sha256 } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { iso } from "../lib/time.ts";
import { shownAddress } from "../outbound/post.ts";
import { type Certificate, readCertificates } from "../tsp/certificate.ts";
import { encodeRequest } from "../tsp/request.ts";
import { MAX_TOKEN_BYTES, parseResponse } from "../tsp/response.ts";
import { verifyToken } from "../tsp/verify.ts";
import { defineTarget } from "./define.ts";

const QUERY = "application/timestamp-query";
const REPLY = "application/timestamp-reply";
const MAX_ROOTS_BYTES = 1024 * 1024;
/** More than this between its clock and ours is worth a word. */
const CLOCKS_APART = 10 * 60_000;

/** A time stamp service (RFC 3161): says when a head was there, signed with a certificate of an authority. */
export const timestamp = defineTarget({
  use: "timestamp",
  title: "a time stamp service",
  proves: "Everything up to such a head was there at the time that the service states; nobody made it up later.",
  config: z.strictObject({
    url: z
      .string()
      .refine(isAddress, "expected an address such as https://tsa.example.com/tsr, without a user or password in it")
      .meta({ description: "Address of a time stamp service (RFC 3161).", examples: ["https://tsa.example.com/tsr"] }),
    roots: z
      .string()
      .min(1)
      .max(4_000)
      .meta({
        description:
          "File with the root certificates that its time stamps must lead to, PEM. Not from the service's own answers.",
        examples: ["./tsa-roots.pem"],
      }),
  }),
  async send({ bytes }, { config, folder, clock, post }) {
    const shown = shownAddress(config.url);
    const roots = await trustedRoots(resolve(folder, config.roots));
    const digest = sha256(bytes);
    const nonce = BigInt(`0x${hex(randomBytes(8))}`);
    const answer = await post({
      url: config.url,
      shown,
      body: encodeRequest({ digest, nonce }),
      headers: { "content-type": QUERY, accept: REPLY },
      maxBytes: MAX_TOKEN_BYTES,
    });
    if (answer.status !== 200) throw wrong(shown, "status 200", `status ${answer.status}`);
    if ((answer.mediaType.split(";")[0] ?? "").trim().toLowerCase() !== REPLY) {
      throw wrong(shown, REPLY, "another media type");
    }
    const { token, failure, status } = readResponse(answer.bytes, shown);
    if (token === undefined) {
      throw new CustodyError("SOURCE_REFUSED", `${shown} refused to stamp: ${failure ?? status}`, {
        remedy: "Ask whoever runs the service, or choose another one.",
      });
    }
    const at = clock.now();
    const stamp = await verifyToken(token, { digest, nonce, roots, at });
    if (!stamp.verified) {
      const why = stamp.problems.map(({ message }) => message).join("; ");
      throw wrong(shown, `a time stamp that leads to a certificate in ${config.roots}`, why.slice(0, 500));
    }
    if (stamp.standing === "expired")
      throw wrong(shown, "a certificate that is still valid", `one that ended ${iso(stamp.validUntil)}`);
    const apart = Math.abs(stamp.genTime - at);
    const clocks =
      apart > CLOCKS_APART ? `; this machine's clock differs by ${Math.round(apart / 60_000)} minutes, mend it` : "";
    return {
      blob: { bytes: answer.bytes, mediaType: REPLY },
      said: `${stamp.signer} states ${iso(stamp.genTime)}${clocks}`,
      ends: stamp.validUntil,
    };
  },
  async endsAt(receipt, checkpoint, { config, folder }) {
    const roots = await trustedRoots(resolve(folder, config.roots));
    const { token } = readResponse(receipt, "the kept time stamp");
    const stamp = token && (await verifyToken(token, { digest: sha256(checkpoint), roots }));
    return stamp?.verified ? stamp.validUntil : undefined;
  },
});

/** The roots in a file. Throws SOURCE_MISCONFIGURED, INPUT_INVALID or INPUT_TOO_LARGE. */
export async function trustedRoots(path: string): Promise<Certificate[]> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() || found.size > MAX_ROOTS_BYTES) {
    throw new CustodyError(
      "SOURCE_MISCONFIGURED",
      `${path}: expected a PEM file with root certificates, found ${found === undefined ? "no file" : "something else"}`,
      {
        remedy:
          "Take the root certificate from where the time stamp service publishes it, and name its file under `roots:`.",
      },
    );
  }
  return readCertificates(await readFile(path));
}

function readResponse(bytes: Uint8Array, shown: string): ReturnType<typeof parseResponse> {
  try {
    return parseResponse(bytes);
  } catch {
    throw wrong(shown, "a time stamp response", `${bytes.length} bytes that are none`);
  }
}

function wrong(shown: string, expected: string, found: string): CustodyError {
  return new CustodyError("SOURCE_ANSWER", `${shown}: expected ${expected}, found ${found}`, {
    remedy: "Check the address and the file with its root certificates; it is tried again.",
  });
}
