import type { Clock } from "../lib/clock.ts";
import { CustodyError, isCustodyError, messageOf } from "../lib/errors.ts";
import type { Instant } from "../lib/time.ts";
import { withinLimits } from "../lib/within.ts";
import { postOnce, shownAddress } from "../outbound/post.ts";

/** Where a dead man's switch is told that all is well; who runs it notices when that stops. */
export interface PingOptions {
  /** The address; a secret. Undefined where nobody is to be told. Throws SECRET_UNAVAILABLE. */
  readonly url: () => string | undefined;
  /** At most so often, in milliseconds. */
  readonly every: () => number;
  readonly clock: Clock;
  /** Told once per trouble, and when it is over. No text holds the address. */
  readonly told: (trouble: string | undefined) => void;
}

const ANSWER_WITHIN = 5_000;
const MAX_ANSWER = 64 * 1024;

/**
 * Tells somebody outside that the daemon lives, in the way of healthchecks.io: the address itself is good, `/fail` behind it
 * is bad. That it cannot be told never stops anything: then the one outside notices, which is what they are there for.
 */
export class DeadManPing {
  readonly #options: PingOptions;
  #last: Instant | undefined;
  #sending: Promise<void> | undefined;
  #trouble: string | undefined;
  #good: Instant | undefined;

  constructor(options: PingOptions) {
    this.#options = options;
  }

  /** When the last one arrived. */
  get arrived(): Instant | undefined {
    return this.#good;
  }

  /** A round went well. Resolves when it is told, or need not be. Never throws. */
  async alive(signal: AbortSignal): Promise<void> {
    const { clock, every } = this.#options;
    const now = clock.now();
    if (this.#sending !== undefined) return this.#sending;
    if (this.#last !== undefined && now >= this.#last && now - this.#last < every()) return;
    this.#last = now;
    this.#sending = this.#send("", signal).finally(() => {
      this.#sending = undefined;
    });
    await this.#sending;
  }

  /** Something is wrong that does not mend itself. Never throws. */
  async fail(): Promise<void> {
    await this.#send("/fail", AbortSignal.timeout(ANSWER_WITHIN));
  }

  async #send(behind: string, signal: AbortSignal): Promise<void> {
    const { url, clock, told } = this.#options;
    let trouble: string | undefined;
    try {
      const base = url();
      if (base === undefined) return;
      const address = withPath(base, behind);
      const shown = shownAddress(address);
      const late = () =>
        new CustodyError("SOURCE_UNREACHABLE", `${shown} did not answer within ${ANSWER_WITHIN / 1000} s`);
      const message = { url: address, shown, body: new Uint8Array(), headers: {}, maxBytes: MAX_ANSWER };
      const { status } = await withinLimits({ within: ANSWER_WITHIN, late, signal }, (limited) =>
        postOnce(message, limited),
      );
      if (status >= 200 && status <= 299) this.#good = clock.now();
      else trouble = `${shown} answered with status ${status}`;
    } catch (error) {
      if (signal.aborted) return;
      trouble = isCustodyError(error) ? messageOf(error) : "the address cannot be used";
    }
    if (trouble !== this.#trouble) told(trouble);
    this.#trouble = trouble;
  }
}

function withPath(address: string, behind: string): string {
  const url = new URL(address);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}${behind}`;
  return url.href;
}
