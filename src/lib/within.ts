export interface Limits {
  /** Milliseconds. */
  readonly within: number;
  /** What it ends with when the time is over. */
  late(): Error;
  readonly signal: AbortSignal;
  /** What it ends with when `signal` is aborted; that signal's own reason unless given. */
  stopped?(): unknown;
}

/**
 * Lets work go on for a limited time and until a signal. The work gets a signal of its own that is aborted then; whether it looks
 * at it or not, this rejects at that moment, so that nobody who hangs holds up the others.
 */
export async function withinLimits<T>(limits: Limits, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { within, late, signal, stopped = () => signal.reason } = limits;
  const ends = new AbortController();
  const stop = () => ends.abort(stopped());
  const timer = setTimeout(() => ends.abort(late()), within);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await unlessAborted(work(ends.signal), ends.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
