import { sourceFacts } from "../acts/preserving.ts";
import { incidentsIn } from "../assess/preservation.ts";
import type { InstanceConfig } from "../collector/define.ts";
import type { Custody } from "../custody.ts";
import { messageOf } from "../lib/errors.ts";

/** While an incident goes on, registers of incidents are looked at this often at least: what is written there is news. */
export const WHILE_OPEN = 15 * 60_000;

const FAMILY = "incident-log";

/**
 * How often each collector is looked at just now. Asked every minute, so what is dear to find out is kept until a register
 * was looked at again.
 */
export class Haste {
  readonly #custody: Custody;
  #looked: { readonly key: string; readonly open: boolean } | undefined;

  constructor(custody: Custody) {
    this.#custody = custody;
  }

  /** The same collectors; registers that are looked at more seldom are hastened while an incident of any of them, or of ours, is open. */
  async hastened(instances: readonly InstanceConfig[]): Promise<readonly InstanceConfig[]> {
    const slow = instances.filter(isSlowRegister);
    if (slow.length === 0 || !(await this.#isOpen())) return instances;
    return instances.map((instance) => {
      if (!slow.includes(instance)) return instance;
      const { pullTimes: _, ...rest } = instance;
      return { ...rest, pull: WHILE_OPEN };
    });
  }

  async #isOpen(): Promise<boolean> {
    const { open } = await this.#custody.registerLog();
    return open.size > 0 || this.#isOpenElsewhere();
  }

  async #isOpenElsewhere(): Promise<boolean> {
    const { instances } = await this.#custody.history();
    const registers = [...instances.values()].filter(({ record }) => record.family === FAMILY);
    const key = JSON.stringify(registers.map(({ id, runs, imports }) => [id, runs.length, imports.length]));
    if (this.#looked?.key !== key) this.#looked = { key, open: await this.#lookElsewhere() };
    return this.#looked.open;
  }

  async #lookElsewhere(): Promise<boolean> {
    try {
      const facts = await sourceFacts(this.#custody);
      return incidentsIn(facts).some(({ fact }) => fact.resolvedAt === null && fact.closedAt === null);
    } catch (error) {
      // What cannot be read is told where it is read for its own sake; here it only looks more often than it must.
      return messageOf(error) !== "";
    }
  }
}

const isSlowRegister = ({ collector, pull, pullTimes }: InstanceConfig): boolean =>
  collector.family === FAMILY && (pull > WHILE_OPEN || pullTimes !== undefined);
