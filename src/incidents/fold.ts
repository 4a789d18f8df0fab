import { type RecordedAct, standing } from "../evidence/act.ts";
import type { Actor } from "../evidence/entry.ts";
import { isProven, mayReplace } from "../evidence/proof.ts";
import { fromIso, iso } from "../lib/time.ts";
import { actProblems, isIncidentAct, specOf } from "./acts.ts";
import { foldBreaches } from "./breach.ts";
import type {
  Assignment,
  Escalation,
  GivenSeverity,
  LawStep,
  Message,
  PersonalDataDecision,
  RegisterAct,
  RegisterIncident,
  TakenMeasure,
  Trouble,
} from "./incident.ts";
import { countOf, labelOf, labelsOf, momentOf, textOf } from "./incident.ts";
import { AHEAD, type Moment } from "./moment.ts";
import { severitiesSaid } from "./severities-said.ts";
import type { Statement } from "./statement.ts";
import { Times } from "./times.ts";

/** The words that the organisation's rules know; what they do not know is told. Left out where there are no rules. */
export interface KnownWords {
  /** The severity labels in force at a time, with their aliases. */
  readonly isSeverity?: (severity: string, at: number) => boolean;
  /** How a time is written in words to people; as records spell it where left out. */
  readonly show?: (moment: Moment) => string;
}

/** One incident from all acts about it; the first is the one that opened it. */
export function foldIncident(
  id: string,
  acts: readonly RecordedAct<"incident">[],
  known: KnownWords,
): RegisterIncident {
  const folding = new Folding(id, known);
  const fitting = folding.withoutWrongCorrections(acts);
  const originals = new Map(acts.map((one) => [one.index, one]));
  const one = (record: RecordedAct<"incident">, replaced: readonly RegisterAct[] = []): RegisterAct => {
    const { entry, index, at } = originals.get(record.index) ?? record;
    return {
      index,
      at,
      happened: { at: fromIso(entry.happened), precision: entry.precision ?? 1 },
      act: entry.act,
      known: isIncidentAct(entry.act) ? entry.act : undefined,
      by: entry.actor,
      values: entry.values ?? {},
      record: originals.get(index) ?? record,
      replaced,
    };
  };
  const history = standing(fitting, ({ incident }) => incident).map(({ act, replaced }) =>
    one(
      act,
      replaced.map((each) => one(each)),
    ),
  );
  for (const act of history) folding.take(act);
  return folding.done(history, acts.at(-1)?.index ?? 0);
}

class Folding {
  readonly #id: string;
  readonly #known: KnownWords;
  readonly #troubles: Trouble[] = [];
  /** Records whose words are gone: whether they gave a reason nobody can tell. */
  readonly #gone = new Set<number>();
  readonly #times = new Times();
  readonly #severities: GivenSeverity[] = [];
  readonly #natures: { readonly nature: string; readonly index: number }[] = [];
  readonly #assignments: Assignment[] = [];
  readonly #escalations: Escalation[] = [];
  readonly #messages: Message[] = [];
  readonly #measures = new Map<string, TakenMeasure>();
  readonly #breaches: RegisterAct[] = [];
  readonly #lawSteps: LawStep[] = [];
  readonly #tags = new Set<string>();
  #open: RegisterAct | undefined;
  #impact: RegisterIncident["impact"] = {
    confidentiality: null,
    integrity: null,
    availability: null,
    affected: null,
    type: null,
  };
  #supplier: string | null = null;
  #ticket: string | null = null;
  #personalData: PersonalDataDecision | null = null;
  #cause: RegisterIncident["cause"] = null;
  #exposure: RegisterIncident["exposure"] = null;
  #deploy: RegisterIncident["deploy"] = null;
  #resolved: RegisterAct | undefined;
  #closed: RegisterAct | undefined;
  readonly #show: (moment: Moment) => string;
  #withdrawn: RegisterAct | undefined;
  #reopened = 0;

  constructor(id: string, known: KnownWords) {
    this.#id = id;
    this.#known = known;
    this.#show = known.show ?? (({ at }) => iso(at));
  }

  #trouble({ index }: { readonly index: number }, text: string): void {
    this.#troubles.push({ index, incident: this.#id, text });
  }

  /** The same acts, where a correction of something that it cannot correct counts by itself. */
  withoutWrongCorrections(acts: readonly RecordedAct<"incident">[]): RecordedAct<"incident">[] {
    const kinds = new Map<number, string>();
    // A record and all its corrections stand for one thing: whoever put it right last is whom the next one corrects.
    const heads = new Map<number, { by: Actor }>();
    return acts.map((act) => {
      const { corrects, act: kind, ...rest } = act.entry;
      const target = corrects === undefined ? undefined : kinds.get(corrects);
      // What a correction of a correction must be is what the first one of them was.
      kinds.set(act.index, kind === "void" && target !== undefined ? target : kind);
      const { actor } = act.entry;
      const head = corrects === undefined ? undefined : heads.get(corrects);
      heads.set(act.index, head ?? { by: actor });
      if (corrects === undefined) return act;
      const fits = target === kind || (kind === "void" && target !== undefined && target !== "open");
      if (fits && head !== undefined && mayReplace(actor, head.by)) {
        head.by = actor;
        return act;
      }
      heads.set(act.index, { by: actor });
      const why = fits
        ? `record ${corrects}, of somebody who showed who they are, which whoever recorded this did not`
        : target === undefined
          ? `record ${corrects}, which is no earlier record about ${this.#id}`
          : kind === "void"
            ? `record ${corrects}, which opened it; what was opened by mistake is withdrawn`
            : `record ${corrects}, which is of another kind ("${target}")`;
      this.#trouble(act, `says that it corrects ${why}; it counts by itself`);
      return { ...act, entry: { ...rest, act: kind } as typeof act.entry };
    });
  }

  take(act: RegisterAct): void {
    for (const each of [act, ...act.replaced]) this.#look(each);
    if (act.known === undefined) return;
    const problems = act.record.gone === undefined ? actProblems(act.known, { ...act.values }, act.record.words) : [];
    for (const problem of problems) this.#trouble(act, `${specOf(act.known).text}: ${problem}`);
    this.#apply(act);
  }

  /** What is to be said of a record by itself, corrected or not. */
  #look({ index, at, happened, known, act, record }: RegisterAct): void {
    const of = { index };
    if (record.gone !== undefined) this.#gone.add(index);
    if (known === undefined)
      this.#trouble(of, `is an act "${act}" that this version does not know; it is shown and not counted`);
    if (happened.at > at + AHEAD)
      this.#trouble(
        of,
        `says that it happened at ${this.#show(happened)}, which is after it was logged (${this.#show({ at, precision: 1 })})`,
      );
    if (record.gone === "missing" || record.gone === "unreadable")
      this.#trouble(of, `its words are ${record.gone}; run \`custody verify\``);
  }

  #apply(act: RegisterAct): void {
    const said = saidBy(act);
    if (this.#closed && !AFTER_CLOSING.has(act.act) && !isLate(act, this.#closed))
      this.#trouble(
        act,
        `was closed by record ${this.#closed.index}, and this is ${specOf(act.known ?? "note").text} from after that, without a reopening`,
      );
    if (this.#withdrawn && !AFTER_WITHDRAWAL.has(act.act))
      this.#trouble(act, `speaks of it although it was withdrawn as a mistake (record ${this.#withdrawn.index})`);
    switch (act.known) {
      case "open":
        this.#opened(act);
        return;
      case "classify":
        this.#severity(act, labelOf(act, "severity"), textOf(act, "reason"));
        this.#nature(act, labelOf(act, "nature"));
        return;
      case "stamp": {
        const time = labelOf(act, "time");
        if (time === "resolved") this.#resolve(act);
        else this.#times.say(time, said);
        return;
      }
      case "assign":
        this.#assign(said, labelOf(act, "role"), labelOf(act, "person"), labelOf(act, "team"));
        return;
      case "escalate":
        this.#escalations.push({
          ...said,
          from: labelOf(act, "from"),
          to: labelOf(act, "to"),
          fromPerson: labelOf(act, "fromPerson"),
          toPerson: labelOf(act, "toPerson"),
          reason: textOf(act, "reason"),
        });
        return;
      case "communicate":
        this.#messages.push({
          ...said,
          channel: labelOf(act, "channel"),
          audience: labelOf(act, "audience"),
          purpose: labelOf(act, "purpose"),
          reached: countOf(act, "reached"),
          of: countOf(act, "of"),
        });
        return;
      case "measure":
        this.#measure(act);
        return;
      case "impact":
        this.#impact = {
          confidentiality: labelOf(act, "confidentiality") ?? this.#impact.confidentiality,
          integrity: labelOf(act, "integrity") ?? this.#impact.integrity,
          availability: labelOf(act, "availability") ?? this.#impact.availability,
          affected: countOf(act, "affected") ?? this.#impact.affected,
          type: labelOf(act, "type") ?? this.#impact.type,
        };
        return;
      case "supplier":
        this.#supplier = textOf(act, "name") ?? labelOf(act, "supplier") ?? this.#supplier;
        this.#ticket = labelOf(act, "ticket") ?? this.#ticket;
        return;
      case "personal-data": {
        const decision = labelOf(act, "decision");
        if (decision !== "yes" && decision !== "no" && decision !== "unclear") return;
        const by = labelOf(act, "by") ?? act.by.id;
        this.#personalData = { ...said, decision, by, reason: textOf(act, "reason") };
        return;
      }
      case "breach":
        this.#breaches.push(act);
        return;
      case "law-step": {
        const step = labelOf(act, "step");
        if (step !== null) this.#lawSteps.push({ ...said, step });
        return;
      }
      case "cause":
        this.#cause = { text: textOf(act, "text"), key: labelOf(act, "key") ?? this.#cause?.key ?? null };
        return;
      case "tag":
        for (const tag of labelsOf(act, "tags")) this.#tags.add(tag);
        return;
      case "untag":
        for (const tag of labelsOf(act, "tags")) this.#tags.delete(tag);
        return;
      case "exposure": {
        const from = momentOf(act, "from");
        if (from !== undefined) this.#exposure = { from, to: momentOf(act, "to") ?? null };
        return;
      }
      case "deploy": {
        const { correlated } = act.values;
        if (typeof correlated === "boolean") this.#deploy = { correlated, deploy: labelOf(act, "deploy") };
        return;
      }
      case "resolve":
        this.#resolve(act);
        return;
      case "reopen":
        this.#reopen(act);
        return;
      case "close":
        this.#close(act);
        return;
      case "withdraw":
        this.#withdraw(act);
        return;
      case "void":
        // One that corrects nothing was told already; one that corrects something has taken it away by standing there.
        return;
    }
  }

  #opened(act: RegisterAct): void {
    if (this.#open !== undefined) {
      this.#trouble(act, `opens ${this.#id} once more (record ${this.#open.index} did); it counts for nothing`);
      return;
    }
    this.#open = act;
    this.#severity(act, labelOf(act, "severity"), null);
    this.#nature(act, labelOf(act, "nature"));
    const said = saidBy(act);
    for (const role of ["owner", "commander"]) {
      const person = labelOf(act, role);
      if (person !== null) this.#assign(said, role, person, null);
    }
    for (const time of ["occurred", "detected"]) {
      const moment = momentOf(act, `${time}At`);
      if (moment !== undefined) this.#times.say(time, { ...moment, index: act.index });
    }
  }

  #severity(act: RegisterAct, severity: string | null, reason: string | null): void {
    if (severity === null) return;
    this.#severities.push({ ...saidBy(act), severity, by: act.by.id, reason });
    if (this.#known.isSeverity?.(severity, act.happened.at) === false)
      this.#trouble(act, `gives it the severity "${severity}", which is none of your rules`);
  }

  #nature(act: RegisterAct, nature: string | null): void {
    if (nature === null) return;
    const before = this.#natures.at(-1)?.nature;
    if (before !== undefined && before !== nature && textOf(act, "reason") === null && !this.#gone.has(act.index))
      this.#trouble(act, `changes what it concerns from ${before} to ${nature} and gives no reason`);
    this.#natures.push({ nature, index: act.index });
  }

  #assign(said: Statement, role: string | null, person: string | null, team: string | null): void {
    if (role === null || (person === null && team === null)) return;
    this.#assignments.push({ ...said, role, person, team });
    if (role === "commander" && person !== null) this.#times.say("commander", said);
  }

  #measure(act: RegisterAct): void {
    const [measure, result] = [labelOf(act, "measure"), labelOf(act, "result")];
    if (measure === null || (result !== "done" && result !== "planned" && result !== "not-applicable")) return;
    const layer = labelOf(act, "layer");
    const key = JSON.stringify([measure, layer]);
    const before = this.#measures.get(key);
    // Once it is done it stays done; only a correction says that it was not.
    if (before?.result === "done" && result !== "done") {
      const once = `the measure ${measure} was done by record ${before.index}`;
      this.#trouble(act, `${once}; only a correction would say that it was not`);
      return;
    }
    const reason = textOf(act, "reason");
    this.#measures.set(key, { ...saidBy(act), measure, result, layer, type: labelOf(act, "type"), reason });
  }

  #resolve(act: RegisterAct): void {
    this.#times.say("resolved", saidBy(act));
    this.#resolved = act;
  }

  #reopen(act: RegisterAct): void {
    const before = this.#withdrawn ?? this.#closed ?? this.#resolved;
    if (before === undefined) this.#trouble(act, "reopens it although it was open");
    else if (act.happened.at + act.happened.precision <= before.happened.at)
      this.#trouble(
        act,
        `says that it was reopened before it was ${ENDED[before.act] ?? "over"} (record ${before.index})`,
      );
    // Undoing a withdrawal is no relapse of the incident.
    if (this.#withdrawn === undefined) {
      this.#reopened += before === undefined ? 0 : 1;
      this.#times.reopen();
      this.#resolved = undefined;
      this.#closed = undefined;
    }
    this.#withdrawn = undefined;
  }

  #close(act: RegisterAct): void {
    if (this.#resolved === undefined) this.#trouble(act, "closes it although it was not resolved");
    const waived = labelsOf(act, "waived");
    if (waived.length > 0 && !isProven(act.by))
      this.#trouble(
        act,
        `closes it although ${waived.length} conditions did not hold, by somebody who did not show who they are`,
      );
    if (this.#closed === undefined) this.#closed = act;
    this.#times.say("closed", saidBy(act));
  }

  #withdraw(act: RegisterAct): void {
    if (isProven(act.by) && act.by.role === "owner") this.#withdrawn = act;
    else this.#trouble(act, "withdraws it, but not by an owner who showed who they are; it goes on being counted");
  }

  done(history: readonly RegisterAct[], newest: number): RegisterIncident {
    const open = this.#open ?? history[0];
    if (open === undefined) throw new RangeError(`${this.#id} has no record that opened it`);
    // A correction of the opening does not move it.
    const first = open.replaced[0] ?? open;
    const { breaches, troubles } = foldBreaches(this.#id, this.#breaches, this.#show);
    this.#troubles.push(...troubles);
    for (const { times } of breaches) if (times.awareAt) this.#times.say("aware", times.awareAt);
    const settled = this.#times.settle(this.#id, { ...open.happened, index: open.index }, this.#show);
    this.#troubles.push(...settled.troubles);
    const severities = this.#settledSeverities();
    const roles = new Map(this.#assignments.map((one) => [one.role, one]));
    return {
      id: this.#id,
      title: textOf(open, "title") ?? goneTitle(open),
      state: this.#withdrawn ? "withdrawn" : this.#closed ? "closed" : this.#resolved ? "resolved" : "open",
      entry: first.index,
      createdAt: first.at,
      newest,
      opened: open.happened,
      openedBy: first.by,
      // Only Custody opens anything by rule, and no correction makes that undone.
      origin: first.by.type === "system" ? labelOf(first, "origin") : null,
      nature: this.#natures.at(-1)?.nature ?? null,
      detectedBy: labelOf(open, "detectedBy"),
      severities,
      severitiesSaid: severitiesSaid(history, severities),
      times: settled.times,
      roles,
      assignments: this.#assignments,
      escalations: this.#escalations,
      messages: this.#messages,
      measures: [...this.#measures.values()],
      impact: this.#impact,
      supplier: this.#supplier,
      personalData: this.#personalData,
      breaches,
      lawSteps: this.#lawSteps,
      cause: this.#cause,
      tags: [...this.#tags],
      exposure: this.#exposure,
      deploy: this.#deploy,
      ticket: this.#ticket,
      reopened: this.#reopened,
      closing: this.#closed
        ? {
            index: this.#closed.index,
            by: this.#closed.by,
            reason: textOf(this.#closed, "reason"),
            waiver: textOf(this.#closed, "waiver"),
            waived: labelsOf(this.#closed, "waived"),
          }
        : null,
      withdrawal: this.#withdrawn
        ? { index: this.#withdrawn.index, by: this.#withdrawn.by, reason: textOf(this.#withdrawn, "reason") }
        : null,
      history,
      troubles: this.#troubles.sort((a, b) => a.index - b.index),
    };
  }

  /** By when they were given; the same one said again is no change. */
  #settledSeverities(): GivenSeverity[] {
    const sorted = [...this.#severities].sort((a, b) => a.at - b.at || a.index - b.index);
    const changes = sorted.filter((one, i) => i === 0 || one.severity !== sorted[i - 1]?.severity);
    for (const [i, one] of changes.entries())
      if (i > 0 && one.reason === null && !this.#gone.has(one.index))
        this.#trouble(
          one,
          `changes the severity from ${changes[i - 1]?.severity} to ${one.severity} and gives no reason`,
        );
    return changes;
  }
}

/** What may be recorded of an incident that is closed. */
const AFTER_CLOSING: ReadonlySet<string> = new Set([
  "reopen",
  "note",
  "communicate",
  "breach",
  "law-step",
  "withdraw",
  "void",
  "stamp",
  "cause",
  "tag",
  "untag",
  "close",
  "open",
]);

/** What never waits: how grave it is, and that it is over, is settled before it is closed. */
const NEVER_LATE: ReadonlySet<string> = new Set(["classify", "resolve"]);

/** What happened while it was open may be written down later; where it is shown it is marked. */
const isLate = ({ act, happened }: RegisterAct, closed: RegisterAct): boolean =>
  !NEVER_LATE.has(act) && happened.at + happened.precision <= closed.happened.at;

/** And of one that was withdrawn. */
const AFTER_WITHDRAWAL: ReadonlySet<string> = new Set(["reopen", "note", "void", "withdraw", "open"]);

const ENDED: Readonly<Record<string, string>> = {
  resolve: "resolved",
  stamp: "resolved",
  close: "closed",
  withdraw: "withdrawn",
};

const saidBy = ({ happened, index }: RegisterAct): Statement => ({ ...happened, index });

function goneTitle({ record }: RegisterAct): string {
  return record.gone === "disposed" ? "(title disposed of)" : "(no title)";
}
