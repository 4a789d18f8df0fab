import { existsSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { collectors } from "../../collectors/index.ts";
import type { InstanceConfig } from "../collector/define.ts";
import { type Config, configPath, loadConfig } from "../config/config.ts";
import { systemClock } from "../lib/clock.ts";
import { EXIT_CODES, isCustodyError, messageOf } from "../lib/errors.ts";
import { lengthForPeople } from "../lib/length.ts";
import { type Instant, iso } from "../lib/time.ts";
import { forPeople } from "../lib/zone.ts";
import { digestTurn, MORNING } from "../notify/rhythm.ts";
import { configuredPolicy } from "../policies.ts";
import { noticeChannelTrouble } from "../policy/notice-channel.ts";
import type { Policy } from "../policy/policy.ts";
import { clean } from "../report/clean.ts";
import { nextLookOf } from "../schedule/collect.ts";
import { densityOf, parseCadence, windowAt } from "../slots/cadence.ts";
import type { GlobalFlags } from "./context.ts";
import { newOutput } from "./output.ts";
import { wrapped } from "./wrap.ts";

/** The daemon wakes this often. */
const LOOKS_EVERY = 60_000;

/** What one collector would do. */
interface Plan {
  readonly id: string;
  readonly use: string;
  readonly cadence: string;
  /** For people: as the file has it. */
  readonly words: string;
  readonly pullWords: string | undefined;
  readonly grace: string;
  readonly zone: string;
  readonly pull: string;
  /** End of the period that runs now. */
  readonly periodEnds: Instant;
  readonly nextLook: Instant;
}

/**
 * `custody config check [FILE]`: everything that is wrong at once (exit 2), or what would be collected, how often and when
 * next. Reads nothing but the file, and the plug-ins and rules that it names.
 */
export async function check(flags: GlobalFlags, file?: string): Promise<number> {
  const output = newOutput(flags.json ?? false);
  const path = file === undefined ? configPath(flags.config) : resolve(file);
  const config = await loadConfig(path, collectors);
  const { zone } = config.organisation;
  const now = systemClock.now();
  const plans = config.instances.map((one) => planOf(one, config.instances.length, now));
  const lossy = config.instances.flatMap(looksTooSeldom);
  const rules = await rulesOf(config);
  const channels = config.notify.map(({ id, channel, gets }) => ({ id, use: channel.use, gets }));
  const misfit = rules.policy && noticeChannelTrouble(rules.policy, channels);
  const remarks = [...remarksOn(config), ...(misfit === undefined ? [] : [misfit])];
  const missing = [
    ...secretsMissing(config),
    ...config.instances.flatMap((one) => pathsMissing(one, config.root)),
    ...rules.missing,
  ];
  const troubles = [...lossy, ...missing.map((text) => `on this machine ${text}.`)];

  output.line(`${path}: ${headline(troubles.length)}`);
  for (const trouble of troubles)
    for (const [i, line] of wrapped(trouble, "  ").entries()) output.line(i === 0 ? `- ${line.slice(2)}` : line);
  output.line();
  for (const { id, use, words, grace, pull, pullWords, periodEnds, nextLook, ...one } of plans) {
    output.line(`${id} (${use})`);
    output.line(`  required   ${words}, at the latest ${grace} after its end; this period ends`);
    output.line(`             ${forPeople(periodEnds, one.zone)}`);
    output.line(`  looks      ${pullWords ?? pull}; next ${forPeople(nextLook, one.zone)}`);
  }
  if (plans.length === 0) output.line("No collectors are configured. `custody sources` lists what can be connected.");
  if (rules.words !== undefined) output.line(rules.words);
  for (const { id, target, every } of config.heads)
    output.line(`${id} (${target.title}): outside proof, every ${lengthForPeople(every)} at most`);
  for (const { id, channel, gets, at } of config.notify) {
    const { next } = digestTurn(now, at ?? MORNING, zone);
    const when = gets.includes("digest") ? `; next digest ${forPeople(next, zone)}` : "";
    output.line(`${id} (${channel.title}): ${gets.join(", ")}${when}`);
  }
  if (remarks.length > 0) output.line();
  for (const remark of remarks) for (const line of wrapped(`Note: ${remark}`)) output.line(line);
  output.object({
    ok: lossy.length === 0,
    path,
    troubles,
    collectors: plans.map(({ words: _, pullWords: __, ...plan }) => ({
      ...plan,
      periodEnds: iso(plan.periodEnds),
      nextLook: iso(plan.nextLook),
    })),
    heads: config.heads.map(({ id, target }) => ({ id, use: target.use })),
    channels,
    remarks,
  });
  // What is missing on this machine may be there where the file is used.
  return lossy.length > 0 ? EXIT_CODES.input : 0;
}

/** The rules under `policy:`. Throws what is wrong in them; a file that is not on this machine may be there where it is used. */
async function rulesOf(config: Config): Promise<{ words?: string; policy?: Policy; missing: string[] }> {
  try {
    const found = await configuredPolicy(config);
    if (found === undefined) return { missing: [] };
    const { policy, version, title } = found.policy;
    const words = `${policy} ${version}: your rules for incidents (${clean(title)})`;
    return { words, policy: found.policy, missing: [] };
  } catch (error) {
    if (!isCustodyError(error, "NOT_FOUND")) throw error;
    return { missing: [messageOf(error)] };
  }
}

const headline = (troubles: number): string =>
  troubles === 0
    ? "all is well."
    : `it can be read, but ${troubles === 1 ? "1 thing" : `${troubles} things`} in it will not work:`;

/** What is said to be a day may be a shorter one when clocks change. */
const TOLERANCE = 1.1;

/** What only the present shows is lost where nobody looks in time. */
function looksTooSeldom({ id, collector, cadence, pull, pullTimes, zone }: InstanceConfig): string[] {
  if (collector.mode !== "snapshot" || pull <= densityOf(parseCadence(cadence, zone)).shortest * TOLERANCE) return [];
  const looks = pullTimes ?? `every ${lengthForPeople(pull)}`;
  return [
    `${id} looks less often (${looks}) than evidence is required (${cadence}), and this source cannot be asked later: what is not seen at once when a period ends is lost. Take \`pull:\` out, or look at least as often.`,
  ];
}

function pathsMissing({ id, collector, config }: InstanceConfig, root: string): string[] {
  return (collector.reads?.(config as never) ?? []).flatMap((path) => {
    const pattern = /[*?]/.test(basename(path));
    const place = resolve(root, pattern ? dirname(path) : path);
    return existsSync(place) ? [] : [`${place} does not exist (${id})`];
  });
}

function planOf(instance: InstanceConfig, instances: number, now: Instant): Plan {
  const { id, collector, cadence, grace, zone, pull, pullTimes } = instance;
  return {
    id,
    use: collector.name,
    cadence,
    words: wordsGiven(instance, "cadence", cadence),
    pullWords: pullTimes === undefined ? undefined : wordsGiven(instance, "pull", pullTimes),
    grace,
    zone,
    pull: pullTimes ?? `every ${lengthForPeople(Math.max(pull, LOOKS_EVERY))}`,
    periodEnds: windowAt(parseCadence(cadence, zone), now).to,
    nextLook: nextLookOf(instance, instances, now),
  };
}

/** A cadence as the file has it, where records spell it otherwise. */
function wordsGiven({ logged }: InstanceConfig, key: "cadence" | "pull", spelled: string): string {
  const given = (logged as { readonly [key: string]: unknown })[key];
  return typeof given === "string" && given !== spelled ? `${given} (in records: ${spelled})` : spelled;
}

/** What is no mistake and yet may not be meant. */
function remarksOn(config: Config): string[] {
  const { scope, instances, heads, notify, people } = config;
  const inScope = new Set(scope.flatMap(({ sources = [] }) => sources));
  const outside = instances.filter(({ id }) => !inScope.has(id)).map(({ id }) => id);
  const hasty = instances.filter(({ pull }) => pull < LOOKS_EVERY).map(({ id }) => id);
  return [
    ...(hasty.length > 0
      ? [`the daemon looks once a minute at most; a shorter \`pull:\` (${hasty.join(", ")}) changes nothing.`]
      : []),
    ...(scope.length > 0 && outside.length > 0
      ? [
          `no line of \`scope:\` names ${outside.join(", ")}; reports print the scope, and what it leaves out looks forgotten.`,
        ]
      : []),
    ...(scope.length === 0 && instances.length > 0
      ? ["without `scope:` a report cannot say which systems its completeness is about."]
      : []),
    ...(Object.values(people).some(({ role }) => role === "owner")
      ? []
      : ["nobody under `people:` is owner, so nobody can confirm that nothing happened."]),
    ...(heads.length === 0 ? ["no fingerprint leaves the house; docs/outside-proofs.md says how."] : []),
    ...(notify.length === 0 ? ["nobody is told of gaps; docs/notices.md says how."] : []),
  ];
}

const secretsMissing = (config: Config): string[] =>
  [...config.instances, ...config.heads, ...config.notify].flatMap(({ id, config: own }) =>
    unreadable(own, id, config),
  );

function unreadable(value: unknown, id: string, config: Config): string[] {
  if (typeof value !== "object" || value === null) return [];
  if ("secret" in value && typeof value.secret === "string") {
    try {
      config.reveal({ secret: value.secret });
      return [];
    } catch (error) {
      return [`${messageOf(error)} (${id})`];
    }
  }
  return Object.values(value).flatMap((member) => unreadable(member, id, config));
}
