import { activityNamed, authorWords } from "../acts/approving.ts";
import { readActivities } from "../acts/reviewing.ts";
import type { Custody } from "../custody.ts";
import { momentForPeople } from "../incidents/moment.ts";
import { iso } from "../lib/time.ts";
import { clean } from "../report/clean.ts";
import type { Activity, Version } from "../reviews/activity.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import type { Output } from "./output.ts";

export const list = (flags: GlobalFlags) => listAny(flags, true);

export function listAny(flags: GlobalFlags, review: boolean): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { acts, activities } = await readActivities(custody);
    const shown = [...activities.all.values()].filter(({ type }) => (type === "incident-review") === review);
    const { zone } = custody.config.organisation;
    for (const one of shown) output.line(lineOf(one, acts.names, zone));
    for (const { entry, about, why } of activities.troubles)
      output.line(`record ${entry} (${clean(about, 60)}): ${clean(why)}`);
    if (shown.length === 0)
      output.line(
        review
          ? "There is no review yet: `custody review new INCIDENT` begins one."
          : "Nothing was held yet: `custody activity record exercise --date DAY --participants NAMES --text …` records one.",
      );
    output.object({
      ok: true,
      [review ? "reviews" : "activities"]: shown.map((one) => inRecords(one, acts.names)),
      troubles: activities.troubles,
    });
    return 0;
  });
}

const stateOf = ({ withdrawn, approval, newest }: Activity): string =>
  withdrawn !== undefined
    ? "withdrawn"
    : approval !== undefined
      ? "approved"
      : newest.missing > 0
        ? `${newest.missing} missing`
        : "not approved";

function lineOf(one: Activity, names: ReadonlyMap<string, string>, zone: string): string {
  const about = one.incidents.length > 0 ? ` (${one.incidents.map((id) => clean(id, 60)).join(", ")})` : "";
  const type = one.type === "incident-review" ? "" : `${one.type}  `;
  const by = one.approval === undefined ? "" : ` by ${clean(names.get(one.approval.by.id) ?? one.approval.by.id, 40)}`;
  return `${one.id}  ${type}${momentForPeople(one.newest, zone)}  ${stateOf(one)}${by}  ${clean(one.title, 100)}${about}`;
}

export const show = (flags: GlobalFlags, id: string) => showAny(flags, id, true);

export function showAny(flags: GlobalFlags, id: string, review: boolean): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { acts, activities } = await readActivities(custody);
    const activity = activityNamed(activities, id, review);
    describe(custody, activity, acts.names, output);
    const author = authorWords(custody, activity);
    if (author !== undefined) output.line(`  ${author}`);
    output.object({ ok: true, [review ? "review" : "activity"]: inRecords(activity, acts.names) });
    return 0;
  });
}

const textIn = ({ words }: Version, name: string): string | undefined => {
  const text = Object.hasOwn(words, name) ? words[name] : undefined;
  return typeof text === "string" ? text : undefined;
};

/** Everything that was recorded about one. */
export function describe({ config }: Custody, one: Activity, names: ReadonlyMap<string, string>, output: Output): void {
  const { zone } = config.organisation;
  const name = (id: string) => clean(names.get(id) ?? id, 60);
  output.line(lineOf(one, names, zone));
  if (one.participants.length > 0) output.line(`  with ${one.participants.map(name).join(", ")}`);
  for (const version of one.versions) {
    const missing = version.missing === 0 ? "" : `; ${version.missing} things were missing in it`;
    const wrong = version.corrected === undefined ? "" : `; the wrong one, corrected by record ${version.corrected}`;
    output.line(
      `  record ${version.entry}  ${momentForPeople(version, zone)}, by ${name(version.by.id)}${missing}${wrong}`,
    );
    if (version.document !== undefined)
      output.line(`      file ${version.document.digest}  ${clean(textIn(version, "file") ?? "", 100)}`);
    for (const { digest } of version.evidence) output.line(`      file ${digest}`);
    const incomplete = textIn(version, "incomplete");
    if (incomplete !== undefined) output.line(`      recorded as it is: ${clean(incomplete)}`);
    const correction = textIn(version, "correction");
    if (correction !== undefined) output.line(`      corrects an earlier one: ${clean(correction)}`);
  }
  const text = textIn(one.newest, "text");
  if (text !== undefined) output.line(`  ${clean(text)}`);
  if (one.controlChange !== undefined) {
    const why = one.controlChange.reason === undefined ? "" : `: ${clean(one.controlChange.reason)}`;
    output.line(`  controls are ${one.controlChange.decision === "yes" ? "to be changed" : "not changed"}${why}`);
  }
  if (one.approval !== undefined) {
    const why = one.approval.reason === undefined ? "" : `: ${clean(one.approval.reason)}`;
    output.line(
      `  approved ${momentForPeople(one.approval, zone)} by ${name(one.approval.by.id)} (record ${one.approval.entry})${why}`,
    );
  }
  for (const { entry, by, why } of one.void)
    output.line(`  record ${entry}: the approval by ${name(by.id)} does not hold: ${clean(why)}`);
  if (one.published !== undefined)
    output.line(
      `  published ${momentForPeople(one.published, zone)} at ${clean(one.published.url ?? "")} (record ${one.published.entry})`,
    );
  if (one.withdrawn !== undefined)
    output.line(`  withdrawn (record ${one.withdrawn.entry}): ${clean(one.withdrawn.reason ?? "")}`);
}

function inRecords(one: Activity, names: ReadonlyMap<string, string>) {
  const who = (id: string) => ({ id, name: names.get(id) ?? null });
  const {
    id,
    type,
    title,
    incidents,
    participants,
    versions,
    newest,
    approval,
    published: page,
    withdrawn,
    controlChange,
  } = one;
  return {
    id,
    type,
    title,
    incidents,
    participants: participants.map(who),
    at: iso(newest.at),
    state: stateOf(one),
    missing: newest.missing,
    values: newest.values,
    versions: versions.map(({ entry, at, document, evidence, missing, corrected }) => ({
      entry,
      at: iso(at),
      document: document ?? null,
      corrected: corrected ?? null,
      evidence,
      missing,
    })),
    approval:
      approval === undefined
        ? null
        : { entry: approval.entry, at: iso(approval.at), by: who(approval.by.id), byAuthor: approval.byAuthor },
    void: one.void.map(({ entry, by, why }) => ({ entry, by: who(by.id), why })),
    controlChange: controlChange ?? null,
    published:
      page === undefined
        ? null
        : { entry: page.entry, at: iso(page.at), url: page.url ?? null, evidence: page.evidence },
    withdrawn: withdrawn === undefined ? null : { entry: withdrawn.entry, reason: withdrawn.reason ?? null },
  };
}
