import type { Custody } from "../custody.ts";
import type { RecordedAct } from "../evidence/act.ts";
import type { Actor } from "../evidence/entry.ts";
import { whyNoSignOff } from "../evidence/proof.ts";
import { type Finding, type Findings, foldFindings, openSteps, whyNot } from "../findings/finding.ts";
import { CustodyError } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { type Instant, type Interval, iso } from "../lib/time.ts";
import { nameProblem, personFor, personId } from "../people.ts";
import { type ActDraft, readActs, recordActs } from "./acting.ts";
import { attach, attachmentProblems } from "./attaching.ts";
import { begin } from "./numbering.ts";

/** Findings and waivers: what a person records about what was not met, and the checks before it is recorded. */

export interface OpenFindings extends Findings {
  readonly acts: readonly RecordedAct[];
  readonly names: ReadonlyMap<string, string>;
  readonly zone: string;
  readonly asOf: Instant;
}

/** The findings of the log, with the names of people. */
export async function openFindings(custody: Custody): Promise<OpenFindings> {
  const { acts, names, zone, asOf } = await readActs(custody);
  return { ...foldFindings(acts), acts, names, zone, asOf };
}

/** One finding. Throws NOT_FOUND. */
export function findingNamed({ findings }: Pick<Findings, "findings">, id: string): Finding {
  const found = findings.find((one) => one.id === id);
  if (found !== undefined) return found;
  const ids = findings.map((one) => one.id);
  throw new CustodyError("NOT_FOUND", `there is no finding ${id.slice(0, 60)}${didYouMean(id, ids)}`, {
    remedy: "`custody finding list` lists them.",
  });
}

export const ORIGINS = ["own", "internal-audit", "external-audit", "customer", "authority"] as const;
export type Origin = (typeof ORIGINS)[number];

/** What a finding is begun with. Texts are as people gave them. */
export interface FindingRequest {
  readonly origin: Origin;
  /** The number under which somebody else reported it. */
  readonly reference?: string | undefined;
  readonly requirement?: string | undefined;
  readonly requirementText?: string | undefined;
  readonly control?: string | undefined;
  readonly gap?: string | undefined;
  readonly note?: string | undefined;
  readonly extent?: { readonly failing: number; readonly of: number } | undefined;
  readonly window?: Interval | undefined;
  readonly entries?: readonly number[] | undefined;
  readonly files: readonly string[];
  readonly owner?: string | undefined;
  readonly due?: Instant | undefined;
  readonly id?: string | undefined;
  readonly happened: Pick<RecordedAct<"finding">["entry"], "happened" | "precision">;
}

/** What is wrong with people and files that a record names, each in words. */
export async function namingProblems(
  custody: Custody,
  { owner, files }: { readonly owner?: string | undefined; readonly files: readonly string[] },
): Promise<string[]> {
  const problems: string[] = [];
  const unnamed = owner === undefined ? undefined : nameProblem(custody, owner);
  if (unnamed !== undefined) problems.push(`--owner: ${unnamed}`);
  problems.push(...(await attachmentProblems(files, "--evidence")));
  return problems;
}

/** Records a finding; everything about it was checked before. */
export async function openFinding(
  custody: Custody,
  request: FindingRequest,
): Promise<{ readonly id: string; readonly index: number; readonly by: Actor }> {
  const { findings } = await openFindings(custody);
  const owner = request.owner === undefined ? undefined : await personId(custody, request.owner);
  const evidence = await attach(custody, request.files);
  const {
    origin,
    reference,
    requirement,
    requirementText,
    control,
    gap,
    note,
    extent,
    window,
    entries,
    due,
    happened,
  } = request;
  const words = {
    ...(reference ? { reference } : {}),
    ...(requirementText ? { requirement: requirementText } : {}),
    ...(gap ? { gap } : {}),
    ...(note ? { text: note } : {}),
  };
  return begin(
    custody,
    { series: "FND", kind: "finding", taken: findings.map(({ id }) => id), own: request.id },
    (finding) => ({
      kind: "finding",
      finding,
      act: "open",
      ...happened,
      origin,
      ...(requirement === undefined ? {} : { requirement }),
      ...(control === undefined ? {} : { control }),
      ...(extent === undefined ? {} : { extent }),
      ...(window === undefined ? {} : { window: { from: iso(window.from), to: iso(window.to) } }),
      ...(entries === undefined || entries.length === 0 ? {} : { entries: [...entries] }),
      ...(owner === undefined ? {} : { owner }),
      ...(due === undefined ? {} : { due: iso(due) }),
      ...(evidence.length > 0 ? { evidence } : {}),
      words,
    }),
  );
}

/** One step in the life of a finding. */
export interface FindingStep {
  readonly act: Exclude<RecordedAct<"finding">["entry"]["act"], "open">;
  readonly text?: string | undefined;
  readonly result?: "effective" | "not-effective" | undefined;
  readonly owner?: string | undefined;
  readonly due?: Instant | undefined;
  readonly files: readonly string[];
  /** `plan`: actions of the register that belong to it. */
  readonly actions: readonly string[];
  readonly corrects?: number | undefined;
  readonly happened: FindingRequest["happened"];
}

/** What keeps a step from being recorded, each in words: before anything is written. */
export function stepProblems(
  { acts }: Pick<OpenFindings, "acts">,
  finding: Finding,
  { act, text, result, owner, due, actions, corrects }: FindingStep,
  unsigned: string | undefined,
): string[] {
  const problems: string[] = [];
  if (corrects !== undefined) {
    const corrected = finding.acts.find(({ index }) => index === corrects);
    if (corrected?.entry.act !== act)
      problems.push(
        `--corrects ${corrects}: expected the number of a record of ${finding.id} that says \`${act}\`, found ${corrected === undefined ? "none that counts" : `one that says \`${corrected.entry.act}\``}`,
      );
  } else {
    const refused = whyNot(finding, act, unsigned);
    if (refused !== undefined) problems.push(`${finding.id}: ${refused}`);
  }
  const isSilent = text === undefined || text.trim() === "";
  if (isSilent && WORDY.has(act) && !(act === "plan" && actions.length > 0))
    problems.push(`say it in words: --text "${ASKED[act] ?? "…"}"`);
  if (act === "close" && finding.state !== "verified" && isSilent)
    problems.push("nobody has verified that it helped; say with --text why it is closed all the same");
  if (act === "verify" && result === undefined) problems.push("--result is missing: effective or not-effective?");
  if (act === "assign" && owner === undefined) problems.push("--owner is missing: who answers for it from now on?");
  if (act === "replan" && due === undefined) problems.push("--due is missing: until when?");
  if (act === "done") {
    const open = openSteps(finding).map(
      ({ action, state }) => `${action} (${state === "unknown" ? "not found" : state})`,
    );
    if (open.length > 0) problems.push(`not all of its actions are over: ${open.join(", ")}`);
  }
  const known = new Set(
    acts.flatMap(({ entry }) => (entry.kind === "action" && "action" in entry ? [String(entry.action)] : [])),
  );
  for (const action of actions)
    if (!known.has(action))
      problems.push(`--action ${action.slice(0, 60)}: there is no such action${didYouMean(action, [...known])}`);
  return problems;
}

const WORDY: ReadonlySet<string> = new Set(["note", "cause", "correct", "plan", "done", "verify", "reopen", "replan"]);
const ASKED: Readonly<Record<string, string>> = {
  cause: "why it happened",
  correct: "what was put right at once",
  plan: "what shall keep it from happening again",
  done: "what was done, and where that can be seen",
  verify: "how it was looked at, and what was seen",
  reopen: "why it is open again",
  replan: "why it takes longer",
};

/** Records a step and, for a plan, the links to its actions: all or none. Throws NOT_ALLOWED, and USAGE with all that is wrong. */
export async function stepFinding(
  custody: Custody,
  id: string,
  step: FindingStep,
): Promise<{ readonly index: number; readonly by: Actor; readonly finding: Finding }> {
  const person = personFor(custody.config, "record");
  const open = await openFindings(custody);
  const finding = findingNamed(open, id);
  const unsigned = whyNoSignOff({ type: "person", ...(person ? { role: person.role, auth: "token" } : {}) });
  const needsSignOff = step.act === "close" && finding.state !== "verified" && finding.state !== "closed";
  const problems = [...stepProblems(open, finding, step, unsigned), ...(await namingProblems(custody, step))];
  if (problems.length > 0) throw new CustodyError("USAGE", problems.join("\n"), { remedy: "Nothing was recorded." });
  const owner = step.owner === undefined ? undefined : await personId(custody, step.owner);
  const evidence = await attach(custody, step.files);
  const { act, text, result, due, actions, corrects, happened } = step;
  const drafts: ActDraft[] = [
    {
      kind: "finding",
      finding: id,
      act,
      ...happened,
      ...(owner === undefined ? {} : { owner }),
      ...(due === undefined ? {} : { due: iso(due) }),
      ...(result === undefined ? {} : { result }),
      ...(evidence.length > 0 ? { evidence } : {}),
      ...(corrects === undefined ? {} : { corrects }),
      ...(finding.window === undefined
        ? {}
        : { window: { from: iso(finding.window.from), to: iso(finding.window.to) } }),
      words: text === undefined || text.trim() === "" ? {} : { text },
    },
    ...actions.map(
      (action): ActDraft => ({
        kind: "link",
        from: { type: "finding", id },
        to: { type: "action", id: action },
        relation: "follows",
        act: "add",
        ...happened,
      }),
    ),
  ];
  const { by, records } = await recordActs(custody, drafts, needsSignOff ? "sign-off" : "record");
  return { index: records[0]?.index ?? -1, by, finding: findingNamed(await openFindings(custody), id) };
}
