import { createHash } from "node:crypto";
import { CustodyError } from "../../lib/errors.ts";
import { MailKeys, sendMail } from "../../outbound/mail.ts";
import { defineChannel, type Message, type MessageFile } from "../define.ts";
import { titleOf } from "../layout.ts";
import { plainText } from "../plain.ts";
import { cut } from "../text.ts";

/** Ours, not a vendor's: what every mail server takes and a person may read. */
const LIMITS = { subject: 200, text: 100_000, files: 10 * 1024 * 1024 };

function compose(message: Message) {
  const attached = attachments(message.files ?? []);
  const { text, left } = plainText(message, { all: LIMITS.text, files: attached.length > 0 });
  return { subject: titleOf(message, LIMITS.subject), text: `${text}\n`, left, attached };
}

/** All or none: half a report is none. */
function attachments(files: readonly MessageFile[]): readonly MessageFile[] {
  const size = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  return size <= LIMITS.files ? files.map((file) => ({ ...file, name: cut(file.name, 100) })) : [];
}

/** Mailboxes, through the organisation's own mail server. */
export const email = defineChannel({
  use: "email",
  title: "e-mail",
  limits: LIMITS,
  config: MailKeys.extend({
    to: MailKeys.shape.to.meta({
      description: "Who gets it, one address or up to 20.",
      examples: ["anna@example.com"],
    }),
  }),
  render(message) {
    const { subject, text, left } = compose(message);
    return { text: `${subject}\n\n${text}`, mediaType: "text/plain; charset=utf-8", left };
  },
  async send(message, tools) {
    const { config, origin, signal } = tools;
    const { subject, text, attached } = compose(message);
    // The same for the same notice: where it comes twice, most programs show it once.
    const messageId = createHash("sha256").update(`${origin}\n${message.id}`).digest("hex").slice(0, 32);
    const headers = { "x-custody-notice": cut(message.id, 200).replace(/[^\x21-\x7e]/g, "_") };
    const mail = { subject, text, headers, messageId, attachments: attached };
    const { accepted, rejected, status } = await sendMail(mail, { ...tools, signal });
    if (rejected > 0) {
      const found = `${rejected} of ${rejected + accepted} recipients were refused; the others have it`;
      const error = new CustodyError("SOURCE_REFUSED", `${config.server}: ${found}`, {
        remedy: "Check the addresses under `to:`.",
      });
      return { cause: "recipients", error };
    }
    const people = `${accepted} ${accepted === 1 ? "recipient" : "recipients"}`;
    return {
      blob: { status, recipients: accepted, id: messageId },
      said: `the mail server took it for ${people}`,
    };
  },
});
