import type { EntryOf } from "../evidence/entry.ts";
import { EXEMPTION_GROUNDS } from "../evidence/exemption.ts";
import { Id, Label, Time } from "../evidence/terms.ts";
import type { Instant } from "../lib/time.ts";
import { AUDIENCES, PURPOSES } from "../policy/words.ts";

/** What can be done to an incident of the register, and what belongs to each: one table that recording, reading and commands share. */

/** Kinds of values. A `time` has a second value with `Precision` at the end of its name where it is not exact; a `person` is a random ID. */
export type FieldType = "label" | "person" | "count" | "yes-no" | "time" | "labels";

export interface Field {
  readonly type: FieldType;
  /** The words it may be, where there is a closed list. */
  readonly of?: readonly string[];
  /** For people. */
  readonly text: string;
}

export interface ActSpec {
  /** What it is called in a sentence: "a change of the classification". */
  readonly text: string;
  readonly values: Readonly<Record<string, Field>>;
  /** Free text, by name. */
  readonly words: Readonly<Record<string, string>>;
  /** Of the values and words, those that must be there. */
  readonly needs: readonly string[];
  /** Of these, at least one must be there. */
  readonly some?: readonly string[];
}

export const NATURES = ["availability", "security", "both"] as const;
export const RISKS = ["unlikely", "risk", "high"] as const;
export const IMPACTS = ["none", "low", "medium", "high", "unknown"] as const;
/** Times that a person may state by themselves; the others follow from acts. */
export const STAMPS = [
  "occurred",
  "detected",
  "acknowledged",
  "responded",
  "triaged",
  "aware",
  "contained",
  "eradicated",
  "recovered",
  "verified",
  "resolved",
  "published",
] as const;

const label = (text: string, of?: readonly string[]): Field =>
  of === undefined ? { type: "label", text } : { type: "label", text, of };
const person = (text: string): Field => ({ type: "person", text });
const time = (text: string): Field => ({ type: "time", text });
const count = (text: string): Field => ({ type: "count", text });
const yesNo = (text: string): Field => ({ type: "yes-no", text });
const labels = (text: string): Field => ({ type: "labels", text });

const severity = label("how grave it is, in the words of your rules");
const nature = label("what it concerns", NATURES);

export const ACTS = {
  open: {
    text: "the opening",
    values: {
      severity,
      nature,
      detectedBy: label("how it was noticed, in the words of your rules"),
      occurredAt: time("when it began"),
      detectedAt: time("when it was noticed"),
      owner: person("who is responsible"),
      commander: person("who leads the response"),
      /** `custody` where it was opened by rule. */
      origin: label("by whom it was opened, where no person did", ["custody"]),
    },
    words: { title: "what it is, in one line", text: "what is known" },
    needs: ["title"],
  },
  classify: {
    text: "a classification",
    values: { severity, nature },
    words: { reason: "why" },
    needs: [],
    some: ["severity", "nature"],
  },
  stamp: {
    text: "a time",
    values: { time: label("which time", STAMPS) },
    words: { text: "how it is known" },
    needs: ["time"],
  },
  assign: {
    text: "an assignment",
    values: {
      role: label("as what: owner, commander, or a role of your rules"),
      person: person("who"),
      team: label("which team or rota, where it is no person"),
    },
    words: { reason: "why" },
    needs: ["role"],
    some: ["person", "team"],
  },
  escalate: {
    text: "an escalation",
    values: {
      from: label("from which role"),
      to: label("to which role"),
      fromPerson: person("from whom"),
      toPerson: person("to whom"),
    },
    words: { reason: "why" },
    needs: ["reason"],
    some: ["to", "toPerson"],
  },
  note: {
    text: "a note",
    values: {},
    words: { text: "what happened, or was done" },
    needs: ["text"],
  },
  communicate: {
    text: "a message",
    values: {
      channel: label("by which way: status-page, email, phone"),
      audience: label("who it was for", AUDIENCES),
      purpose: label("what for", PURPOSES),
      reached: count("how many received it"),
      of: count("how many are affected"),
    },
    words: { text: "what was said", to: "who received it" },
    needs: ["channel", "audience"],
  },
  measure: {
    text: "a measure",
    values: {
      measure: label("which, as your rules name it: rotate-credentials"),
      result: label("how it stands", ["done", "planned", "not-applicable"]),
      layer: label("where it was done: edge, app, host"),
      type: label("what for", ["containment", "eradication", "recovery"]),
    },
    words: { text: "what was done", reason: "why it does not apply" },
    needs: ["measure", "result"],
  },
  impact: {
    text: "the impact",
    values: {
      confidentiality: label("whether others could read what they must not", IMPACTS),
      integrity: label("whether something was changed or lost", IMPACTS),
      availability: label("whether something could not be used", IMPACTS),
      affected: count("people, customers or organisations concerned"),
      type: label("kind of incident, in the words of your rules"),
    },
    words: { text: "what it meant for them" },
    needs: [],
    some: ["confidentiality", "integrity", "availability", "affected", "type"],
  },
  supplier: {
    text: "a supplier that it came from",
    values: { supplier: label("short name of the supplier"), ticket: label("number of the ticket there") },
    words: { name: "name of the supplier", text: "what they said" },
    needs: [],
    some: ["supplier", "name"],
  },
  "personal-data": {
    text: "a decision whether personal data is concerned",
    values: { decision: label("the decision", ["yes", "no", "unclear"]), by: person("who decided") },
    words: { reason: "why" },
    needs: ["decision", "reason"],
  },
  breach: {
    text: "a record of the breach of personal data",
    values: {
      role: label("what you are for these data", ["controller", "processor"]),
      dataset: label("whose data, or which contract"),
      awareAt: time("when somebody knew"),
      risk: label("the risk for the people concerned", RISKS),
      riskBy: person("who decided that"),
      riskAt: time("when that was decided"),
      authorityAt: time("when the authority was told"),
      controllerAt: time("when the controller was told"),
      subjectsAt: time("when the people concerned were told"),
      people: count("how many people are concerned"),
      exemptionGround: label("on which ground they need not be told", EXEMPTION_GROUNDS),
    },
    words: {
      riskReason: "why the risk is as it is",
      exemption: "why the people concerned need not be told",
      delayReason: "why it was told late",
      facts: "what happened",
      effects: "what follows from it",
      remedy: "what was done about it",
    },
    needs: ["role"],
  },
  "law-step": {
    text: "a report under a law",
    values: { step: label("which, as the rules name it: nis2.early-warning") },
    words: { text: "to whom, and its number there" },
    needs: ["step"],
  },
  cause: {
    text: "the cause",
    values: { key: label("a short name that repeats of the same cause share") },
    words: { text: "the root cause" },
    needs: ["text"],
  },
  tag: {
    text: "marks",
    values: { tags: labels("as the rules name them: customer-data-accessed") },
    words: { reason: "why" },
    needs: ["tags"],
  },
  untag: {
    text: "the removal of marks",
    values: { tags: labels("which") },
    words: { reason: "why" },
    needs: ["tags", "reason"],
  },
  exposure: {
    text: "the time of exposure",
    values: { from: time("from when on"), to: time("until when") },
    words: { text: "what lay open, and how that is known" },
    needs: ["from"],
  },
  deploy: {
    text: "whether a deployment caused it",
    values: { correlated: yesNo("whether one did"), deploy: label("which") },
    words: { text: "how that is known" },
    needs: ["correlated"],
  },
  resolve: {
    text: "the resolution",
    values: {},
    words: { text: "how it was resolved" },
    needs: [],
  },
  reopen: { text: "the reopening", values: {}, words: { reason: "why" }, needs: ["reason"] },
  close: {
    text: "the closing",
    values: { waived: labels("conditions that did not hold") },
    words: { reason: "in what state it is closed", waiver: "why it is closed although conditions do not hold" },
    needs: [],
  },
  withdraw: { text: "the withdrawal", values: {}, words: { reason: "why it was a mistake" }, needs: ["reason"] },
  /** Only as a correction: what it corrects never was. */
  void: { text: "the striking out of a record", values: {}, words: {}, needs: [] },
} as const satisfies Record<string, ActSpec>;

export type IncidentAct = keyof typeof ACTS;

export const isIncidentAct = (act: string): act is IncidentAct => Object.hasOwn(ACTS, act);

/** The row of the table. */
export const specOf = (act: IncidentAct): ActSpec => ACTS[act];

/** Every act may say why it takes the place of another. */
export const CORRECTION = "correction";

export type IncidentValues = NonNullable<EntryOf<"incident">["values"]>;
type Words = Readonly<Record<string, string | readonly string[]>>;

/** More than this of one text is a document, which is kept as evidence. */
const MAX_WORDS = 20_000;
/** A title is a line. */
export const MAX_TITLE = 300;
const MAX_COUNT = 10_000_000_000;

/** Everything that is wrong with an act by itself, in words; none where it can be recorded. */
export function actProblems(act: IncidentAct, values: IncidentValues, words: Words): string[] {
  const spec = specOf(act);
  const problems: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    const field = fieldNamed(spec, name);
    if (field === undefined) problems.push(`${name} does not belong to ${spec.text}`);
    else if (field !== "precision") problems.push(...valueProblems(name, field, value));
  }
  for (const [name, text] of Object.entries(words)) {
    if (!Object.hasOwn(spec.words, name) && name !== CORRECTION)
      problems.push(`${name} does not belong to ${spec.text}`);
    const length = [text].flat().join("").length;
    const most = name === "title" ? MAX_TITLE : MAX_WORDS;
    if (length > most) problems.push(`${name} is ${length} characters long; at most ${most} are kept`);
  }
  const there = (name: string) => isThere(values[name]) || isThere(words[name]);
  for (const name of spec.needs) if (!there(name)) problems.push(`${name} is missing: ${aboutOf(spec, name)}`);
  if (spec.some && !spec.some.some(there))
    problems.push(`nothing is said; name at least one of ${spec.some.join(", ")}`);
  return [...problems, ...togetherProblems(act, values, words)];
}

/**
 * The act without what is wrong with it by itself, for looking at what is left; what is missing of its words is filled in.
 * Undefined where nothing can be said about the rest.
 */
export function withoutWrong(
  act: IncidentAct,
  values: IncidentValues,
  words: Words,
): { readonly values: IncidentValues; readonly words: Words } | undefined {
  const spec = specOf(act);
  const good = (name: string, value: IncidentValues[string]) => {
    const field = fieldNamed(spec, name);
    return field === "precision" || (field !== undefined && valueProblems(name, field, value).length === 0);
  };
  const kept = Object.fromEntries(Object.entries(values).filter(([name, value]) => good(name, value)));
  const missing = spec.needs.filter((name) => Object.hasOwn(spec.words, name) && !isThere(words[name]));
  const rest = { values: kept, words: { ...words, ...Object.fromEntries(missing.map((name) => [name, "-"])) } };
  return actProblems(act, rest.values, rest.words).length === 0 ? rest : undefined;
}

/** Times among the values that lie after a moment, by their names. */
export function timesAfter(act: IncidentAct, values: IncidentValues, moment: Instant): string[] {
  const spec = specOf(act);
  return Object.entries(values).flatMap(([name, value]) => {
    const isTime = Object.hasOwn(spec.values, name) && spec.values[name]?.type === "time";
    return isTime && typeof value === "string" && Date.parse(value) > moment ? [name] : [];
  });
}

/** What values of one act say against each other. */
function togetherProblems(act: IncidentAct, values: IncidentValues, words: Words): string[] {
  const { reached, of, result, from, to, person: who, team } = values;
  if (act === "communicate" && typeof reached === "number" && typeof of === "number" && reached > of)
    return [`reached ${reached} of ${of}: more received it than are affected`];
  if (act === "communicate" && isThere(of) && !isThere(reached)) return ["of is said without reached"];
  if (act === "measure" && result === "not-applicable" && !isThere(words.reason))
    return ["reason is missing: why it does not apply"];
  if (act === "exposure" && typeof from === "string" && typeof to === "string" && to < from)
    return ["to is before from"];
  if (act === "assign" && isThere(who) && isThere(team)) return ["either a person or a team, not both"];
  return [];
}

/** The field of this name, `precision` for the second value of a time, undefined for what does not belong here. */
function fieldNamed(spec: ActSpec, name: string): Field | "precision" | undefined {
  if (Object.hasOwn(spec.values, name)) return spec.values[name];
  const of = name.endsWith("Precision") ? precisionFor(spec, name) : undefined;
  return of === undefined ? undefined : "precision";
}

/** `awareAt` has `awareAtPrecision` beside it. */
export const precisionName = (name: string): string => `${name}Precision`;

function precisionFor(spec: ActSpec, name: string): string | undefined {
  return Object.keys(spec.values).find((one) => spec.values[one]?.type === "time" && precisionName(one) === name);
}

function valueProblems(name: string, { type, of, text }: Field, value: IncidentValues[string]): string[] {
  const shown = JSON.stringify(value).slice(0, 60);
  const wrong = (expected: string) => [`${name} is ${shown}; expected ${expected}`];
  if (of !== undefined && !(typeof value === "string" && of.includes(value))) return wrong(of.join(", "));
  switch (type) {
    case "label":
      return typeof value === "string" && Label.safeParse(value).success
        ? []
        : wrong(`${text}, in letters, digits, spaces and . _ : @ / + -`);
    case "person":
      return typeof value === "string" && Id.safeParse(value).success ? [] : wrong("the ID of a person");
    case "count":
      return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_COUNT
        ? []
        : wrong("a whole number");
    case "yes-no":
      return typeof value === "boolean" ? [] : wrong("yes or no");
    case "time":
      return typeof value === "string" && Time.safeParse(value).success ? [] : wrong("a time");
    case "labels":
      return Array.isArray(value) && value.length > 0 && value.every((one) => Label.safeParse(one).success)
        ? []
        : wrong("words of letters, digits and . _ : @ / + -");
  }
}

function isThere(value: unknown): boolean {
  if (typeof value === "string") return value.trim() !== "";
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined;
}

const aboutOf = (spec: ActSpec, name: string): string => spec.values[name]?.text ?? spec.words[name] ?? name;
