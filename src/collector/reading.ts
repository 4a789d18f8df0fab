import { z } from "zod";
import { type Doubted, Fact, type Problem } from "../evidence/fact.ts";
import { messageOf } from "../lib/errors.ts";
import type { Capture, Collector } from "./define.ts";

/** Facts taken out of one capture; what is beyond would only exhaust memory. */
export const MAX_FACTS_PER_CAPTURE = 200_000;
const MAX_PROBLEMS_PER_CAPTURE = 1_000;

export interface Reading {
  /** In the order in which the reader found them: the position is the fact's ordinal. */
  readonly facts: readonly Fact[];
  readonly problems: readonly Problem[];
}

/**
 * Runs a collector's reader over a capture. Total: a reader that throws, returns rubbish or does not stop by itself
 * leaves problems and whatever it found before, because the bytes are kept either way.
 */
export function readCapture(collector: Collector, capture: Capture): Reading {
  const facts: Fact[] = [];
  const problems: Problem[] = [];
  const problem = (message: string) => problems.push({ kind: "problem", where: capture.origin, message });
  try {
    for (const found of collector.read(capture)) {
      if (found.kind === "problem") {
        problems.push({ ...found, kind: "problem", where: String(found.where), message: String(found.message) });
        if (problems.length < MAX_PROBLEMS_PER_CAPTURE) continue;
        problem(`more than ${MAX_PROBLEMS_PER_CAPTURE} problems; reading stopped there`);
        break;
      }
      const checked = Fact.safeParse(found);
      if (!checked.success) problem(`not a fact: ${z.prettifyError(checked.error)}`);
      else if (!collector.facts.includes(checked.data.kind))
        problem(`an undeclared kind of fact: ${checked.data.kind}`);
      else facts.push(checked.data);
      if (facts.length >= MAX_FACTS_PER_CAPTURE || problems.length >= MAX_PROBLEMS_PER_CAPTURE) {
        problem(
          `more than ${MAX_FACTS_PER_CAPTURE} facts or ${MAX_PROBLEMS_PER_CAPTURE} problems; reading stopped there`,
        );
        break;
      }
    }
  } catch (thrown) {
    problem(`the reader of ${collector.name} could not go on: ${messageOf(thrown)}`);
  }
  const counts = new Map<string, number>();
  const nameOf = ({ kind, id }: Pick<Doubted, "kind" | "id">) => JSON.stringify([kind, id]);
  for (const fact of facts) counts.set(nameOf(fact), (counts.get(nameOf(fact)) ?? 0) + 1);
  return { facts, problems: problems.map((one) => sureOf(one, (about) => counts.get(nameOf(about)) === 1)) };
}

const shapes = new Map(Fact.options.map(({ shape }) => [shape.kind.value, shape]));

/** The same without what it is said to be about, unless that is fields of facts of this capture, each found once. */
function sureOf({ about, ...problem }: Problem, isHere: (about: Doubted) => boolean): Problem {
  const isOne = (one: Doubted) =>
    isHere(one) &&
    one.fields.every((field) => field !== "id" && field !== "kind" && Object.hasOwn(shapes.get(one.kind) ?? {}, field));
  return about !== undefined && about.length > 0 && about.every(isOne) ? { ...problem, about } : problem;
}
