import { reportLine } from "../../pack/say.ts";
import { FINDING_CODES } from "../../verify/finding.ts";
import { unjudgedLines } from "../../verify/say.ts";
import { inWords } from "../../verify/verdict.ts";
import { toCompare } from "./compare.ts";
import { bytes, element, paragraph } from "./elements.ts";
import type { Answer } from "./engine.ts";
import { forPage, QUESTIONS, type Tone } from "./words.ts";

/** Findings that are shown; a broken pack may have thousands. */
const FINDINGS_SHOWN = 100;
const WITHHELD_SHOWN = 20;

function title(text: string): HTMLElement {
  const made = element("h2", "", text);
  made.id = "answer-title";
  made.tabIndex = -1;
  return made;
}

/** Everything that is shown for an answer, with its title first. */
export function show(answer: Answer): HTMLElement[] {
  switch (answer.kind) {
    case "pack":
      return showPack(answer);
    case "receipt":
      return showReceipt(answer);
    case "no":
      return [
        title("It could not be checked"),
        element(
          "div",
          "alarm",
          paragraph(answer.message),
          ...(answer.remedy ? [paragraph(forPage(answer.remedy))] : []),
        ),
      ];
  }
}

/** One sentence for the status line. */
export function inOneSentence(answer: Answer): string {
  if (answer.kind === "no") return `It could not be checked: ${answer.message}`;
  if (answer.kind === "receipt") {
    if (answer.evidence === undefined) return "The receipt is right.";
    return answer.evidence.named
      ? "The evidence file is the recorded one."
      : "The evidence file is NOT the recorded one.";
  }
  return answer.result.ok
    ? "Intact: everything is as it was signed."
    : `Broken: ${answer.result.found} ${answer.result.found === 1 ? "finding" : "findings"}.`;
}

function showPack(answer: Extract<Answer, { kind: "pack" }>): HTMLElement[] {
  const { name, result, keys, enclosed } = answer;
  const { pack, checked } = result;
  return [
    title(result.ok ? `Intact: ${name}` : `Broken: ${name}`),
    ...(enclosed ? [keyAlarm(keys)] : []),
    paragraph(
      `${result.origin ?? "A log that could not be trusted"}: ${result.size} records${result.asOf ? ` up to ${result.asOf}` : ""}. `,
      `Looked at: ${checked.entries} records, ${checked.blobs} evidence files, ${checked.bytes} bytes.`,
    ),
    verdictTable(result.verdicts),
    ...(result.found > 0 ? findings(result) : []),
    ...unjudgedLines(result).map((line) => paragraph(line.trim())),
    ...(pack === undefined ? [] : aboutPack(pack, result.asOf)),
    ...(result.disposed.length > 0
      ? [
          paragraph(
            result.disposed.length === 1
              ? "1 evidence file was lawfully deleted; a record says by whom and why."
              : `${result.disposed.length} evidence files were lawfully deleted; records say by whom and why.`,
          ),
        ]
      : []),
    ...toCompare(answer),
  ];
}

function keyAlarm(keys: readonly { readonly vkey: string; readonly fingerprint: string }[]): HTMLElement {
  return element(
    "div",
    "alarm fair",
    paragraph(
      element("strong", "", "The key came with the pack. "),
      "Whoever made a forged pack would have put a key of their own into it. With it, the answer only shows whether the pack fits together. Compare the key with the one that the organisation publishes, or that an earlier report names:",
    ),
    ...keys.map(({ vkey, fingerprint }) => paragraph(bytes(vkey), ` (fingerprint ${fingerprint})`)),
  );
}

function verdictTable(verdicts: Extract<Answer, { kind: "pack" }>["result"]["verdicts"]): HTMLElement {
  const rows = (Object.keys(QUESTIONS) as (keyof typeof QUESTIONS)[]).map((name) => {
    const { question, words } = QUESTIONS[name];
    const { word, reason } = inWords(verdicts[name]);
    const [tone, meaning]: readonly [Tone, string] = words[word] ?? ["bad", "This question could not be answered."];
    const head = element("th", "", question);
    head.setAttribute("scope", "row");
    const range = name === "time" ? rangeOf(verdicts.time) : "";
    return element(
      "tr",
      "",
      head,
      element(
        "td",
        "",
        element("span", `word ${tone}`, word),
        paragraph(meaning),
        element("p", "aside", `${forPage(reason)}${range}`),
      ),
    );
  });
  const heads = ["Question", "Answer"].map((text) => {
    const head = element("th", "", text);
    head.setAttribute("scope", "col");
    return head;
  });
  const table = element("table", "", element("thead", "", element("tr", "", ...heads)), element("tbody", "", ...rows));
  table.setAttribute("aria-label", "The five answers");
  return table;
}

function rangeOf({ earliest, latest }: { readonly earliest?: string; readonly latest?: string }): string {
  return earliest === undefined ? "" : ` (earliest ${earliest}, newest ${latest ?? earliest})`;
}

function findings(result: Extract<Answer, { kind: "pack" }>["result"]): HTMLElement[] {
  const items = result.findings
    .slice(0, FINDINGS_SHOWN)
    .map(({ code, where, expected, found }) =>
      element(
        "li",
        "",
        element("strong", "", FINDING_CODES[code]),
        ` (${code})`,
        element(
          "dl",
          "facts",
          ...Object.entries({ where, expected, found }).flatMap(([term, text]) => [
            element("dt", "", term),
            element("dd", "bytes", forPage(text)),
          ]),
        ),
      ),
    );
  const more = result.found - items.length;
  return [
    element("h2", "", `What differs (${result.found})`),
    element("ol", "findings", ...items),
    ...(more > 0 ? [paragraph(`… and ${more} more.`)] : []),
  ];
}

function aboutPack(
  pack: NonNullable<Extract<Answer, { kind: "pack" }>["result"]["pack"]>,
  asOf: string | undefined,
): HTMLElement[] {
  const { period, withheld, withheldCount } = pack;
  const items = [
    `Period: ${period.label}, from ${period.from} to ${period.to} (${period.zone}). Made by ${pack.software}.`,
    ...(asOf !== undefined && asOf < period.to
      ? [`Its newest record is of ${asOf}, before the end of the period.`]
      : []),
    `Not in it: ${pack.outsidePeriod} evidence files of records outside the period.`,
    ...(pack.deletedLater > 0
      ? [`Not in it: ${pack.deletedLater} evidence files that are said to have been deleted later.`]
      : []),
  ];
  return [
    element("h2", "", "What the pack says of itself"),
    ...items.map((text) => paragraph(text)),
    ...pack.reports.map((one) => paragraph(reportLine(one).trim())),
    ...(withheldCount === 0
      ? []
      : [
          element(
            "div",
            "alarm fair",
            paragraph(
              element("strong", "", `${withheldCount} evidence files were withheld by whoever made the pack. `),
              "Nothing shows whether rightly.",
            ),
            ...withheld
              .slice(0, WITHHELD_SHOWN)
              .map(({ digest, why }) => paragraph(bytes(digest), ` ${why ?? "no reason given"}`)),
          ),
        ]),
  ];
}

function showReceipt(answer: Extract<Answer, { kind: "receipt" }>): HTMLElement[] {
  const { evidence } = answer;
  const right = evidence === undefined || evidence.named;
  return [
    title(
      evidence === undefined
        ? "The receipt is right"
        : right
          ? "This is the recorded evidence file"
          : "This is NOT the recorded evidence file",
    ),
    paragraph(
      `Record ${answer.index} (${answer.record}, ${answer.at}) is in the log ${answer.origin} of ${answer.size} records, as signed by the key you gave.`,
    ),
    ...(evidence === undefined
      ? []
      : [
          element(
            "div",
            right ? "alarm good" : "alarm",
            paragraph(
              element("strong", "", evidence.name),
              right
                ? " is an evidence file that this record names, byte for byte."
                : " is no evidence file that this record names. It was changed, or belongs to another record.",
            ),
            paragraph("SHA-256 ", bytes(evidence.digest)),
          ),
        ]),
    paragraph(
      answer.digests.length === 0
        ? "The record names no evidence file itself."
        : "Evidence files that the record names:",
    ),
    ...answer.digests.map((digest) => paragraph(bytes(digest))),
  ];
}
