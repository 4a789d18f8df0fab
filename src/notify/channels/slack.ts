import { z } from "zod";
import { secret } from "../../collector/define.ts";
import { shownAddress } from "../../outbound/post.ts";
import { jsonBody, MAX_ANSWER_BYTES, setbackOf } from "../answer.ts";
import { defineChannel, type Message } from "../define.ts";
import { BETWEEN, layOut, type Markup, titleOf } from "../layout.ts";
import { secretAddress } from "../place.ts";
import { flat, withoutMentions } from "../text.ts";

/** Slack's limits for one message (docs.slack.dev, Block Kit reference); `all` is ours: nobody reads more in a chat. */
const LIMITS = { text: 4_000, header: 150, section: 3_000, blocks: 50, all: 12_000 };
const EXAMPLE = "https://hooks.slack.com/services/…";
/** What Slack answers with in place of `ok`. */
const WORDS =
  /^(invalid_payload|no_text|too_many_attachments|invalid_blocks|invalid_token|action_prohibited|posting_to_general_channel_denied|user_not_found|channel_not_found|channel_is_archived|no_service|no_service_id|no_team|team_disabled|no_active_hooks|rate_limited|rollup_error)$/;

/** Slack knows three characters that must be escaped; what calls people or channels stands between two of them. */
function escaped(text: string): string {
  return withoutMentions(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

const MARKUP: Markup = {
  plain: escaped,
  // There is no escape for these; they look the same.
  strong: (text) => `*${escaped(text.replaceAll("*", "∗"))}*`,
  code: (text) => `\`${escaped(text.replaceAll("`", "'"))}\``,
  command: (text) => `\`${escaped(text.replaceAll("`", "'"))}\``,
  link: (title, url) => `<${url.replaceAll("&", "&amp;")}|${escaped(title.replaceAll("|", "/"))}>`,
};

/** The title as plain text, where no markup is read; what looks like some is taken apart all the same, which makes it longer. */
function headerOf(message: Message): string {
  const within = (max: number) => withoutMentions(titleOf(message, max)).replaceAll("<", "<\u2060");
  const header = within(LIMITS.header);
  return header.length <= LIMITS.header ? header : within(LIMITS.header / 2);
}

function compose(message: Message) {
  const header = headerOf(message);
  const { parts, left } = layOut(message, MARKUP, { all: LIMITS.all, part: LIMITS.section, parts: LIMITS.blocks - 1 });
  return { header, parts, left };
}

/** A channel in Slack, through an incoming webhook that was made there. */
export const slack = defineChannel({
  use: "slack",
  title: "Slack",
  limits: LIMITS,
  config: z.strictObject({
    webhook: secret().meta({
      description: "Address of the incoming webhook, as a reference: whoever has it can write to the channel.",
      examples: ["${env:SLACK_WEBHOOK}"],
    }),
  }),
  render(message) {
    const { header, parts, left } = compose(message);
    return {
      text: `${[header, ...parts].join(BETWEEN)}
`,
      mediaType: "text/plain; charset=utf-8",
      left,
    };
  },
  async send(message, { config, reveal, post, clock }) {
    const { href } = secretAddress(config.webhook, reveal, EXAMPLE);
    const shown = shownAddress(href);
    const { header, parts } = compose(message);
    const answer = await post({
      url: href,
      shown,
      maxBytes: MAX_ANSWER_BYTES,
      ...jsonBody({
        // Shown where blocks cannot be: in the notification of a phone.
        text: escaped(titleOf(message, 300)),
        blocks: [
          { type: "header", text: { type: "plain_text", text: header, emoji: false } },
          ...parts.map((text) => ({ type: "section", text: { type: "mrkdwn", text, verbatim: true } })),
        ],
        unfurl_links: false,
        unfurl_media: false,
      }),
    });
    const word = flat(new TextDecoder().decode(answer.bytes.subarray(0, 100)));
    if (answer.status === 200 && word === "ok") return { blob: { status: 200 }, said: "Slack took it" };
    const archived = word === "channel_is_archived" || word === "team_disabled" || word === "no_active_hooks";
    return setbackOf(answer, shown, clock.now(), {
      ...(WORDS.test(word) ? { code: word } : {}),
      ...(archived ? { cause: "gone" as const } : {}),
    });
  },
});
