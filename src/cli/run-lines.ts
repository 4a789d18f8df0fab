import type { RunResult } from "../collector/run.ts";
import { dateForPeople, forPeople } from "../lib/zone.ts";
import type { Task } from "../schedule/collect.ts";
import type { Output } from "./output.ts";

export interface Ran {
  readonly task: Task;
  readonly result: RunResult;
}

const DAY = 86_400_000;
const PROBLEMS = 5;

/**
 * Tells of runs as they end, those of neighbouring periods of one instance that came to the same in one line. What may still grow is
 * held back until a run differs or was the last of its instance; `end()` tells the rest.
 */
export class RunLines {
  readonly #output: Output;
  readonly #left = new Map<string, number>();
  readonly #held = new Map<string, Ran[]>();

  constructor(tasks: readonly Task[], output: Output) {
    this.#output = output;
    for (const { instance } of tasks) this.#left.set(instance.id, (this.#left.get(instance.id) ?? 0) + 1);
  }

  /** IDs of the instances whose runs have not all ended. */
  get waiting(): string[] {
    return [...this.#left].flatMap(([id, left]) => (left > 0 ? [id] : []));
  }

  add(ran: Ran): void {
    const { id } = ran.task.instance;
    const held = this.#held.get(id) ?? [];
    const last = held.at(-1);
    if (last !== undefined && !isSame(last, ran)) this.#tell(id);
    this.#held.set(id, [...(this.#held.get(id) ?? []), ran]);
    const left = (this.#left.get(id) ?? 1) - 1;
    this.#left.set(id, left);
    if (left === 0) this.#tell(id);
  }

  end(): void {
    for (const id of [...this.#held.keys()]) this.#tell(id);
  }

  #tell(id: string): void {
    const held = this.#held.get(id) ?? [];
    this.#held.delete(id);
    const [first] = held;
    const last = held.at(-1);
    if (first === undefined || last === undefined) return;
    const { outcome, said, message, problems, appended } = last.result;
    const text =
      held.length === 1 ? `${first.task.slot.id}  ${message}` : `${id}: ${spanOf(held.length, first, last)}: ${said}`;
    this.#output.line(`${outcome.padEnd(11)} ${text}`);
    for (const { where, message: what } of problems.slice(0, PROBLEMS))
      this.#output.line(`            ${where}: ${what}`);
    const more = problems.length - PROBLEMS;
    if (more > 0)
      this.#output.line(`            … and ${more} more; \`custody show ${appended.index}\` names their list`);
  }
}

const isSame = (a: Ran, b: Ran): boolean =>
  a.task.slot.to === b.task.slot.from &&
  a.result.outcome === b.result.outcome &&
  a.result.said === b.result.said &&
  JSON.stringify(a.result.problems) === JSON.stringify(b.result.problems);

function spanOf(periods: number, first: Ran, last: Ran): string {
  const { zone } = first.task.instance;
  const { from, to } = { from: first.task.slot.from, to: last.task.slot.to };
  const [began, ended] =
    to - from >= DAY
      ? [dateForPeople(from, zone), dateForPeople(to - 1, zone)]
      : [forPeople(from, zone), forPeople(to, zone)];
  return `${periods} periods, ${began} to ${ended}`;
}
