import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** A policy as S3 servers take it. */
export interface Policy {
  readonly Version: string;
  readonly Statement: readonly Statement[];
}

interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Principal?: unknown;
  readonly NotPrincipal?: unknown;
  readonly Condition?: unknown;
}

const PAGE = fileURLToPath(new URL("../../docs/storage.md", import.meta.url));

/** The policies of docs/storage.md by the name that the page gives them. */
export async function documentedPolicies(): Promise<Record<string, Policy>> {
  const page = await readFile(PAGE, "utf8");
  const found = [...page.matchAll(/<!-- policy: (\w+) -->\n```json\n(.*?)```/gs)];
  return Object.fromEntries(found.map(([, name = "", text = ""]) => [name, JSON.parse(text) as Policy]));
}

/** The same for another bucket. */
export function forBucket(policy: Policy, bucket: string): Policy {
  return JSON.parse(JSON.stringify(policy).replaceAll("example-evidence", bucket)) as Policy;
}

/** Statements that speak of an action on a resource (an ARN). */
export function speaking(policy: Policy, action: string, resource: string): Statement[] {
  return policy.Statement.filter(
    (one) => list(one.Action).some((a) => matches(a, action)) && list(one.Resource).some((r) => matches(r, resource)),
  );
}

/** What a policy decides without conditions: a denial beats every permission. */
export function decides(policy: Policy, action: string, resource: string): "allowed" | "denied" | "nothing" {
  const effects = speaking(policy, action, resource).map(({ Effect }) => Effect);
  return effects.includes("Deny") ? "denied" : effects.includes("Allow") ? "allowed" : "nothing";
}

function list(value: string | readonly string[]): readonly string[] {
  return typeof value === "string" ? [value] : value;
}

function matches(pattern: string, text: string): boolean {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${escaped}$`).test(text);
}
