import { z } from "zod";
import type { Answer } from "../../src/collector/define.ts";
import { CustodyError } from "../../src/lib/errors.ts";
import { parseJson } from "../json-answer.ts";

/** The JSON around every answer of the Prometheus HTTP API (https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview). */
export const Envelope = z.looseObject({
  status: z.literal("success"),
  data: z.record(z.string(), z.unknown()),
  /** Set where the answer holds less than was asked for, for instance by a proxy that did not reach all of its servers. */
  warnings: z.array(z.string()).optional(),
});
export type Envelope = z.infer<typeof Envelope>;

const Refusal = z.looseObject({ status: z.literal("error"), errorType: z.string().regex(/^[a-z_]{1,40}$/) });

/** Opens an answer, and looks no deeper. Throws SOURCE_ANSWER where it is not a successful one. */
export function openEnvelope(answer: Answer): Envelope {
  const value = parseJson(answer.bytes);
  const envelope = Envelope.safeParse(value);
  if (envelope.success) return envelope.data;
  const refusal = Refusal.safeParse(value);
  const found = refusal.success
    ? `the error "${refusal.data.errorType}"`
    : answer.bytes.length === 0
      ? "nothing"
      : value === undefined
        ? `${answer.bytes.length} bytes that are not JSON`
        : "JSON of another shape";
  throw new CustodyError(
    "SOURCE_ANSWER",
    `${answer.origin}: expected a successful answer of Prometheus, found ${found}`,
    {
      remedy: "Check that `url:` is the address of Prometheus itself and not of a page or proxy in front of it.",
    },
  );
}

const Points = z.array(z.looseObject({ values: z.array(z.tuple([z.number(), z.string()])) }));

/** The times of all samples in an answer, in milliseconds. Throws SOURCE_ANSWER where it holds no time series. */
export function sampleTimes(answer: Answer, { data }: Envelope): number[] {
  const points = data.resultType === "matrix" ? Points.safeParse(data.result) : undefined;
  if (points?.success)
    return points.data.flatMap(({ values }) => values.map(([seconds]) => Math.round(seconds * 1000)));
  throw new CustodyError("SOURCE_ANSWER", `${answer.origin}: expected time series (a "matrix"), found something else`);
}
