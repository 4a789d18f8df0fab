import { connect } from "node:net";
import type { Custody } from "../custody.ts";
import { Notifying } from "../daemon/notifying.ts";
import { Publishing } from "../daemon/publishing.ts";
import type { HeadConfig } from "../heads/define.ts";
import { dateForPeople } from "../lib/zone.ts";
import type { ChannelConfig } from "../notify/define.ts";
import { bad, type Check, type Diagnosis, good, many, warn, withLog } from "./define.ts";

/** Where heads and notices go. Nothing is sent to anybody. */

export function headChecks(custody: Custody): Check[] {
  const { heads } = custody.config;
  let reading: ReturnType<Publishing["readBack"]> | undefined;
  const readBack = () => {
    reading ??= new Publishing(custody).readBack();
    return reading;
  };
  return heads.map((head) => ({
    name: `head:${head.id}`,
    title: `Outside proof (${head.id})`,
    limit: 60_000,
    run: () => withLog(custody, () => lookAtHead(head, custody, readBack)),
  }));
}

async function lookAtHead(
  head: HeadConfig,
  custody: Custody,
  readBack: () => ReturnType<Publishing["readBack"]>,
): Promise<Diagnosis> {
  const state = (await new Publishing(custody).states()).find(({ target }) => target.id === head.id);
  const last = state?.last;
  const sent = last && `record ${last.size} left on ${dateForPeople(last.sent, custody.config.organisation.zone)}`;
  const again = `Try it with \`custody head publish --target ${head.id}\`.`;
  if (state?.trouble !== undefined)
    return warn(`${many(state.trouble.failures, "attempt")} failed: ${state.trouble.message}`, again);
  if (head.target.readBack !== undefined) {
    const { silent, empty } = await readBack();
    const quiet = silent.find(({ place }) => place.startsWith(`${head.id} (`));
    if (quiet !== undefined)
      return { ...bad(quiet.why, "Look whether it can be reached from this machine."), later: true };
    if (last !== undefined && empty.includes(head.id))
      return bad("what was brought there is gone", "Find out who removed it; `custody verify` says what still stands.");
  } else {
    const unreached = await reach(head.config);
    if (unreached !== undefined)
      return { ...bad(unreached, "Look whether it can be reached from this machine."), later: true };
  }
  return sent === undefined ? warn("nothing was ever brought there", again) : good(sent);
}

export function channelChecks({ config }: Custody): Check[] {
  return config.notify.map((channel) => ({
    name: `notify:${channel.id}`,
    title: `Channel (${channel.id})`,
    run: (custody) => withLog(custody, () => lookAtChannel(channel, custody)),
  }));
}

async function lookAtChannel(channel: ChannelConfig, custody: Custody): Promise<Diagnosis> {
  const state = (await new Notifying(custody).states()).find((one) => one.channel.id === channel.id);
  const again = `Try it with \`custody notify test ${channel.id}\`.`;
  if (state?.trouble !== undefined)
    return warn(`${many(state.trouble.failures, "attempt")} failed: ${state.trouble.message}`, again);
  if (state?.last === undefined) return warn("nothing was ever sent through it", again);
  const { notice, outcome } = state.last;
  // Another machine may have sent it, or a person to try it.
  return outcome === "delivered" ? good(`${notice} arrived`) : warn(`${notice} did not arrive`, again);
}

const ANSWER_WITHIN = 5_000;

/** Why nobody answers at the address of a target, if it has one; sends nothing. */
async function reach(config: unknown): Promise<string | undefined> {
  const { url: text } = (config ?? {}) as { readonly url?: unknown };
  if (typeof text !== "string" || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const port = Number(url.port) || (url.protocol === "http:" ? 80 : 443);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (why: string | undefined) => {
      socket.destroy();
      resolve(why);
    };
    socket.setTimeout(ANSWER_WITHIN, () => end(`${url.host} does not answer`));
    socket.once("error", (error: NodeJS.ErrnoException) =>
      end(`${url.host} cannot be reached (${error.code ?? "no connection"})`),
    );
    socket.once("connect", () => end(undefined));
  });
}
