import type { Population } from "../assess/population.ts";
import type { FactKind } from "../evidence/fact.ts";
import { withdrawnSignOffs } from "./confirmations.ts";
import type { ControlReport } from "./controls-shape.ts";
import { meets } from "./coverage.ts";
import type { GapRow, SourceReport } from "./coverage-shape.ts";
import { custodyPart } from "./custody.ts";
import { exceptionsPart } from "./exceptions.ts";
import type { ReportInput } from "./input.ts";
import { learningPart } from "./learning.ts";
import type { ReportModel } from "./shape.ts";
import { earlierReports, statementPart } from "./statement.ts";
import { whoPart } from "./who.ts";

/** The parts of a report that give account of what people did: learned, accepted, kept, signed. */
export function accountParts(
  input: ReportInput,
  found: {
    readonly populations: ReadonlyMap<FactKind, Population>;
    readonly controls: readonly ControlReport[];
    readonly sources: readonly SourceReport[];
    readonly gaps: readonly GapRow[];
  },
): Pick<ReportModel, "learning" | "exceptions" | "custody" | "who" | "completeness" | "earlier"> {
  const { period, asOf, organisation } = input;
  const { populations, controls, sources, gaps } = found;
  const incidents = populations.get("incident")?.records ?? [];
  const signOffs = (input.signOffs ?? []).filter(({ window }) => meets(window, period));
  const withdrawn = withdrawnSignOffs(input.nilReturns ?? []);
  return {
    learning: learningPart(input.learning, populations, period, asOf, organisation.zone),
    exceptions: exceptionsPart(input.exceptions, controls, input.controls, period, asOf),
    custody: custodyPart(input.custody, new Set(incidents.map(({ fact }) => fact.id)), period, organisation.zone),
    who: whoPart(input.who, {
      signers: signOffs.filter(({ entry }) => !withdrawn.has(entry)).map(({ by }) => by.name ?? by.id),
      people: input.people ?? {},
      voidSignOffs: new Set([...(input.voidSignOffs ?? []).map(({ entry }) => entry), ...withdrawn]),
      period,
    }),
    completeness: statementPart(
      input.statement,
      {
        sources: sources.length,
        silent: sources.filter((s) => s.configured && s.freshness.state === "never").map((s) => s.instance),
        notConnected: input.scope.filter((one) => one.notConnected !== undefined).length,
        gaps: {
          total: gaps.filter(({ what }) => what === null).length,
          open: gaps.filter(({ what, state }) => what === null && state === "open").length,
        },
        incidents: incidents.length,
      },
      signOffs,
      period,
    ),
    earlier: earlierReports(input.statement, period),
  };
}
