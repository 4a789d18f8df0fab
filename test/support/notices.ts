import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { collectors } from "../../collectors/index.ts";
import { loadConfig } from "../../src/config/config.ts";
import { Custody } from "../../src/custody.ts";
import { type EntryOf, isKind } from "../../src/evidence/entry.ts";
import type { Clock } from "../../src/lib/clock.ts";
import type { MessageItem } from "../../src/notify/define.ts";
import { listening } from "./http.ts";
import { newWorkspace } from "./workspace.ts";

/** A workspace whose notices arrive at servers on loopback. */

export interface Notice {
  readonly about: string;
  readonly id: string;
  readonly title: string;
  readonly paragraphs: readonly string[];
  readonly items: readonly MessageItem[];
}

export interface Receiver {
  readonly url: string;
  readonly arrived: readonly Notice[];
  /** What the next requests get in place of 204. */
  status: number;
  /** Resolves before each answer. */
  wait: () => Promise<void>;
}

/** Takes notices as a webhook does, until the test ends. */
export async function receiver(): Promise<Receiver> {
  const arrived: Notice[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (part) => {
      text += part;
    });
    request.on("end", async () => {
      await made.wait();
      if (made.status < 300) {
        const { type, data } = JSON.parse(text);
        arrived.push({ about: type.replace(/^custody\./, ""), ...data });
      }
      response.writeHead(made.status).end();
    });
  });
  const made: Receiver = { url: await listening(server), arrived, status: 204, wait: async () => {} };
  return made;
}

const KEY = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

/** One line under `notify:`. */
export const hook = (id: string, { url }: Receiver, more = "") =>
  `{ use: webhook, id: ${id}, url: "${url}", secret: "\${file:./notice-key}"${more} }`;

export async function noticeWorkspace(
  rest: string,
  clock: Clock,
  over: { zone?: string; index?: string } = {},
): Promise<Custody> {
  const custody = await newWorkspace(rest, clock, over);
  await writeFile(join(custody.config.root, "notice-key"), KEY);
  return custody;
}

/** The same workspace as another process opens it. */
export async function reopened(custody: Custody, clock: Clock): Promise<Custody> {
  const again = new Custody(await loadConfig(custody.config.path, collectors), clock);
  onTestFinished(() => again.close());
  return again;
}

export async function deliveries(custody: Custody): Promise<EntryOf<"delivery">[]> {
  const found: EntryOf<"delivery">[] = [];
  for await (const { entry } of (await custody.ledger()).read()) if (isKind(entry, "delivery")) found.push(entry);
  return found;
}
