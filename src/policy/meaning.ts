import type { z } from "zod";
import { INCIDENT_TIMES } from "../evidence/case-facts.ts";
import type { Mistake } from "../lib/mistakes.ts";
import { didYouMean } from "../lib/nearest.ts";
import type { Names } from "./names.ts";
import type { PolicyFile } from "./policy.ts";
import { compareDeadlines, isBusiness } from "./term.ts";
import { RANKS } from "./words.ts";

type File = z.infer<typeof PolicyFile>;
type Path = readonly PropertyKey[];

/** What a structure cannot say: words that nothing defines, and rules that contradict each other. Such a policy cannot be used. */
export function meaningMistakes(file: File, names: Names): Mistake[] {
  return [
    ...unknownNames(file, names),
    ...doubled(file),
    ...order(file),
    ...stricterBelow(file),
    ...withoutCalendar(file),
    ...endBeforeStart(file),
    ...contradictions(file),
  ];
}

/** Keys whose texts name something that stands elsewhere in the file. */
const NAMING: Readonly<Record<string, keyof Names>> = {
  severities: "severities",
  severity: "severities",
  terms: "severities",
  decide: "severities",
  calendar: "calendars",
  channels: "channels",
  channel: "channels",
  alertChannels: "channels",
  natures: "natures",
  sources: "sources",
  source: "sources",
  contract: "contracts",
};

const WHAT: Readonly<Record<keyof Names, readonly [one: string, place: string]>> = {
  severities: ["severity", "under `severities`"],
  calendars: ["calendar", "under `calendars`"],
  channels: ["channel", "under `communications: channels`"],
  natures: ["kind of incident", "under `natures`"],
  sources: ["way to notice incidents", "under `sources`"],
  contracts: ["contract", "under `contracts`"],
  chain: ["step", "under `escalation: chain`"],
};

function unknownNames(file: File, names: Names): Mistake[] {
  const found: Mistake[] = [];
  const check = (kind: keyof Names, name: unknown, path: Path) => {
    if (typeof name !== "string" || names[kind].includes(name)) return;
    const [one, place] = WHAT[kind];
    const known = names[kind].length === 0 ? "there is none" : `there is ${names[kind].join(", ")}`;
    found.push({ path, text: `there is no ${one} "${name}" ${place}; ${known}${didYouMean(name, names[kind])}` });
  };
  const walk = (value: unknown, path: Path) => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      const at = [...path, Array.isArray(value) ? Number(key) : key];
      // As the source says it, not we.
      if (path[0] === "intake" && path[1] === "rules" && key === "when") continue;
      const kind = path.length === 0 && Array.isArray(inner) ? undefined : NAMING[key];
      if (kind !== undefined && !(path[0] === "communications" && path.length === 1 && key === "channels")) {
        if (key === "terms" || key === "decide")
          for (const name of Object.keys(inner as object)) check(kind, name, [...at, name]);
        else if (Array.isArray(inner)) for (const [i, name] of inner.entries()) check(kind, name, [...at, i]);
        else check(kind, inner, at);
      }
      walk(inner, at);
    }
  };
  walk(file, []);
  for (const [i, label] of (file.document.review?.after ?? []).entries())
    check("severities", label, ["document", "review", "after", i]);
  const { escalation } = file;
  if (escalation !== undefined && escalation.chain.length > 0) {
    if (escalation.immediate) check("chain", escalation.immediate.to, ["escalation", "immediate", "to"]);
    for (const [i, { to }] of escalation.further.entries()) check("chain", to, ["escalation", "further", i, "to"]);
  }
  return found;
}

/** All clocks and rhythms with a deadline for each severity. */
function timed(file: File) {
  return (["targets", "updates"] as const).flatMap((section) =>
    Object.entries<File["targets"][string] | File["updates"][string]>(file[section]).map(([name, one]) => ({
      section,
      name,
      ...one,
    })),
  );
}

const alike = (text: string) =>
  text
    .trim()
    .toLowerCase()
    .replace(/[\s_.-]+/g, "-");

/** Nothing has the name of something else of its kind. */
function doubled(file: File): Mistake[] {
  const found: Mistake[] = [];
  const walk = (value: unknown, path: Path) => {
    if (typeof value !== "object" || value === null) return;
    if (Array.isArray(value)) {
      const seen = new Map<string, number>();
      for (const [i, one] of value.entries()) {
        const id = (one as { id?: unknown } | null)?.id;
        if (typeof id !== "string") continue;
        if (seen.has(id)) found.push({ path: [...path, i, "id"], text: `"${id}" is there twice` });
        seen.set(id, i);
      }
    }
    for (const [key, inner] of Object.entries(value)) walk(inner, [...path, Array.isArray(value) ? Number(key) : key]);
  };
  walk(file, []);
  const words = new Map<string, string>();
  for (const [i, { label }] of file.severities.entries()) {
    if (words.has(alike(label)))
      found.push({
        path: ["severities", i, "label"],
        text: `"${label}" and "${words.get(alike(label))}" cannot be told apart`,
      });
    words.set(alike(label), label);
  }
  for (const [i, { label, aliases }] of file.severities.entries()) {
    for (const [j, alias] of aliases.entries()) {
      const other = words.get(alike(alias));
      if (other !== undefined && other !== label)
        found.push({ path: ["severities", i, "aliases", j], text: `"${alias}" stands for ${other} already` });
      words.set(alike(alias), label);
    }
  }
  const laws = file.laws.map(({ law }) => law);
  for (const [i, law] of laws.entries())
    if (laws.indexOf(law) !== i) found.push({ path: ["laws", i, "law"], text: `"${law}" is there twice` });
  return found;
}

function order({ severities }: File): Mistake[] {
  return severities.flatMap(({ label, rank }, i) => {
    const before = severities[i - 1];
    if (before === undefined || RANKS.indexOf(before.rank) <= RANKS.indexOf(rank)) return [];
    return [
      {
        path: ["severities", i, "rank"],
        text: `${label} (${rank}) stands below ${before.label} (${before.rank}); severities are listed worst first`,
      },
    ];
  });
}

/** A lower severity that must be quicker than a higher one: one of the two numbers is wrong. */
function stricterBelow(file: File): Mistake[] {
  const place = (label: string) => file.severities.findIndex((one) => one.label === label);
  const found: Mistake[] = [];
  for (const { section, name, terms } of timed(file)) {
    const ordered = Object.entries(terms)
      .filter(([label]) => place(label) >= 0)
      .sort(([a], [b]) => place(a) - place(b));
    for (const [i, [label, term]] of ordered.entries()) {
      const above = ordered.slice(0, i).find(([, higher]) => (compareDeadlines(term, higher) ?? 0) < 0);
      if (above === undefined) continue;
      found.push({
        path: [section, name, "terms", label],
        text: `${label} has ${term}, which leaves less time than the worse ${above[0]} with ${above[1]}`,
      });
    }
  }
  return found;
}

/** Business hours and days that no calendar counts. */
function withoutCalendar(file: File): Mistake[] {
  const rules: [path: Path, term: string, calendar: string | undefined][] = [];
  for (const { section, name, terms, calendar } of timed(file))
    for (const [label, term] of Object.entries(terms)) rules.push([[section, name, "terms", label], term, calendar]);
  const { review, publicReview, breach } = file;
  if (review) rules.push([["review", "deadline"], review.deadline, review.calendar]);
  if (publicReview) rules.push([["publicReview", "deadline"], publicReview.deadline, publicReview.calendar]);
  if (breach?.controllers)
    rules.push([["breach", "controllers", "term"], breach.controllers.term, breach.controllers.calendar]);
  for (const [i, { term, calendar }] of file.contracts.entries())
    rules.push([["contracts", i, "term"], term, calendar]);
  const { intake, escalation } = file;
  for (const [label, term] of Object.entries(intake?.decide ?? {}))
    rules.push([["intake", "decide", label], term, intake?.calendar]);
  for (const [i, { fixed }] of (intake?.vulnerabilities ?? []).entries())
    rules.push([["intake", "vulnerabilities", i, "fixed"], fixed, intake?.calendar]);
  for (const key of ["acknowledgeReports", "embargo"] as const) {
    const term = intake?.[key]?.term;
    if (term !== undefined) rules.push([["intake", key, "term"], term, intake?.calendar]);
  }
  const clockOnly: [path: Path, term: string][] = [];
  if (escalation?.immediate) clockOnly.push([["escalation", "immediate", "term"], escalation.immediate.term]);
  for (const [i, { term }] of (escalation?.further ?? []).entries())
    clockOnly.push([["escalation", "further", i, "term"], term]);
  const { authority, subjects } = breach ?? {};
  if (authority) clockOnly.push([["breach", "authority", "term"], authority.term]);
  if (subjects) clockOnly.push([["breach", "subjects", "term"], subjects.term]);
  for (const [i, { term }] of file.measures.entries()) clockOnly.push([["measures", i, "term"], term]);
  for (const [i, { term }] of (file.communications?.required ?? []).entries())
    clockOnly.push([["communications", "required", i, "term"], term]);
  const known = Object.keys(file.calendars);
  const name =
    known.length === 0 ? "add one under `calendars` and name it" : `name it, such as \`calendar: ${known[0]}\``;
  return [
    ...rules
      .filter(([, term, calendar]) => isBusiness(term) && calendar === undefined)
      .map(([path, term]) => ({
        path,
        text: `"${term}" counts business time, and no calendar says when that is; ${name}`,
      })),
    ...clockOnly
      .filter(([, term]) => isBusiness(term))
      .map(([path, term]) => ({
        path,
        text: `"${term}" counts business time; only clock time can be given here, such as \`within 24h\``,
      })),
  ];
}

/** Other steps may come in any order: a failover recovers before anybody knows the cause. */
const ENDS: readonly string[] = ["resolvedAt", "publishedAt", "closedAt"];

function endBeforeStart(file: File): Mistake[] {
  const found: Mistake[] = [];
  for (const { section, name, from, to } of timed(file)) {
    if (from === to) found.push({ path: [section, name, "to"], text: `it begins and ends with ${from}` });
    else if (ENDS.includes(from) && INCIDENT_TIMES.indexOf(to) < INCIDENT_TIMES.indexOf(from))
      found.push({ path: [section, name, "to"], text: `${to} comes before ${from}, where it begins` });
  }
  for (const [i, { validFrom, validTo }] of file.contracts.entries())
    if (validFrom !== undefined && validTo !== undefined && validTo < validFrom)
      found.push({ path: ["contracts", i, "validTo"], text: `${validTo} is before ${validFrom}, where it begins` });
  return found;
}

function contradictions({ communications, breach, datasets, contracts }: File): Mistake[] {
  const found: Mistake[] = [];
  for (const [i, { channel, audience }] of (communications?.forbidden ?? []).entries()) {
    const asked = communications?.required.find(
      (one) =>
        one.channels.includes(channel) &&
        !one.any &&
        (audience === undefined || one.audience === undefined || one.audience === audience),
    );
    if (asked !== undefined)
      found.push({
        path: ["communications", "forbidden", i, "channel"],
        text: `"${channel}" is forbidden here and required by ${asked.id}`,
      });
  }
  for (const [i, { role, contract }] of datasets.entries()) {
    const named = contracts.find(({ id }) => id === contract);
    if (named !== undefined && named.role !== role)
      found.push({ path: ["datasets", i, "role"], text: `${role} here, ${named.role} in the contract ${named.id}` });
  }
  if (breach?.usualRole === "processor" && breach.controllers === undefined)
    found.push({
      path: ["breach", "usualRole"],
      text: "a processor tells the controllers, and `controllers` is missing",
    });
  return found;
}
