import { z } from "zod";
import { secret } from "../../collector/define.ts";
import { CustodyError } from "../../lib/errors.ts";
import { shownAddress } from "../../outbound/post.ts";
import { jsonAnswer, jsonBody, MAX_ANSWER_BYTES, type Said, secondsIn, setbackOf } from "../answer.ts";
import { defineChannel, type Message } from "../define.ts";
import { BETWEEN, layOut, type Markup, titleOf } from "../layout.ts";
import { isPrivateAddress } from "../place.ts";
import { withoutMentions } from "../text.ts";

/** Telegram's limit for one message (core.telegram.org/bots/api#sendmessage): UTF-16 units after its markup is read. */
const LIMITS = { text: 4_096 };
const TOKEN = /^\d{3,20}:[A-Za-z0-9_-]{20,100}$/;
const API = "https://api.telegram.org";

function escaped(text: string): string {
  return withoutMentions(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

const MARKUP: Markup = {
  plain: escaped,
  strong: (text) => `<b>${escaped(text)}</b>`,
  // Nothing in there is taken for a mention, and a command must stay what it is.
  code: (text) => `<code>${text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")}</code>`,
  command: (text) => MARKUP.code(text),
  link: (title, url) => `<a href="${escaped(url)}">${escaped(title)}</a>`,
};

function compose(message: Message) {
  const title = MARKUP.strong(titleOf(message, 200));
  const { parts, left } = layOut(message, MARKUP, { all: LIMITS.text - title.length - BETWEEN.length });
  return { text: [title, ...parts].join(BETWEEN), left };
}

/** A chat, group or channel in Telegram, through a bot that is in it. */
export const telegram = defineChannel({
  use: "telegram",
  title: "Telegram",
  limits: LIMITS,
  config: z.strictObject({
    token: secret().meta({
      description: "The bot's token, as a reference.",
      examples: ["${env:TELEGRAM_BOT_TOKEN}"],
    }),
    chat: z
      .string()
      .regex(
        /^(-?\d{1,20}|@[A-Za-z0-9_]{4,40})$/,
        "expected the id of a chat in quotes, such as '-1001234567890', or @name",
      )
      .meta({
        description: "Which chat, by its id in quotes, or a public channel by its @name.",
        examples: ["-1001234567890"],
      }),
    topic: z
      .int()
      .min(1)
      .optional()
      .meta({ description: "Which topic of a group that has some.", examples: [4] }),
    api: z
      .string()
      .refine(
        isPrivateAddress,
        "expected an address such as https://telegram.example.com, without a user or password in it, unencrypted only on this machine itself",
      )
      .optional()
      .meta({ description: "A Bot API server of your own.", examples: ["https://telegram.example.com"] }),
  }),
  render(message) {
    const { text, left } = compose(message);
    return { text: `${text}\n`, mediaType: "text/html; charset=utf-8", left };
  },
  async send(message, { config, reveal, post, clock }) {
    const token = reveal(config.token).trim();
    if (!TOKEN.test(token)) {
      throw new CustodyError("SOURCE_MISCONFIGURED", "the secret holds no token of a bot such as 123456:ABC…", {
        remedy: "Copy the token that @BotFather gave, without anything around it.",
      });
    }
    const base = (config.api ?? API).replace(/\/+$/, "");
    const shown = shownAddress(base);
    const answer = await post({
      // The token is a part of the address: nothing but `post` may see it.
      url: `${base}/bot${token}/sendMessage`,
      shown,
      maxBytes: MAX_ANSWER_BYTES,
      ...jsonBody({
        chat_id: config.chat,
        text: compose(message).text,
        parse_mode: "HTML",
        link_preview_options: { is_disabled: true },
        ...(config.topic === undefined ? {} : { message_thread_id: config.topic }),
      }),
    });
    const { ok, result, ...rest } = jsonAnswer(answer);
    const id = (result as { message_id?: unknown } | undefined)?.message_id;
    if (answer.status === 200 && ok === true && Number.isSafeInteger(id)) {
      return { blob: { status: 200, id: Number(id) }, said: `Telegram has it as message ${id}` };
    }
    return setbackOf(answer, shown, clock.now(), said(answer.status, rest));
  },
});

/** What Telegram says beyond the status, by the beginnings of its own descriptions. */
function said(status: number, { description, parameters }: Readonly<Record<string, unknown>>): Said {
  const text = typeof description === "string" ? description.toLowerCase() : "";
  const { retry_after, migrate_to_chat_id } = (parameters ?? {}) as Readonly<Record<string, unknown>>;
  const after = status === 429 ? secondsIn(retry_after) : undefined;
  if (after !== undefined) return { after };
  if (Number.isSafeInteger(migrate_to_chat_id)) {
    const remedy = `Telegram made the group a larger one with another id; write \`chat: "${migrate_to_chat_id}"\`.`;
    return { cause: "misconfigured", code: "the group has another id now", remedy };
  }
  if (status === 401 || status === 404) {
    return { cause: "gone", code: "no such bot", remedy: "Put the bot's token into the secret; @BotFather shows it." };
  }
  if (status === 403) {
    return {
      cause: "gone",
      code: "the bot may not write there",
      remedy: "Add the bot to the chat again, or unblock it.",
    };
  }
  if (status === 400 && text.includes("chat not found")) {
    return { cause: "gone", code: "chat not found", remedy: "Check `chat:`, and that the bot is in that chat." };
  }
  if (status === 400 && text.includes("thread not found")) {
    return { cause: "gone", code: "no such topic", remedy: "Check `topic:`, or leave it out." };
  }
  return {};
}
