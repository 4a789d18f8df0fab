import { channelOf, type Policy } from "./policy.ts";

/** The channel by which the rules want notices about gaps sent, against those that the configuration really has. */

/** A channel of the configuration. */
interface Configured {
  readonly id: string;
  readonly use: string;
  readonly gets: readonly string[];
}

/** What of a policy and a configuration does not fit each other, in words; undefined where it does, or no rule speaks of it. */
export function noticeChannelTrouble(policy: Policy, channels: readonly Configured[]): string | undefined {
  const wanted = policy.gapNotices?.channel;
  if (wanted === undefined) return undefined;
  const isMeant = (word: string) => word === wanted || channelOf(policy, word) === wanted;
  const meant = channels.filter(({ id, use }) => isMeant(id) || isMeant(use));
  const rule = `your rules send notices about gaps by "${wanted}" (\`gapNotices\`)`;
  if (meant.length === 0) {
    const has = channels.length === 0 ? "has no channel" : `has only ${channels.map(({ id }) => id).join(", ")}`;
    return `${rule}, and \`notify:\` ${has}; name the one that is meant \`id: ${wanted}\`.`;
  }
  if (meant.some(({ gets }) => gets.includes("digest") || gets.includes("urgent"))) return undefined;
  return `${rule}, and ${meant.map(({ id }) => id).join(", ")} under \`notify:\` gets neither digest nor urgent.`;
}
