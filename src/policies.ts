import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Config } from "./config/config.ts";
import type { Custody } from "./custody.ts";
import type { Draft } from "./evidence/entry.ts";
import { digestOf, matching } from "./lib/digest.ts";
import { CustodyError } from "./lib/errors.ts";
import { fromIso, iso } from "./lib/time.ts";
import { effectiveAt } from "./policy/effective.ts";
import { loadPolicy, MAX_POLICY_BYTES, readLogged } from "./policy/load.ts";
import type { Policy } from "./policy/policy.ts";
import { type LoggedPolicy, PolicyTimeline } from "./policy/timeline.ts";
import { PACKAGE_ROOT } from "./software.ts";

/** The organisation's own rules: where they are configured, which are in the log, and how they come into it. */

/** Media type of rules as they are stored: the text that people wrote. */
export const POLICY_TYPE = "application/yaml";

/** Where a shipped policy lies. */
export function shippedPath(name: string): string {
  return join(PACKAGE_ROOT, "controls/policies", `${name}.yaml`);
}

/** Text of a policy file. Throws INPUT_TOO_LARGE before it is read, INPUT_INVALID for what is no UTF-8, NOT_FOUND. */
export async function readPolicyText(path: string): Promise<string> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw new CustodyError("NOT_FOUND", `there is no policy at ${path}${reasonOf(cause)}`, {
      cause,
      remedy: "Check the path; `custody policy new NAME` writes one to begin with.",
    });
  });
  if (found.isDirectory())
    throw new CustodyError("INPUT_INVALID", `${path} is a folder, not a policy file`, { remedy: "Name a file." });
  if (found.size > MAX_POLICY_BYTES)
    throw new CustodyError("INPUT_TOO_LARGE", `${path}: ${found.size} bytes; a policy has at most 1 MiB`, {
      remedy: "Check that this is the right file.",
    });
  const bytes = await readFile(path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new CustodyError("INPUT_INVALID", `${path}: this is no UTF-8 text`, {
      cause,
      remedy: "Save it as UTF-8; editors offer that when they save.",
    });
  }
}

const reasonOf = ({ code = "" }: NodeJS.ErrnoException) => (code === "ENOENT" ? "" : ` (${code})`);

/** Rules that are configured, with their text. */
export interface ConfiguredPolicy {
  readonly path: string;
  readonly text: string;
  readonly policy: Policy;
}

/** The last text that was read for a configuration, and what it means: most records are made under the same rules. */
const loaded = new WeakMap<Config, ConfiguredPolicy>();

/** The rules under `policy:`, undefined where there are none. Throws what is wrong with them, every mistake at once. */
export async function configuredPolicy(config: Config): Promise<ConfiguredPolicy | undefined> {
  const { policy: place, organisation } = config;
  if (place === undefined) return undefined;
  const path = place.kind === "shipped" ? shippedPath(place.name) : place.path;
  const text = await readPolicyText(path);
  const before = loaded.get(config);
  if (before?.text === text) return before;
  try {
    const found = { path, text, policy: loadPolicy(text, { zone: organisation.zone }) };
    loaded.set(config, found);
    return found;
  } catch (error) {
    if (!(error instanceof CustodyError)) throw error;
    throw new CustodyError(error.code, `${path}: ${error.message}`, {
      cause: error,
      remedy: `${error.remedy ?? ""} The rules that were in force before stay in force.`.trim(),
    });
  }
}

/**
 * The `policy` entry for what is configured, or undefined where the newest one in the log says the same. Throws what is wrong
 * with the rules, and INPUT_INVALID where a version that is in the log already says something else now.
 */
export async function policyDraft(custody: Custody, config: Config = custody.config): Promise<Draft | undefined> {
  const configured = await configuredPolicy(config);
  if (configured === undefined) return undefined;
  const { text, policy, path } = configured;
  const logged = await custody.policies();
  const newest = logged.at(-1);
  const bytes = new TextEncoder().encode(text);
  const digest = digestOf(bytes);
  for (const { index, entry, zone } of logged) {
    if (entry.policy !== policy.policy || entry.version !== policy.version) continue;
    const same =
      entry.definition.digest === digest || (await saysTheSame(custody, entry.definition.digest, zone, policy));
    if (!same) throw sameVersion(policy, index, path);
  }
  const isNewest = newest?.entry.policy === policy.policy && newest.entry.version === policy.version;
  if (isNewest && newest.zone === config.organisation.zone) return undefined;
  if (isNewest && (await saysTheSame(custody, newest.entry.definition.digest, newest.zone, policy))) return undefined;
  const ledger = await custody.ledger();
  return {
    kind: "policy",
    actor: { type: "system", id: "custody" },
    once: `policy:${newest?.index ?? "first"}:${digest}`,
    policy: policy.policy,
    version: policy.version,
    effective: iso(effectiveAt(policy) ?? custody.clock.now()),
    definition: await ledger.put(bytes, POLICY_TYPE),
  };
}

/**
 * The configured rules as they would be logged now, where they are not in the log yet; none where they cannot be used. Writes
 * nothing: it tells by which rules the next record would be judged.
 */
async function pendingPolicy(custody: Custody): Promise<LoggedPolicy | undefined> {
  const configured = await configuredPolicy(custody.config).catch((error: unknown) => {
    if (error instanceof CustodyError && error.kind === "input") return undefined;
    throw error;
  });
  const newest = (await custody.policies()).at(-1);
  if (configured === undefined) return undefined;
  const { policy, text } = configured;
  if (newest?.entry.policy === policy.policy && newest.entry.version === policy.version) return undefined;
  const now = custody.clock.now();
  const { size } = await custody.view();
  const effective = iso(effectiveAt(policy) ?? now);
  const definition = { digest: digestOf(new TextEncoder().encode(text)) };
  return {
    index: size,
    at: now,
    entry: { policy: policy.policy, version: policy.version, effective, definition },
    policy,
  };
}

/** True where only comments and spacing differ. */
async function saysTheSame(custody: Custody, digest: string, zone: string, policy: Policy): Promise<boolean> {
  const before = await definition(custody, digest, zone);
  return before !== undefined && isDeepStrictEqual(before, policy);
}

function sameVersion({ policy, version }: Policy, index: number, path: string): CustodyError {
  return new CustodyError(
    "INPUT_INVALID",
    `${path}: version ${version} of ${policy} is in the log already (record ${index}) and says something else`,
    {
      remedy:
        "Raise the version: what was judged by the earlier text keeps it, and the new text counts from now on. Nothing was recorded.",
    },
  );
}

/** Rules that were read already, by digest and zone: each record asks by which it stands. */
interface Definitions {
  readonly read: Map<string, Policy>;
  /** The disposal that was the newest: what it took is not shown after it. */
  readonly disposed: number | undefined;
}
const definitions = new WeakMap<Custody, Definitions>();

async function definition(custody: Custody, digest: string, zone: string): Promise<Policy | undefined> {
  const { newest: disposed } = await custody.disposals();
  const known = definitions.get(custody);
  const { read } = known?.disposed === disposed && known !== undefined ? known : fresh(custody, disposed);
  const key = `${digest} ${zone}`;
  const before = read.get(key);
  if (before !== undefined) return before;
  // Nobody is judged by rules that somebody put in the place of those that were logged.
  const bytes = matching(await (await custody.view()).blob(digest), digest);
  const policy = bytes === undefined ? undefined : readLogged(new TextDecoder().decode(bytes), zone);
  if (policy !== undefined) read.set(key, policy);
  return policy;
}

function fresh(custody: Custody, disposed: number | undefined): Definitions {
  const made = { read: new Map<string, Policy>(), disposed };
  definitions.set(custody, made);
  return made;
}

/** The rules among the first `size` entries of the log, all where none is given, with their texts as far as they are there. */
export async function readPolicies(custody: Custody, size = Number.POSITIVE_INFINITY): Promise<LoggedPolicy[]> {
  const known = (await custody.policies()).filter(({ index }) => index < size);
  return Promise.all(
    known.map(async ({ index, entry, zone }) => ({
      index,
      at: fromIso(entry.at),
      entry,
      policy: await definition(custody, entry.definition.digest, zone),
    })),
  );
}

/** The same by the whole log, as if what is configured were in it already. */
export async function policyTimelineNow(custody: Custody): Promise<PolicyTimeline> {
  const pending = await pendingPolicy(custody);
  return new PolicyTimeline([...(await readPolicies(custody)), ...(pending === undefined ? [] : [pending])]);
}

/** Which rules were in force when, by the first `size` entries of the log. */
export async function policyTimeline(custody: Custody, size?: number): Promise<PolicyTimeline> {
  return new PolicyTimeline(await readPolicies(custody, size));
}
