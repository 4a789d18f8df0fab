import { isLacking, recordedAct } from "../acts/acting.ts";
import { type OpenRegister, registerOf } from "../acts/open-register.ts";
import type { Config } from "../config/config.ts";
import type { Custody } from "../custody.ts";
import type { RecordedAct } from "../evidence/act.ts";
import { namesOf } from "../people.ts";
import { policyTimeline } from "../policies.ts";
import type { PolicyTimeline } from "../policy/timeline.ts";

/**
 * What people recorded, for whoever asks every minute: each act is read once, with its words, and the register is folded again
 * only when there is another act or other rules. Nothing of the log is read twice.
 */

export interface LiveRecords {
  readonly acts: readonly RecordedAct[];
  readonly names: ReadonlyMap<string, string>;
  readonly timeline: PolicyTimeline;
  readonly register: OpenRegister;
}

interface Kept {
  readonly acts: RecordedAct[];
  readonly config: Config;
  /** The disposal that was the newest when they were read: what it took is not shown after it. */
  readonly disposed: number | undefined;
  key: string;
  records: LiveRecords | undefined;
}

const known = new WeakMap<Custody, Kept>();

/** The acts, the rules and the register as the log has them now. */
export async function liveRecords(custody: Custody): Promise<LiveRecords> {
  const entries = await custody.actEntries();
  const { newest: disposed } = await custody.disposals();
  const before = known.get(custody);
  const { config } = custody;
  const isGood = before !== undefined && before.disposed === disposed && before.config === config;
  const kept: Kept = isGood ? before : { acts: [], config, disposed, key: "", records: undefined };
  known.set(custody, kept);
  // Two who ask at once read the same; what is there already is not read again, and words that were not there are.
  for (const [i, { index, entry }] of entries.entries()) {
    const act = kept.acts[i];
    if (act === undefined || isLacking(act)) kept.acts[i] = await recordedAct(custody, index, entry);
  }
  const identities = (await custody.identities()).length;
  const policies = (await custody.policies()).length;
  const key = `${kept.acts.length} ${kept.acts.filter(isLacking).length} ${identities} ${policies}`;
  if (kept.key === key && kept.records !== undefined) return kept.records;
  const names = await namesOf(custody);
  const timeline = await policyTimeline(custody);
  const { size } = await custody.view();
  const acts = kept.acts.slice();
  const asOf = acts.at(-1)?.at ?? 0;
  const zone = custody.config.organisation.zone;
  const register = registerOf(custody, { acts, names, asOf, zone, seen: { size, root: "" } }, timeline);
  kept.records = { acts, names, timeline, register };
  kept.key = key;
  return kept.records;
}
