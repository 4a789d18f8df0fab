import type { Command } from "commander";
import { program } from "../../src/cli/commands.ts";

/** Whether a command that a text names is one that the program has. */

/** Words of a command line, with what is quoted as one. */
const wordsOf = (line: string): string[] => line.match(/"[^"]*"|'[^']*'|\S+/g) ?? [];

/** What is wrong with a whole command line, without its values; undefined where the program would take it. */
export function wrongWith(line: string): string | undefined {
  const words = wordsOf(line);
  if (words.shift() !== "custody") return "it does not begin with custody";
  const { command, rest } = leafOf(words);
  if (command.commands.length > 0 && rest.length > 0 && command.registeredArguments.length === 0)
    return `${pathOf(command)} has no ${rest[0]}`;
  const args: string[] = [];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (!word.startsWith("-")) {
      args.push(word);
      continue;
    }
    const flag = [...command.options, ...program.options].find(({ long, short }) => long === word || short === word);
    if (flag === undefined) return `${pathOf(command)} has no ${word}`;
    if (flag.required && (rest[0] === undefined || rest[0].startsWith("--"))) return `${word} has no value`;
    if (flag.required) rest.shift();
  }
  if (command.commands.length > 0 && command.registeredArguments.length === 0 && !isOwn(command))
    return `${pathOf(command)} alone does nothing`;
  const needed = command.registeredArguments.filter(({ required }) => required).length;
  const most = command.registeredArguments.some(({ variadic }) => variadic)
    ? Number.POSITIVE_INFINITY
    : command.registeredArguments.length;
  if (args.length < needed || args.length > most)
    return `${pathOf(command)} takes other arguments than ${args.join(" ")}`;
  return undefined;
}

/** What is wrong with the beginning of a command line, its flags included, however it goes on. */
export function unknownIn(line: string): string | undefined {
  const { command, rest } = leafOf(wordsOf(line).slice(1));
  const next = rest[0];
  if (
    command.registeredArguments.length === 0 &&
    next !== undefined &&
    /^[a-z]/.test(next) &&
    command.commands.length > 0
  )
    return `${pathOf(command)} has no ${next}`;
  const flags = rest.filter((word) => /^--[a-z][a-z-]*$/.test(word));
  const known = [...command.options, ...program.options, { long: "--help" }].map(({ long }) => long);
  const wrong = flags.find((flag) => !known.includes(flag));
  return wrong === undefined ? undefined : `${pathOf(command)} has no ${wrong}`;
}

/** True where a command that holds others does something by itself. */
const isOwn = (command: Command): boolean =>
  (command as unknown as { _actionHandler: unknown })._actionHandler !== null;

function leafOf(words: readonly string[]): { command: Command; rest: string[] } {
  let command: Command = program;
  const rest = [...words];
  for (let next = step(command, rest); next !== undefined; next = step(command, rest)) {
    command = next;
    rest.shift();
  }
  return { command, rest };
}

const step = (command: Command, [word]: readonly string[]) => command.commands.find((one) => one.name() === word);

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
