import { type Block, type Cell, cell, line, type Mark } from "./blocks.ts";
import { timeCell } from "./case-cells.ts";
import { doerInWords } from "./doer.ts";
import type { ActionDetail, ActionWord, DeedRow } from "./learning-shape.ts";
import { muted, tableOf } from "./rows.ts";
import type { ReportModel } from "./shape.ts";
import { count, entryList, fill, localLimit, localTime, plural, type Wording } from "./words.ts";

const ACTION_WORDS: Readonly<Record<ActionWord, { readonly text: string; readonly mark: Mark }>> = {
  overdue: { text: "overdue", mark: "bad" },
  open: { text: "to be done", mark: "open" },
  done: { text: "done, effect not looked at", mark: "unsure" },
  effective: { text: "done, found to help", mark: "good" },
  checked: { text: "done, nothing to find out", mark: "good" },
  cancelled: { text: "cancelled", mark: "open" },
};

/** Actions with every date that was set, what shows that they were done, and whether they helped. */
export function actionBlocks({ learning, organisation: { zone } }: ReportModel, wording: Wording): Block[] {
  const words = wording.account.learning;
  const { actions, actionCounts } = learning;
  const head = { kind: "heading", level: 2, text: "Actions" } as const;
  if (actions.length === 0) return [head, { kind: "paragraph", text: words.actionsNone }];
  const { total, ...rest } = actionCounts;
  const counts = Object.fromEntries(Object.entries(rest).map(([name, n]) => [name, count(n)]));
  return [
    head,
    { kind: "paragraph", text: words.actionsIntro },
    { kind: "paragraph", text: fill(words.counts, { ...counts, total: plural(total, "action") }) },
    ...tableOf(
      [
        { title: "Action", share: 28 },
        { title: "After", share: 16 },
        { title: "Owner", share: 12 },
        { title: "Due", share: 25 },
        { title: "State", share: 15 },
        { title: "Done, and shown by", share: 25 },
        { title: "Did it help", share: 23 },
        { title: "Records", share: 11 },
      ],
      actions,
      (row) => [
        [line(row.id, "bold"), line(row.title), ...muted(row.type)],
        afterCell(row),
        cell(row.owner ?? "nobody"),
        dueCell(row, zone),
        [
          { ...ACTION_WORDS[row.state], style: "bold" },
          ...muted(row.reopened > 0 ? `opened again ${row.reopened === 1 ? "once" : `${row.reopened} times`}` : null),
          ...(row.cancelled === null ? [] : muted(row.cancelled.reason, by(row.cancelled, zone))),
        ],
        doneCell(row, zone),
        row.verified === null
          ? cell(row.state === "cancelled" ? null : "nobody looked yet")
          : [
              line(RESULTS[row.verified.result] ?? row.verified.result, "bold"),
              ...muted(row.verified.text, by(row.verified, zone)),
              ...(row.verified.sameAsDone
                ? [line("whoever did it is who looked whether it helped: nobody else did", "bold")]
                : []),
            ],
        cell(entryList(row.entries)),
      ],
      wording,
    ),
  ];
}

const RESULTS: Readonly<Record<string, string>> = {
  effective: "it helped",
  "not-effective": "it did not help",
  "not-applicable": "nothing to find out",
};

const by = (deed: DeedRow, zone: string) =>
  `${doerInWords(deed.by)}, ${localTime(deed.at, zone)}, record ${deed.entry}`;

function afterCell({ incident, finding, activity }: ActionDetail): Cell {
  return cell([incident, finding, activity].filter((one) => one !== null).join(", "));
}

/** Every date that was set; one that was missed says so also where a later one took its place. */
function dueCell({ dues }: ActionDetail, zone: string): Cell {
  if (dues.length === 0) return cell("no date");
  return dues.flatMap(({ due, missed, reason, entry }, i) => {
    const kept = missed === "yes" ? ", missed" : missed === "unclear" ? ", whether missed is not clear" : "";
    const text = `${i === 0 ? "" : "planned anew: "}${localLimit(due, zone)}${kept}`;
    return [
      line(text, missed === "no" ? undefined : "bold"),
      ...muted(i === 0 ? null : `${reason ?? "no reason said"}, record ${entry}`),
    ];
  });
}

function doneCell({ done, tracker }: ActionDetail, zone: string): Cell {
  if (done === null) return [line("–"), ...muted(tracker === null ? null : `followed at ${tracker}`)];
  const shown = [
    ...done.evidence.map((digest) => line(`${digest.slice(0, 16)}…`, "mono")),
    ...(tracker === null ? [] : [line(tracker)]),
  ];
  return [
    ...timeCell(done, zone),
    ...(shown.length === 0 ? [line("nothing shows it", "bold")] : shown),
    ...muted(done.text, `${doerInWords(done.by)}, record ${done.entry}`),
  ];
}
