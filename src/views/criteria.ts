import { readFile } from "node:fs/promises";
import { digestOf } from "../lib/digest.ts";
import { shippedPath } from "../policies.ts";
import { SHIPPED_POLICIES } from "../policy/shipped.ts";
import type { RulesInput } from "../report/input.ts";
import type { Gathered } from "./gathering.ts";

/** By which rules a report judges: those of the log, the laws that were logged with them, and which rules ship with it word for word. */
export async function criteriaOf({ policies, laws }: Pick<Gathered, "policies" | "laws">): Promise<RulesInput> {
  const shipped = await Promise.all(SHIPPED_POLICIES.map(async (name) => digestOf(await readFile(shippedPath(name)))));
  return { policies, laws, shipped: new Set(shipped) };
}
