import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { loadCatalogue } from "../assess/catalogue.ts";
import { type Crosswalk, loadCrosswalk, MAX_CROSSWALK_BYTES, mappedTo } from "../assess/crosswalk.ts";
import { CustodyError } from "../lib/errors.ts";
import { clean } from "../report/clean.ts";
import { PACKAGE_ROOT } from "../software.ts";
import { catalogueBytes } from "../work.ts";
import { type GlobalFlags, withCustody } from "./context.ts";

export interface Flags extends GlobalFlags {
  readonly crosswalk?: boolean;
  readonly with?: readonly string[];
  readonly period?: string;
  readonly result?: readonly string[];
  readonly recommended?: boolean;
}

/** How the names of requirements are built, in any catalogue: no number but in the control that they begin with. */
const REQUIREMENT = /^[a-z0-9]+(?:\.[a-z][a-z_]*)+$/i;

/**
 * `custody controls`: the controls and what each needs, why; with what they map to in other frameworks where asked. With
 * `--period`, or of one requirement: how they stand.
 */
export async function controls(flags: Flags, only?: string): Promise<number> {
  // A requirement is asked for by its name because somebody wants to know how it stands.
  const isRequirement = only !== undefined && REQUIREMENT.test(only) && !flags.crosswalk && flags.with === undefined;
  if (flags.period !== undefined || isRequirement) return (await import("./controls-results.ts")).results(flags, only);
  return withCustody(flags, async (custody, output) => {
    const catalogue = loadCatalogue(new TextDecoder().decode(await catalogueBytes(custody.config)));
    const paths = [...(flags.crosswalk ? [join(PACKAGE_ROOT, "controls/crosswalk.yaml")] : []), ...(flags.with ?? [])];
    const crosswalks = await Promise.all(paths.map(readCrosswalk));
    const wanted = only?.toLowerCase();
    const found = catalogue.controls.filter(({ id }) => wanted === undefined || id.toLowerCase() === wanted);
    if (found.length === 0)
      throw new CustodyError("NOT_FOUND", `there is no control ${clean(only ?? "")}`, {
        remedy: `There are ${catalogue.controls.map(({ id }) => id).join(", ")}.`,
      });
    output.line(clean(`${catalogue.framework} (catalogue ${catalogue.catalogue}, version ${catalogue.version})`));
    const mapped = found.map((control) => ({ control, maps: mappedTo(crosswalks, control.id) }));
    for (const { control, maps } of mapped) {
      output.line();
      output.line(`${clean(control.id)}  ${clean(control.plain)}`);
      for (const { id, text, basis, note } of control.requirements) {
        output.line(`  ${clean(id)}  [${basis}]`);
        output.line(`    ${clean(text)}`);
        output.line(`    rests on: ${clean(note)}`);
      }
      for (const { title, ids } of maps) output.line(`  touches ${clean(title)}: ${clean(ids.join(", "))}`);
      if (crosswalks.length > 0 && maps.length === 0) output.line("  touches: nothing that was checked");
    }
    if (crosswalks.length > 0) {
      output.line();
      output.line("What touches the same ground is indicative, and only what was checked; the auditor decides.");
    }
    output.object({
      ok: true,
      catalogue: catalogue.catalogue,
      version: catalogue.version,
      controls: mapped.map(({ control: { id, title, plain, requirements }, maps }) => ({
        id,
        title,
        plain,
        requirements: requirements.map(({ id: name, text, basis, note, check }) => ({
          id: name,
          text,
          basis,
          note,
          check: check.kind,
        })),
        maps,
      })),
    });
    return 0;
  });
}

async function readCrosswalk(path: string): Promise<Crosswalk> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw new CustodyError("NOT_FOUND", `there is no crosswalk at ${path}`, { cause, remedy: "Check the path." });
  });
  if (!found.isFile()) throw new CustodyError("INPUT_INVALID", `${path} is no file`, { remedy: "Name a YAML file." });
  if (found.size > MAX_CROSSWALK_BYTES)
    throw new CustodyError("INPUT_TOO_LARGE", `${path}: ${found.size} bytes; at most 256 KiB are read`, {
      remedy: "Check that this is the right file.",
    });
  try {
    return loadCrosswalk(await readFile(path, "utf8"));
  } catch (error) {
    if (!(error instanceof CustodyError)) throw error;
    const remedy = error.remedy === undefined ? {} : { remedy: error.remedy };
    throw new CustodyError(error.code, `${path}: ${error.message}`, { cause: error, ...remedy });
  }
}
