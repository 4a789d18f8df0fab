import { newToken, tokenLine } from "../../src/people.ts";
import type { Cli, Done, Workspace } from "./cli.ts";
import { incidentFile } from "./dated-incidents.ts";

const DAY = 86_400_000;
const TOKENS = { anna: newToken(), otto: newToken(), audi: newToken() };
type Person = keyof typeof TOKENS;

export interface RegisterWorkspace {
  readonly workspace: Workspace;
  /** Three days ago, and the period from then to now, as commands take it. */
  readonly day: string;
  readonly period: string;
  as(person: Person | undefined, ...args: string[]): Promise<Done>;
  collect(): Promise<void>;
}

/** A workspace with a register of `count` incidents of three days ago, the first `without` of them without an owner; anna owns, otto operates, audi audits. */
export async function registerWorkspace(cli: Cli, count: number, without = 0): Promise<RegisterWorkspace> {
  const workspace = await cli.workspace();
  const people = `people:
  anna: { role: owner, token: "${tokenLine(TOKENS.anna)}" }
  otto: { role: operator, token: "${tokenLine(TOKENS.otto)}" }
  audi: { role: auditor, token: "${tokenLine(TOKENS.audi)}" }
index: "postgres://127.0.0.1:9/none"
policy: critical-low-untimed
`;
  await workspace.configure(
    "- { id: register, use: incident-log/markdown, path: ./incidents, cadence: daily }",
    people,
  );
  const day = new Date(Date.now() - 3 * DAY).toISOString().slice(0, 10);
  for (let i = 1; i <= count; i += 1) {
    const id = `INC-${String(i).padStart(3, "0")}`;
    await workspace.write(`incidents/${id}.md`, incidentFile(id, day, i <= without ? { owner: "" } : {}));
  }
  const collect = async () => {
    const done = await workspace.run("collect");
    if (done.code !== 0) throw new Error(`collect failed:\n${done.all}`);
  };
  await collect();
  // To the end of today wherever that ends last: what is collected now belongs to it at any hour.
  const period = `${day}..${new Date(Date.now() + DAY).toISOString().slice(0, 10)}`;
  const as = (person: Person | undefined, ...args: string[]) =>
    cli.run(workspace.folder, args, { env: { CUSTODY_TOKEN: person && TOKENS[person] } });
  return { workspace, day, period, as, collect };
}
