import { EXEMPTION_GROUNDS, GROUNDS } from "../evidence/exemption.ts";
import type { IncidentAct } from "../incidents/acts.ts";

/** How the acts of the register are typed: one table from which commands, their help, and corrections are made. */

/** What a flag or argument says, and under which name the record holds it. `text` and `texts` are words of people. */
export interface Said {
  readonly kind: "label" | "labels" | "person" | "time" | "count" | "yes-no" | "text" | "texts";
  readonly to: string;
}

export interface IncidentFlag extends Said {
  readonly flag: string;
  readonly help: string;
}

export interface IncidentCommand {
  readonly act: IncidentAct;
  readonly spec: string;
  readonly help: string;
  /** What stands behind the id. */
  readonly args: readonly Said[];
  readonly flags: readonly IncidentFlag[];
}

const flag = (written: string, help: string, kind: Said["kind"], to: string): IncidentFlag => ({
  flag: written,
  help,
  kind,
  to,
});
const text = (help: string): IncidentFlag => flag("--text <text>", help, "text", "text");
const reason = (help = "why"): IncidentFlag => flag("--reason <text>", help, "text", "reason");

/** Every act can say when it happened. */
export const AT: readonly [string, string] = [
  "--at <time>",
  "when it happened, such as 2026-11-20T14:05 or 14:05 (default: now)",
];

export const INCIDENT_COMMANDS: readonly IncidentCommand[] = [
  {
    act: "open",
    spec: "open",
    help: "open an incident; on a terminal it asks for what is missing",
    args: [],
    flags: [
      flag("--title <text>", "what it is, in one line", "text", "title"),
      flag("--severity <label>", "how grave it is, in the words of your rules", "label", "severity"),
      flag("--nature <what>", "availability, security or both", "label", "nature"),
      flag("--detected <time>", "when it was noticed (default: now)", "time", "detectedAt"),
      flag("--occurred <time>", "when it began, as far as known", "time", "occurredAt"),
      flag("--detected-by <how>", "how it was noticed, such as customer_report", "label", "detectedBy"),
      flag("--owner <person>", "who is responsible", "person", "owner"),
      flag("--commander <person>", "who leads the response", "person", "commander"),
      text("what is known"),
    ],
  },
  {
    act: "classify",
    spec: "classify <id>",
    help: "say how grave it is and what it concerns; a change needs a reason",
    args: [],
    flags: [
      flag("--severity <label>", "in the words of your rules", "label", "severity"),
      flag("--nature <what>", "availability, security or both", "label", "nature"),
      reason("why; needed for every change"),
    ],
  },
  {
    act: "stamp",
    spec: "stamp <id> <time>",
    help: "say when it was acknowledged, responded, triaged, contained, eradicated, recovered, verified, published; or occurred, detected, aware",
    args: [{ kind: "label", to: "time" }],
    flags: [text("how that is known")],
  },
  {
    act: "assign",
    spec: "assign <id> <role> [person]",
    help: "make somebody owner, commander, or what else your rules name",
    args: [
      { kind: "label", to: "role" },
      { kind: "person", to: "person" },
    ],
    flags: [flag("--team <name>", "a team or rota instead of a person", "label", "team"), reason()],
  },
  {
    act: "escalate",
    spec: "escalate <id>",
    help: "record an escalation",
    args: [],
    flags: [
      flag("--to <role>", "to which role, such as leadership", "label", "to"),
      flag("--to-person <person>", "to whom", "person", "toPerson"),
      flag("--from <role>", "from which role", "label", "from"),
      flag("--from-person <person>", "from whom", "person", "fromPerson"),
      reason("why; needed"),
    ],
  },
  {
    act: "note",
    spec: "note <id> <text>",
    help: "add to the timeline: what happened, or was done",
    args: [{ kind: "text", to: "text" }],
    flags: [],
  },
  {
    act: "communicate",
    spec: "communicate <id>",
    help: "record that somebody was told",
    args: [],
    flags: [
      flag("--channel <name>", "by which way: status-page, email, phone", "label", "channel"),
      flag(
        "--audience <who>",
        "customers, public, internal, authority, subjects, controller or supplier",
        "label",
        "audience",
      ),
      flag("--purpose <what>", "acknowledgement, update, notice, resolution, summary or formal", "label", "purpose"),
      flag("--reached <number>", "how many received it", "count", "reached"),
      flag("--of <number>", "of how many that are affected", "count", "of"),
      flag("--to <name...>", "who received it", "texts", "to"),
      text("what was said"),
    ],
  },
  {
    act: "measure",
    spec: "measure <id> <name> [result]",
    help: "record a measure, such as rotate-credentials: done (unless you say otherwise), planned or not-applicable",
    args: [
      { kind: "label", to: "measure" },
      { kind: "label", to: "result" },
    ],
    flags: [
      flag("--type <what>", "containment, eradication or recovery", "label", "type"),
      flag("--layer <where>", "where: edge, app, host", "label", "layer"),
      text("what was done"),
      reason("with not-applicable: why"),
    ],
  },
  {
    act: "impact",
    spec: "impact <id>",
    help: "record what it meant, each of them none, low, medium, high or unknown",
    args: [],
    flags: [
      flag("--confidentiality <level>", "could others read what they must not", "label", "confidentiality"),
      flag("--integrity <level>", "was something changed or lost", "label", "integrity"),
      flag("--availability <level>", "could something not be used", "label", "availability"),
      flag("--affected <number>", "people, customers or organisations concerned", "count", "affected"),
      flag("--type <label>", "kind of incident, in the words of your rules", "label", "type"),
      text("what it meant for them"),
    ],
  },
  {
    act: "supplier",
    spec: "supplier <id>",
    help: "record that it came from a supplier",
    args: [],
    flags: [
      flag("--supplier <label>", "short name", "label", "supplier"),
      flag("--name <name>", "full name", "text", "name"),
      flag("--ticket <label>", "number of the ticket there", "label", "ticket"),
      text("what they said"),
    ],
  },
  {
    act: "personal-data",
    spec: "personal-data <id> <decision>",
    help: "decide whether personal data is concerned: yes, no or unclear",
    args: [{ kind: "label", to: "decision" }],
    flags: [reason("why; needed"), flag("--by <person>", "who decided, where it was somebody else", "person", "by")],
  },
  {
    act: "breach",
    spec: "breach <id>",
    help: "record a breach of personal data, for one role and one set of data",
    args: [],
    flags: [
      flag("--role <role>", "controller or processor", "label", "role"),
      flag("--dataset <id>", "whose data, or which contract", "label", "dataset"),
      flag("--aware <time>", "when somebody knew", "time", "awareAt"),
      flag("--risk <level>", "unlikely, risk or high", "label", "risk"),
      flag("--risk-reason <text>", "why", "text", "riskReason"),
      flag("--risk-by <person>", "who decided that", "person", "riskBy"),
      flag("--risk-at <time>", "when", "time", "riskAt"),
      flag("--authority-told <time>", "when the authority was told", "time", "authorityAt"),
      flag("--controller-told <time>", "when the controller was told", "time", "controllerAt"),
      flag("--subjects-told <time>", "when the people concerned were told", "time", "subjectsAt"),
      flag(
        "--exemption-ground <ground>",
        `why they need not be told: ${EXEMPTION_GROUNDS.map((one) => `${one} (${GROUNDS[one]})`).join("; ")}`,
        "label",
        "exemptionGround",
      ),
      flag("--exemption <text>", "the same in words; needed beside the ground", "text", "exemption"),
      flag("--delay-reason <text>", "why it was told late", "text", "delayReason"),
      flag("--people <number>", "how many people are concerned", "count", "people"),
      flag("--facts <text>", "what happened", "text", "facts"),
      flag("--effects <text>", "what follows from it", "text", "effects"),
      flag("--remedy <text>", "what was done about it", "text", "remedy"),
    ],
  },
  {
    act: "law-step",
    spec: "law-step <id> <step>",
    help: "record a report under a law, as the rules name it",
    args: [{ kind: "label", to: "step" }],
    flags: [text("to whom, and its number there")],
  },
  {
    act: "tag",
    spec: "tag <id> <tags...>",
    help: "mark it as your rules name it, such as customer-data-accessed",
    args: [{ kind: "labels", to: "tags" }],
    flags: [reason()],
  },
  {
    act: "untag",
    spec: "untag <id> <tags...>",
    help: "take a mark away again",
    args: [{ kind: "labels", to: "tags" }],
    flags: [reason("why; needed")],
  },
  {
    act: "cause",
    spec: "cause <id>",
    help: "record the root cause",
    args: [],
    flags: [text("the root cause"), flag("--key <label>", "a short name that repeats of it share", "label", "key")],
  },
  {
    act: "exposure",
    spec: "exposure <id>",
    help: "record from when to when something lay open",
    args: [],
    flags: [
      flag("--from <time>", "from when on", "time", "from"),
      flag("--to <time>", "until when", "time", "to"),
      text("what, and how that is known"),
    ],
  },
  {
    act: "deploy",
    spec: "deploy <id> <answer>",
    help: "record whether a deployment caused it: yes or no",
    args: [{ kind: "yes-no", to: "correlated" }],
    flags: [flag("--deploy <label>", "which", "label", "deploy"), text("how that is known")],
  },
  {
    act: "resolve",
    spec: "resolve <id>",
    help: "say that it is over; closing it is another step",
    args: [],
    flags: [text("how it was resolved")],
  },
  { act: "reopen", spec: "reopen <id>", help: "say that it is not over", args: [], flags: [reason("why; needed")] },
  {
    act: "close",
    spec: "close <id>",
    help: "close it, once everything holds that your rules ask for",
    args: [],
    flags: [reason("in what state it is closed")],
  },
  {
    act: "withdraw",
    spec: "withdraw <id>",
    help: "say that it was opened by mistake; it stays readable and is counted apart",
    args: [],
    flags: [reason("why it was a mistake; needed")],
  },
];

/** Flags that only corrections have. */
export const CORRECTED_BY_FLAG: readonly (readonly [string, string])[] = [
  ["--time <name>", "of a time: which"],
  ["--person <person>", "of an assignment: who"],
  ["--measure <name>", "of a measure: which"],
  ["--result <how>", "of a measure: done, planned or not-applicable"],
  ["--decision <decision>", "of the decision on personal data: yes, no or unclear"],
  ["--step <step>", "of a report under a law: which"],
  ["--correlated <answer>", "of a deployment: yes or no"],
  ["--tag <tag...>", "of marks: which"],
];

/** Of the flags that several commands have, each once. */
export function allFlags(): IncidentFlag[] {
  const found = new Map<string, IncidentFlag>();
  for (const { flags } of INCIDENT_COMMANDS)
    for (const one of flags) if (!found.has(nameOfFlag(one))) found.set(nameOfFlag(one), one);
  return [...found.values()];
}

/** `--detected-by <how>` is read as `detectedBy`. */
export function nameOfFlag({ flag: written }: Pick<IncidentFlag, "flag">): string {
  const [name = ""] = written.replace(/^--/, "").split(" ");
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
