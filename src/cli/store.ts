import { randomBytes } from "node:crypto";
import { probeStore } from "../store/probe.ts";
import { type GlobalFlags, withCustody } from "./context.ts";

/** `custody store probe`: exit 2 when the store cannot be used. */
export function probe(flags: GlobalFlags): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const report = await probeStore(await custody.store(), randomBytes);
    output.line(report.place);
    for (const { check, ok, detail } of report.checks)
      output.line(`  ${ok ? "yes" : "NO "} ${check.padEnd(17)} ${detail}`);
    output.line(
      report.fit ? "This store keeps what a ledger needs." : "This store must not be used: see the lines with NO.",
    );
    output.object({ ok: report.fit, ...report });
    return report.fit ? 0 : 2;
  });
}
