import { writeFile } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import { readActs } from "../acts/acting.ts";
import {
  activityNamed,
  approveActivity,
  attestedNow,
  authorWords,
  recordPublication,
  withdrawActivity,
} from "../acts/approving.ts";
import { checkFile, composeFor, lackInWords, readActivities, recordReview } from "../acts/reviewing.ts";
import { publish } from "../daemon/mirroring.ts";
import { momentForPeople } from "../incidents/moment.ts";
import { CustodyError } from "../lib/errors.ts";
import { iso } from "../lib/time.ts";
import { personFor, unprovenWords } from "../people.ts";
import { clean } from "../report/clean.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { describe } from "./review-show.ts";

interface Flags extends GlobalFlags {
  readonly template?: string;
  readonly out?: string;
  readonly author?: string;
  readonly incomplete?: string;
  readonly as?: string;
  readonly id?: string;
  readonly controls?: string;
  readonly reason?: string;
  readonly at?: string;
  readonly file?: string[];
  readonly url?: string;
  readonly digest?: string;
  readonly yes?: boolean;
  readonly corrects?: string;
  readonly because?: string;
}

/** `custody review new INCIDENT`: a review to be written, with what the register knows. */
export function begin(flags: Flags, incident: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { template, author } = flags;
    const { id, text, from } = await composeFor(custody, { incident, template, author });
    const path = flags.out ?? `review-${id.replace(/[^A-Za-z0-9._-]+/g, "-").slice(0, 100)}.md`;
    if (path === "-") {
      if (output.json) output.object({ ok: true, incident: id, template: from, text });
      else process.stdout.write(text);
      return 0;
    }
    // What somebody has begun to write is never overwritten.
    await writeFile(path, text, { flag: "wx" });
    output.line(`${path}: the review of ${clean(id, 100)}, by ${clean(from)}.`);
    output.line("What stands between < and > is for you to write; nothing was invented, and nothing is recorded yet.");
    output.line(`Then: custody review check ${path}, and custody review record ${id} ${path}`);
    output.object({ ok: true, incident: id, template: from, file: path });
    return 0;
  });
}

/** `custody review check FILE`: exit code 1 where something is missing. */
export function check(flags: Flags, file: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { document, lacks, template } = await checkFile(custody, await readActs(custody), {
      file,
      template: flags.template,
    });
    for (const lack of lacks) output.line(lackInWords(file, lack));
    const asked = `${template.form.sections.length} sections, as ${clean(template.form.from)} asks`;
    output.line(
      lacks.length === 0
        ? `${file}: everything is there (${asked}).`
        : `${lacks.length} thing${lacks.length === 1 ? " is" : "s are"} missing (${asked}).`,
    );
    output.object({
      ok: lacks.length === 0,
      file,
      asked: template.form.from,
      title: document.title,
      author: document.author,
      date: document.date,
      actions: document.actions,
      missing: lacks,
    });
    return lacks.length === 0 ? 0 : 1;
  });
}

/** `custody review record INCIDENT… FILE`. */
export function record(flags: Flags, ...given: string[]): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const file = given.at(-1) ?? "";
    const { template, incomplete, author, as, id, controls, reason, at, corrects, because } = flags;
    const request = {
      template,
      incomplete,
      author,
      as,
      id,
      controls,
      reason,
      at,
      corrects,
      because,
      ...(flags.file ? { files: flags.file } : {}),
    };
    const recorded = await recordReview(custody, { ...request, incidents: given.slice(0, -1), file });
    if (recorded.entry === undefined) {
      output.line(`${recorded.id}: these very bytes are recorded already; nothing was added.`);
    } else {
      await publish(custody, output.note);
      output.line(`${recorded.digest}  ${file}`);
      output.line(`${recorded.id} (record ${recorded.entry}). The digits are what \`sha256sum\` prints for the file.`);
      if (corrects !== undefined)
        output.line(`It takes the place of record ${corrects}, which stays readable and counts no more.`);
      if (recorded.lacks.length > 0)
        output.line(`${recorded.lacks.length} things are missing in it, and the record says so.`);
      if (recorded.voids) output.line("It was approved before; this is another document, which nobody has approved.");
      if (controls === undefined)
        output.line(
          "Nobody has said whether controls are to be changed: --controls yes or no with --reason, here or when it is approved.",
        );
      output.line(`An owner approves it: custody review approve ${recorded.id}`);
      const unproven = recorded.by && unprovenWords(recorded.by);
      if (unproven !== undefined) output.line(unproven);
    }
    const { digest, size, lacks, voids } = recorded;
    output.object({ ok: true, id: recorded.id, entry: recorded.entry ?? null, digest, size, missing: lacks, voids });
    return 0;
  });
}

export const approve = (flags: Flags, id: string) => approveAny(flags, id, true);

/** Shows what is approved and asks, unless --yes was given. */
export function approveAny(flags: Flags, id: string, review: boolean): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const person = personFor(custody.config, "sign-off");
    const { acts, activities } = await readActivities(custody);
    const activity = activityNamed(activities, id, review);
    describe(custody, activity, acts.names, output);
    const attested = review ? await attestedNow(custody) : [];
    if (attested.length > 0) output.line("Whoever approves it says with it, as your rules ask:");
    for (const { says } of attested) output.line(`  - ${says}`);
    if (!(await isConfirmed(flags, `${person?.name} (${person?.role})`))) {
      output.line("Nothing was approved.");
      output.object({ ok: false });
      return 1;
    }
    const digest = flags.digest ?? activity.newest.document?.digest;
    const { controls, reason } = flags;
    const approved = await approveActivity(custody, { id, digest, controls, reason }, review);
    await publish(custody, output.note);
    output.line(`${id}: approved by ${person?.name} (record ${approved.entry}).`);
    const author = authorWords(custody, approved.activity);
    if (author !== undefined) output.line(author);
    if (review && approved.activity.controlChange === undefined)
      output.line("Nobody has said yet whether controls are to be changed: --controls yes or no with --reason.");
    output.object({ ok: true, id, entry: approved.entry, digest: digest ?? null, byAuthor: author !== undefined });
    return 0;
  });
}

async function isConfirmed({ yes, json }: Flags, as: string): Promise<boolean> {
  if (yes) return true;
  if (json || !process.stdin.isTTY || !process.stderr.isTTY)
    throw new CustodyError("USAGE", "an approval is asked for on a terminal, and this is none", {
      remedy: "Look at it first, then add --yes. Nothing was approved.",
    });
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`Approve this as ${as}? yes or no: `)).trim());
  } finally {
    terminal.close();
  }
}

export const withdraw = (flags: Flags, id: string) => withdrawAny(flags, id, true);

export function withdrawAny(flags: Flags, id: string, review: boolean): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { entry, by } = await withdrawActivity(custody, id, flags.reason, review);
    await publish(custody, output.note);
    output.line(`${id}: withdrawn (record ${entry}). What was recorded stays readable; it counts no more.`);
    const unproven = unprovenWords(by);
    if (unproven !== undefined) output.line(unproven);
    output.object({ ok: true, id, entry });
    return 0;
  });
}

/** `custody review publish ID --url URL --file SNAPSHOT`: where it can be read, and what stood there. */
export function published(flags: Flags, id: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { url, at, file: files = [] } = flags;
    const { entry, by, moment } = await recordPublication(custody, { id, url, at, files });
    await publish(custody, output.note);
    const when = momentForPeople(moment, custody.config.organisation.zone);
    output.line(
      `${id}: published ${when} at ${clean(url ?? "")} (record ${entry}), with the page as it was given here.`,
    );
    const unproven = unprovenWords(by);
    if (unproven !== undefined) output.line(unproven);
    output.object({ ok: true, id, entry, at: iso(moment.at) });
    return 0;
  });
}
