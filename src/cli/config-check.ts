import { resolve } from "node:path";
import { collectors } from "../../collectors/index.ts";
import type { InstanceConfig } from "../collector/define.ts";
import { type Config, configPath, loadConfig } from "../config/config.ts";
import { systemClock } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import { formatDuration, type Instant, iso } from "../lib/time.ts";
import { forPeople } from "../lib/zone.ts";
import { digestTurn, MORNING } from "../notify/rhythm.ts";
import { nextLookOf } from "../schedule/collect.ts";
import { parseCadence, windowAt } from "../slots/cadence.ts";
import type { GlobalFlags } from "./context.ts";
import { newOutput } from "./output.ts";
import { wrapped } from "./wrap.ts";

/** What one collector would do. */
interface Plan {
  readonly id: string;
  readonly use: string;
  readonly cadence: string;
  readonly grace: string;
  readonly zone: string;
  readonly pull: string;
  /** End of the period that runs now. */
  readonly periodEnds: Instant;
  readonly nextLook: Instant;
}

/**
 * `custody config check [FILE]`: everything that is wrong at once (exit 2), or what would be collected, how often and when
 * next. Reads nothing but the file, and the plug-ins that it names.
 */
export async function check(flags: GlobalFlags, file?: string): Promise<number> {
  const output = newOutput(flags.json ?? false);
  const path = file === undefined ? configPath(flags.config) : resolve(file);
  const config = await loadConfig(path, collectors);
  const { zone } = config.organisation;
  const now = systemClock.now();
  const plans = config.instances.map((one) => planOf(one, config.instances.length, now));
  const remarks = remarksOn(config);

  output.line(`${path}: all is well.`);
  output.line();
  for (const { id, use, cadence, grace, pull, periodEnds, nextLook, ...one } of plans) {
    output.line(`${id} (${use})`);
    output.line(`  required   ${cadence}, at the latest ${grace} after its end; this period ends`);
    output.line(`             ${forPeople(periodEnds, one.zone)}`);
    output.line(`  looks      ${pull}; next ${forPeople(nextLook, one.zone)}`);
  }
  if (plans.length === 0) output.line("No collectors are configured. `custody sources` lists what can be connected.");
  for (const { id, target, every } of config.heads)
    output.line(`${id} (${target.title}): outside proof, every ${formatDuration(every)} at most`);
  for (const { id, channel, gets, at } of config.notify) {
    const { next } = digestTurn(now, at ?? MORNING, zone);
    const when = gets.includes("digest") ? `; next digest ${forPeople(next, zone)}` : "";
    output.line(`${id} (${channel.title}): ${gets.join(", ")}${when}`);
  }
  if (remarks.length > 0) output.line();
  for (const remark of remarks) for (const line of wrapped(`Note: ${remark}`)) output.line(line);
  output.object({
    ok: true,
    path,
    collectors: plans.map((plan) => ({ ...plan, periodEnds: iso(plan.periodEnds), nextLook: iso(plan.nextLook) })),
    heads: config.heads.map(({ id, target }) => ({ id, use: target.use })),
    channels: config.notify.map(({ id, channel, gets }) => ({ id, use: channel.use, gets })),
    remarks,
  });
  return 0;
}

function planOf(instance: InstanceConfig, instances: number, now: Instant): Plan {
  const { id, collector, cadence, grace, zone, pull, pullTimes } = instance;
  return {
    id,
    use: collector.name,
    cadence,
    grace,
    zone,
    pull: pullTimes ?? `every ${formatDuration(pull)}`,
    periodEnds: windowAt(parseCadence(cadence, zone), now).to,
    nextLook: nextLookOf(instance, instances, now),
  };
}

/** What is no mistake and yet may not be meant. */
function remarksOn(config: Config): string[] {
  const { scope, instances, heads, notify, people } = config;
  const inScope = new Set(scope.flatMap(({ sources = [] }) => sources));
  const outside = instances.filter(({ id }) => !inScope.has(id)).map(({ id }) => id);
  const secrets = [...instances, ...heads, ...notify].flatMap(({ id, config: own }) => unreadable(own, id, config));
  return [
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
    ...secrets.map((text) => `on this machine ${text}.`),
  ];
}

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
