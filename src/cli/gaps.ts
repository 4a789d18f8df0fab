import { CustodyError } from "../lib/errors.ts";
import { iso } from "../lib/time.ts";
import { forPeople } from "../lib/zone.ts";
import { shellActor } from "../people.ts";
import { type Gap, gapsOf } from "../slots/gap.ts";
import type { Custody } from "../custody.ts";
import { noteGaps } from "../work.ts";
import { gapText } from "../words.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { parseMoment } from "./moment.ts";

interface Flags extends GlobalFlags {
  readonly failOnGaps?: boolean;
  readonly until?: string;
  readonly reason?: string;
}

/** `custody gaps`: every hole, newest last; with `--fail-on-gaps` exit 1 when one is open. */
export function gaps(flags: Flags): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const all = await allGaps(custody);
    const zone = custody.config.organisation.zone;
    for (const gap of all) {
      output.line(`${gap.id}  ${gap.state.padEnd(11)} ${gapText(gap, zone)}`);
      if (gap.state === "open" && !gap.acknowledged) output.line(`                  seen? custody gap ack ${gap.id}   staying? custody gap accept ${gap.id} --until DAY --reason TEXT`);
    }
    const open = all.filter((gap) => gap.state === "open");
    output.line(all.length === 0 ? "No gaps: every period that is over was covered." : `${all.length} gaps, ${open.length} of them open.`);
    output.object({
      ok: open.length === 0,
      gaps: all.map(({ id, instance, requirement, from, to, slots, state, cause, opened, acknowledged }) => ({
        id, instance, requirement, from: iso(from), to: iso(to), slots: slots.map((s) => ({ id: s.id, state: s.state })), state, cause, opened: iso(opened), acknowledged: acknowledged !== undefined,
      })),
    });
    return flags.failOnGaps && open.length > 0 ? 1 : 0;
  });
}

export const acknowledge = (flags: Flags, id: string) => act("acknowledge", flags, id);
export const accept = (flags: Flags, id: string) => act("accept", flags, id);

function act(action: "acknowledge" | "accept", flags: Flags, id: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    await noteGaps(custody);
    const gap = (await allGaps(custody)).find((g) => g.id === id);
    if (gap === undefined) throw new CustodyError("NOT_FOUND", `there is no gap ${id}`, { remedy: "`custody gaps` lists them." });
    const zone = custody.config.organisation.zone;
    const until = flags.until === undefined ? undefined : parseMoment(flags.until, zone);
    if (action === "accept" && (until === undefined || !flags.reason)) {
      throw new CustodyError("USAGE", "accepting a gap needs --until and --reason", { remedy: "Say until when it may stay and why; somebody must come back to it." });
    }
    if (until !== undefined && until <= custody.clock.now()) throw new CustodyError("USAGE", `--until ${flags.until} has passed already`);
    const ledger = await custody.ledger();
    const body = flags.reason ? await ledger.put(new TextEncoder().encode(flags.reason), "text/plain; charset=utf-8") : undefined;
    const [entry] = await ledger.append([
      {
        kind: "gap",
        actor: await shellActor(custody),
        gap: gap.id,
        instance: gap.instance,
        requirement: gap.requirement,
        action,
        window: { from: iso(gap.from), to: iso(gap.to) },
        slots: gap.slots.length,
        ...(until === undefined ? {} : { until: iso(until) }),
        ...(body ? { body } : {}),
      },
    ]);
    await ledger.publish();
    output.line(`${id}: ${action === "accept" ? `accepted until ${forPeople(until ?? 0, zone)}` : "seen"} (record ${entry?.index}).`);
    output.line("Nobody proved who they are on this shell, so this is recorded as unauthenticated and counts as no sign-off.");
    output.object({ ok: true, entry: entry?.index });
    return 0;
  });
}

async function allGaps(custody: Custody): Promise<Gap[]> {
  const history = await custody.history();
  const asOf = Math.max(history.asOf, custody.clock.now());
  return [...history.instances.values()].flatMap((i) => gapsOf(i, asOf)).sort((a, b) => a.from - b.from);
}
