import { type Names, nameOf } from "./facts.ts";
import { countOf, labelOf, labelsOf, momentOf, type RegisterAct, textOf } from "./incident.ts";
import { momentForPeople } from "./moment.ts";

/** What an act says, as one sentence without a stop; its words of people come as they were written. */
export function actInWords(act: RegisterAct, names: Names, zone: string): string {
  const gone = act.record.gone === undefined ? "" : ` (its words are ${GONE[act.record.gone]})`;
  return `${sentence(act, names, zone)}${gone}`;
}

const GONE = { disposed: "disposed of", missing: "missing", unreadable: "unreadable" } as const;

function sentence(act: RegisterAct, names: Names, zone: string): string {
  const label = (name: string) => labelOf(act, name);
  const text = (name: string) => textOf(act, name);
  const who = (name: string) => {
    const id = label(name);
    return id === null ? null : nameOf(id, names);
  };
  const time = (name: string) => {
    const moment = momentOf(act, name);
    return moment === undefined ? null : momentForPeople(moment, zone);
  };
  const list = (...parts: (string | null | undefined | false)[]) => parts.filter(Boolean).join(", ");
  const because = (name = "reason") => (text(name) === null ? "" : `: ${text(name)}`);
  const named = (name: string, value: string | number | null) => (value === null ? null : `${name} ${value}`);
  switch (act.known) {
    case "open":
      return `opened: ${text("title") ?? "(no title)"}${append(
        list(
          label("severity"),
          label("nature"),
          named("noticed by", label("detectedBy")),
          named("began", time("occurredAt")),
          named("noticed", time("detectedAt")),
          named("owner", who("owner")),
          named("commander", who("commander")),
          label("origin") !== null && `opened by rule (${label("origin")})`,
        ),
      )}${text("text") === null ? "" : `. ${text("text")}`}`;
    case "classify":
      return `classified as ${list(label("severity"), label("nature"))}${because()}`;
    case "stamp":
      return `${label("time") ?? "a time"}${because("text")}`;
    case "assign":
      return `${label("role") ?? "a role"}: ${who("person") ?? label("team") ?? "nobody"}${because()}`;
    case "escalate":
      return `escalated ${list(
        named("from", label("from") ?? who("fromPerson")),
        named("to", [label("to"), who("toPerson")].filter(Boolean).join(" ") || null),
      )}${because()}`;
    case "note":
      return text("text") ?? "a note";
    case "communicate": {
      const [reached, of] = [countOf(act, "reached"), countOf(act, "of")];
      const to = act.record.words.to;
      return `told ${label("audience") ?? "somebody"} by ${label("channel") ?? "?"}${append(
        list(
          label("purpose"),
          reached !== null && (of === null ? `${reached} reached` : `${reached} of ${of} reached`),
          Array.isArray(to) ? to.join(", ") : text("to"),
        ),
      )}${because("text")}`;
    }
    case "measure":
      return `${label("measure") ?? "a measure"}: ${MEASURED[label("result") ?? ""] ?? "?"}${append(
        list(label("type"), named("at", label("layer"))),
      )}${because(label("result") === "not-applicable" ? "reason" : "text")}`;
    case "impact":
      return `impact: ${list(
        named("confidentiality", label("confidentiality")),
        named("integrity", label("integrity")),
        named("availability", label("availability")),
        named("affected:", countOf(act, "affected")),
        named("type", label("type")),
      )}${because("text")}`;
    case "supplier":
      return `came from the supplier ${list(text("name") ?? label("supplier"), named("ticket", label("ticket")))}${because("text")}`;
    case "personal-data":
      return `personal data concerned: ${label("decision") ?? "?"}${append(list(named("decided by", who("by"))))}${because()}`;
    case "breach":
      return `breach of personal data as ${list(
        label("role"),
        label("dataset"),
        named("known since", time("awareAt")),
        named("risk for people:", label("risk")),
        named("decided by", who("riskBy")),
        named("decided on", time("riskAt")),
        named("authority told", time("authorityAt")),
        named("controller told", time("controllerAt")),
        named("people told", time("subjectsAt")),
        named("people:", countOf(act, "people")),
        named("need not be told:", label("exemptionGround")),
      )}${["riskReason", "exemption", "delayReason", "facts", "effects", "remedy"]
        .map((name) => (text(name) === null ? "" : `; ${PLAIN[name] ?? name}: ${text(name)}`))
        .join("")}`;
    case "law-step":
      return `reported: ${label("step") ?? "?"}${because("text")}`;
    case "cause":
      return `cause${label("key") === null ? "" : ` (${label("key")})`}: ${text("text") ?? "?"}`;
    case "tag":
      return `marked ${labelsOf(act, "tags").join(", ")}${because()}`;
    case "untag":
      return `no longer marked ${labelsOf(act, "tags").join(", ")}${because()}`;
    case "exposure":
      return `exposed ${list(named("from", time("from")), named("to", time("to")))}${because("text")}`;
    case "deploy":
      return act.values.correlated === true
        ? `caused by a deployment${append(label("deploy") ?? "")}${because("text")}`
        : `not caused by a deployment${because("text")}`;
    case "resolve":
      return `resolved${because("text")}`;
    case "reopen":
      return `reopened${because()}`;
    case "close": {
      const waived = labelsOf(act, "waived");
      return `closed${waived.length === 0 ? "" : ` although ${waived.join(", ")} did not hold (${text("waiver") ?? "no reason"})`}${because()}`;
    }
    case "withdraw":
      return `withdrawn as opened by mistake${because()}`;
    case "void":
      return "struck out";
    default:
      return `"${act.act}", which this version does not know`;
  }
}

const append = (text: string): string => (text === "" ? "" : ` (${text})`);

const MEASURED: Readonly<Record<string, string>> = {
  done: "done",
  planned: "planned",
  "not-applicable": "does not apply",
};

const PLAIN: Readonly<Record<string, string>> = {
  riskReason: "why",
  exemption: "people need not be told",
  delayReason: "late because",
};
