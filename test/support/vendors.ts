import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { listening } from "./http.ts";

/** Servers on loopback that take messages as the vendors do: what is wrong, too long or too often is refused in their words. */

/** What the next request gets in place of an answer of its own. */
export type Fault =
  /** 429 in the vendor's words, with the time to wait. */
  | { readonly kind: "limited"; readonly seconds: number }
  /** 503, with a Retry-After where one is given. */
  | { readonly kind: "down"; readonly after?: string }
  | { readonly kind: "status"; readonly status: number; readonly body?: string | object }
  | { readonly kind: "redirect" }
  /** Bytes without end. */
  | { readonly kind: "endless" }
  /** Takes the request and never answers. */
  | { readonly kind: "silence" }
  | { readonly kind: "hang-up" }
  /** 200 with a page to sign in, as hotels do. */
  | { readonly kind: "page" };

export interface Arrived {
  readonly body: Record<string, unknown>;
  readonly raw: string;
  readonly headers: IncomingMessage["headers"];
}

export interface Vendor {
  /** What a person would copy from the vendor. */
  readonly address: string;
  /** Messages that were taken. */
  readonly arrived: readonly Arrived[];
  /** All requests, refused ones too. */
  readonly asked: () => number;
  /** Each stands for one request. */
  readonly faults: Fault[];
}

interface Reply {
  readonly status: number;
  readonly body: string | object;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Rules {
  readonly path: string;
  /** How many messages in how many milliseconds. */
  readonly rate: readonly [number, number];
  limited(seconds: number): Reply;
  /** `undefined` takes it. */
  refuse(body: Record<string, unknown>, request: IncomingMessage, raw: string): Reply | undefined;
  taken(n: number, body: Record<string, unknown>): Reply;
}

async function vendor(rules: Rules, now: () => number): Promise<Vendor> {
  const arrived: Arrived[] = [];
  const faults: Fault[] = [];
  const times: number[] = [];
  let asked = 0;
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const raw = Buffer.concat(parts).toString("utf8");
    asked += 1;
    const fault = faults.shift();
    if (fault !== undefined) return void misbehave(fault, response, rules);
    give(response, handle(request, raw));
  });
  const handle = (request: IncomingMessage, raw: string): Reply => {
    if (request.method !== "POST" || new URL(request.url ?? "", "http://x").pathname !== rules.path)
      return { status: 404, body: { message: "404: Not Found", code: 0 } };
    const [count, per] = rules.rate;
    const recent = times.filter((at) => at > now() - per);
    if (recent.length >= count) return rules.limited(((recent[0] ?? 0) + per - now()) / 1000);
    times.push(now());
    if (!/^application\/json(;|$)/.test(request.headers["content-type"] ?? ""))
      return { status: 400, body: "wrong type" };
    const body = JSON.parse(raw) as Record<string, unknown>;
    const refused = rules.refuse(body, request, raw);
    if (refused !== undefined) return refused;
    arrived.push({ body, raw, headers: request.headers });
    return rules.taken(arrived.length, body);
  };
  const url = await listening(server);
  return { address: `${url}${rules.path}`, arrived, asked: () => asked, faults };
}

function give(response: ServerResponse, { status, body, headers }: Reply): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const type = typeof body === "string" ? "text/html" : "application/json";
  response.writeHead(status, { "content-type": type, ...headers }).end(text);
}

function misbehave(fault: Fault, response: ServerResponse, rules: Rules): void {
  if (fault.kind === "limited") give(response, rules.limited(fault.seconds));
  if (fault.kind === "down") response.writeHead(503, fault.after ? { "retry-after": fault.after } : {}).end();
  if (fault.kind === "status") give(response, { status: fault.status, body: fault.body ?? "" });
  if (fault.kind === "redirect") response.writeHead(307, { location: "http://127.0.0.1:1/s3cr3t" }).end();
  if (fault.kind === "page") give(response, { status: 200, body: "<html>Please sign in</html>" });
  if (fault.kind === "hang-up") response.destroy();
  if (fault.kind === "endless") {
    response.on("drain", () => response.write(Buffer.alloc(65_536)));
    response.writeHead(200).write(Buffer.alloc(65_536));
  }
}

const SPECIFICATION = join(import.meta.dirname, "../fixtures/notify/discord-webhook.trimmed.openapi.json");
interface Schemas {
  readonly [name: string]: { readonly properties?: Record<string, unknown> };
}

/** Validators of Discord's own specification; a member that it does not name is refused too. */
function discordSchema(): { message: ValidateFunction; limited: ValidateFunction; known: (name: string) => string[] } {
  const specification = JSON.parse(readFileSync(SPECIFICATION, "utf8")) as { components: { schemas: Schemas } };
  const ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: true }));
  ajv.addFormat("snowflake", /^(0|[1-9][0-9]{0,19})$/);
  ajv.addSchema(specification, "discord");
  const schema = (name: string) => {
    const found = ajv.getSchema(`discord#/components/schemas/${name}`);
    if (found === undefined) throw new Error(`no schema ${name}`);
    return found as ValidateFunction;
  };
  return {
    message: schema("IncomingWebhookRequestPartial"),
    limited: schema("RatelimitedResponse"),
    known: (name) => Object.keys(specification.components.schemas[name]?.properties ?? {}),
  };
}

/** A webhook of Discord: its specification, 6000 characters over all embeds, five messages in two seconds. */
export function discordVendor(now: () => number): Promise<Vendor> {
  const { message, limited, known } = discordSchema();
  const invalid = (why: string): Reply => ({
    status: 400,
    body: {
      message: "Invalid Form Body",
      code: 50035,
      errors: { content: { _errors: [{ code: "X", message: why }] } },
    },
  });
  return vendor(
    {
      path: "/api/webhooks/4711/s3cr3t-Token_x",
      rate: [5, 2_000],
      limited(seconds) {
        const body = { message: "You are being rate limited.", retry_after: seconds, global: false, code: 0 };
        if (!limited(body)) throw new Error("this is not how Discord answers");
        return {
          status: 429,
          body,
          headers: { "retry-after": String(Math.ceil(seconds)), "x-ratelimit-scope": "user" },
        };
      },
      refuse(body, request) {
        if (new URL(request.url ?? "", "http://x").searchParams.get("wait") !== "true") return invalid("no wait");
        if (!message(body)) return invalid(JSON.stringify(message.errors));
        const embeds = (body.embeds ?? []) as Record<string, unknown>[];
        const stray = [
          ...Object.keys(body).filter((key) => !known("IncomingWebhookRequestPartial").includes(key)),
          ...embeds.flatMap((embed) => Object.keys(embed).filter((key) => !known("RichEmbed").includes(key))),
        ];
        if (stray.length > 0) return invalid(`unknown ${stray.join()}`);
        const total = embeds.reduce(
          (sum, { title = "", description = "" }) => sum + `${title}${description}`.length,
          0,
        );
        if (total > 6_000) return invalid("embeds exceed 6000");
        const empty = embeds.every(({ description = "" }) => description === "") && !body.content;
        return empty ? { status: 400, body: { message: "Cannot send an empty message", code: 50006 } } : undefined;
      },
      taken: (n, { embeds }) => ({
        status: 200,
        body: { id: `9000${n}`, type: 0, content: "", channel_id: "2", embeds },
      }),
    },
    now,
  );
}

const keysOf = (value: unknown): string[] => Object.keys((value ?? {}) as object);
const within = (value: unknown, keys: readonly string[]) => keysOf(value).every((key) => keys.includes(key));

/** An incoming webhook of Slack (docs.slack.dev, Block Kit): lengths as documented, one message a second. */
export function slackVendor(now: () => number): Promise<Vendor> {
  const invalid = (word: string): Reply => ({ status: 400, body: word });
  const text = (value: unknown, type: string, max: number): boolean => {
    const { type: found, text: given } = (value ?? {}) as { type?: unknown; text?: unknown };
    return found === type && typeof given === "string" && given.length >= 1 && given.length <= max;
  };
  return vendor(
    {
      path: "/services/T000/B000/s3cr3tXXXX",
      rate: [1, 1_000],
      limited: (seconds) => ({
        status: 429,
        body: "rate_limited",
        headers: { "retry-after": String(Math.max(1, Math.ceil(seconds))) },
      }),
      refuse(body) {
        if (!within(body, ["text", "blocks", "unfurl_links", "unfurl_media"])) return invalid("invalid_payload");
        if (typeof body.text !== "string" || body.text === "") return invalid("no_text");
        if (body.text.length > 40_000) return invalid("invalid_payload");
        const blocks = body.blocks as Record<string, unknown>[];
        if (!Array.isArray(blocks) || blocks.length > 50) return invalid("invalid_blocks");
        const right = blocks.every((block) => {
          if (!within(block, ["type", "text"])) return false;
          if (block.type === "header")
            return within(block.text, ["type", "text", "emoji"]) && text(block.text, "plain_text", 150);
          return (
            block.type === "section" &&
            within(block.text, ["type", "text", "verbatim"]) &&
            text(block.text, "mrkdwn", 3_000)
          );
        });
        return right ? undefined : invalid("invalid_blocks");
      },
      taken: () => ({ status: 200, body: "ok" }),
    },
    now,
  );
}

const TELEGRAM_TOKEN = "123456:s3cr3t-AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";

/** A Bot API server (core.telegram.org/bots/api): balanced tags it knows, 4096 characters without them, one message a second. */
export async function telegramVendor(now: () => number): Promise<Vendor & { token: string; base: string }> {
  const error = (status: number, description: string, parameters?: object): Reply => ({
    status,
    body: { ok: false, error_code: status, description, ...(parameters ? { parameters } : {}) },
  });
  const made = await vendor(
    {
      path: `/bot${TELEGRAM_TOKEN}/sendMessage`,
      rate: [1, 1_000],
      limited(seconds) {
        const wait = Math.max(1, Math.ceil(seconds));
        return error(429, `Too Many Requests: retry after ${wait}`, { retry_after: wait });
      },
      refuse(body) {
        const known = [
          "chat_id",
          "text",
          "parse_mode",
          "link_preview_options",
          "message_thread_id",
          "disable_notification",
        ];
        if (!within(body, known)) return error(400, "Bad Request: unknown field");
        if (body.chat_id !== "-1001234") return error(400, "Bad Request: chat not found");
        if (typeof body.text !== "string" || body.parse_mode !== "HTML")
          return error(400, "Bad Request: text is empty");
        const parsed = telegramText(body.text);
        if (parsed === undefined) return error(400, "Bad Request: can't parse entities");
        return parsed.length > 4_096 ? error(400, "Bad Request: message is too long") : undefined;
      },
      taken: (n, body) => ({
        status: 200,
        body: {
          ok: true,
          result: { message_id: n, date: 1, chat: { id: -1001234, type: "supergroup" }, text: body.text },
        },
      }),
    },
    now,
  );
  return { ...made, token: TELEGRAM_TOKEN, base: new URL(made.address).origin };
}

/** What a reader sees of Telegram's HTML; undefined where tags are unknown or not closed, or an entity is none of four. */
export function telegramText(html: string): string | undefined {
  const open: string[] = [];
  let text = "";
  for (const [, tag, entity, plain] of html.matchAll(/<([^<>]*)>|&([a-z]+;)?|([^<>&]+|[<>])/g)) {
    if (tag !== undefined) {
      const [, slash, name = ""] = /^(\/?)(b|code|a)(?: href="[^"]*")?$/.exec(tag) ?? [];
      if (name === "") return undefined;
      if (slash === "") open.push(name);
      else if (open.pop() !== name) return undefined;
    } else if (plain !== undefined) {
      if (plain === "<" || plain === ">") return undefined;
      text += plain;
    } else {
      const character = { "lt;": "<", "gt;": ">", "amp;": "&", "quot;": '"' }[entity ?? ""];
      if (character === undefined) return undefined;
      text += character;
    }
  }
  return open.length === 0 ? text : undefined;
}

/** A receiver that checks signatures as the Standard Webhooks libraries do, takes 256 KiB, and each id once. */
export function webhookVendor(now: () => number, secret: string): Promise<Vendor> {
  return vendor(
    {
      path: "/notices/s3cr3t-path",
      rate: [10, 1_000],
      limited: (seconds) => ({
        status: 429,
        body: "",
        headers: { "retry-after": String(Math.max(1, Math.ceil(seconds))) },
      }),
      refuse(_, { headers }, raw) {
        if (Buffer.byteLength(raw) >= 256 * 1024) return { status: 413, body: "" };
        const id = String(headers["webhook-id"]);
        const timestamp = String(headers["webhook-timestamp"]);
        if (id.includes(".") || !/^\d{10}$/.test(timestamp)) return { status: 400, body: "" };
        if (Math.abs(now() / 1000 - Number(timestamp)) > 300) return { status: 400, body: "" };
        const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
        const right = createHmac("sha256", key).update(`${id}.${timestamp}.${raw}`).digest();
        const given = String(headers["webhook-signature"])
          .split(" ")
          .filter((one) => one.startsWith("v1,"))
          .map((one) => Buffer.from(one.slice(3), "base64"));
        const signed = given.some((one) => one.length === right.length && timingSafeEqual(one, right));
        return signed ? undefined : { status: 401, body: "" };
      },
      taken: () => ({ status: 204, body: "" }),
    },
    now,
  );
}
