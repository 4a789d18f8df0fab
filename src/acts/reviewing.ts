import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Custody } from "../custody.ts";
import { actsOfKind, type RecordedAct, type Words } from "../evidence/act.ts";
import { INCIDENT_TIMES } from "../evidence/case-facts.ts";
import type { Actor } from "../evidence/entry.ts";
import type { FactOf, Observed } from "../evidence/fact.ts";
import { Label } from "../evidence/terms.ts";
import { happenedFields, type Moment } from "../incidents/moment.ts";
import { OWN_REGISTER } from "../incidents/register.ts";
import { actInWords } from "../incidents/words.ts";
import { digestOf } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { nameProblem, personFor, personId } from "../people.ts";
import { policyTimeline } from "../policies.ts";
import { clean } from "../report/clean.ts";
import { actionsOf } from "../reviews/action.ts";
import { type Activities, type Activity, activitiesOf } from "../reviews/activity.ts";
import { checkReview, type Lack, type ReviewDocument, sectionNames } from "../reviews/check.ts";
import { composeReview, type Happening } from "../reviews/compose.ts";
import { reviewFacts as factsOf } from "../reviews/facts.ts";
import { formOf } from "../reviews/form.ts";
import { isFactRef, keyOf, linksOf } from "../reviews/links.ts";
import { MAX_TEMPLATE_BYTES, readTemplate, type Template, templateOf } from "../reviews/template.ts";
import { PACKAGE_ROOT } from "../software.ts";
import { type ActDraft, type Acts, readActs, recordActs } from "./acting.ts";
import { attach, attachmentProblems, readWhole } from "./attaching.ts";
import { Names, type Resolved, refOf } from "./linking.ts";
import { begin } from "./numbering.ts";
import { registerOf } from "./open-register.ts";
import { MAX_REVIEW_BYTES, readReviewDocument } from "./review-document.ts";
import { decisionProblems, pushSome, timeOf, usage } from "./saying.ts";

/** Reviews of incidents, exercises and the like: written from a template, checked, recorded, approved. */

/** The facts of actions, reviews and activities of our own, as checks and reports take them. */
export function reviewFacts(acts: readonly RecordedAct[], names?: ReadonlyMap<string, string>): Observed[] {
  return factsOf(acts, OWN_REGISTER, names);
}

/** What was held and written down, and the records behind it. */
export async function readActivities(custody: Custody): Promise<{ acts: Acts; activities: Activities }> {
  const acts = await readActs(custody);
  return { acts, activities: activitiesOf(actsOfKind(acts.acts, "activity")) };
}

/** What reviews are made of when nobody names a template: the rules in force at an instant, else the template that is shipped. */
export async function templateFor(
  custody: Custody,
  acts: Acts,
  { file, at }: { readonly file?: string | undefined; readonly at: number },
): Promise<Template> {
  if (file !== undefined) {
    const bytes = await readWhole(file, MAX_TEMPLATE_BYTES, "a template in Markdown");
    return readTemplate(new TextDecoder().decode(bytes), file);
  }
  const inForce = (await policyTimeline(custody, acts.seen.size)).policyAt(at);
  const review = inForce?.policy?.review;
  const form = review && formOf(`your rules ${inForce?.name} ${inForce?.version}`, review);
  if (form !== undefined && review !== undefined) {
    const hints = Object.fromEntries(review.sections.map(({ heading, holds }) => [heading, holds]));
    return { form, text: templateOf(form, hints) };
  }
  return readTemplate(
    await readFile(join(PACKAGE_ROOT, "reports/templates/review.md"), "utf8"),
    "the shipped template",
  );
}

/** A review to be written about an incident of ours, or of another register. Writes nothing. Throws NOT_FOUND. */
export async function composeFor(
  custody: Custody,
  {
    incident: text,
    template: file,
    author,
  }: { incident: string; template?: string | undefined; author?: string | undefined },
): Promise<{ readonly id: string; readonly text: string; readonly from: string }> {
  const names = await Names.read(custody);
  const found = await names.incident(text);
  if (typeof found === "string") throw new CustodyError("NOT_FOUND", found, { remedy: "Nothing was written." });
  const { incident, timeline } = await incidentOf(custody, names, found);
  const now = custody.clock.now();
  const zone = await zoneAt(custody, names.acts, incident.detectedAt ?? now);
  const template = await templateFor(custody, names.acts, { file, at: incident.detectedAt ?? now });
  const { all } = actionsOf(actsOfKind(names.acts.acts, "action"), now);
  const own = [...all.values()].filter((one) => one.incident === found.name && one.state !== "cancelled");
  const actions = own.map(({ title, owner, due, dues }) => ({
    title,
    owner: owner === undefined ? null : (names.acts.names.get(owner) ?? owner),
    due: due ?? dues[0]?.due ?? null,
  }));
  const subject = { incident, id: found.name, timeline, actions, author, today: now, zone };
  return { id: found.name, text: composeReview(template.text, subject), from: template.form.from };
}

/** What is known of an incident, and what happened in order. */
async function incidentOf(
  custody: Custody,
  names: Names,
  { ref, name }: Resolved,
): Promise<{ incident: FactOf<"incident">; timeline: Happening[] }> {
  const missing = () =>
    new CustodyError("NOT_FOUND", `nothing can be read about ${name}`, { remedy: "Run `custody verify`." });
  if (isFactRef(ref)) {
    const one = (await names.facts()).find((fact) => keyOf(refOf(fact)) === keyOf(ref));
    if (one?.fact.kind !== "incident") throw missing();
    return { incident: one.fact, timeline: timesOf(one.fact) };
  }
  const register = registerOf(custody, names.acts);
  const fact = register.facts.find((one) => one.fact.id === name)?.fact;
  if (fact?.kind !== "incident") throw missing();
  const { zone } = custody.config.organisation;
  const timeline = register.find(name).history.map((act) => {
    return { ...act.happened, text: actInWords(act, names.acts.names, zone), entry: act.index };
  });
  return { incident: fact, timeline };
}

const timesOf = (incident: FactOf<"incident">): Happening[] =>
  INCIDENT_TIMES.flatMap((name) => {
    const at = incident[name];
    const text = name
      .replace(/At$/, "")
      .replace("commander", "commander named")
      .replace("aware", "known to be serious");
    return at === null ? [] : [{ at, precision: incident.precision[name] ?? 1, text }];
  });

export interface CheckedReview {
  readonly bytes: Uint8Array;
  readonly document: ReviewDocument;
  readonly lacks: readonly Lack[];
  readonly template: Template;
}

/** The zone in which an old document's days are meant: of the rules in force then, else the organisation's now. */
async function zoneAt(custody: Custody, { seen }: Acts, at: number | undefined): Promise<string> {
  const inForce = (await policyTimeline(custody, seen.size)).policyAt(at ?? custody.clock.now());
  return inForce?.policy?.zone ?? custody.config.organisation.zone;
}

/** Reads a file and says what is missing in it. Writes nothing. */
export async function checkFile(
  custody: Custody,
  acts: Acts,
  { file, template: path, at }: { file: string; template?: string | undefined; at?: number | undefined },
): Promise<CheckedReview> {
  const template = await templateFor(custody, acts, { file: path, at: at ?? custody.clock.now() });
  const bytes = await readWhole(file, MAX_REVIEW_BYTES, "the review, in Markdown");
  const document = readReviewDocument(bytes, file, await zoneAt(custody, acts, at), template.form);
  return { bytes, document, lacks: checkReview(document, template.form), template };
}

/** A lack as it is told: file, line, what to do. */
export const lackInWords = (file: string, { line, message }: Lack): string => `${file}:${line}: ${clean(message)}`;

export interface ReviewRequest {
  readonly incidents: readonly string[];
  readonly file: string;
  readonly template?: string | undefined;
  /** Why it is recorded although something is missing. */
  readonly incomplete?: string | undefined;
  readonly author?: string | undefined;
  /** A further version of this review. */
  readonly as?: string | undefined;
  readonly id?: string | undefined;
  readonly controls?: string | undefined;
  readonly reason?: string | undefined;
  readonly at?: string | undefined;
  readonly files?: readonly string[] | undefined;
  /** Number of the record of a review that this one takes the place of, as it was given, and why that was wrong. */
  readonly corrects?: string | undefined;
  readonly because?: string | undefined;
}

export interface ReviewRecorded {
  readonly id: string;
  /** Undefined where these very bytes are recorded already. */
  readonly entry: number | undefined;
  readonly by: Actor | undefined;
  readonly digest: string;
  readonly size: number;
  readonly lacks: readonly Lack[];
  /** An approval that does not hold for these bytes. */
  readonly voids: boolean;
}

/** As many as a review of people has; more would be another file. */
const MAX_LISTED = 200;

/** Records a review: the file itself, what it is about and what stands in it. Throws USAGE with everything that is wrong; publishes nothing. */
export async function recordReview(custody: Custody, request: ReviewRequest): Promise<ReviewRecorded> {
  personFor(custody.config, "record");
  const names = await Names.read(custody);
  const { acts } = names;
  const activities = activitiesOf(actsOfKind(acts.acts, "activity"));
  const problems: string[] = [];
  const resolved: Resolved[] = [];
  for (const text of request.incidents) {
    const found = await names.incident(text);
    if (typeof found === "string") problems.push(found);
    else if (!resolved.some(({ ref }) => keyOf(ref) === keyOf(found.ref))) resolved.push(found);
  }
  if (request.incidents.length === 0) problems.push("which incident is it about? name it before the file");
  const corrected = correctedReview(acts, activities, request, problems);
  const before = corrected?.review ?? earlierReview(activities, resolved, request, problems);
  const moment = timeOf(custody, acts, request.at, "--at", problems);
  problems.push(...decisionProblems(request), ...(await attachmentProblems(request.files ?? [])));
  if (request.author !== undefined) pushSome(problems, "--author", nameProblem(custody, request.author));
  const checked = await readChecked(custody, acts, request, resolved[0], names, problems);
  if (checked === undefined || problems.length > 0) throw usage(problems);
  const { bytes, document, lacks, template } = checked;
  const digest = digestOf(bytes);
  if (corrected === undefined && before?.newest.document?.digest === digest)
    return { id: before.id, entry: undefined, by: undefined, digest, size: bytes.length, lacks, voids: false };

  const author = await authorId(custody, request.author ?? document.author ?? undefined, request.author !== undefined);
  const ledger = await custody.ledger();
  const ref = await ledger.put(bytes, "text/markdown; charset=utf-8");
  const evidence = request.files?.length ? await attach(custody, request.files) : undefined;
  const severity = Label.safeParse(document.severity).data;
  const outside = resolved.find((one) => isFactRef(one.ref));
  const draft = (id: string): ActDraft => ({
    kind: "activity",
    activity: id,
    type: "incident-review",
    act: "document",
    incidents: resolved.map((one) => one.ref.id),
    document: ref,
    ...(evidence === undefined ? {} : { evidence }),
    values: {
      missing: lacks.length,
      ...(author === undefined ? {} : { author }),
      ...(severity === undefined ? {} : { severity }),
      ...(request.controls === undefined ? {} : { controlChange: request.controls }),
    },
    ...happenedFields(moment),
    ...(corrected === undefined ? {} : { corrects: corrected.index }),
    words: {
      ...reviewWords(request, document, template, outside?.name),
      ...(corrected === undefined ? {} : { correction: corrected.because }),
    },
  });
  const begun =
    before === undefined
      ? await begin(custody, { series: "REV", kind: "activity", taken: activities.all.keys(), own: request.id }, draft)
      : await recordActs(custody, [draft(before.id)]).then(({ by, records }) => ({
          id: before.id,
          index: records[0]?.index ?? -1,
          by,
        }));
  await linkReview(custody, begun.id, resolved, moment);
  const voids = before?.approval !== undefined;
  return { id: begun.id, entry: begun.index, by: begun.by, digest, size: bytes.length, lacks, voids };
}

/** The record of a review that was the wrong one, and its review; `undefined` where nothing is corrected. */
function correctedReview(
  { acts }: Acts,
  { all }: Activities,
  { corrects, because, as, id }: ReviewRequest,
  problems: string[],
): { readonly index: number; readonly review: Activity; readonly because: string } | undefined {
  if (corrects === undefined) {
    if (because !== undefined) problems.push("--because belongs to --corrects");
    return undefined;
  }
  if (as !== undefined || id !== undefined)
    problems.push("--corrects says which review it is; leave out --as and --id");
  if (!because?.trim()) problems.push("--because is missing: what was wrong with the record that is corrected?");
  const found = actsOfKind(acts, "activity").find(({ index }) => String(index) === corrects.trim());
  const review = found && all.get(found.entry.activity);
  const version = review?.versions.find(({ entry }) => entry === found?.index);
  const wrong = (why: string) => void problems.push(`--corrects ${clean(corrects, 20)}: ${why}`);
  if (found === undefined || review?.type !== "incident-review" || version === undefined)
    wrong("there is no record of a review with this number; `custody review show ID` numbers them");
  else if (version.corrected !== undefined)
    wrong(`it was corrected already, by record ${version.corrected}; correct that one`);
  else return { index: found.index, review, because: because?.trim() ?? "" };
  return undefined;
}

/** The review of which this file is a further version. */
function earlierReview(
  { all }: Activities,
  resolved: readonly Resolved[],
  { as, id }: ReviewRequest,
  problems: string[],
): Activity | undefined {
  const reviews = [...all.values()].filter(({ type }) => type === "incident-review");
  if (as !== undefined) {
    const found = reviews.find((one) => one.id === as);
    if (found === undefined)
      problems.push(
        `--as: there is no review ${as.slice(0, 60)}${didYouMean(
          as,
          reviews.map((one) => one.id),
        )}`,
      );
    return found;
  }
  if (id !== undefined) return undefined;
  const about = reviews.filter(
    ({ incidents, withdrawn }) => withdrawn === undefined && resolved.some(({ ref }) => incidents.includes(ref.id)),
  );
  if (about.length > 1)
    problems.push(
      `there are reviews of it already: ${about.map((one) => one.id).join(", ")}; name the one that this is a new version of with --as, or a new number with --id`,
    );
  return about.length === 1 ? about[0] : undefined;
}

async function readChecked(
  custody: Custody,
  acts: Acts,
  request: ReviewRequest,
  about: Resolved | undefined,
  names: Names,
  problems: string[],
): Promise<CheckedReview | undefined> {
  const at = about === undefined ? undefined : (await incidentOf(custody, names, about)).incident.detectedAt;
  let checked: CheckedReview;
  try {
    checked = await checkFile(custody, acts, { file: request.file, template: request.template, at: at ?? undefined });
  } catch (thrown) {
    if (!(thrown instanceof CustodyError)) throw thrown;
    problems.push(`${thrown.message}${thrown.remedy === undefined ? "" : ` ${thrown.remedy}`}`);
    return undefined;
  }
  const { document, lacks } = checked;
  if (document.actions.length > MAX_LISTED || document.sections.length > MAX_LISTED)
    problems.push(`${request.file}: more than ${MAX_LISTED} headings or actions; is this the review?`);
  if (lacks.length > 0 && !request.incomplete?.trim()) {
    problems.push(...lacks.slice(0, 30).map((lack) => lackInWords(request.file, lack)));
    if (lacks.length > 30) problems.push(`${request.file}: and ${lacks.length - 30} things more`);
    problems.push('complete it, or say with --incomplete "…" why it is recorded as it is');
  }
  return checked;
}

/** Somebody under `people:` by their short name, however it is written; anybody else only where they were named on purpose. */
async function authorId(custody: Custody, name: string | undefined, given: boolean): Promise<string | undefined> {
  if (name === undefined) return undefined;
  const member = Object.keys(custody.config.people).find((one) => one.toLowerCase() === name.trim().toLowerCase());
  return member !== undefined || given ? personId(custody, member ?? name) : undefined;
}

function reviewWords(
  { file, incomplete, reason }: ReviewRequest,
  document: ReviewDocument,
  { form }: Template,
  incident: string | undefined,
): Words {
  const one = (name: string, text: string | null | undefined) => (text?.trim() ? { [name]: clean(text, 500) } : {});
  const { actions, sections } = document;
  return {
    ...one("title", document.title),
    ...one("incident", incident),
    ...one("author", document.author),
    ...one("date", document.date),
    ...one("file", basename(file)),
    form: form.from,
    ...(incomplete?.trim() ? { incomplete: incomplete.trim() } : {}),
    ...(reason?.trim() ? { controlReason: reason.trim() } : {}),
    sections: sectionNames(sections, true).map((name) => clean(name, 100)),
    empty: sectionNames(sections, false).map((name) => clean(name, 100)),
    actionItems: actions.map(({ item }) => clean(item, 300)),
    actionOwners: actions.map(({ owner }) => clean(owner ?? "", 100)),
    actionDues: actions.map(({ due }) => clean(due ?? "", 40)),
  };
}

/** From each incident to the review, unless it is linked already. */
async function linkReview(custody: Custody, id: string, resolved: readonly Resolved[], moment: Moment): Promise<void> {
  const links = linksOf((await readActs(custody)).acts);
  const review = { type: "activity", id } as const;
  const missing = resolved.filter(
    ({ ref }) => !links.of(ref).some(({ relation, to }) => relation === "review" && keyOf(to) === keyOf(review)),
  );
  if (missing.length === 0) return;
  const drafts = missing.map(
    ({ ref }): ActDraft => ({
      kind: "link",
      from: ref,
      to: review,
      relation: "review",
      act: "add",
      ...happenedFields(moment),
    }),
  );
  await recordActs(custody, drafts);
}
