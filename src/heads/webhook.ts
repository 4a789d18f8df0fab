import { createHmac } from "node:crypto";
import { z } from "zod";
import { isAddress } from "../collector/bucket.ts";
import { type SecretRef, secret } from "../collector/define.ts";
import { base64 } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { shownAddress } from "../outbound/post.ts";
import { defineTarget, jsonReceipt } from "./define.ts";

const MAX_ANSWER_BYTES = 64 * 1024;
const REFERENCE = secret();

/** An address, or the reference to one that is itself a secret. */
const Address = z
  .string()
  .refine(
    (text) => isAddress(text) || REFERENCE.safeParse(text).success,
    "expected an address such as https://hooks.example.com/heads without a user or password in it, or a reference: ${env:NAME} or ${file:PATH}",
  )
  .transform((text): string | SecretRef => REFERENCE.safeParse(text).data ?? text);

/** Whatever takes JSON over HTTP and keeps it. */
export const webhook = defineTarget({
  use: "webhook",
  title: "a webhook",
  proves: "Whoever keeps what arrives there can show that nothing before such a head was changed.",
  config: z.strictObject({
    url: Address.meta({
      description: "Address that takes a POST; as a reference where the address itself is a secret.",
      examples: ["https://hooks.example.com/heads"],
    }),
    secret: secret()
      .optional()
      .meta({
        description: "Signs each message: header `custody-signature: sha256=…`, HMAC-SHA256 over the body.",
        examples: ["${env:CUSTODY_HEADS_SECRET}"],
      }),
  }),
  async send({ origin, size, root, bytes }, { config, post, reveal }) {
    const url = typeof config.url === "string" ? config.url : reveal(config.url);
    if (!isAddress(url)) {
      throw new CustodyError(
        "SOURCE_MISCONFIGURED",
        "the secret for the webhook's address holds no http or https address",
      );
    }
    const message = { origin, size, root: base64(root), checkpoint: new TextDecoder().decode(bytes) };
    const body = new TextEncoder().encode(JSON.stringify(message));
    const shown = shownAddress(url);
    const key = config.secret && reveal(config.secret);
    const signature = key && { "custody-signature": `sha256=${createHmac("sha256", key).update(body).digest("hex")}` };
    const headers = { "content-type": "application/json", ...signature };
    const { status } = await post({ url, shown, body, headers, maxBytes: MAX_ANSWER_BYTES });
    if (status < 200 || status > 299) {
      const refused = status === 401 || status === 403;
      throw new CustodyError(
        refused ? "SOURCE_REFUSED" : "SOURCE_ANSWER",
        `${shown}: expected status 2xx, found ${status}`,
        {
          remedy: "Look at what the receiver says about it; it is tried again.",
        },
      );
    }
    return { blob: jsonReceipt({ status }), said: `${shown} took it (status ${status})` };
  },
});
