import type { FactKind } from "../evidence/fact.ts";
import type { Catalogue, Requirement } from "./catalogue.ts";
import { wants } from "./feeding.ts";

/** The requirements that evidence of this family can serve: with facts of these kinds, or with any where none is named. */
export function requirementsFor(catalogue: Catalogue, family: string, kinds?: Iterable<FactKind>): Requirement[] {
  const shown = kinds === undefined ? undefined : new Set(kinds);
  return catalogue.controls
    .flatMap((control) => control.requirements)
    .filter(({ from, check }) => check.kind !== "unobservable" && wants(from, family, shown ?? new Set(from.facts)));
}

/** Ids of the controls that evidence of this family can serve, in the order of the catalogue. */
export function controlsFor(catalogue: Catalogue, family: string, kinds?: Iterable<FactKind>): string[] {
  const served = new Set(requirementsFor(catalogue, family, kinds));
  return catalogue.controls.filter((c) => c.requirements.some((r) => served.has(r))).map((c) => c.id);
}
