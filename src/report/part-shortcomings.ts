import type { Block } from "./blocks.ts";
import type { Erased, RegisterName } from "./evidence-shape.ts";
import { unwatchedText } from "./part-coverage.ts";
import type { ReportModel, Verdict } from "./shape.ts";
import { count, entryList, fill, plural, type Wording } from "./words.ts";

/** What takes from the worth of a report, said where it cannot be overlooked. */

/** Findings named in the box of page 1; all are in the part on integrity. */
const FINDINGS_ON_COVER = 3;
/** Sources named one by one before the rest is only counted. */
const SOURCES_NAMED = 6;

/** The verdict on integrity where it is not intact. */
export function brokenVerdict({ verification }: ReportModel): Verdict | undefined {
  const verdict = verification?.verdicts.find(({ about }) => about === "INTEGRITY");
  return verdict !== undefined && (verdict.word !== "intact" || verification?.ok === false) ? verdict : undefined;
}

/** True where the records are not those that were signed, so that what they say proves nothing. */
export function isUnproven(model: ReportModel): boolean {
  return brokenVerdict(model) !== undefined && model.verification?.proven === false;
}

/** The box at the top of page 1 of a log that is not what was signed. */
export function brokenBlocks(model: ReportModel, wording: Wording): Block[] {
  const verdict = brokenVerdict(model);
  if (verdict === undefined || model.verification === null) return [];
  const { findings, found } = model.verification;
  const shown = findings.slice(0, FINDINGS_ON_COVER);
  const rest = found - shown.length;
  return [
    {
      kind: "notice",
      tone: "bad",
      title: wording.brokenTitle,
      lines: [
        fill(wording.broken, { reason: verdict.reason.charAt(0).toUpperCase() + verdict.reason.slice(1) }),
        ...shown.map((f) => `• ${f.code}, ${f.where}: expected ${f.expected}; found ${f.found}`),
        ...(rest > 0 ? [`• ${count(rest)} more: see "Integrity"`] : []),
        ...(isUnproven(model) ? [wording.brokenUnproven] : []),
        wording.brokenDo,
      ],
    },
  ];
}

/** Said on page 1 where nothing of the period was watched. */
export function unwatchedBlocks({ cover }: ReportModel, wording: Wording): Block[] {
  if (cover.watched === "some") return [];
  const words = cover.watched === "nothing" ? wording.watchedNothing : wording.watchedToCome;
  return [{ kind: "notice", tone: "bad", title: words, lines: [] }];
}

/** Which source was not watched when, in one sentence; undefined where all were watched all the time. */
export function unwatchedSentence(model: ReportModel, wording: Wording): string | undefined {
  const texts = model.sources.flatMap((source) =>
    source.unwatched.map((stretch) => ({
      instance: source.instance,
      text: unwatchedText(stretch, model, wording),
    })),
  );
  const [first] = texts;
  if (first === undefined) return undefined;
  const alike = texts.length === model.sources.length && texts.every(({ text }) => text === first.text);
  const which = alike
    ? `${model.sources.length === 1 ? first.instance : "all collectors"} ${first.text}`
    : texts
        .slice(0, SOURCES_NAMED)
        .map(({ instance, text }) => `${instance} ${text}`)
        .join("; ");
  const more = alike ? 0 : texts.length - SOURCES_NAMED;
  return fill(wording.unwatchedSentence, { which: more > 0 ? `${which}; and ${count(more)} more` : which });
}

/** How many files of a register were deleted, and by which records; undefined where none was. */
export function erasedText({ files, entries }: Erased, template: string): string | undefined {
  if (files === 0) return undefined;
  return fill(template, {
    n: plural(files, "evidence file"),
    were: files === 1 ? "was" : "were",
    they: files === 1 ? "it" : "they",
    records: `${entries.length === 1 ? "record" : "records"} ${entryList(entries)}`,
  });
}

/** The same as a notice at the register. */
export function erasedBlocks(model: ReportModel, register: RegisterName, wording: Wording): Block[] {
  const text = erasedText(model.erased[register], wording.erased);
  return text === undefined ? [] : [{ kind: "notice", title: text, lines: [] }];
}
