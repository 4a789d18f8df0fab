import { anyHolds } from "../policy/condition.ts";
import { channelOf, type Policy } from "../policy/policy.ts";
import { type Incident, isOver, precisionOf, tellsOfMessages } from "./case.ts";
import {
  type Ask,
  bad,
  type Governed,
  ifTold,
  judgeIncidents,
  OK,
  open,
  tells,
  together,
  unclear,
  under,
} from "./conduct.ts";
import type { Circumstances, Judgement, Verdict } from "./judgement.ts";

/** Who had to be told, over which channels, and over which not. When is judged by the clocks. */

type Message = Incident["messages"][number];
type Communications = NonNullable<Policy["communications"]>;
type Told = Communications["required"][number];

/** Messages as far as sources tell of them: nothing is missed where nobody could see it. */
function judgeMessages(
  circumstances: Circumstances,
  conduct: Parameters<typeof judgeIncidents>[1],
  ask: Ask<Governed>,
): Judgement {
  const judged = judgeIncidents(circumstances, conduct, (about) => {
    const verdict = ask(about);
    if (verdict === undefined || tells(circumstances, about.observed, tellsOfMessages)) return verdict;
    return unclear("its source tells of no messages");
  });
  return ifTold(circumstances, judged, "messages to anybody", tellsOfMessages);
}

/** Whether a message is one of those meant: `maybe` where the source does not say enough. */
type Fit = "yes" | "maybe" | "no";

function fits(wanted: string | undefined, found: string | null | undefined): Fit {
  if (wanted === undefined || found === wanted) return "yes";
  return found === null || found === undefined ? "maybe" : "no";
}

const worst = (...all: readonly Fit[]): Fit => (all.includes("no") ? "no" : all.includes("maybe") ? "maybe" : "yes");

/** Whether a message is the one that the rules mean, on this channel. */
export function fit(
  policy: Policy,
  message: Message,
  told: Pick<Told, "audience" | "purpose">,
  channel: string | undefined,
): Fit {
  const known = channelOf(policy, message.channel);
  const isPublic = policy.communications?.channels.some(({ id, public: open }) => id === known && open) ?? false;
  // What everybody can read, customers can read.
  const audience =
    isPublic && message.audience === "public" && told.audience === "customers" ? "customers" : message.audience;
  return worst(fits(channel, known), fits(told.audience, audience), fits(told.purpose, message.purpose));
}

/** Everybody whom the rules name was told over the required channels. */
export function messagesSent(circumstances: Circumstances): Judgement {
  return judgeMessages(
    circumstances,
    {
      rule: "messages that must be sent",
      set: ({ communications }) => communications?.required.some(({ recommended }) => !recommended) ?? false,
      bad: "without a message that your rules ask for",
      ok: "with every message that your rules ask for",
    },
    messagesVerdict,
  );
}

/** What of the required messages is missing of one incident. Undefined where none is required. */
export const messagesVerdict = (about: Messaged): Verdict | undefined => together(messageVerdicts(about));

type Messaged = Pick<Governed, "incident" | "policy" | "view">;

const messageVerdicts = ({ incident, policy, view }: Messaged): Verdict[] =>
  (policy.communications?.required ?? [])
    .filter(({ recommended }) => !recommended)
    .flatMap((told) => under(anyHolds(told.when, view), oneTold(incident, policy, told)) ?? []);

/** The same in words, one for each message that nobody sent, or of which nobody can tell. */
export const messagesMissing = (about: Messaged): string[] =>
  messageVerdicts(about).flatMap(({ word, what }) => (word === "ok" ? [] : [what ?? "a message is missing"]));

function oneTold(incident: Incident, policy: Policy, told: Told): Verdict {
  const channels: (string | undefined)[] = told.channels.length === 0 ? [undefined] : [...told.channels];
  const found = channels.map((channel) => {
    const all = incident.messages.map((message) => ({ message, fit: fit(policy, message, told, channel) }));
    const sure = all.filter((one) => one.fit === "yes").map(({ message }) => message);
    return {
      channel,
      sure,
      word:
        sure.length > 0
          ? OK
          : missed(
              incident,
              told,
              all.some((one) => one.fit === "maybe"),
              channel,
            ),
    };
  });
  const words = found.map(({ word }) => word);
  const sent = told.any ? (words.find(({ word }) => word === "ok") ?? anyOf(words, told)) : together(words);
  if (sent === undefined || sent.word !== "ok") return sent ?? OK;
  return told.everyAffected
    ? everybody(
        incident,
        told,
        found.flatMap(({ sure }) => sure),
      )
    : OK;
}

const purposeWords = ({ purpose, audience }: Told) =>
  [
    purpose === "formal" ? "formal notice" : (purpose ?? "message"),
    ...(audience === undefined ? [] : [`to ${audience}`]),
  ].join(" ");

function missed(incident: Incident, told: Told, maybe: boolean, channel: string | undefined): Verdict {
  const what = `${purposeWords(told)}${channel === undefined ? "" : ` by ${channel}`} ("${told.id}")`;
  if (maybe) return unclear(`there is a message, and its source does not say enough to tell whether it is the ${what}`);
  return pendingStill(incident, told) ? open(`no ${what} yet`) : bad(`no ${what}`);
}

function anyOf(words: readonly Verdict[], told: Told): Verdict {
  const doubt = words.find(({ word }) => word === "unclear");
  if (doubt !== undefined) return doubt;
  const what = `no ${purposeWords(told)} by ${told.channels.join(" or ")} ("${told.id}")`;
  return words.some(({ word }) => word === "open") ? open(`${what} yet`) : bad(what);
}

/** Before its time has come, and while the incident goes on, a message without a deadline is not missed. */
function pendingStill(incident: Incident, { last }: Told): boolean {
  if (isOver(incident)) return false;
  return incident[last ?? "resolvedAt"] === null;
}

/** As many were reached as are affected; the larger number of affected counts. */
function everybody({ affected }: Incident, { id }: Told, sent: readonly Message[]): Verdict {
  const counts = sent.map(({ reached, of }) => {
    const all = Math.max(of ?? -1, affected ?? -1);
    return reached === null || all < 0 ? undefined : { reached, all };
  });
  if (counts.some((one) => one !== undefined && one.reached >= one.all)) return OK;
  const known = counts.filter((one) => one !== undefined);
  if (known.length < counts.length || known.length > 1)
    return unclear(`it is not recorded whether everybody affected was reached ("${id}")`);
  return bad(`${known[0]?.reached} of ${known[0]?.all} affected were reached ("${id}")`);
}

/** Nothing was said over a channel that the rules forbid. */
export function channelsAllowed(circumstances: Circumstances): Judgement {
  return judgeMessages(
    circumstances,
    {
      rule: "channel that must not be used",
      set: ({ communications }) => (communications?.forbidden.length ?? 0) > 0,
      bad: "with a message over a channel that your rules forbid",
      ok: "without a message over a channel that your rules forbid",
    },
    ({ incident, policy }) => {
      if (incident.messages.length === 0) return { word: "skip" };
      const forbidden = policy.communications?.forbidden ?? [];
      return together(
        incident.messages.flatMap((message, i) => [
          OK,
          ...forbidden.map(({ channel, audience }) => {
            const found = worst(fits(channel, channelOf(policy, message.channel)), fits(audience, message.audience));
            if (found === "no") return OK;
            if (found === "yes") return bad(`message ${i + 1} went over ${channel}, which your rules forbid`);
            const word = message.channel === null ? "no channel" : `the channel "${message.channel}"`;
            return unclear(`message ${i + 1} names ${word}, so that nobody can tell whether it was ${channel}`);
          }),
        ]),
      );
    },
  );
}

/** The first message on each of the named channels, in the order of the rules. */
export function channelsInOrder(circumstances: Circumstances): Judgement {
  return judgeMessages(
    circumstances,
    {
      rule: "order of channels",
      set: ({ communications }) => communications?.order !== undefined,
      bad: "told over the channels in another order than your rules ask for",
      ok: "told over the channels in the order that your rules ask for",
    },
    ({ incident, policy }) => {
      const order = policy.communications?.order?.channels ?? [];
      const outside = incident.messages
        .map((message, i) => ({ message, channel: channelOf(policy, message.channel), i }))
        .filter(({ message }) => message.audience !== "internal");
      if (outside.length === 0) return { word: "skip" };
      if (outside.some(({ channel }) => channel === undefined))
        return unclear("a message names no channel of your rules, so that the order cannot be told");
      const firsts = order.map((channel) => {
        const own = outside.filter((one) => one.channel === channel);
        if (own.some(({ message }) => message.at === null))
          return { channel, from: undefined, to: undefined, count: own.length };
        const from = own.map(({ message }) => message.at as number);
        const to = own.map(
          ({ message, i }) => (message.at as number) + Math.max(1, precisionOf(incident, `messages.${i}`)),
        );
        return { channel, from: Math.min(...from), to: Math.min(...to), count: own.length };
      });
      return together([
        OK,
        ...firsts.slice(1).flatMap((later, i) => {
          const first = firsts[i] as (typeof firsts)[number];
          if (later.count === 0) return [];
          if (first.count === 0) return [bad(`told over ${later.channel}, and never over ${first.channel} before it`)];
          if (first.from === undefined || first.to === undefined || later.from === undefined || later.to === undefined)
            return [unclear(`when it was told over ${first.channel} and ${later.channel} is not recorded`)];
          if (first.from >= later.to) return [bad(`told over ${later.channel} before ${first.channel}`)];
          return first.to - 1 <= later.from
            ? [OK]
            : [unclear(`whether ${first.channel} came first is not recorded exactly enough`)];
        }),
      ]);
    },
  );
}
