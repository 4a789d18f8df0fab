import { publish as publishAndMirror } from "../daemon/mirroring.ts";
import { Publishing, type TargetState } from "../daemon/publishing.ts";
import type { Outcome } from "../heads/send.ts";
import { ERROR_CODES, type ErrorCode, EXIT_CODES } from "../lib/errors.ts";
import { lengthForPeople } from "../lib/length.ts";
import { formatDuration, iso } from "../lib/time.ts";
import { forPeople } from "../lib/zone.ts";
import { type GlobalFlags, stopSignal, withCustody } from "./context.ts";
import type { Output } from "./output.ts";

/** `custody head publish` and `custody head list`: heads of the log on their way out of the store. */

interface PublishFlags extends GlobalFlags {
  readonly target?: string[];
}

/** `custody head publish [--target ID]`: sends now. Exit 1 when a place holds or has seen another history, 2 or 3 when one fails otherwise. */
export function publish(flags: PublishFlags): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const publishing = new Publishing(custody, () => publishAndMirror(custody, output.note));
    const { outcomes, current } = await publishing.sendNow(flags.target ?? [], stopSignal());
    if (custody.config.heads.length === 0) output.line(NO_TARGETS);
    for (const { target, last } of current) {
      output.line(`${target.id}: nothing new since it was sent ${last?.size ?? 0} records; nothing to do`);
    }
    for (const outcome of outcomes) tellOutcome(outcome, output);
    const failed = outcomes.filter(({ result }) => result !== "sent");
    output.object({ ok: failed.length === 0, outcomes, current: current.map(({ target }) => target.id) });
    return exitCode(failed);
  });
}

/** `custody head list`: what left when, to where, and what is next. */
export function list(flags: GlobalFlags): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const states = await new Publishing(custody).states();
    const { zone } = custody.config.organisation;
    if (states.length === 0) output.line(NO_TARGETS);
    for (const state of states) {
      output.line(`${state.target.id} (${state.target.target.title})`);
      for (const line of stateLines(state, zone)) output.line(`  ${line}`);
      output.line(`  proves     ${state.target.target.proves}`);
    }
    output.object({ ok: true, heads: states.map(stateRecord) });
    return 0;
  });
}

const NO_TARGETS =
  "No places are named under `heads:` in custody.yaml, so nothing outside shows that the log was not rewritten. docs/outside-proofs.md says which to choose.";

/** What people are told of one target, a line each. */
export function stateLines({ last, isNew, ends, next, trouble, target }: TargetState, zone: string): string[] {
  const lines = [
    last === undefined
      ? "sent       nothing yet"
      : `sent       ${forPeople(last.sent, zone)}: ${last.size} records, ${last.root} (record ${last.index})`,
  ];
  if (ends === "lapsed") lines.push("stands     no longer: what was kept does not convince any more");
  else if (ends !== undefined) lines.push(`stands     until ${forPeople(ends, zone)}`);
  if (trouble !== undefined) {
    lines.push(`TROUBLE    ${forPeople(trouble.at, zone)} (${trouble.failures}×): ${trouble.message}`);
  }
  if (next !== undefined && trouble !== undefined) lines.push(`next try   ${forPeople(next, zone)}`);
  else if (next !== undefined)
    lines.push(`next       ${forPeople(next, zone)}, then every ${lengthForPeople(target.every)}`);
  else if (!isNew) lines.push("next       when there are new records");
  return lines;
}

/** The same for programs. */
export function stateRecord({ target, last, isNew, ends, next, trouble }: TargetState): object {
  return {
    id: target.id,
    use: target.target.use,
    every: formatDuration(target.every),
    isNew,
    ...(last === undefined ? {} : { last: { ...last, sent: iso(last.sent) } }),
    ...(ends === undefined ? {} : { ends: ends === "lapsed" ? ends : iso(ends) }),
    ...(next === undefined ? {} : { next: iso(next) }),
    ...(trouble === undefined
      ? {}
      : { trouble: { ...trouble, at: iso(trouble.at), until: trouble.until && iso(trouble.until) } }),
  };
}

/** What became of a head at one place. */
export function tellOutcome(outcome: Outcome, output: Output): void {
  if (outcome.result === "sent") {
    output.line(`${outcome.id}: ${outcome.said} (${outcome.size}:${outcome.root})`);
    return;
  }
  output.note(`custody: ${outcome.id}: ${outcome.message}`);
  if (outcome.result === "failed" && outcome.remedy) output.note(`  ${outcome.remedy}`);
}

/** The worst first: another history is an answer, and a bad one. */
function exitCode(failed: readonly Outcome[]): number {
  const kinds = failed.map((one) => (one.result === "sent" ? "answer" : ERROR_CODES[one.code as ErrorCode]));
  for (const kind of ["fatal", "answer", "input", "temporary"] as const) {
    if (kinds.includes(kind)) return EXIT_CODES[kind];
  }
  return 0;
}
