import { createMask } from "../collector/mask.ts";
import type { Custody } from "../custody.ts";
import { CustodyError } from "../lib/errors.ts";
import { iso } from "../lib/time.ts";
import type { ChannelConfig, Message } from "../notify/define.ts";
import { type Delivery, type DeliveryAbout, deliver, deliveryDraft } from "../notify/deliver.ts";
import { postOnce } from "../outbound/post.ts";

/** Brings messages to the channels that the configuration names, and keeps a record of each. */
export class Delivering {
  readonly #custody: Custody;

  constructor(custody: Custody) {
    this.#custody = custody;
  }

  /** The configured channels with these ids, or all. Throws USAGE for a name that no channel has. */
  channels(ids: readonly string[] = []): readonly ChannelConfig[] {
    const { notify } = this.#custody.config;
    const unknown = ids.find((id) => !notify.some((channel) => channel.id === id));
    if (unknown !== undefined) {
      const known = notify.map(({ id }) => id).join(", ");
      throw new CustodyError("USAGE", `there is no "${unknown}" under \`notify:\`; there is ${known || "nothing"}`);
    }
    return ids.length === 0 ? notify : notify.filter(({ id }) => ids.includes(id));
  }

  /**
   * Sends it through one channel and appends the record of it, which stands in the next checkpoint. Throws ABORTED when the
   * signal fires, and what the ledger throws; nothing is recorded then, and the same message may be sent again.
   */
  async send(
    message: Message,
    channel: ChannelConfig,
    signal: AbortSignal,
    { within, ...about }: DeliveryAbout & { readonly within?: number } = {},
  ): Promise<Delivery> {
    const { config, clock } = this.#custody;
    // First: what cannot be recorded is not sent.
    const ledger = await this.#custody.ledger();
    const { name: origin } = await this.#custody.pinnedKey();
    const mask = createMask(this.#custody.secrets());
    const delivery = await deliver(message, channel, {
      clock,
      signal,
      mask: (text) => mask.text(text),
      ...(within === undefined ? {} : { within }),
      tools: (one, own) => ({
        config: one.config,
        origin,
        folder: config.root,
        clock,
        signal: own,
        reveal: (ref) => config.reveal(ref),
        post: (post) => postOnce(post, own),
      }),
    });
    const put = (bytes: Uint8Array, mediaType: string) => ledger.put(bytes, mediaType);
    const after = (await this.#custody.told()).channel(channel.id, channel.channel.use).arrived?.index;
    await ledger.append([await deliveryDraft(delivery, message, channel, put, { ...about, after })]);
    return delivery;
  }

  /** A notice that asks for nothing. */
  testMessage(): Message {
    const { config, clock } = this.#custody;
    const { name } = config.organisation;
    return {
      id: `test-${iso(clock.now())}`,
      about: "test",
      from: name,
      title: `Test notice of Custody for ${name}`,
      paragraphs: [
        "This is a test. If you can read it, notices reach you here. There is nothing to do.",
        "A real notice says what happened and since when, whether anything is lost, what to do, until when, and who. It comes once a day at most, and at once only for what cannot wait.",
      ],
      items: [],
      all: "custody status",
    };
  }
}
