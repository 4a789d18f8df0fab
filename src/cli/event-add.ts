import { attachmentProblems } from "../acts/attaching.ts";
import { openEvents, recordAcknowledgement, recordReport, reportProblems } from "../acts/deciding.ts";
import { publish } from "../daemon/mirroring.ts";
import { MAX_TEXT } from "../evidence/act.ts";
import { type Moment, momentForPeople, momentOrProblem } from "../incidents/moment.ts";
import { CustodyError } from "../lib/errors.ts";
import { iso } from "../lib/time.ts";
import { unprovenWords } from "../people.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { requireNone } from "./event-choice.ts";

interface Flags extends GlobalFlags {
  readonly channel?: string;
  readonly received?: string;
  readonly acknowledged?: string;
  readonly reporter?: string;
  readonly text?: string;
  readonly file?: string[];
  readonly id?: string;
  readonly at?: string;
}

const NOTHING = "Nothing was recorded.";

/** `custody event add SUBJECT`: somebody reported something that may be an incident. */
export function add(flags: Flags, subject: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { zone } = custody.config.organisation;
    const now = custody.clock.now();
    const problems: string[] = [];
    const moment = (flag: string, text: string | undefined): Moment | undefined => {
      const read = text === undefined ? undefined : momentOrProblem(text, zone, now);
      if (typeof read !== "string") return read;
      problems.push(`${flag}: ${read}`);
      return undefined;
    };
    if (flags.channel === undefined)
      problems.push("--channel is missing: how did it come in? For example --channel mail");
    const asked = moment("--received", flags.received);
    const acknowledged = moment("--acknowledged", flags.acknowledged);
    const { channel = "mail", text, reporter, file = [], id } = flags;
    for (const [flag, value = ""] of [
      ["--text", text],
      ["--reporter", reporter],
    ] as const)
      if (value.length > MAX_TEXT) problems.push(`${flag}: ${value.length} characters; at most ${MAX_TEXT}`);
    const request = { channel, subject, text, reporter, received: asked, acknowledged, files: file, id };
    problems.push(
      ...reportProblems({ ...request, received: asked ?? { at: now, precision: 1 } }),
      ...(await attachmentProblems(file)),
    );
    requireNone(problems, NOTHING);
    const { event, entry, received, by, undeclared } = await recordReport(custody, request);
    await publish(custody, output.note);
    output.line(
      `${event}, received ${momentForPeople(received, zone)} (record ${entry}). Nobody has decided about it yet:`,
    );
    output.line(`  custody event decide ${event} incident --incident INC-… --reason "…"`);
    output.line(`  custody event decide ${event} event-only --reason "…"`);
    if (acknowledged === undefined)
      output.line(`  custody event ack ${event}     when whoever reported it was answered`);
    if (undeclared !== undefined) output.line(`! ${undeclared}`);
    const unproven = unprovenWords(by);
    if (unproven !== undefined) output.line(unproven);
    output.object({
      ok: true,
      event,
      entry,
      received: iso(received.at),
      precision: received.precision,
      ...(undeclared === undefined ? {} : { undeclared }),
    });
    return 0;
  });
}

/** `custody event ack EVENT`: whoever reported it was answered. */
export function acknowledge(flags: Flags, text: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { zone } = custody.config.organisation;
    const now = custody.clock.now();
    const event = (await openEvents(custody)).find(text);
    const { fact } = event.newest;
    if (fact.kind !== "event" || event.kind !== "event" || event.event !== event.id)
      throw new CustodyError("USAGE", `${event.event} was told by ${event.instance}, and not reported by a person`, {
        remedy: `There is nobody to answer. ${NOTHING}`,
      });
    const moment = flags.at === undefined ? { at: now, precision: 1 } : momentOrProblem(flags.at, zone, now);
    if (typeof moment === "string") throw new CustodyError("USAGE", `--at: ${moment}`, { remedy: NOTHING });
    if (moment.at + moment.precision <= event.when)
      throw new CustodyError(
        "USAGE",
        `--at: ${momentForPeople(moment, zone)} is before it came in (${momentForPeople({ at: event.when, precision: event.precision }, zone)})`,
        { remedy: NOTHING },
      );
    const { entry, by } = await recordAcknowledgement(
      custody,
      event.event,
      fact.channel ?? "other",
      moment,
      flags.text,
    );
    await publish(custody, output.note);
    const first = fact.acknowledgedAt === null ? "" : " It was answered before; the first answer counts.";
    output.line(`${event.event}: answered ${momentForPeople(moment, zone)} (record ${entry}).${first}`);
    const unproven = unprovenWords(by);
    if (unproven !== undefined) output.line(unproven);
    output.object({ ok: true, event: event.event, entry, at: iso(moment.at) });
    return 0;
  });
}
