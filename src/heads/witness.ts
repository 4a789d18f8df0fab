import { z } from "zod";
import { isAddress } from "../collector/bucket.ts";
import { base64 } from "../lib/digest.ts";
import { isCustodyError } from "../lib/errors.ts";
import { iso } from "../lib/time.ts";
import { shownAddress } from "../outbound/post.ts";
import { parseCosignerKey } from "../tlog/cosignature.ts";
import { askWitness, requestCosignature } from "../witness/client.ts";
import { defineTarget, NOTE_TYPE, type SentHead, type Tools } from "./define.ts";

const MAX_ANSWER_BYTES = 64 * 1024;

/** The key of a witness; what is wrong with it is said as a mistake of the file. */
const Key = z
  .string()
  .max(400)
  .check(({ value, issues }) => {
    try {
      parseCosignerKey(value);
    } catch (error) {
      issues.push({
        code: "custom",
        message: isCustodyError(error) ? error.message : "no key of a witness",
        input: value,
      });
    }
  });

/** A witness (C2SP tlog-witness): signs only what continues all that it has seen before. */
export const witness = defineTarget({
  use: "witness",
  title: "a witness",
  proves:
    "The witness never saw the log rewritten, set back or split up to such a head, and saw it at the time that it states.",
  config: z.strictObject({
    url: z
      .string()
      .refine(isAddress, "expected an address such as https://witness.example.com, without a user or password in it")
      .meta({
        description: "Address below which the witness takes `add-checkpoint`.",
        examples: ["https://witness.example.com"],
      }),
    key: Key.meta({
      description: "Key of the witness, as `custody witness init` printed it; pinned here.",
      examples: ["witness.example.com+1fbda19c+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"],
    }),
  }),
  async send(head, tools) {
    const request = requestOf(head, tools);
    const { note, time } = await requestCosignature({ ...request, old: tools.lastSize, proof: tools.proof });
    return { blob: { bytes: note, mediaType: NOTE_TYPE }, said: `${request.place} signed it at ${iso(time)}` };
  },
  async ask(head, last, tools) {
    const request = requestOf(head, tools);
    const said = await askWitness(request);
    if (said.knows === "this") return { is: "same", size: head.size };
    const { place } = request;
    if (said.size > head.size) {
      const expected = `at least ${said.size} records, as ${place} has seen`;
      return { is: "contradicts", code: "rolled-back", expected, found: `${head.size} signed records` };
    }
    const shown = said.size === head.size ? head : last?.size === said.size ? last : undefined;
    if (shown === undefined) {
      const why = `it has seen ${said.size} records, and no head of so many is kept here to show to it; \`custody head publish\` asks it to go on from there`;
      return { is: "unsure", why };
    }
    // It knows as many records as a head that is kept here: then it must know that head.
    const again = shown === head ? said : await askWitness(requestOf(shown, tools));
    if (again.knows === "this") return { is: "same", size: shown.size };
    if (again.size !== shown.size) return { is: "unsure", why: "it was shown more while it was asked" };
    const expected = `the head of ${shown.size} records that ${place} has signed`;
    return { is: "contradicts", code: "forked", expected, found: `another one, root ${base64(shown.root)}` };
  },
});

function requestOf(
  { checkpoint, bytes }: SentHead,
  { config, post }: Pick<Tools<{ url: string; key: string }>, "config" | "post">,
) {
  const url = `${config.url.replace(/\/+$/, "")}/add-checkpoint`;
  const shown = `the witness at ${shownAddress(url)}`;
  const headers = { "content-type": NOTE_TYPE };
  return {
    place: shown,
    cosigner: parseCosignerKey(config.key),
    checkpoint,
    bytes,
    post: (body: Uint8Array) => post({ url, shown, body, headers, maxBytes: MAX_ANSWER_BYTES }),
  };
}
