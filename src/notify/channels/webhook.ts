import { createHash, createHmac } from "node:crypto";
import { z } from "zod";
import { isAddress } from "../../collector/bucket.ts";
import { type SecretRef, secret } from "../../collector/define.ts";
import { digestOf } from "../../lib/digest.ts";
import { CustodyError } from "../../lib/errors.ts";
import { shownAddress } from "../../outbound/post.ts";
import { MAX_ANSWER_BYTES, setbackOf } from "../answer.ts";
import { defineChannel, type Message, type MessageItem } from "../define.ts";
import { address, titleOf } from "../layout.ts";
import { secretAddress } from "../place.ts";
import { cut } from "../text.ts";

/** Ours: a receiver need not take more. */
const LIMITS = { bytes: 256 * 1024 };
/** Of it, for whatever stands around the items. */
const AROUND = 64 * 1024;
const REFERENCE = secret();
const EXAMPLE = "https://hooks.example.com/notices";

/** An address, or the reference to one that is itself a secret. */
const Address = z
  .string()
  .refine(
    (text) => isAddress(text) || REFERENCE.safeParse(text).success,
    "expected an address such as https://hooks.example.com/notices without a user or password in it, or a reference: ${env:NAME} or ${file:PATH}",
  )
  .transform((text): string | SecretRef => REFERENCE.safeParse(text).data ?? text);

/** The notice in JSON, as docs/notices.md specifies it: the same bytes at each attempt. */
function compose(message: Message): { json: string; left: number } {
  const { id, about, from, paragraphs, items, link, files = [] } = message;
  const url = address(link?.url);
  const kept: object[] = [];
  let room = LIMITS.bytes - AROUND;
  for (const item of items) {
    const text = itemOf(item);
    room -= Buffer.byteLength(JSON.stringify(text)) + 1;
    if (room < 0) break;
    kept.push(text);
  }
  const left = items.length - kept.length;
  const data = {
    id: cut(id, 200),
    organisation: cut(from, 200),
    title: titleOf(message, 300),
    paragraphs: paragraphs.slice(0, 20).map((text) => cut(text, 500)),
    items: kept,
    left,
    all: cut(message.all ?? "custody gaps", 200),
    ...(url === undefined ? {} : { link: url }),
    ...(files.length === 0
      ? {}
      : {
          files: files.slice(0, 20).map(({ name, mediaType, bytes }) => ({
            name: cut(name, 100),
            mediaType: cut(mediaType, 100),
            size: bytes.length,
            sha256: digestOf(bytes),
          })),
        }),
  };
  return { json: JSON.stringify({ type: `custody.${about}`, data }), left };
}

function itemOf(item: MessageItem): object {
  const texts = ["title", "what", "lost", "todo", "until", "who"] as const;
  return {
    ...Object.fromEntries(texts.flatMap((key) => (item[key] === undefined ? [] : [[key, cut(item[key], 1_000)]]))),
    ...(item.commands === undefined ? {} : { commands: item.commands.slice(0, 20).map((text) => cut(text, 300)) }),
  };
}

/** Whatever takes JSON over HTTP and can check who sent it: signed as Standard Webhooks says. */
export const webhook = defineChannel({
  use: "webhook",
  title: "a webhook",
  limits: LIMITS,
  config: z.strictObject({
    url: Address.meta({
      description: "Address that takes a POST; as a reference where the address itself is a secret.",
      examples: [EXAMPLE],
    }),
    secret: secret().meta({
      description: "Signs each message as Standard Webhooks says: `whsec_` and 24 to 64 random bytes in base64.",
      examples: ["${env:CUSTODY_NOTICE_SECRET}"],
    }),
  }),
  render(message) {
    const { json, left } = compose(message);
    return { text: json, mediaType: "application/json", left };
  },
  async send(message, { config, origin, reveal, post, clock }) {
    const url = typeof config.url === "string" ? config.url : secretAddress(config.url, reveal, EXAMPLE).href;
    const key = signingKey(reveal(config.secret));
    const body = new TextEncoder().encode(compose(message).json);
    // Never a dot in it: it separates what is signed.
    const id = `msg_${createHash("sha256").update(`${origin}\n${message.id}`).digest("hex").slice(0, 32)}`;
    const timestamp = String(Math.floor(clock.now() / 1000));
    const mac = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64");
    const shown = shownAddress(url);
    const answer = await post({
      url,
      shown,
      body,
      maxBytes: MAX_ANSWER_BYTES,
      headers: {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": `v1,${mac}`,
      },
    });
    const { status } = answer;
    if (status >= 200 && status <= 299) return { blob: { status, id }, said: `${shown} took it (status ${status})` };
    return setbackOf(answer, shown, clock.now(), {
      ...(status === 404 || status === 410 ? { remedy: "Enter the address that takes notices now under `url:`." } : {}),
    });
  },
});

/** The bytes behind `whsec_…`. Throws SOURCE_MISCONFIGURED for anything else: another key would verify nowhere. */
function signingKey(text: string): Buffer {
  const encoded = text.trim().replace(/^whsec_/, "");
  const key = Buffer.from(encoded, "base64");
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(encoded) && key.length >= 24 && key.length <= 64) return key;
  throw new CustodyError("SOURCE_MISCONFIGURED", "the secret that signs notices is none of 24 to 64 bytes in base64", {
    remedy: 'Make one: echo "whsec_$(openssl rand -base64 32)", and give it to the receiver as well.',
  });
}
