import { collectors } from "../../collectors/index.ts";
import type { GlobalFlags } from "./context.ts";
import { newOutput } from "./output.ts";

/** `custody sources`: every collector, what it needs and what it cannot show. Needs no workspace. */
export async function sources(flags: GlobalFlags): Promise<number> {
  const output = newOutput(flags.json ?? false);
  for (const { name, title, mode, cadence, grace, permissions, blindSpots } of collectors) {
    output.line(`${name}`);
    output.line(`  ${title}; required ${cadence}, ${grace} grace; ${MODES[mode]}`);
    for (const permission of permissions) output.line(`  needs: ${permission}`);
    for (const spot of blindSpots) output.line(`  cannot show: ${spot}`);
    output.line();
  }
  output.line(
    "Each goes into custody.yaml under `collectors:` as { id: …, use: … } with its own settings: docs/configuration.md.",
  );
  output.line(
    "Secrets are hidden in what they take, always; personal data by the rules under `masking:`, in incident logs only where a rule names them: docs/privacy.md.",
  );
  output.object({
    ok: true,
    sources: collectors.map(({ name, title, family, mode, facts, cadence, grace, permissions, blindSpots }) => ({
      name,
      title,
      family,
      mode,
      facts,
      cadence,
      grace,
      permissions,
      blindSpots,
    })),
  });
  return 0;
}

const MODES = {
  window: "can be asked about the past",
  snapshot: "knows only the present",
  inbox: "reports by itself, while `custody serve` runs",
} as const;
