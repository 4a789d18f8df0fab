/**
 * Who works at something of which there is one: a slot, the notices, the heads. A turn saves work that would be done twice; that
 * nothing is recorded twice is the ledger's own promise (`once`), also where two hold the same turn by mistake.
 */

/** The right to work at something, until it is released or lost. */
export interface Turn {
  /** Fires when somebody else may have the turn now: what is under way should end. */
  readonly lost: AbortSignal;
  /** Lets the next one have it. Never throws. */
  release(): Promise<void>;
}

/** Turns by name: `slot:<instance>`, `heads`, `notices`, `self-check`. */
export interface Turns {
  /** The turn, or undefined where somebody else has it. Throws where it cannot be known who has it. */
  take(name: string, signal: AbortSignal): Promise<Turn | undefined>;
}

const NEVER = new AbortController().signal;

/** Turns within this process alone. */
export function ownTurns(): Turns {
  const taken = new Set<string>();
  return {
    async take(name) {
      if (taken.has(name)) return undefined;
      taken.add(name);
      return { lost: NEVER, release: async () => void taken.delete(name) };
    },
  };
}

/**
 * Turns shared with other processes, within each of which they are taken once. Where the others cannot be asked
 * (`unreachable` says which errors mean that) this process works by itself: evidence does not wait, and the ledger takes one
 * result.
 */
export function sharedTurns(shared: Turns, unreachable: (error: unknown) => boolean): Turns {
  const own = ownTurns();
  return {
    async take(name, signal) {
      const mine = await own.take(name, signal);
      if (mine === undefined) return undefined;
      try {
        const turn = await shared.take(name, signal);
        if (turn === undefined) {
          await mine.release();
          return undefined;
        }
        return {
          lost: turn.lost,
          release: async () => {
            await turn.release();
            await mine.release();
          },
        };
      } catch (error) {
        if (unreachable(error)) return mine;
        await mine.release();
        throw error;
      }
    },
  };
}

/** A signal that fires with the first of two; `done()` lets go of both. */
export function eitherOf(a: AbortSignal, b: AbortSignal): { readonly signal: AbortSignal; done(): void } {
  const controller = new AbortController();
  const stops = [a, b].map((signal) => {
    const stop = () => controller.abort(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    return () => signal.removeEventListener("abort", stop);
  });
  return {
    signal: controller.signal,
    done() {
      for (const stop of stops) stop();
    },
  };
}
