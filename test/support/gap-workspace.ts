import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Custody } from "../../src/custody.ts";
import { startRunning } from "../../src/daemon/running.ts";
import type { Draft } from "../../src/evidence/entry.ts";
import type { AnyGap } from "../../src/gaps/gap.ts";
import { iso } from "../../src/lib/time.ts";
import { seeGaps } from "../../src/views/seeing.ts";
import { declareNow, noteGaps } from "../../src/work.ts";
import { FakeClock } from "./clock.ts";
import { blobRef } from "./entries.ts";
import { noticeWorkspace } from "./notices.ts";
import { keptLog } from "./workspace.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SYSTEM = { type: "system", id: "custody" } as const;

export interface GapWorkspace {
  readonly custody: Custody;
  readonly clock: FakeClock;
  /** The gaps as they stand now, after what is to be noted was noted. */
  gaps(): Promise<readonly AnyGap[]>;
  /** What a person does about a gap. */
  decide(action: "acknowledge" | "accept", gap: AnyGap, until?: number): Promise<void>;
  append(...drafts: Draft[]): Promise<void>;
}

/** A workspace under a policy, or under none, without collectors that are asked: `rest` is more of its configuration. */
export async function ruledWorkspace(policy: string | null, rest = "", from = "2026-11-18T00:00:00.000Z") {
  const clock = new FakeClock(from);
  const custody = await noticeWorkspace(
    `${policy === null ? "" : `policy: ${policy}\n`}people: { anna: { role: owner } }
collectors: [{ id: own, use: cron-health/custody, cadence: daily, grace: 6h }]
${rest}`,
    clock,
    { zone: "Europe/Berlin" },
  );
  await declareNow(custody);
  const append = async (...drafts: Draft[]) => void (await (await custody.ledger()).append(drafts));
  return {
    custody,
    clock,
    append,
    async gaps() {
      await noteGaps(custody);
      return (await seeGaps(custody)).gaps;
    },
    async decide(action, { id, instance, requirement, from: begin, to }, until) {
      await append({
        kind: "gap",
        actor: { type: "person", id: "p-anna00000000", role: "owner", auth: "token" },
        gap: id,
        instance,
        requirement,
        action,
        window: { from: iso(begin), to: iso(to) },
        slots: 1,
        ...(until === undefined ? {} : { until: iso(until) }),
      });
    },
  } satisfies GapWorkspace;
}

/** A run of `own`, as the runner would have recorded it now; one that saw nothing without `covered`. */
export function ranNow({ clock }: Pick<GapWorkspace, "clock">, covered?: readonly [number, number]): Draft {
  const now = clock.now();
  const window = { from: iso(covered?.[0] ?? now - HOUR), to: iso(covered?.[1] ?? now) };
  return {
    kind: "run",
    actor: SYSTEM,
    instance: "own",
    use: "cron-health/custody",
    trigger: "schedule",
    window,
    started: iso(now),
    ended: iso(now),
    outcome: covered ? "collected" : "unavailable",
    ...(covered ? {} : { reason: "SOURCE_UNREACHABLE" }),
    covered: covered ? [window] : [],
    requests: 1,
    found: { reader: 1, facts: 0, problems: 0 },
    items: 0,
    evidence: [blobRef("x")].slice(1),
  };
}

/** The same, whose source was well for a day and is away since: the gap is noted at half past six in the morning of the 20th. */
export async function staleWorkspace(policy: string | null, rest = "") {
  const here = await ruledWorkspace(policy, rest);
  const { clock, append } = here;
  clock.advance(DAY);
  await append(ranNow(here, [clock.now() - DAY, clock.now()]));
  clock.set("2026-11-20T06:30:00.000Z");
  await append(ranNow(here));
  const [gap] = (await here.gaps()).filter(({ requirement }) => requirement === "cadence");
  if (gap?.noted === undefined) throw new Error("no gap was noted");
  return { ...here, gap };
}

/** What Custody found when it verified its own log. */
export const foundAltered = (at: number): Draft => ({
  kind: "self-check",
  actor: SYSTEM,
  check: "integrity",
  result: "bad",
  started: iso(at),
  ended: iso(at),
  codes: ["chain-broken"],
});

const BODY = "---\nid: REC-1\ntitle: Login down\nseverity: Sev4\ndetected: 2026-11-16T09:00:00Z\n---\n";

/** A daemon at work under a policy, over a register in a folder that can be taken away. */
export async function daemonWorkspace(policy: string, rest = "", index?: string) {
  const clock = new FakeClock("2026-11-16T04:00:30.000Z");
  const custody = await noticeWorkspace(
    `policy: ${policy}
people: { anna: { role: owner } }
collectors: [{ id: records, use: incident-log/markdown, path: ./records, cadence: daily, grace: 6h }]
${rest}`,
    clock,
    { zone: "Europe/Berlin", ...(index === undefined ? {} : { index }) },
  );
  const folder = join(custody.config.root, "records");
  await mkdir(folder);
  await writeFile(join(folder, "REC-1.md"), BODY);
  const log = keptLog();
  const running = await startRunning(custody, log);
  onTestFinished(() => running.stop());
  const wake = async () => {
    await running.tick();
    await running.idle();
  };
  await wake();
  return {
    custody,
    clock,
    log,
    url: running.url,
    wake,
    /** Rounds every eight hours up to a moment. */
    async until(moment: string) {
      for (const end = Date.parse(moment); clock.now() < end; ) {
        clock.set(Math.min(end, clock.now() + 8 * HOUR));
        await wake();
      }
    },
    away: () => rename(folder, `${folder}.away`),
    back: () => rename(`${folder}.away`, folder),
  };
}
