import type { Message, MessageItem } from "./define.ts";
import { cut } from "./text.ts";

/** Lays a message out as text within a limit: as many items as fit whole, then a line that says how many are missing and where. */

/** How a channel writes; each takes plain text on one line, and escapes it. */
export interface Markup {
  plain(text: string): string;
  strong(text: string): string;
  /** Within a line. */
  code(text: string): string;
  /** A line of its own, to be copied. */
  command(text: string): string;
  /** `url` is a proper http or https address. */
  link(title: string, url: string): string;
}

/** What a channel takes, in UTF-16 units after escaping. */
export interface Room {
  /** Everything together, with two line breaks between parts. */
  readonly all: number;
  /** One part; as much as everything unless stated. */
  readonly part?: number;
  /** How many parts; any number unless stated. */
  readonly parts?: number;
  /** Files come along with it. */
  readonly files?: boolean;
}

export interface Laid {
  /** Paragraphs, items and closing lines, each without a line break at its ends. */
  readonly parts: readonly string[];
  /** Items that did not fit. */
  readonly left: number;
}

/** Between two parts. */
export const BETWEEN = "\n\n";
/** How much of one text is shown; a part that does not fit even alone is tried with less. */
const CAPS = [1_000, 400, 150, 60] as const;
const TITLE = 200;
const COMMANDS = 6;
const FILES = 5;
const MAX_LINK = 500;

/** Lays it out. The title is the channel's own business. */
export function layOut(message: Message, markup: Markup, room: Room): Laid {
  const { paragraphs, items } = message;
  const partLimit = room.part ?? room.all;
  const longest = closing(message, items.length, true, markup, room).join(BETWEEN).length + BETWEEN.length;
  let rest = room.all - longest;
  let spare = (room.parts ?? Number.POSITIVE_INFINITY) - closing(message, items.length, true, markup, room).length;
  const parts: string[] = [];
  const place = (write: (cap: number) => string, caps: readonly number[]): boolean => {
    if (spare < 1) return false;
    for (const cap of caps) {
      const text = write(cap);
      if (text.length > partLimit || text.length + BETWEEN.length > rest) continue;
      parts.push(text);
      rest -= text.length + BETWEEN.length;
      spare -= 1;
      return true;
    }
    return false;
  };
  let short = false;
  for (const paragraph of paragraphs.filter((text) => cut(text, 1) !== "")) {
    if (!place((cap) => markup.plain(cut(paragraph, cap)), CAPS)) short = true;
  }
  let placed = 0;
  // The first is shortened rather than left out: it is the most important one.
  for (const item of items) {
    if (!place((cap) => itemText(item, cap, markup), placed === 0 ? CAPS : CAPS.slice(0, 1))) break;
    placed += 1;
  }
  const left = items.length - placed;
  return { parts: [...parts, ...closing(message, left, short, markup, room)], left };
}

function itemText(item: MessageItem, cap: number, { plain, strong, command }: Markup): string {
  const sentences = [item.what, item.lost, item.todo].map((text = "") => cut(text, cap)).filter(Boolean);
  const who = [item.until && `Until: ${item.until}`, item.who && `Who: ${item.who}`].filter(Boolean).join(" · ");
  return [
    strong(cut(item.title, Math.min(cap, TITLE)) || "–"),
    ...sentences.map(plain),
    ...(item.commands ?? []).slice(0, COMMANDS).map((text) => command(cut(text, cap))),
    ...(who === "" ? [] : [plain(cut(who, Math.min(cap, TITLE)))]),
  ].join("\n");
}

/** What stands below: what is missing, files, a link, and which notice it is. */
function closing(message: Message, left: number, short: boolean, markup: Markup, room: Room): string[] {
  const { plain, code } = markup;
  const { files = [] } = message;
  const url = address(message.link?.url);
  const where = `${code(cut(message.all ?? "custody gaps", 120))}${plain(" shows everything.")}`;
  const missing = left > 0 ? `And ${left} more: ` : "There is more: ";
  return [
    ...(left > 0 || short ? [`${plain(missing)}${where}`] : []),
    ...(files.length === 0 || room.files ? [] : [plain(filesLine(files.map(({ name }) => cut(name, 80))))]),
    ...(url === undefined ? [] : [markup.link(cut(message.link?.title ?? "", 80), url)]),
    plain(signature(message)),
  ];
}

/** As a browser spells it, so that nothing in it is markup any more; undefined for what is no address of a page. */
export function address(url = ""): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, href } = new URL(url);
  const spelled = href.replaceAll("|", "%7C").replaceAll("'", "%27");
  return /^https?:$/.test(protocol) && spelled.length <= MAX_LINK ? spelled : undefined;
}

function filesLine(names: readonly string[]): string {
  const more = names.length > FILES ? ` and ${names.length - FILES} more` : "";
  return `Not attached here: ${names.slice(0, FILES).join(", ")}${more}`;
}

/** The title within a length; never empty. */
export function titleOf({ title, id }: Pick<Message, "title" | "id">, max: number): string {
  return cut(title, max) || cut(id, max);
}

/** Which notice it is, and whose: who gets it twice sees that it is one. */
export function signature({ from, id }: Pick<Message, "from" | "id">): string {
  return `${cut(from, 100)} · Custody · ${cut(id, 200)}`;
}
