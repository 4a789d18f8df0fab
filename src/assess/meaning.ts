import type { Catalogue, Check, Control, Requirement } from "./catalogue.ts";
import { factsFor } from "./conduct-rules.ts";
import { fieldsOf, itemFieldsOf } from "./vocabulary.ts";

/** Something wrong at a place of the file. */
export interface Trouble {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** The start of the ids of a control's requirements: `A.5.26` gives `a526`. */
function prefixOf(control: string): string {
  return control.toLowerCase().replace(/[^a-z0-9]/g, "");
}

function* unknownFields(check: Check): Generator<Trouble> {
  if (!("over" in check)) return;
  const known = fieldsOf(check.over);
  const named: [path: PropertyKey[], field: string, among: readonly string[]][] = [];
  if ("where" in check && check.where) {
    for (const field of Object.keys(check.where)) named.push([["where", field], field, known]);
  }
  if (check.kind === "present") {
    const items = check.each === undefined ? known : itemFieldsOf(check.over, check.each);
    if (items) for (const [i, field] of check.fields.entries()) named.push([["fields", i], field, items]);
    else yield { path: ["each"], message: `"${check.each}" is not a list of items in a ${check.over}` };
  }
  if (check.kind === "ordered") {
    for (const [i, pair] of check.pairs.entries()) {
      for (const [j, field] of pair.entries()) named.push([["pairs", i, j], field, known]);
    }
  }
  if (check.kind === "outcome") named.push([["field"], check.field, known]);
  if (check.kind === "linked") {
    named.push([["theirs"], check.theirs, fieldsOf(check.to)]);
    if (check.ours !== undefined) named.push([["ours"], check.ours, known]);
    if (check.wait) named.push([["wait", "field"], check.wait.field, known]);
  }
  for (const [path, field, among] of named) {
    if (!among.includes(field))
      yield { path, message: `unknown field "${field}"; expected one of ${among.join(", ")}` };
  }
}

function* requirementTroubles(requirement: Requirement, control: Control, catalogue: Catalogue): Generator<Trouble> {
  const { id, from, check } = requirement;
  const prefix = `${prefixOf(control.id)}.`;
  if (!id.startsWith(prefix))
    yield { path: ["id"], message: `"${id}" should begin with "${prefix}", as ${control.id}'s` };
  for (const [i, family] of (from.families ?? []).entries()) {
    if (!Object.hasOwn(catalogue.families, family)) {
      const known = Object.keys(catalogue.families).join(", ");
      yield { path: ["from", "families", i], message: `unknown family "${family}"; expected one of ${known}` };
    }
  }
  const asksPeople = ["human", "policy", "holds", "unobservable", "gap-response"].includes(check.kind);
  const ofRules = check.kind === "conduct" && factsFor(check.rule).length === 0;
  if (!from.families && !from.facts && !ofRules && !asksPeople) {
    yield { path: ["from"], message: "nothing could feed this: name families, facts or both" };
  }
  const byLaw = check.kind === "law" || check.kind === "contract";
  const over = byLaw ? (["incident"] as const) : check.kind === "conduct" ? factsFor(check.rule) : [];
  const needed = "over" in check ? [check.over, ...(check.kind === "linked" ? [check.to] : [])] : over;
  for (const kind of needed) {
    if (!from.facts?.includes(kind)) {
      yield { path: ["from"], message: `the check is about the fact "${kind}", which "from.facts" does not name` };
    }
  }
  for (const trouble of unknownFields(check)) yield { ...trouble, path: ["check", ...trouble.path] };
}

/** What a structure cannot say: ids that are there once and tell their control, families, facts and fields that exist. */
export function* meaningTroubles(catalogue: Catalogue): Generator<Trouble> {
  const seen = new Set<string>();
  for (const [c, control] of catalogue.controls.entries()) {
    if (seen.has(control.id)) yield { path: ["controls", c, "id"], message: `"${control.id}" is there twice` };
    seen.add(control.id);
    for (const [r, requirement] of control.requirements.entries()) {
      const path = ["controls", c, "requirements", r];
      if (seen.has(requirement.id)) yield { path: [...path, "id"], message: `"${requirement.id}" is there twice` };
      seen.add(requirement.id);
      for (const trouble of requirementTroubles(requirement, control, catalogue)) {
        yield { ...trouble, path: [...path, ...trouble.path] };
      }
    }
  }
}
