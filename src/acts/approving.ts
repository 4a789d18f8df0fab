import type { Custody } from "../custody.ts";
import type { Actor } from "../evidence/entry.ts";
import { happenedFields, type Moment } from "../incidents/moment.ts";
import { CustodyError } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { personFor } from "../people.ts";
import { policyTimeline } from "../policies.ts";
import { type Attested, attestedBy } from "../policy/attested.ts";
import { clean } from "../report/clean.ts";
import type { Activities, Activity } from "../reviews/activity.ts";
import { recordActs } from "./acting.ts";
import { attach, attachmentProblems } from "./attaching.ts";
import { readActivities } from "./reviewing.ts";
import { decisionProblems, timeOf, usage } from "./saying.ts";

/** What becomes of a review, or of the record of something held: approved, published, withdrawn. */

export interface ApprovalRequest {
  readonly id: string;
  /** What was looked at; the newest version must be this one. */
  readonly digest: string | undefined;
  readonly controls?: string | undefined;
  readonly reason?: string | undefined;
}

/** The activity of this number, of these types where some are named. Throws NOT_FOUND with the nearest. */
export function activityNamed({ all }: Activities, id: string, review: boolean): Activity {
  const known = [...all.values()].filter(({ type }) => (type === "incident-review") === review);
  const found = known.find((one) => one.id === id);
  if (found !== undefined) return found;
  const hint = didYouMean(
    id,
    known.map((one) => one.id),
  );
  throw new CustodyError("NOT_FOUND", `there is no ${review ? "review" : "activity"} ${clean(id, 60)}${hint}`, {
    remedy: `\`custody ${review ? "review" : "activity"} list\` shows them. Nothing was recorded.`,
  });
}

/** Approves the newest version. Throws NOT_ALLOWED unless whoever acts has shown who they are and may sign; publishes nothing. */
export async function approveActivity(
  custody: Custody,
  { id, digest, controls, reason }: ApprovalRequest,
  review: boolean,
): Promise<{ readonly entry: number; readonly by: Actor; readonly activity: Activity }> {
  personFor(custody.config, "sign-off");
  const { activities } = await readActivities(custody);
  const activity = activityNamed(activities, id, review);
  const { newest, approval, withdrawn } = activity;
  const problems = decisionProblems({ controls, reason });
  if (withdrawn !== undefined) problems.push(`${id} was withdrawn; record it anew first`);
  if (approval !== undefined && controls === undefined)
    problems.push(`${id} is approved already, with record ${approval.entry}`);
  if (digest !== undefined && digest !== newest.document?.digest)
    problems.push(`${id}: another version was recorded meanwhile, record ${newest.entry}; look at that one`);
  if (newest.missing > 0 && !reason?.trim())
    problems.push(
      `${newest.missing} things were missing in it when it was recorded; say with --reason why it is approved all the same, or record it complete`,
    );
  if (problems.length > 0) throw usage(problems);
  const attested = review ? await attestedNow(custody) : [];
  const values = {
    ...(controls === undefined ? {} : { controlChange: controls }),
    ...(attested.length === 0 ? {} : { attested: attested.map((one) => one.id) }),
  };
  const { by, records } = await recordActs(
    custody,
    [
      {
        kind: "activity",
        activity: id,
        type: activity.type,
        act: "approve",
        ...(newest.document === undefined ? {} : { document: newest.document }),
        ...(Object.keys(values).length === 0 ? {} : { values }),
        ...happenedFields({ at: custody.clock.now(), precision: 1 }),
        ...(reason?.trim()
          ? {
              words:
                controls === undefined
                  ? { reason: reason.trim() }
                  : { reason: reason.trim(), controlReason: reason.trim() },
            }
          : {}),
      },
    ],
    "sign-off",
  );
  const now = (await readActivities(custody)).activities.all.get(id);
  return { entry: records[0]?.index ?? -1, by, activity: now ?? activity };
}

/** What whoever approves a review says with it, by the rules in force now. */
export async function attestedNow(custody: Custody): Promise<readonly Attested[]> {
  return attestedBy((await policyTimeline(custody)).policyAt(custody.clock.now())?.policy);
}

/** Takes something back that was recorded, with a reason; it stays readable. Publishes nothing. */
export async function withdrawActivity(
  custody: Custody,
  id: string,
  reason: string | undefined,
  review: boolean,
): Promise<{ readonly entry: number; readonly by: Actor }> {
  personFor(custody.config, "record");
  const { activities } = await readActivities(custody);
  const activity = activityNamed(activities, id, review);
  const problems =
    activity.withdrawn === undefined ? [] : [`${id} was withdrawn already, with record ${activity.withdrawn.entry}`];
  if (!reason?.trim()) problems.push("--reason is missing: why is it withdrawn?");
  problems.push(...decisionProblems({ reason }));
  if (problems.length > 0) throw usage(problems);
  const { by, records } = await recordActs(custody, [
    {
      kind: "activity",
      activity: id,
      type: activity.type,
      act: "withdraw",
      ...happenedFields({ at: custody.clock.now(), precision: 1 }),
      words: { reason: reason?.trim() ?? "" },
    },
  ]);
  return { entry: records[0]?.index ?? -1, by };
}

/** Records where and when a review was published, with what stood there as files. Publishes nothing itself. */
export async function recordPublication(
  custody: Custody,
  { id, url, at, files }: { id: string; url: string | undefined; at: string | undefined; files: readonly string[] },
): Promise<{ readonly entry: number; readonly by: Actor; readonly moment: Moment }> {
  personFor(custody.config, "record");
  const { acts, activities } = await readActivities(custody);
  const activity = activityNamed(activities, id, true);
  const problems: string[] = [];
  const moment = timeOf(custody, acts, at, "--at", problems);
  if (activity.withdrawn !== undefined) problems.push(`${id} was withdrawn; record it anew first`);
  const address = addressOf(url ?? "");
  if (address === undefined)
    problems.push(
      "--url: expected the address of the page, such as https://example.org/blog/2026-11-20-outage, without a user name",
    );
  if (files.length === 0) problems.push("--file is missing: the page as it was published, as PDF or HTML");
  problems.push(...(await attachmentProblems(files)));
  if (problems.length > 0) throw usage(problems);
  const evidence = await attach(custody, files);
  const { by, records } = await recordActs(custody, [
    {
      kind: "activity",
      activity: id,
      type: "incident-review",
      act: "publish",
      evidence,
      ...happenedFields(moment),
      words: { url: address ?? "" },
    },
  ]);
  return { entry: records[0]?.index ?? -1, by, moment };
}

function addressOf(text: string): string | undefined {
  if (text.length > 2_000) return undefined;
  try {
    const url = new URL(text);
    return /^https?:$/.test(url.protocol) && url.username === "" && url.password === "" ? url.href : undefined;
  } catch {
    return undefined;
  }
}

/** Said where it matters: whoever approved wrote it, and somebody else could have. */
export function authorWords(custody: Custody, { approval }: Activity): string | undefined {
  const owners = Object.values(custody.config.people).filter(({ role }) => role === "owner").length;
  if (approval?.byAuthor !== true) return undefined;
  return owners > 1
    ? "Whoever approved it wrote it; there is another owner who could approve it, and an auditor may ask why they did not."
    : "Whoever approved it wrote it; there is no other owner.";
}
