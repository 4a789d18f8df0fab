import { base64 } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { MailKeys, sendMail } from "../outbound/mail.ts";
import { defineTarget, jsonReceipt, type SentHead } from "./define.ts";

/** A mailbox: what was delivered is out of the sender's hands. */
export const email = defineTarget({
  use: "email",
  title: "e-mail",
  proves: "Whoever keeps the messages can show that nothing before a head in one was changed.",
  config: MailKeys,
  async send(head, tools) {
    const { config } = tools;
    const mail = { subject: `Fingerprint of ${head.origin}: ${head.size} records`, text: textOf(head) };
    const { accepted, rejected, status } = await sendMail(mail, tools);
    if (rejected > 0) {
      throw new CustodyError(
        "SOURCE_REFUSED",
        `${config.server}: ${rejected} of ${rejected + accepted} recipients were refused`,
        { remedy: "Check the addresses under `to:`." },
      );
    }
    return {
      blob: jsonReceipt({ status, recipients: accepted }),
      said: `${config.server} took it for ${accepted} ${accepted === 1 ? "recipient" : "recipients"}`,
    };
  },
});

function textOf(head: SentHead): string {
  return `This message keeps a fingerprint of the evidence log ${head.origin}, so that nobody can rewrite it unnoticed.
Keep the message. There is nothing to do today.

Records:      ${head.size}
Fingerprint:  ${base64(head.root)}

To check later that nothing up to here was changed:

  custody verify --since ${head.size}:${base64(head.root)}

The signed form:

${new TextDecoder().decode(head.bytes)}`;
}
