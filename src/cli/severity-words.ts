import type { Policy } from "../policy/policy.ts";
import { clean } from "../report/clean.ts";

/** The severities of the rules with what each one means and examples of it, worst first: for whoever has to choose one. */
export function severityWords({ severities }: Policy): string[] {
  return severities.map(({ label, means, examples }) => {
    const like = examples.length === 0 ? "" : ` For example: ${examples.join("; ")}.`;
    return clean(`${label}: ${means}${like}`, 600);
  });
}
