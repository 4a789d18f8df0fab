import { gapAnswers } from "../assess/gap-response.ts";
import type { Custody } from "../custody.ts";
import type { AnswerDue } from "../duties/gaps.ts";
import type { AnyGap } from "../gaps/gap.ts";
import type { Instant } from "../lib/time.ts";
import { liveRecords } from "./live-acts.ts";

/** Until when the organisation's own rules ask somebody to answer gaps that nobody has answered yet, by gap. */
export async function answersDue(
  custody: Custody,
  gaps: readonly AnyGap[],
  now: Instant,
): Promise<ReadonlyMap<string, AnswerDue>> {
  const cases = await custody.gapCases();
  const { timeline } = await liveRecords(custody);
  const { instances } = await custody.history();
  const found = new Map<string, AnswerDue>();
  for (const gap of gaps) {
    if (gap.state !== "open") continue;
    const answers = gapAnswers(gap, instances.get(gap.instance)?.record.family, timeline, now);
    const last = answers.at(-1);
    const incident = cases.incidentOf(gap.id);
    const asks = last !== undefined && last.to === undefined && ["bad", "open"].includes(last.verdict.word);
    if (!asks && incident === undefined) continue;
    const { due, level = "", target = "" } = last?.verdict ?? {};
    found.set(gap.id, {
      due: asks ? due : undefined,
      late: asks && last.verdict.word === "bad",
      rule: `your rules: ${level}, ${target}`,
      name: `${gap.id}:late:${answers.length}`,
      incident,
    });
  }
  return found;
}
