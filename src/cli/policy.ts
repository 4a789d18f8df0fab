import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { collectors } from "../../collectors/index.ts";
import { type Config, configPath, loadConfig } from "../config/config.ts";
import { systemClock } from "../lib/clock.ts";
import { CustodyError, EXIT_CODES } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { isZone } from "../lib/zone.ts";
import { policyTimeline, readPolicyText, shippedPath } from "../policies.ts";
import { type Placed, type Reading, readPolicy } from "../policy/load.ts";
import { noticeChannelTrouble } from "../policy/notice-channel.ts";
import { isShipped, SHIPPED_POLICIES } from "../policy/shipped.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { newOutput } from "./output.ts";
import { printPlaced, printPolicy, printVersion, versionRecord } from "./policy-words.ts";
import { wrapped } from "./wrap.ts";

interface Flags extends GlobalFlags {
  readonly zone?: string;
}

/** `custody policy list`: what ships, and which one is configured here. */
export async function list(flags: Flags): Promise<number> {
  const output = newOutput(flags.json ?? false);
  const config = await workspaceIfAny(flags);
  const policies = await Promise.all(
    SHIPPED_POLICIES.map(async (name) => {
      const { policy } = readPolicy(await readPolicyText(shippedPath(name)));
      if (policy === undefined) throw new CustodyError("BUG", `the shipped policy ${name} cannot be used`);
      const levels = policy.severities.map(({ label }) => label);
      return { name, version: policy.version, title: policy.title, note: policy.note ?? "", levels };
    }),
  );
  for (const { name, levels, note } of policies) {
    output.line(`${name}  (${levels.join(", ")})`);
    for (const line of wrapped(note, "  ")) output.line(line);
  }
  output.line();
  const configured = config?.policy && (config.policy.kind === "shipped" ? config.policy.name : config.policy.path);
  if (configured !== undefined) output.line(`Configured here: ${configured}`);
  output.line("`custody policy show NAME` says what is in one; `custody policy new NAME --from …` begins your own.");
  output.line("None of them is approved: they are other people's rules until an owner of yours approves them.");
  output.object({ ok: true, policies, configured: configured ?? null });
  return 0;
}

/** `custody policy show [NAME|FILE]`: the rules in plain words; those of this workspace unless another is named. */
export async function show(flags: Flags, given?: string): Promise<number> {
  const output = newOutput(flags.json ?? false);
  const config = await workspaceIfAny(flags);
  const path = pathOf(given, config);
  const { policy, mistakes, remarks } = await readAt(path, flags, config);
  if (policy === undefined) {
    output.line(`${path} cannot be used; \`custody policy check ${path}\` says why.`);
    output.object({ ok: false, path, mistakes, remarks });
    return EXIT_CODES.input;
  }
  printPolicy(output, policy);
  if (remarks.length > 0) {
    output.line();
    output.line("An auditor would ask:");
    printPlaced(output, remarks);
  }
  output.object({ ok: true, path, policy, remarks });
  return 0;
}

/** `custody policy check FILE`: every mistake with its line (exit 2), and what an auditor would ask. */
export async function check(flags: Flags, file: string): Promise<number> {
  const output = newOutput(flags.json ?? false);
  const config = await workspaceIfAny(flags);
  const path = pathOf(file, config);
  const { policy, mistakes, remarks } = await readAt(path, flags, config);
  if (policy === undefined) {
    const many = mistakes.length === 1 ? "1 mistake" : `${mistakes.length} mistakes`;
    output.line(`${path} cannot be used: ${many}.`);
    printPlaced(output, mistakes);
  } else {
    output.line(`${path}: ${policy.policy} ${policy.version} can be used.`);
    const channels = config?.notify.map(({ id, channel, gets }) => ({ id, use: channel.use, gets }));
    const misfit = channels && noticeChannelTrouble(policy, channels);
    if (remarks.length > 0) output.line(`An auditor would ask about ${countOf(remarks)}:`);
    printPlaced(output, remarks);
    if (misfit !== undefined) output.line(`custody.yaml does not fit it: ${misfit}`);
  }
  output.object({
    ok: policy !== undefined,
    path,
    policy: policy === undefined ? null : { name: policy.policy, version: policy.version },
    mistakes,
    remarks,
  });
  return policy === undefined ? EXIT_CODES.input : 0;
}

const countOf = (remarks: readonly Placed[]) => (remarks.length === 1 ? "1 place" : `${remarks.length} places`);

/** `custody policy history`: which rules are in the log, and when each was in force. */
export function history(flags: Flags): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const timeline = await policyTimeline(custody);
    const { zone } = custody.config.organisation;
    const now = custody.clock.now();
    const { all } = timeline;
    const first = Math.min(...all.map(({ entry }) => entry));
    for (const one of all) printVersion(output, one, zone, one.entry === first, now);
    if (all.length === 0) {
      output.line(
        "No rules are in the log. `policy:` in custody.yaml names them; the next `custody collect` logs them.",
      );
    }
    output.object({ ok: true, versions: all.map(versionRecord), inForce: timeline.policyAt(now)?.entry ?? null });
    return 0;
  });
}

/** The file that is meant: a shipped name, a path, or what the workspace has. Throws USAGE. */
function pathOf(given: string | undefined, config: Config | undefined): string {
  if (given !== undefined) {
    if (isShipped(given)) return shippedPath(given);
    const path = resolve(given);
    if (!/[\\/.]/.test(given) && !existsSync(path))
      throw new CustodyError(
        "USAGE",
        `there is no shipped policy and no file called ${given}${didYouMean(given, SHIPPED_POLICIES)}`,
        { remedy: `Shipped are ${SHIPPED_POLICIES.join(", ")}.` },
      );
    return path;
  }
  const place = config?.policy;
  if (place === undefined)
    throw new CustodyError("USAGE", "no policy is configured here, so one has to be named", {
      remedy: `For example \`custody policy show ${SHIPPED_POLICIES[2]}\`; \`custody policy list\` lists them.`,
    });
  return place.kind === "shipped" ? shippedPath(place.name) : place.path;
}

/** Reads a file and says everything about it. What is no text at all counts as a mistake of the file. */
async function readAt(path: string, flags: Flags, config: Config | undefined): Promise<Reading> {
  if (flags.zone !== undefined && !isZone(flags.zone))
    throw new CustodyError("USAGE", `--zone ${flags.zone}: expected a time zone such as Europe/Berlin`);
  const zone = flags.zone ?? config?.organisation.zone ?? "UTC";
  return readPolicy(await readPolicyText(path), { zone, asOf: systemClock.now() });
}

/** The workspace of this folder; undefined where there is none. One that is named must be there. */
async function workspaceIfAny(flags: GlobalFlags): Promise<Config | undefined> {
  const path = configPath(flags.config);
  if (flags.config === undefined && !existsSync(path)) return undefined;
  return loadConfig(path, collectors);
}
