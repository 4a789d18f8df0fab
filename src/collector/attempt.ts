import { CustodyError } from "../lib/errors.ts";
import type { Answer, Coverage } from "./define.ts";

/** How a collector's generator ended. */
export type Ending = { readonly coverage: Coverage } | { readonly thrown: unknown };

export interface Limits {
  /** Milliseconds a whole run may take. */
  readonly runTimeout: number;
  /** Captures of one run. */
  readonly captures: number;
  /** Bytes of all captures of one run. */
  readonly bytes: number;
}

export const DEFAULT_LIMITS: Limits = { runTimeout: 15 * 60_000, captures: 10_000, bytes: 1024 ** 3 };

/** A signal that also fires when the run has taken too long: then `over()`. `done()` lets go of timer and listener. */
export function limitTime(
  signal: AbortSignal,
  runTimeout: number,
): { signal: AbortSignal; over(): boolean; done(): void } {
  let late = false;
  const controller = new AbortController();
  const stop = () => controller.abort(new CustodyError("ABORTED", "the run was stopped before it had read everything"));
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  const timer = setTimeout(() => {
    late = !controller.signal.aborted;
    const words = `the run was stopped because it took longer than ${Math.ceil(runTimeout / 1000)} s`;
    controller.abort(new CustodyError("ABORTED", words, { remedy: "Ask for less: a shorter window or fewer files." }));
  }, runTimeout);
  return {
    signal: controller.signal,
    over: () => late,
    done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    },
  };
}

/**
 * Drives a collector's generator to its end, however it ends: returned, threw anything, ran into a limit, or never came
 * back after the signal. Each answer is handed to `keep` before the next is asked for. An error of `keep` is not the
 * collector's: it is thrown on.
 */
export async function drive(
  collect: () => AsyncGenerator<unknown, Coverage>,
  check: (value: unknown) => Answer,
  keep: (answer: Answer) => Promise<void>,
  limits: Limits,
  signal: AbortSignal,
): Promise<Ending> {
  let generator: AsyncGenerator<unknown, Coverage> | undefined;
  const stopped = new Promise<never>((_, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  stopped.catch(() => undefined);
  let bytes = 0;
  try {
    for (let captures = 0; ; captures++) {
      let answer: Answer;
      try {
        signal.throwIfAborted();
        generator ??= collect();
        const next = generator.next();
        // Should it fail after nobody waits for it any more, that is no unhandled rejection.
        next.catch(() => undefined);
        const step = await Promise.race([next, stopped]);
        if (step.done) return { coverage: step.value };
        answer = check(step.value);
        bytes += answer.bytes.length;
        if (captures >= limits.captures) throw tooMuch(`more than ${limits.captures} answers`);
        if (bytes > limits.bytes) throw tooMuch(`more than ${limits.bytes} bytes`);
      } catch (thrown) {
        // Whatever a collector throws once it was told to stop, it was stopped.
        return { thrown: signal.aborted ? signal.reason : thrown };
      }
      await keep(answer);
    }
  } finally {
    letGo(generator);
  }
}

/** Lets a generator clean up. Not awaited, because one that hangs would take the run with it; and it may be no generator at all. */
function letGo(generator: AsyncGenerator<unknown, Coverage> | undefined): void {
  try {
    generator?.return(undefined as never).catch(() => undefined);
  } catch {
    // The run already ends with what was wrong with it.
  }
}

function tooMuch(found: string): CustodyError {
  return new CustodyError("SOURCE_TOO_LARGE", `the source gave ${found} in one run; reading stopped there`, {
    remedy: "Ask for less at once: a shorter window or a narrower query.",
  });
}
