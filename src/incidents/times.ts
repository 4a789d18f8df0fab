import type { RegisterTime, RegisterTimes, Trouble } from "./incident.ts";
import type { Moment } from "./moment.ts";
import { isBefore, type Statement, settle } from "./statement.ts";

/** What was said about the times of one incident, and what counts of it. */

type Said = Statement & { readonly round: number };

/** Where a clock starts the earliest word counts, where one ends the latest: nothing is read in our own favour. */
const STARTS: ReadonlySet<string> = new Set(["occurred", "detected", "aware"]);
/** What a reopening does not begin anew: the first answer was the answer. */
const FIRST_ROUND: ReadonlySet<string> = new Set(["acknowledged", "responded", "triaged"]);
/** What a reopening undoes. */
const THIS_ROUND: ReadonlySet<string> = new Set(["recovered", "verified", "resolved", "closed"]);

const PLAIN: Readonly<Record<string, string>> = {
  occurredAt: "began",
  detectedAt: "was noticed",
  acknowledgedAt: "was acknowledged",
  respondedAt: "was responded to",
  triagedAt: "was triaged",
  commanderAt: "had a commander",
  containedAt: "was contained",
  eradicatedAt: "had its cause removed",
  recoveredAt: "was recovered",
  verifiedAt: "was verified as fixed",
  resolvedAt: "was resolved",
  publishedAt: "had its review published",
  closedAt: "was closed",
};

/** Each pair that cannot be the other way round. */
const ORDER: readonly (readonly [RegisterTime, RegisterTime])[] = [
  ["occurredAt", "detectedAt"],
  ...(
    [
      "acknowledgedAt",
      "respondedAt",
      "triagedAt",
      "containedAt",
      "eradicatedAt",
      "recoveredAt",
      "verifiedAt",
      "resolvedAt",
    ] as const
  ).map((later) => ["occurredAt", later] as const),
  ["detectedAt", "acknowledgedAt"],
  ["detectedAt", "respondedAt"],
  ["detectedAt", "triagedAt"],
  ["detectedAt", "resolvedAt"],
  ["resolvedAt", "closedAt"],
];

export class Times {
  readonly #said = new Map<string, Said[]>();
  #round = 0;

  /** One word about a time: `contained`, `commander`. Of what is no time of an incident nothing is kept. */
  say(time: string | null, statement: Statement): void {
    if (time === null) return;
    const { at, precision, index } = statement;
    const said = { at, precision, index, round: this.#round };
    const own = this.#said.get(time);
    if (own === undefined) this.#said.set(time, [said]);
    else own.push(said);
  }

  /** What comes from here on belongs to another round. */
  reopen(): void {
    this.#round += 1;
  }

  /** What counts. `opened` is when somebody opened it: by then at the latest it was noticed. */
  settle(
    incident: string,
    opened: Statement,
    show: (moment: Moment) => string,
  ): { readonly times: RegisterTimes; readonly troubles: readonly Trouble[] } {
    const times: Partial<Record<RegisterTime, Statement>> = {};
    const troubles: Trouble[] = [];
    const trouble = (index: number, text: string) => troubles.push({ index, incident, text });
    for (const time of this.#said.keys()) {
      const said = this.#counted(time);
      const settled = settle(said, STARTS.has(time) || time === "commander" ? "earliest" : "latest");
      if (settled === undefined) continue;
      times[`${time}At` as RegisterTime] = settled.said;
      // Another commander later is no contradiction.
      if (time === "commander" || time === "closed") continue;
      for (const one of settled.against)
        trouble(
          one.index,
          `says ${show(one)} for "${time}", record ${settled.said.index} says ${show(settled.said)}; the ${STARTS.has(time) ? "earlier" : "later"} one counts until one corrects the other`,
        );
    }
    const { detectedAt } = times;
    if (detectedAt !== undefined && isBefore(opened, detectedAt))
      trouble(
        detectedAt.index,
        `says that it was noticed at ${show(detectedAt)}, after it was opened (${show(opened)}); the opening counts`,
      );
    if (detectedAt === undefined || isBefore(opened, detectedAt)) times.detectedAt = opened;
    for (const [first, then] of ORDER) {
      const [a, b] = [times[first], times[then]];
      if (a && b && isBefore(b, a))
        trouble(
          Math.max(a.index, b.index),
          `by its records it ${PLAIN[then]} (${show(b)}) before it ${PLAIN[first]} (${show(a)})`,
        );
    }
    return { times, troubles };
  }

  #counted(time: string): Statement[] {
    const said = this.#said.get(time) ?? [];
    if (THIS_ROUND.has(time)) return said.filter(({ round }) => round === this.#round);
    if (STARTS.has(time) || time === "commander") return said;
    const rounds = said.map(({ round }) => round);
    const wanted = FIRST_ROUND.has(time) ? Math.min(...rounds) : Math.max(...rounds);
    return said.filter(({ round }) => round === wanted);
  }
}
