import { Delivering } from "../daemon/delivering.ts";
import { publish } from "../daemon/mirroring.ts";
import { ERROR_CODES, EXIT_CODES } from "../lib/errors.ts";
import type { Cause, ChannelConfig } from "../notify/define.ts";
import type { Delivery } from "../notify/deliver.ts";
import { type GlobalFlags, stopSignal, withCustody } from "./context.ts";
import type { Output } from "./output.ts";
import { whileWaiting } from "./waiting.ts";

/** `custody notify test`: do notices reach people? */

/** A person waits for the answer. */
const WITHIN = 40_000;

/** `custody notify test [CHANNEL…]`: a test notice through each channel. Exit 2 when a person must mend one, 3 when it may work later. */
export function test(flags: GlobalFlags, ...ids: string[]): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const delivering = new Delivering(custody);
    const channels = delivering.channels(ids);
    if (channels.length === 0) {
      output.line(NO_CHANNELS);
      output.object({ ok: false, deliveries: [] });
      return EXIT_CODES.input;
    }
    const message = delivering.testMessage();
    const signal = stopSignal();
    const deliveries: Delivery[] = [];
    try {
      for (const channel of channels) {
        output.progress(`${channel.id}: sending …`);
        const send = () => delivering.send(message, channel, signal, { within: WITHIN });
        const delivery = await whileWaiting(output, () => `${channel.id}: sending`, send);
        print(delivery, channel, output);
        deliveries.push(delivery);
      }
    } finally {
      // Also of what was done before somebody stopped it.
      if (deliveries.length > 0) await publish(custody, output.note);
    }
    const failed = deliveries.flatMap((one) => (one.outcome === "failed" ? [one] : []));
    if (failed.length === 0) output.line(`Look whether ${message.id} is there: only you can see that it was read.`);
    output.object({ ok: failed.length === 0, notice: message.id, deliveries: deliveries.map(record) });
    return exitCode(failed.map(({ cause }) => cause));
  });
}

const NO_CHANNELS =
  "No channels are named under `notify:` in custody.yaml, so nobody is told when evidence stops flowing. docs/notices.md says how to add one.";

function print(delivery: Delivery, { id, channel }: ChannelConfig, output: Output): void {
  const tries = delivery.attempts === 1 ? "" : ` after ${delivery.attempts} attempts`;
  if (delivery.outcome === "delivered") {
    output.line(`${id} (${channel.title}): delivered${tries}; ${delivery.said}`);
    return;
  }
  const { message, remedy } = delivery.error;
  output.note(`custody: ${id} (${channel.title}): NOT delivered${tries}: ${message}${remedy ? `\n  ${remedy}` : ""}`);
}

/** The same for programs. */
function record(delivery: Delivery): object {
  const { channel, outcome, attempts } = delivery;
  if (delivery.outcome === "delivered") return { channel, outcome, attempts, said: delivery.said };
  const { cause, error } = delivery;
  const { code, message, remedy } = error;
  return { channel, outcome, attempts, cause, code, message, ...(remedy === undefined ? {} : { remedy }) };
}

const LATER: ReadonlySet<Cause> = new Set(["unreachable", "busy"]);

/** What a person must mend comes before what may mend itself. */
function exitCode(causes: readonly Cause[]): number {
  if (causes.includes("internal")) return EXIT_CODES[ERROR_CODES.BUG];
  if (causes.some((cause) => !LATER.has(cause))) return EXIT_CODES.input;
  return causes.length > 0 ? EXIT_CODES.temporary : 0;
}
