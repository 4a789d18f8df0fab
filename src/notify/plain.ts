import type { Message } from "./define.ts";
import { BETWEEN, type Laid, layOut, type Markup, type Room } from "./layout.ts";

/** Text without any markup: for mails, and for whoever prints a message. */
const PLAIN: Markup = {
  plain: (text) => text,
  strong: (text) => text,
  code: (text) => `\`${text}\``,
  command: (text) => `  ${text}`,
  link: (title, url) => `${title}: ${url}`,
};

/** The message as plain text, without its title. */
export function plainText(message: Message, room: Room): { readonly text: string } & Laid {
  const laid = layOut(message, PLAIN, room);
  return { text: laid.parts.join(BETWEEN), ...laid };
}
