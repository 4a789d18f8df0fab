import { actsOfKind, type RecordedAct, standing, wordOf } from "../evidence/act.ts";
import { type Observed, wholeFact } from "../evidence/fact.ts";
import { fromIso } from "../lib/time.ts";
import type { Trouble } from "./event.ts";

/** What people reported, out of our own records, as facts of the register. */

type EventAct = RecordedAct<"event">;

/** By how much the clock of whoever recorded something may be ahead. */
export const AHEAD = 5 * 60_000;

/** Each report in each of its wordings, oldest first, and what of the records fits nothing. */
export function reportsIn(
  acts: readonly RecordedAct[],
  register: string,
): { readonly facts: Observed[]; readonly troubles: Trouble[] } {
  const all = actsOfKind(acts, "event");
  const troubles: Trouble[] = [];
  const reports = new Map<string, readonly EventAct[]>();
  for (const { act, replaced } of standing(
    all.filter(({ entry }) => entry.act !== "acknowledge"),
    ({ event }) => event,
  )) {
    const { event } = act.entry;
    if (reports.has(event))
      troubles.push({ index: act.index, event, words: `it has the number ${event}, which an earlier report has` });
    else reports.set(event, [...replaced, act]);
  }
  const answered = acknowledgedAt(all, reports, troubles);
  const facts = [...reports].flatMap(([event, versions]) =>
    versions.map((act): Observed => {
      const { at, index, entry } = act;
      const received = fromIso(entry.happened);
      if (received > at + AHEAD)
        troubles.push({ index, event, words: `it says that it came in after it was recorded (${entry.happened})` });
      const answer = answered.get(event);
      return {
        fact: wholeFact<"event">({
          kind: "event",
          id: event,
          title: wordOf(act, "title") ?? (act.gone === undefined ? "(no words)" : `(its words are ${act.gone})`),
          channel: entry.channel,
          receivedAt: received,
          acknowledgedAt: answer?.at ?? null,
          precision: {
            ...(entry.precision === undefined ? {} : { receivedAt: entry.precision }),
            ...(answer?.precision === undefined ? {} : { acknowledgedAt: answer.precision }),
          },
        }),
        instance: register,
        entry: index,
        item: entry.body?.digest ?? "",
        ordinal: 0,
        at,
      };
    }),
  );
  return { facts: facts.sort((a, b) => a.entry - b.entry), troubles };
}

interface Answer {
  readonly at: number;
  readonly precision: number | undefined;
}

/** When whoever reported something was answered first. */
function acknowledgedAt(
  all: readonly EventAct[],
  reports: ReadonlyMap<string, readonly EventAct[]>,
  troubles: Trouble[],
): ReadonlyMap<string, Answer> {
  const answers = new Map<string, Answer>();
  const acknowledged = all.filter(({ entry }) => entry.act === "acknowledge");
  for (const { act } of standing(acknowledged, ({ event }) => event)) {
    const { event, happened, precision } = act.entry;
    const report = reports.get(event)?.at(-1)?.entry;
    const at = fromIso(happened);
    const wrong =
      report === undefined
        ? `it says that ${event} was answered, which nobody reported`
        : at + (precision ?? 1) <= fromIso(report.happened)
          ? `it says that ${event} was answered before it came in`
          : at > act.at + AHEAD
            ? `it says that ${event} is answered at a time that had not come (${happened})`
            : undefined;
    if (wrong !== undefined) {
      troubles.push({ index: act.index, event, words: wrong });
      continue;
    }
    const before = answers.get(event);
    if (before === undefined || at < before.at) answers.set(event, { at, precision });
  }
  return answers;
}
