import { createMask } from "../../src/collector/mask.ts";
import { CustodyError } from "../../src/lib/errors.ts";
import { channels } from "../../src/notify/channels/index.ts";
import type { ChannelConfig, Message, MessageItem } from "../../src/notify/define.ts";
import { type DeliverParts, deliver } from "../../src/notify/deliver.ts";
import { postOnce } from "../../src/outbound/post.ts";
import { SkippingClock } from "./clock.ts";
import { type SmtpOptions, smtpServer } from "./smtp.ts";
import {
  discordVendor,
  type Fault,
  slackVendor,
  telegramText,
  telegramVendor,
  type Vendor,
  webhookVendor,
} from "./vendors.ts";

/** Each channel with a server behind it that keeps its vendor's rules, and ways to let that server misbehave. */

const WEBHOOK_SECRET = `whsec_${Buffer.from("s3cr3t-signing-key-of-32-bytes!!").toString("base64")}`;

export interface Stand {
  readonly channel: ChannelConfig;
  readonly clock: SkippingClock;
  /** By reference, as the configuration has them. */
  readonly secrets: Map<string, string>;
  /** What a reader got, markup and all, one a message. */
  readonly arrived: () => readonly string[];
  /** The same as the server got it, over HTTP. */
  readonly bodies: () => readonly Record<string, unknown>[];
  readonly headers: () => readonly Vendor["arrived"][number]["headers"][];
  /** Attempts that reached the server. */
  readonly asked: () => number;
  fail(...faults: Fault[]): void;
  send(message: Message, over?: Partial<DeliverParts>): ReturnType<typeof deliver>;
}

type Made = Omit<Stand, "clock" | "send" | "channel" | "secrets"> & {
  readonly config: object;
  readonly secrets?: Record<string, string>;
};

function overHttp(vendor: Vendor, read: (body: Record<string, unknown>) => string) {
  return {
    arrived: () => vendor.arrived.map(({ body }) => read(body)),
    bodies: () => vendor.arrived.map(({ body }) => body),
    headers: () => vendor.arrived.map(({ headers }) => headers),
    asked: vendor.asked,
    fail: (...faults: Fault[]) => void vendor.faults.push(...faults),
  };
}

const MAKERS: Readonly<Record<string, (clock: SkippingClock) => Promise<Made>>> = {
  async discord(clock) {
    const vendor = await discordVendor(() => clock.now());
    const read = ({ embeds }: Record<string, unknown>) =>
      (embeds as { title: string; description: string }[]).map((one) => `${one.title}\n\n${one.description}\n`).join();
    return { config: { webhook: "${env:HOOK}" }, secrets: { HOOK: vendor.address }, ...overHttp(vendor, read) };
  },
  async slack(clock) {
    const vendor = await slackVendor(() => clock.now());
    const read = ({ blocks }: Record<string, unknown>) =>
      `${(blocks as { text: { text: string } }[]).map(({ text }) => text.text).join("\n\n")}\n`;
    return { config: { webhook: "${env:HOOK}" }, secrets: { HOOK: vendor.address }, ...overHttp(vendor, read) };
  },
  async telegram(clock) {
    const vendor = await telegramVendor(() => clock.now());
    const config = { token: "${env:TOKEN}", chat: "-1001234", api: vendor.base };
    return { config, secrets: { TOKEN: vendor.token }, ...overHttp(vendor, ({ text }) => `${text}\n`) };
  },
  async webhook(clock) {
    const vendor = await webhookVendor(() => clock.now(), WEBHOOK_SECRET);
    const config = { url: "${env:HOOK}", secret: "${env:KEY}" };
    const secrets = { HOOK: vendor.address, KEY: WEBHOOK_SECRET };
    return { config, secrets, ...overHttp(vendor, (body) => JSON.stringify(body)) };
  },
  async email() {
    const replies: string[] = [];
    const options: { silent?: boolean } & SmtpOptions = { replies };
    const server = await smtpServer(options);
    const config = { server: `127.0.0.1:${server.port}`, from: "custody@example.com", to: "anna@example.com" };
    let refused = 0;
    return {
      config,
      arrived: () => server.mails.map(({ data }) => mailText(data)),
      bodies: () => [],
      headers: () => [],
      asked: () => server.mails.length + refused,
      fail(...faults) {
        refused += faults.length;
        for (const fault of faults) {
          if (fault.kind === "silence") options.silent = true;
          replies.push(fault.kind === "hang-up" ? "" : fault.kind === "status" ? "550 no" : "451 later");
        }
      },
    };
  },
};

/** Subject and text of a mail, decoded (RFC 2045 §6.7). */
export function mailText(data: string): string {
  const [head = "", ...rest] = data.split("\n\n");
  const body = rest.join("\n\n");
  const unfolded = head.replaceAll(/\n\s+/g, " ");
  const subject = decodeWords(/^Subject: (.*)$/m.exec(unfolded)?.[1] ?? "");
  const encoding = /^Content-Transfer-Encoding: (\S+)$/m.exec(unfolded)?.[1];
  const text =
    encoding === "quoted-printable"
      ? quotedPrintable(body)
      : encoding === "base64"
        ? Buffer.from(body, "base64").toString("utf8")
        : body;
  return `${subject}\n\n${text}`;
}

function quotedPrintable(text: string): string {
  const bytes = text
    .replaceAll("=\n", "")
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

function decodeWords(text: string): string {
  return text.replaceAll(/=\?UTF-8\?([QB])\?([^?]*)\?=\s?/gi, (_, kind, word) =>
    kind.toUpperCase() === "B"
      ? Buffer.from(word, "base64").toString("utf8")
      : quotedPrintable(word.replaceAll("_", " ")),
  );
}

/** A channel as the configuration makes it, and a server for it until the test ends. */
export async function stand(use: string, over: { id?: string; config?: object } = {}): Promise<Stand> {
  const clock = new SkippingClock();
  const [make, channel] = [MAKERS[use], channels.find((one) => one.use === use)];
  if (make === undefined || channel === undefined) throw new Error(`no channel ${use}`);
  const { config, secrets = {}, ...server } = await make(clock);
  const given = { ...config, ...over.config };
  const configured: ChannelConfig = {
    id: over.id ?? use,
    channel,
    gets: ["digest", "urgent"],
    at: { hour: 8, minute: 0 },
    config: channel.config.parse(given),
    logged: given,
  };
  const values = new Map(Object.entries(secrets).map(([name, value]) => [`\${env:${name}}`, value]));
  const mask = createMask(values.values());
  const send = (message: Message, more: Partial<DeliverParts> = {}) =>
    deliver(message, configured, {
      clock,
      signal: new AbortController().signal,
      mask: (text) => mask.text(text),
      tools: (one, signal) => ({
        config: one.config,
        origin: "example-0a1b2c3d",
        folder: "/nowhere",
        clock,
        signal,
        reveal: ({ secret }) => {
          const value = values.get(secret);
          if (value === undefined) throw new CustodyError("SECRET_UNAVAILABLE", `${secret} is not set`);
          return value;
        },
        post: (post) => postOnce(post, signal),
      }),
      ...more,
    });
  return { channel: configured, clock, secrets: values, ...server, send };
}

/** What a person reads of a message in this channel's markup, without invisible characters. */
export function seen(use: string, text: string): string {
  const plain =
    use === "telegram"
      ? (telegramText(text) ?? "")
      : use === "slack"
        ? text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&")
        : use === "discord"
          ? text.replaceAll(/\\([\\*_~`|<>[\]#+.-])/g, "$1")
          : text;
  return plain.replaceAll("\u2060", "");
}

export function message(over: Partial<Message> = {}): Message {
  return {
    id: "digest-2026-11-20",
    about: "digest",
    from: "Example GmbH",
    title: "2 things need you",
    paragraphs: ["Evidence is missing. Everything else arrived."],
    items: [
      {
        title: "GitHub alerts",
        what: "Not collected since 20 Nov (token expired 19 Nov 14:02 Berlin).",
        lost: "Nothing lost yet.",
        todo: "Renew the token, then run this:",
        commands: ["custody collect github --backfill --from 2026-11-20"],
        until: "18 Dec",
        who: "operator",
      },
      { title: "Backups", what: "No backup was seen on 19 Nov." },
    ],
    ...over,
  };
}

/** As many items as a test wants, each of some length. */
export function items(count: number, length = 300): MessageItem[] {
  return Array.from({ length: count }, (_, i) => ({ title: `Item ${i + 1}`, what: "x".repeat(length) }));
}
