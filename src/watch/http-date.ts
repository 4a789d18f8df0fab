import { networkCode } from "../collector/body.ts";
import type { Clock } from "../lib/clock.ts";
import { CustodyError, messageOf } from "../lib/errors.ts";
import type { ClockReading } from "./reading.ts";

const SECOND = 1_000;
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * What the `Date` of a web server's answer says about our clock; to a second. The status does not matter, nor who asks: the
 * header is on every answer (RFC 9110 §6.6.1). Redirects are not followed. Throws SOURCE_UNREACHABLE, SOURCE_ANSWER.
 */
export async function askHttpDate(url: string, use: string, clock: Clock, signal: AbortSignal): Promise<ClockReading> {
  const { host } = new URL(url);
  const asked = clock.now();
  let response: Response;
  try {
    response = await fetch(url, {
      method: "HEAD",
      redirect: "manual",
      signal,
      headers: { "user-agent": "custody", "cache-control": "no-cache" },
    });
  } catch (cause) {
    const why = signal.aborted ? messageOf(signal.reason) : networkCode(cause);
    throw new CustodyError(
      "SOURCE_UNREACHABLE",
      `${host} did not answer (${/^[A-Z_0-9]{2,40}$/.test(why) ? why : "no answer"})`,
      {
        remedy: "Check the address under `clock: { reference: … }`.",
      },
    );
  }
  const answered = clock.now();
  await response.body?.cancel();
  const text = response.headers.get("date") ?? "";
  // Out of a cache it says when somebody else asked.
  if (!HTTP_DATE.test(text) || response.headers.has("age"))
    throw new CustodyError("SOURCE_ANSWER", `${host} does not say what time it is`, {
      remedy: "Name another server under `clock: { reference: … }`.",
    });
  const date = Date.parse(text);
  // The time was between `date` and a second later, some moment between asking and the answer.
  const [least, most] = [date - answered, date + SECOND - asked];
  return { use, offset: Math.round((least + most) / 2), uncertainty: Math.ceil((most - least) / 2), at: answered };
}
