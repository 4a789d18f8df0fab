import { randomBytes } from "node:crypto";
import type { Custody } from "../custody.ts";
import { type ProbeReport, probeMirror, probeStore } from "../store/probe.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import type { Output } from "./output.ts";

/** `custody store probe`: exit 2 when the store, or the mirror where one is configured, cannot be used. */
export function probe(flags: GlobalFlags): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const report = await probeStore(await custody.store(), randomBytes);
    print(report, output);
    output.line(
      report.fit ? "This store keeps what a ledger needs." : "This store must not be used: see the lines with NO.",
    );
    if (!report.fit && custody.config.mirror === undefined)
      output.line("It may still do as `mirror:` beside a store that passes; docs/storage.md says which do.");
    const mirror = await probedMirror(custody);
    if (mirror !== undefined) {
      print(mirror, output);
      output.line(
        mirror.fit
          ? "This place keeps what a mirror needs."
          : "This place must not be the mirror: see the lines with NO.",
      );
    }
    const fit = report.fit && (mirror?.fit ?? true);
    output.object({ ok: fit, ...report, ...(mirror === undefined ? {} : { mirror }) });
    return fit ? 0 : 2;
  });
}

async function probedMirror(custody: Custody): Promise<ProbeReport | undefined> {
  const mirror = await custody.mirror();
  try {
    return mirror && (await probeMirror(mirror, randomBytes));
  } finally {
    await mirror?.close();
  }
}

function print({ place, checks }: ProbeReport, output: Output): void {
  output.line(place);
  for (const { check, ok, detail } of checks) output.line(`  ${ok ? "yes" : "NO "} ${check.padEnd(17)} ${detail}`);
}
