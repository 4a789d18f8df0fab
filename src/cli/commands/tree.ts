import { type Command, Option } from "commander";
import type { GlobalFlags } from "../context.ts";

/** Each command is a module of its own, loaded when it is asked for, so that `custody verify` does not wait for a PDF library. */
type Action = (flags: GlobalFlags & Record<string, unknown>, ...args: string[]) => Promise<number | undefined>;

/** A flag with its value, and what it says. One written as `<x...>` may be given several times. */
export type Flag = readonly [flag: string, text: string];

/** What commands are added to, in the order in which `--help` shows them. */
export interface Tree {
  /** The commands that are added from now on stand under this heading. */
  group(heading: string): void;
  /** A command that holds others. `load`: what it does where none of them is named. */
  branch(name: string, description: string, load?: () => Promise<Action>): Command;
  /**
   * A command whose arguments come in order and whose flags come joined with the global ones. A flag written as `<x...>` may
   * be given several times; it takes one value each time, so that it never swallows the file names behind it.
   */
  command(
    spec: string,
    description: string,
    flags: readonly Flag[],
    load: () => Promise<Action>,
    parent?: Command,
  ): void;
}

/** `done` is told the exit code of the command that ran. */
export function treeOn(program: Command, done: (code: number) => void): Tree {
  return {
    group: (heading) => {
      program.commandsGroup(heading);
    },
    branch: (name, description, load) => {
      const made = program.command(name).description(description);
      if (load !== undefined) made.action(async () => done((await (await load())(made.optsWithGlobals())) ?? 0));
      return made;
    },
    command: (spec, description, flags, load, parent = program) => {
      const made = parent.command(spec).description(description);
      for (const [flag, text] of flags) {
        const several = flag.endsWith("...>");
        const option = new Option(flag.replace("...>", ">"), several ? `${text}; may be repeated` : text);
        if (several) option.argParser((value: string, before: string[] = []) => [...before, value]);
        made.addOption(option);
      }
      made.action(async (...all: unknown[]) => {
        const args = all
          .slice(0, -2)
          .flat()
          .map((a) => a as string);
        const action = await load();
        done((await action(made.optsWithGlobals(), ...args)) ?? 0);
      });
    },
  };
}
