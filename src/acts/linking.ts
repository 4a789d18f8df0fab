import { withLinked } from "../assess/linked.ts";
import { newestOf as newestRecords, sharedIds } from "../assess/population.ts";
import { SHARED_REMEDY, sharingInWords } from "../assess/shared-id.ts";
import type { Custody } from "../custody.ts";
import { recordName } from "../events/name.ts";
import { actsOfKind } from "../evidence/act.ts";
import type { FactRef, RecordRef } from "../evidence/acts.ts";
import { type Actor, isKind } from "../evidence/entry.ts";
import type { Observed } from "../evidence/fact.ts";
import { Id } from "../evidence/terms.ts";
import { happenedFields, type Moment } from "../incidents/moment.ts";
import { OWN_REGISTER } from "../incidents/register.ts";
import { isDigest } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { toldAsIn } from "../report/incident-case.ts";
import { isFactRef, keyOf, type Links, linksOf, type Ref, type Relation } from "../reviews/links.ts";
import { newestOf, type Proposal, proposeLinks } from "../reviews/propose.ts";
import { readLedger } from "../views/gathering.ts";
import { type Acts, readActs, recordActs } from "./acting.ts";

/** Names that people use for records and facts, made references; and the links between them. */

export const RELATIONS = [
  "same",
  "alert",
  "evidence",
  "review",
  "cause",
  "duplicate",
  "risk",
  "follows",
  "about",
] as const satisfies readonly Relation[];

export const RECORD_TYPES = [
  "incident",
  "event",
  "action",
  "finding",
  "evidence",
  "activity",
  "gap",
  "entry",
  "file",
  "external",
] as const satisfies readonly RecordRef["type"][];
type RecordType = (typeof RECORD_TYPES)[number];

/** What was found under a name, and what it is: `incident`, `alert`, `review`. */
export interface Resolved {
  readonly ref: Ref;
  readonly kind: string;
  /** As its source or its record calls it. */
  readonly name: string;
}

/** Everything that can be named, as the log has it now. Facts of sources are read only where they are asked for. */
export class Names {
  readonly acts: Acts;
  readonly #custody: Custody;
  readonly #own = new Map<string, Set<RecordType>>();
  readonly #reviews = new Set<string>();
  #outside:
    | Promise<{
        facts: readonly Observed[];
        shared: readonly (readonly Observed[])[];
        files: ReadonlySet<string>;
        gaps: ReadonlySet<string>;
      }>
    | undefined;

  private constructor(custody: Custody, acts: Acts) {
    this.acts = acts;
    this.#custody = custody;
    const put = (type: RecordType, id: string) => {
      const types = this.#own.get(id);
      if (types === undefined) this.#own.set(id, new Set([type]));
      else types.add(type);
    };
    for (const { entry } of actsOfKind(acts.acts, "incident")) put("incident", entry.incident);
    for (const { entry } of actsOfKind(acts.acts, "event")) put("event", entry.event);
    for (const { entry } of actsOfKind(acts.acts, "action")) put("action", entry.action);
    for (const { entry } of actsOfKind(acts.acts, "finding")) put("finding", entry.finding);
    for (const { entry } of actsOfKind(acts.acts, "custody")) put("evidence", entry.evidence);
    for (const { entry } of actsOfKind(acts.acts, "activity")) {
      put("activity", entry.activity);
      if (entry.type === "incident-review") this.#reviews.add(entry.activity);
    }
  }

  static async read(custody: Custody): Promise<Names> {
    return new Names(custody, await readActs(custody));
  }

  /** Facts of sources, the newest word about each. */
  async facts(): Promise<readonly Observed[]> {
    return (await this.#read()).facts;
  }

  #read() {
    this.#outside ??= (async () => {
      const { facts, blobs } = await readLedger(this.#custody, this.acts.seen.size);
      const gaps = new Set<string>();
      for await (const { entry } of (await this.#custody.view()).read()) if (isKind(entry, "gap")) gaps.add(entry.gap);
      const outside = newestOf(facts).filter(({ instance }) => instance !== OWN_REGISTER);
      return { facts: outside, shared: sharedIds(facts), files: new Set(blobs.keys()), gaps };
    })();
    return this.#outside;
  }

  /** What a text names; else why it names nothing, in words. `only` leaves all but these kinds out. */
  async resolve(text: string, only?: readonly string[]): Promise<Resolved | string> {
    const given = text.trim();
    const shown = `"${given.slice(0, 80).replace(/[^\x20-\x7e]/g, "?")}"`;
    const [, type = "", rest = ""] = /^([a-z]+):(.+)$/s.exec(given) ?? [];
    if ((RECORD_TYPES as readonly string[]).includes(type)) return this.#typed(type as RecordType, rest, shown);
    const types = [...(this.#own.get(given) ?? [])].filter((one) => only === undefined || only.includes(one));
    if (types.length > 1)
      return `${shown} names ${types.length} things; write ${types.map((one) => `${one}:${given}`).join(" or ")}`;
    if (types[0] !== undefined) return this.#typed(types[0], given, shown);
    if (isDigest(given) && only === undefined) return this.#typed("file", given, shown);
    if (/^\d{1,12}$/.test(given) && only === undefined) return this.#typed("entry", given, shown);
    return this.#fact(given, shown, only);
  }

  async #typed(type: RecordType, id: string, shown: string): Promise<Resolved | string> {
    const found = (kind: string = type): Resolved => ({ ref: { type, id }, kind, name: id });
    if (!Id.safeParse(id).success)
      return `${shown}: expected letters, digits and . _ : @ / + - behind "${type}:", at most 200`;
    if (type === "external") return found();
    if (type === "entry") {
      const { size } = this.acts.seen;
      return /^(0|[1-9]\d*)$/.test(id) && Number(id) < size
        ? found()
        : `there is no record ${id.slice(0, 20)}; the log has records 0 to ${size - 1}`;
    }
    if (type === "file" || type === "gap") {
      const { files, gaps } = await this.#read();
      if ((type === "file" ? files : gaps).has(id)) return found();
      return type === "file"
        ? `no record names a file with the SHA-256 ${id.slice(0, 64)}; \`custody upload\` adds one`
        : `there is no gap ${id}${didYouMean(id, [...gaps])}; \`custody gaps\` lists them`;
    }
    if (this.#own.get(id)?.has(type)) return found(type === "activity" && this.#reviews.has(id) ? "review" : type);
    const known = [...this.#own].filter(([, types]) => types.has(type)).map(([one]) => one);
    return `there is no ${type} ${id}${didYouMean(id, known)}`;
  }

  async #fact(given: string, shown: string, only: readonly string[] | undefined): Promise<Resolved | string> {
    const facts = (await this.facts()).filter(({ fact }) => only === undefined || only.includes(fact.kind));
    const named = facts.filter(
      ({ instance, fact: { kind, id } }) =>
        given === `${instance}/${id}` ||
        given === `${instance}/${kind}/${id}` ||
        given === `${instance}/${kind}/${recordName(kind, id)}` ||
        given === id,
    );
    const spelled = (one: Observed) => `${one.instance}/${one.fact.kind}/${one.fact.id}`;
    if (named.length > 1) {
      const all = named.slice(0, 5).map(spelled).join(", or ");
      return `${shown} names ${named.length} things; write ${all}${named.length > 5 ? ", …" : ""}`;
    }
    const [one] = named;
    const shared = one && (await this.#read()).shared.find(([first]) => first && isSame(first, one));
    // Of these a reference names none: it would be attached to whichever was read last.
    if (shared !== undefined)
      return `${shown} names ${shared.length} incidents of ${one?.instance} that bear one number: ${sharingInWords(shared)}. ${SHARED_REMEDY}`;
    if (one !== undefined) return { ref: refOf(one), kind: one.fact.kind, name: one.fact.id };
    const near = [...this.#own.keys(), ...facts.map(({ instance, fact }) => `${instance}/${fact.id}`)].slice(0, 20_000);
    const instances = [...new Set(facts.map(({ instance }) => instance))];
    const hint = didYouMean(given, near);
    return `there is no ${only === undefined ? "record and no fact" : only[0]} ${shown}${hint}${
      hint === "" && instances.length > 0
        ? `; facts are named COLLECTOR/ID, from ${instances.slice(0, 20).join(", ")}`
        : ""
    }`;
  }

  /** An incident of ours, or of another register. */
  incident(text: string): Promise<Resolved | string> {
    return this.resolve(text, ["incident"]);
  }
}

const isSame = (a: Observed, b: Observed): boolean =>
  a.instance === b.instance && a.fact.kind === b.fact.kind && a.fact.id === b.fact.id;

/** The fact in the revision that was looked at. */
export function refOf({ instance, fact, entry, item, ordinal }: Observed): FactRef {
  return {
    instance,
    kind: fact.kind,
    id: recordName(fact.kind, fact.id),
    entry,
    ...(isDigest(item) ? { item } : {}),
    ordinal,
  };
}

export interface LinkRequest {
  readonly from: string;
  readonly to: string;
  readonly relation: string;
  readonly remove: boolean;
  readonly reason: string | undefined;
  readonly moment: Moment;
}

export interface Linked {
  readonly from: Ref;
  readonly to: Ref;
  readonly relation: Relation;
  /** Index of the record; undefined where nothing had to be recorded. */
  readonly entry: number | undefined;
  readonly by: Actor | undefined;
  /** The links as they stand now. */
  readonly links: Links;
}

/** Records a link, or that one is removed. Throws USAGE with everything that is wrong; publishes nothing. */
export async function linkThings(custody: Custody, request: LinkRequest): Promise<Linked> {
  const names = await Names.read(custody);
  const [from, to] = await Promise.all([names.resolve(request.from), names.resolve(request.to)]);
  const problems = [from, to].filter((one) => typeof one === "string");
  const relation = RELATIONS.find((one) => one === request.relation);
  if (relation === undefined)
    problems.push(
      `--relation ${request.relation}: expected ${RELATIONS.join(", ")}${didYouMean(request.relation, [...RELATIONS])}`,
    );
  const links = linksOf(names.acts.acts);
  if (typeof from !== "string" && typeof to !== "string" && relation !== undefined) {
    const standing = links
      .of(from.ref)
      .find(
        (one) =>
          one.relation === relation &&
          ((keyOf(one.from) === keyOf(from.ref) && keyOf(one.to) === keyOf(to.ref)) ||
            (relation === "same" && keyOf(one.from) === keyOf(to.ref) && keyOf(one.to) === keyOf(from.ref))),
      );
    if (!request.remove) problems.push(...pairProblems(from, to, relation));
    else if (standing === undefined) problems.push(`${request.from} and ${request.to} are not linked as "${relation}"`);
    else if (!request.reason) problems.push("--reason is missing: why are they not linked any more?");
    if (problems.length === 0 && !request.remove && standing !== undefined)
      return { from: from.ref, to: to.ref, relation, entry: undefined, by: undefined, links };
    if (problems.length === 0) {
      const { by, records } = await recordActs(custody, [
        {
          kind: "link",
          from: from.ref,
          to: to.ref,
          relation,
          act: request.remove ? "remove" : "add",
          ...happenedFields(request.moment),
          ...(request.reason ? { words: { reason: request.reason } } : {}),
        },
      ]);
      const now = linksOf((await readActs(custody)).acts);
      return { from: from.ref, to: to.ref, relation, entry: records[0]?.index, by, links: now };
    }
  }
  throw new CustodyError("USAGE", problems.join("\n"), {
    remedy: "`custody link --list` shows what is linked. Nothing was recorded.",
  });
}

/** Why these two cannot stand in this relation. */
function pairProblems(from: Resolved, to: Resolved, relation: Relation): string[] {
  if (keyOf(from.ref) === keyOf(to.ref)) return [`${from.name} cannot be linked with itself`];
  const [a, b] = [article(from.kind), article(to.kind)];
  if ((relation === "same" || relation === "duplicate") && from.kind !== to.kind)
    return [
      `"${relation}" joins two of a kind; ${from.name} is ${a}, ${to.name} is ${b}. Another --relation says how they belong together`,
    ];
  const wanted = BEHIND[relation];
  if (wanted === undefined || wanted.includes(to.kind)) return [];
  return [
    `"${relation}": expected ${wanted.map(article).join(" or ")} behind it, found ${b} (${to.name})${wanted.includes(from.kind) ? "; name the two the other way round" : ""}`,
  ];
}

const BEHIND: Readonly<Partial<Record<Relation, readonly string[]>>> = {
  alert: ["alert", "event", "external"],
  review: ["review", "activity", "file", "external"],
  evidence: ["evidence", "file", "entry", "external"],
};

const article = (kind: string) => `${/^[aeiou]/.test(kind) ? "an" : "a"} ${kind}`;

/** Pairs that look alike and are not linked yet. Nothing is written. */
export async function proposals(custody: Custody): Promise<readonly Proposal[]> {
  const acts = await readActs(custody);
  const { facts } = await readLedger(custody, acts.seen.size);
  const links = linksOf(acts.acts);
  const isLinked = (a: Observed, b: Observed) => {
    const [one, other] = [ownRefOf(a), keyOf(ownRefOf(b))];
    return (
      links.sameAs(one).some((ref) => keyOf(ref) === other) ||
      links.of(one).some(({ from, to }) => keyOf(from) === other || keyOf(to) === other)
    );
  };
  // Which of two that share a number is meant, nobody can say; neither can be linked.
  const shared = new Set(sharedIds(facts).flatMap(([one]) => (one === undefined ? [] : [keyOf(refOf(one))])));
  const clear = facts.filter((one) => !shared.has(keyOf(refOf(one))));
  return proposeLinks(clear, custody.config.organisation.zone, isLinked);
}

const OWN_TYPES: Readonly<Record<string, RecordType>> = {
  incident: "incident",
  review: "activity",
  activity: "activity",
  action: "action",
  event: "event",
  evidence: "evidence",
};

/** Our own records are named as such, not as what they are told as. */
export function ownRefOf(one: Observed): Ref {
  const type = one.instance === OWN_REGISTER ? OWN_TYPES[one.fact.kind] : undefined;
  return type === undefined ? refOf(one) : { type, id: one.fact.id.split("+")[0] ?? one.fact.id };
}

/** As a person names it in a command. */
export function spellRef(ref: Ref): string {
  return isFactRef(ref) ? `${ref.instance}/${ref.kind}/${ref.id}` : refName(ref);
}

const refName = ({ type, id }: RecordRef) =>
  ["incident", "event", "action", "finding", "evidence", "activity"].includes(type) ? id : `${type}:${id}`;

/**
 * Incidents once each: what links make one is one, with all that its records tell, under the name of the record of our own
 * register, else of the one that was told first.
 */
export function oncePerIncident(facts: readonly Observed[], links: Links): Observed[] {
  const incidents = facts.filter(({ fact }) => fact.kind === "incident");
  return newestRecords(withLinked(incidents, toldAsIn(incidents, links), new Map()));
}
