import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { loadCatalogue } from "../assess/catalogue.ts";
import { publish } from "../daemon/mirroring.ts";
import { MANIFEST_TYPE } from "../evidence/blob.ts";
import { MAX_FILE_BYTES } from "../ledger/ledger.ts";
import { canonicalBytes } from "../lib/canonical.ts";
import { CustodyError, messageOf } from "../lib/errors.ts";
import { iso } from "../lib/time.ts";
import { actor } from "../people.ts";
import { catalogueBytes } from "../work.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { parseMoment } from "./moment.ts";

interface Flags extends GlobalFlags {
  readonly control?: string[];
  readonly reason?: string;
  readonly capturedAt?: string;
  readonly source?: string;
  readonly incident?: string;
}

const MAX_FILES = 16;
const MAX_TEXT = 4_000;
/** As the record takes it. */
const INCIDENT = /^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,199}$/;

/** `custody upload FILE…`: hashed first, then streamed; one record for all files of a call. Needs no index. */
export function upload(flags: Flags, ...files: string[]): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const problems: string[] = [];
    if (!flags.control?.length) problems.push("--control is missing: which control are they evidence for?");
    if (!flags.reason) problems.push("--reason is missing: why are they evidence?");
    for (const [flag, text = ""] of [
      ["--reason", flags.reason],
      ["--source", flags.source],
    ]) {
      if (text.length > MAX_TEXT) problems.push(`${flag}: ${text.length} characters; at most ${MAX_TEXT}`);
    }
    if (files.length > MAX_FILES) problems.push(`${files.length} files; at most ${MAX_FILES} in one call`);
    const known = loadCatalogue(new TextDecoder().decode(await catalogueBytes(custody.config))).controls.map(
      (c) => c.id as string,
    );
    for (const control of flags.control ?? []) {
      if (!known.includes(control)) problems.push(`there is no control ${control}; known are ${known.join(", ")}`);
    }
    for (const file of files) {
      const found = await stat(file).catch(() => undefined);
      if (!found?.isFile()) problems.push(`${file}: ${found ? "not a file" : "no such file"}`);
      else if (found.size > MAX_FILE_BYTES) problems.push(`${file}: ${found.size} bytes; at most 5 GiB, split it`);
      else if (
        !(await access(file, constants.R_OK).then(
          () => true,
          () => false,
        ))
      )
        problems.push(`${file}: may not be read by this user`);
    }
    if (flags.incident !== undefined && !INCIDENT.test(flags.incident)) {
      problems.push("--incident: expected the number of an incident: letters, digits and . _ : @ / + -, at most 200");
    }
    const captured = momentOf(flags.capturedAt, custody.config.organisation.zone, problems);
    if (captured !== undefined && captured > custody.clock.now())
      problems.push(`--captured-at ${flags.capturedAt} is still to come`);
    if (problems.length > 0) throw new CustodyError("USAGE", problems.join("\n"), { remedy: "Nothing was uploaded." });

    const ledger = await custody.ledger();
    const uploaded = [];
    for (const file of files) {
      output.progress(`${file} …`);
      uploaded.push({ file, ref: await ledger.putFile(resolve(file), mediaTypeOf(file)) });
    }
    const manifest = await ledger.put(
      canonicalBytes({
        v: 1,
        reason: flags.reason,
        ...(flags.source ? { source: flags.source } : {}),
        files: uploaded.map(({ file, ref }) => ({ ...ref, name: basename(file) })),
      }),
      MANIFEST_TYPE,
    );
    const [entry] = await ledger.append([
      {
        kind: "upload",
        actor: await actor(custody),
        evidence: uploaded.map(({ ref }) => ref),
        controls: flags.control ?? [],
        manifest,
        ...(captured === undefined ? {} : { captured: iso(captured) }),
        ...(flags.incident ? { incident: flags.incident } : {}),
      },
    ]);
    await publish(custody, output.note);
    for (const { file, ref } of uploaded) output.line(`${ref.digest}  ${file}`);
    output.line(`Recorded as ${entry?.index}, signed. The digits are what \`sha256sum\` prints for your files.`);
    output.object({ ok: true, entry: entry?.index, evidence: uploaded.map(({ file, ref }) => ({ file, ...ref })) });
    return 0;
  });
}

function momentOf(text: string | undefined, zone: string, problems: string[]): number | undefined {
  try {
    return text === undefined ? undefined : parseMoment(text, zone);
  } catch (error) {
    problems.push(`--captured-at: ${messageOf(error)}`);
    return undefined;
  }
}

const TYPES: Record<string, string> = {
  pdf: "application/pdf",
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  txt: "text/plain",
  md: "text/markdown",
  json: "application/json",
  csv: "text/csv",
  html: "text/html",
  eml: "message/rfc822",
  zip: "application/zip",
};

/** By the ending of its name; plain bytes where that says nothing. */
export function mediaTypeOf(file: string): string {
  return TYPES[/\.([a-z0-9]+)$/i.exec(file)?.[1]?.toLowerCase() ?? ""] ?? "application/octet-stream";
}
