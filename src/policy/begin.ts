import { type Document, isMap, isScalar, isSeq, type Pair, parseDocument, type Scalar, visit } from "yaml";
import { type Hours, hoursIn, OFFICE_HOURS } from "./hours.ts";
import { isBusiness } from "./term.ts";

/** A policy of one's own from one that ships: the same rules in other words, with other people's decisions taken out. */

export interface Beginning {
  readonly name: string;
  readonly zone: string;
  readonly title?: string | undefined;
  readonly owner?: string | undefined;
  readonly approvedBy?: string | undefined;
  readonly effectiveFrom?: string | undefined;
  /** Own words for the severities, worst first; as many as there are. */
  readonly severities?: readonly string[] | undefined;
  /** Deadlines of the first target, worst first; as many as there are. */
  readonly deadlines?: readonly string[] | undefined;
  /** Working time of the calendar that counts these; as it ships where none is given. */
  readonly hours?: Hours | undefined;
}

/** What can be asked about a policy that one begins with. */
export interface Template {
  readonly severities: readonly string[];
  /** Name of its first target, and its deadlines by severity. */
  readonly target: string;
  readonly deadlines: readonly string[];
}

/** What a shipped text has in it that a beginner is asked about. */
export function templateOf(text: string): Template {
  const { severities, targets } = parseDocument(text).toJS() as {
    severities: { label: string }[];
    targets: Record<string, { terms: Record<string, string> }>;
  };
  const [[target, { terms }]] = Object.entries(targets) as [[string, { terms: Record<string, string> }]];
  const labels = severities.map(({ label }) => label);
  return { severities: labels, target, deadlines: labels.map((label) => terms[label] ?? "no number") };
}

/** Other people's dates, exceptions and accepted gaps: nobody takes these over. */
const THEIRS = [["document", "lastEdited"], ["document", "lastReviewed"], ["exceptions"], ["acceptedGaps"]] as const;

const OPEN = {
  owner: "[owner: role or name]",
  approvedBy: "[approved by: role or name]",
  effectiveFrom: "[day from which it holds]",
} as const;

/** The text of a policy of one's own. Pure; what was answered is not judged here. */
export function beginPolicy(text: string, from: string, answers: Beginning): string {
  const template = templateOf(text);
  const document = parseDocument(text);
  document.commentBefore = heading(from);
  if (document.contents !== null) document.contents.commentBefore = null;
  const [first] = isMap(document.contents) ? document.contents.items : [];
  if (isScalar(first?.key)) first.key.commentBefore = null;
  document.setIn(["policy"], answers.name);
  document.setIn(["version"], quoted(document, "1"));
  if (answers.title !== undefined) document.setIn(["title"], answers.title);
  for (const path of THEIRS) if (document.hasIn(path)) document.deleteIn(path);
  for (const key of ["owner", "approvedBy", "effectiveFrom"] as const)
    document.setIn(["document", key], quoted(document, answers[key] ?? OPEN[key]));
  putZone(document, answers.zone);
  withoutRefs(document);
  const { deadlines, severities = template.severities } = answers;
  if (deadlines !== undefined) {
    for (const [i, label] of template.severities.entries())
      document.setIn(["targets", template.target, "terms", label], deadlines[i]);
    const said = template.severities.map((_, i) => `${severities[i]} ${deadlines[i]}`).join(", ");
    document.setIn(["targets", template.target, "says"], quoted(document, `[as your procedure says it] ${said}.`));
  }
  putCalendar(document, template.target, deadlines ?? template.deadlines, answers.hours);
  rename(document, new Map(template.severities.map((label, i) => [label, severities[i] ?? label])));
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

const heading = (from: string) =>
  [
    ` Your own rules for incidents, begun from ${from}.`,
    " 1. Read every `says`: it must be what your procedure says. Change numbers and words until it is.",
    " 2. Fill in what stands in square brackets, and list the holidays of your place under `calendars`.",
    " 3. Look through `choices`: each is a place that can be read in more than one way.",
    " 4. `custody policy check FILE`, have it approved, and write its path under `policy:` in custody.yaml.",
    " Raise `version` with every change that is put in force.",
  ].join("\n");

/** Behind the title, where a person looks for it. */
function putZone(document: Document, zone: string): void {
  if (!isMap(document.contents)) return;
  const items = document.contents.items as Pair[];
  const pair = document.createPair("zone", zone) as Pair;
  const own = items.findIndex(({ key }) => isScalar(key) && key.value === "zone");
  if (own >= 0) items[own] = pair;
  else items.splice(items.findIndex(({ key }) => isScalar(key) && key.value === "title") + 1, 0, pair);
}

/** They name the list by which what ships is checked; nobody else has it. */
function withoutRefs(document: Document): void {
  visit(document, { Pair: (_, { key }) => (isScalar(key) && key.value === "refs" ? visit.REMOVE : undefined) });
}

/** Which calendar counts the deadlines of the target, where they need one: the one it has, the first there is, or a new one. */
function putCalendar(document: Document, target: string, deadlines: readonly string[], hours: Hours | undefined): void {
  const business = deadlines.some(isBusiness);
  if (!business && hours === undefined) return;
  const path = ["targets", target, "calendar"];
  const calendars = document.get("calendars");
  const [first] = isMap(calendars) ? calendars.items : [];
  const name = String(document.getIn(path) ?? (isScalar(first?.key) ? first.key.value : "office"));
  const isNew = !document.hasIn(["calendars", name]);
  if (business) document.setIn(path, name);
  if (isNew) {
    document.setIn(
      ["calendars", name],
      document.createNode({ hours: hoursIn(OFFICE_HOURS), holidays: [] }, { flow: true }),
    );
  }
  if (hours !== undefined) document.setIn(["calendars", name, "hours"], document.createNode(hours, { flow: true }));
}

function quoted(document: Document, text: string): Scalar {
  const scalar = document.createNode(text) as Scalar;
  scalar.type = "QUOTE_DOUBLE";
  return scalar;
}

/** Other words for the severities, wherever they stand: as names, and as whole words in sentences. */
function rename(document: Document, words: ReadonlyMap<string, string>): void {
  const old = [...words.keys()].filter((word) => words.get(word) !== word);
  if (old.length === 0) return;
  const pattern = new RegExp(`(?<![\\w-])(?:${old.map(escaped).join("|")})(?![\\w-])`, "g");
  visit(document, {
    Scalar(_, node, path) {
      if (typeof node.value !== "string" || isAlias(path)) return;
      node.value = node.value.replace(pattern, (word) => words.get(word) ?? word);
    },
  });
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** How other registers spell it stays as it is. */
function isAlias(path: readonly unknown[]): boolean {
  return path.some(
    (node, i) =>
      isSeq(node) &&
      (path[i - 1] as Pair | undefined)?.key !== undefined &&
      String((path[i - 1] as Pair).key) === "aliases",
  );
}
