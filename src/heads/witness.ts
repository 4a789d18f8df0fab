import { z } from "zod";
import { isAddress } from "../collector/bucket.ts";
import { isCustodyError } from "../lib/errors.ts";
import { iso } from "../lib/time.ts";
import { parseCosignerKey } from "../tlog/cosignature.ts";
import { requestCosignature } from "../witness/client.ts";
import { defineTarget, NOTE_TYPE } from "./define.ts";
import { shownAddress } from "./post.ts";

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
  async send({ checkpoint, bytes }, { config, lastSize, post, proof }) {
    const url = `${config.url.replace(/\/+$/, "")}/add-checkpoint`;
    const shown = `the witness at ${shownAddress(url)}`;
    const headers = { "content-type": NOTE_TYPE };
    const { note, time } = await requestCosignature({
      place: shown,
      cosigner: parseCosignerKey(config.key),
      checkpoint,
      bytes,
      old: lastSize,
      proof,
      post: (body) => post({ url, shown, body, headers, maxBytes: MAX_ANSWER_BYTES }),
    });
    return { blob: { bytes: note, mediaType: NOTE_TYPE }, said: `${shown} signed it at ${iso(time)}` };
  },
});
