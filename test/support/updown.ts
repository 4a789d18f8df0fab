import { z } from "zod";
import { defineCollector, secret } from "../../src/collector/define.ts";
import { readJsonCapture } from "../../src/collector/json.ts";
import { CustodyError } from "../../src/lib/errors.ts";
import { parseSourceTime } from "../../src/lib/time.ts";

const At = z
  .string()
  .transform((text) => parseSourceTime(text) ?? Number.NaN)
  .pipe(z.int());
const Outages = z.array(z.looseObject({ id: z.string(), error: z.string(), started_at: At, ended_at: At.nullable() }));

/** Outages of one check, seen from outside: shows that events are detected, and when. */
export const updown = defineCollector({
  name: "alert-history/updown",
  title: "Updown.io outages",
  family: "alert-history",
  mode: "window",
  facts: ["alert"],
  cadence: "daily",
  grace: "6h",
  config: z.strictObject({ url: z.url().default("https://updown.io/api"), check: z.string(), key: secret() }),
  reader: 1,
  blindSpots: ["Outages shorter than the interval of the check."],
  permissions: ["A read-only API key."],
  source: ({ url, key }, reveal) => ({ base: url, headers: { "x-api-key": reveal(key) } }),

  async *collect({ config, window, get }) {
    for (let page = 1; page <= 50; page++) {
      const answer = await get(`/checks/${config.check}/downtimes`, { page });
      yield answer;
      const outages = readJsonCapture(answer, Outages);
      if ("kind" in outages) throw new CustodyError("SOURCE_ANSWER", `${outages.where}: ${outages.message}`);
      const oldest = outages.value.at(-1); // newest first, 100 on a page
      if (!oldest || oldest.started_at < window.from || outages.value.length < 100) return { seen: "full" };
    }
    return { seen: "partial", intervals: [], reason: "truncated", detail: "more than 50 pages" };
  },

  *read(capture) {
    const outages = readJsonCapture(capture, Outages);
    if ("kind" in outages) return yield outages;
    for (const { id, error: name, started_at: startsAt, ended_at: endsAt } of outages.value) {
      const state = endsAt === null ? "firing" : "resolved";
      yield { kind: "alert", id, name, severity: null, startsAt, endsAt, state, labels: {} };
    }
  },
});
