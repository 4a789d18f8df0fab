import { CustodyError } from "../lib/errors.ts";
import { iso } from "../lib/time.ts";
import { forPeople } from "../lib/zone.ts";
import { shellActor } from "../people.ts";
import { declareNow } from "../work.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { parseMoment } from "./moment.ts";

interface Flags extends GlobalFlags {
  readonly until?: string;
  readonly reason?: string;
}

export const pause = (flags: Flags, id: string) => plan("pause", flags, id);
export const resume = (flags: Flags, id: string) => plan("resume", flags, id);
export const retire = (flags: Flags, id: string) => plan("retire", flags, id);

/** Plans act from now on: nothing that was required is excused afterwards. */
function plan(action: "pause" | "resume" | "retire", flags: Flags, id: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    await declareNow(custody);
    const history = await custody.history();
    const known = [...history.instances.keys()];
    if (!known.includes(id)) throw new CustodyError("USAGE", `there is no collector "${id}"`, { remedy: `The log knows: ${known.join(", ") || "none"}.` });
    if (action !== "resume" && !flags.reason) throw new CustodyError("USAGE", `${action} needs --reason`, { remedy: "An auditor will ask why; one sentence is enough." });
    const zone = custody.config.organisation.zone;
    const ledger = await custody.ledger();
    const now = custody.clock.now();
    const until = flags.until === undefined ? undefined : parseMoment(flags.until, zone);
    if (until !== undefined && until <= now) throw new CustodyError("USAGE", `--until ${flags.until} has passed already`);
    const body = flags.reason ? await ledger.put(new TextEncoder().encode(flags.reason), "text/plain; charset=utf-8") : undefined;
    const [entry] = await ledger.append([
      { kind: "plan", actor: await shellActor(custody), instance: id, action, from: iso(now), ...(until === undefined ? {} : { to: iso(until) }), ...(body ? { body } : {}) },
    ]);
    await ledger.publish();
    output.line(`${id}: ${SAID[action]}${until === undefined ? "" : ` until ${forPeople(until, zone)}`} (record ${entry?.index}).`);
    output.object({ ok: true, entry: entry?.index });
    return 0;
  });
}

const SAID = { pause: "paused; nothing is expected", resume: "expected again", retire: "retired; nothing is expected any more" } as const;
