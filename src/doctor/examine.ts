import { createMask } from "../collector/mask.ts";
import type { Custody } from "../custody.ts";
import { channelChecks, headChecks } from "./brought.ts";
import { daemon, inbox } from "./daemon.ts";
import { type Check, type Diagnosis, type Examined, failed } from "./define.ts";
import { backup, key } from "./keys.ts";
import { clock, disk, node } from "./machine.ts";
import { sourceChecks } from "./sources.ts";
import { guards, index, log, mirror, store } from "./stores.ts";
import { configuration, files, secrets, software } from "./workspace.ts";

/** Everything that is looked at in a workspace, in the order in which it is told. */
export function checksOf(custody: Custody): Check[] {
  return [
    node,
    software,
    configuration,
    files,
    secrets,
    store,
    log,
    guards,
    mirror,
    key,
    backup,
    index,
    disk,
    clock,
    ...sourceChecks(custody),
    inbox,
    ...headChecks(custody),
    ...channelChecks(custody),
    daemon,
  ];
}

const LIMIT = 30_000;

/**
 * Makes all checks at once; each has its own time, and none keeps another from its answer. `done` is told of each as it ends. No
 * text in what comes back holds a secret of this installation.
 */
export async function examine(
  checks: readonly Check[],
  custody: Custody,
  signal: AbortSignal,
  done: (one: Examined) => void = () => {},
): Promise<Examined[]> {
  const mask = createMask(custody.secrets());
  const all = await Promise.all(
    checks.map(async (check): Promise<Examined> => {
      const { name, title } = check;
      const { found, remedy, ...rest } = await inTime(check, custody, signal);
      const one = {
        name,
        title,
        ...rest,
        found: mask.text(found),
        ...(remedy === undefined ? {} : { remedy: mask.text(remedy) }),
      };
      done(one);
      return one;
    }),
  );
  return all.map((one) => onceTold(one, all));
}

/** One cause is told once, by the check that is about it. */
function onceTold({ cause, ...one }: Examined, all: readonly Examined[]): Examined {
  if (one.state !== "bad" || one.name === cause || !all.some(({ name, state }) => name === cause && state === "bad"))
    return one;
  const { name, title } = one;
  return { name, title, state: "skipped", found: `cannot be looked at before that is mended: see \`${cause}\`` };
}

async function inTime(check: Check, custody: Custody, signal: AbortSignal): Promise<Diagnosis> {
  const limit = check.limit ?? LIMIT;
  const ended = new AbortController();
  const own = AbortSignal.any([signal, ended.signal]);
  const late = custody.clock.sleep(limit, own).then(
    (): Diagnosis => ({
      state: "bad",
      found: `no answer within ${Math.round(limit / 1_000)} s`,
      remedy: "Look whether it can be reached from this machine, and try again.",
      later: true,
    }),
    (): Diagnosis => ({ state: "skipped", found: "stopped before it had an answer" }),
  );
  const stop = new AbortController();
  const looked = Promise.resolve()
    .then(() => check.run(custody, AbortSignal.any([signal, stop.signal])))
    .catch(failed);
  try {
    return await Promise.race([looked, late]);
  } finally {
    ended.abort();
    stop.abort();
  }
}
