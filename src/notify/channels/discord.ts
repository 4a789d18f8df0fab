import { z } from "zod";
import { secret } from "../../collector/define.ts";
import { CustodyError } from "../../lib/errors.ts";
import { shownAddress } from "../../outbound/post.ts";
import { jsonAnswer, jsonBody, MAX_ANSWER_BYTES, secondsIn, setbackOf } from "../answer.ts";
import { defineChannel, type Message } from "../define.ts";
import { BETWEEN, layOut, type Markup, titleOf } from "../layout.ts";
import { secretAddress } from "../place.ts";
import { withoutMentions } from "../text.ts";

/** Discord's limits for one message (discord-api-spec, `IncomingWebhookRequestPartial` and `RichEmbed`); an embed counts 6000 in all. */
const LIMITS = { title: 256, text: 4_096, embeds: 6_000, name: 80 };
const EXAMPLE = "https://discord.com/api/webhooks/…";
const PATH = /^\/api\/(v\d+\/)?webhooks\/\d+\/[A-Za-z0-9_-]+\/?$/;

/** A backslash before whatever Discord would take for markup. */
function escaped(text: string): string {
  return withoutMentions(text)
    .replace(/[\\*_~`|<>[\]]/g, "\\$&")
    .replace(/^([#+-]|\d+(?=\.))/, (start) => (/\d/.test(start) ? `${start}\\` : `\\${start}`));
}

const MARKUP: Markup = {
  plain: escaped,
  strong: (text) => `**${escaped(text)}**`,
  code: (text) => `\`${text.replaceAll("`", "'")}\``,
  command: (text) => `\`${text.replaceAll("`", "'")}\``,
  link: (title, url) => `${escaped(title)}: <${url}>`,
};

function compose(message: Message) {
  const title = escaped(titleOf(message, 120));
  const { parts, left } = layOut(message, MARKUP, { all: LIMITS.text });
  return { title, text: parts.join(BETWEEN), left };
}

/** A channel of a Discord server, through a webhook that was made there. */
export const discord = defineChannel({
  use: "discord",
  title: "Discord",
  limits: LIMITS,
  config: z.strictObject({
    webhook: secret().meta({
      description: "Address of the webhook, as a reference: whoever has it can write to the channel.",
      examples: ["${env:DISCORD_WEBHOOK}"],
    }),
  }),
  render(message) {
    const { title, text, left } = compose(message);
    return { text: `${title}${BETWEEN}${text}\n`, mediaType: "text/markdown; charset=utf-8", left };
  },
  async send(message, { config, reveal, post, clock }) {
    const url = secretAddress(config.webhook, reveal, EXAMPLE);
    if (!PATH.test(url.pathname)) {
      throw new CustodyError("SOURCE_MISCONFIGURED", `the secret holds an address that is none like ${EXAMPLE}`, {
        remedy: "In Discord: channel settings, Integrations, Webhooks, Copy Webhook URL.",
      });
    }
    // Only so does it answer once the message is there, and say its id.
    url.searchParams.set("wait", "true");
    const { title, text } = compose(message);
    const shown = shownAddress(url.href);
    const answer = await post({
      url: url.href,
      shown,
      maxBytes: MAX_ANSWER_BYTES,
      ...jsonBody({
        username: "Custody",
        embeds: [{ title, description: text }],
        allowed_mentions: { parse: [] },
      }),
    });
    const { id, code, retry_after } = jsonAnswer(answer);
    if (answer.status === 200 && typeof id === "string" && /^\d{1,20}$/.test(id)) {
      return { blob: { status: 200, id }, said: `Discord has it as message ${id}` };
    }
    const after = answer.status === 429 ? secondsIn(retry_after) : undefined;
    return setbackOf(answer, shown, clock.now(), {
      ...(typeof code === "number" && Number.isSafeInteger(code) ? { code: `code ${code}` } : {}),
      ...(after === undefined ? {} : { after }),
    });
  },
});
