import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { collectors } from "../../collectors/index.ts";
import { configPath, loadConfig } from "../config/config.ts";
import { systemClock } from "../lib/clock.ts";
import { CustodyError } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { didYouMeanZone, isZone } from "../lib/zone.ts";
import { readPolicyText, shippedPath } from "../policies.ts";
import { beginPolicy, type Template, templateOf } from "../policy/begin.ts";
import { type Hours, hoursIn, OFFICE_HOURS } from "../policy/hours.ts";
import { mistakesInWords, readPolicy } from "../policy/load.ts";
import { isShipped, SHIPPED_POLICIES, type ShippedPolicy } from "../policy/shipped.ts";
import { isBusiness } from "../policy/term.ts";
import { SeverityLabel } from "../policy/words.ts";
import type { GlobalFlags } from "./context.ts";
import { writeOnce } from "./init.ts";
import { newOutput, type Output } from "./output.ts";
import { printPlaced } from "./policy-words.ts";

interface Flags extends GlobalFlags {
  readonly from?: string;
  readonly out?: string;
  readonly title?: string;
  readonly zone?: string;
  readonly owner?: string;
  readonly approvedBy?: string;
  readonly effective?: string;
  readonly severities?: string;
  readonly deadlines?: string;
  readonly hours?: string;
}

/**
 * `custody policy new NAME`: a policy of one's own from the nearest shipped one. Asks on a terminal, takes flags elsewhere.
 * Writes one file that is there completely or not at all, and never over another.
 */
export async function begin(flags: Flags, name: string): Promise<number> {
  const output = newOutput(flags.json ?? false);
  const path = resolve(flags.out ?? `${name}.yaml`);
  if (isShipped(name))
    throw new CustodyError("USAGE", `${name} is the name of a shipped policy; your own needs another one`);
  if (existsSync(path))
    throw new CustodyError("USAGE", `${path} is there already and is not overwritten`, {
      remedy: "Name another file with --out.",
    });
  const asking = openQuestions(flags);
  try {
    const from = await fromWhich(flags, asking, output);
    const shipped = await readPolicyText(shippedPath(from));
    const template = templateOf(shipped);
    const text = beginPolicy(shipped, from, { name, ...(await answers(flags, template, asking, output)) });
    const { policy, mistakes, remarks } = readPolicy(text, { asOf: systemClock.now() });
    if (policy === undefined)
      throw new CustodyError("USAGE", `these answers make no policy:\n${mistakesInWords(mistakes).join("\n")}`, {
        remedy: "Give other ones; nothing was written.",
      });
    if (!(await writeOnce(path, text, 0o644)))
      throw new CustodyError("USAGE", `${path} is there already and is not overwritten`);
    const shown = relative(process.cwd(), path);
    output.line(`Your rules are in ${shown}, begun from ${from}. Nobody has approved them yet.`);
    output.line(`An auditor would ask about ${remarks.length} places:`);
    printPlaced(output, remarks, 12);
    output.line();
    output.line("Next:");
    output.line(`  read every \`says\` in ${shown} and change it until it is what your procedure says`);
    output.line(`  custody policy check ${shown}`);
    output.line(`  policy: ./${shown}     in custody.yaml, once it is approved`);
    output.object({ ok: true, path, from, policy: policy.policy, version: policy.version, remarks });
    return 0;
  } finally {
    asking?.close();
  }
}

/** Asks one question; undefined where here is nobody to ask. */
interface Asking {
  ask(question: string, otherwise: string): Promise<string>;
  close(): void;
}

function openQuestions({ json }: Flags): Asking | undefined {
  if (json || !process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new AbortController();
  terminal.once("close", () => ended.abort());
  return {
    async ask(question, otherwise) {
      const answer = await terminal.question(`${question} [${otherwise}] `, { signal: ended.signal }).catch((cause) => {
        throw new CustodyError("ABORTED", "the questions were not answered; nothing was written", { cause });
      });
      return answer.trim() || otherwise;
    },
    close: () => terminal.close(),
  };
}

async function fromWhich({ from }: Flags, asking: Asking | undefined, output: Output): Promise<ShippedPolicy> {
  const nearest = "sev1-4";
  let chosen =
    from ?? (await asking?.ask(`Which is nearest to yours: ${SHIPPED_POLICIES.join(", ")}?`, nearest)) ?? nearest;
  while (!isShipped(chosen)) {
    const wrong = `there is no shipped policy "${chosen}"${didYouMean(chosen, SHIPPED_POLICIES)}`;
    if (from !== undefined || asking === undefined)
      throw new CustodyError("USAGE", `--from: ${wrong}`, { remedy: `There is ${SHIPPED_POLICIES.join(", ")}.` });
    output.note(wrong);
    chosen = await asking.ask("Which one?", nearest);
  }
  return chosen;
}

async function answers(flags: Flags, template: Template, asking: Asking | undefined, output: Output) {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const organisation = await organisationZone(flags);
  const asked = async (given: string | undefined, question: string, otherwise: string) =>
    given ?? (await asking?.ask(question, otherwise));
  const severities = list(
    await asked(
      flags.severities,
      "Your words for the severities, worst first, with commas?",
      template.severities.join(", "),
    ),
  );
  const words = severities ?? template.severities;
  requireAsMany("--severities", severities, template);
  for (const one of severities ?? []) {
    const { error } = SeverityLabel.safeParse(one);
    if (error !== undefined)
      throw new CustodyError("USAGE", `--severities: ${error.issues[0]?.message ?? "not usable"}`);
  }
  const deadlines = list(
    await asked(
      flags.deadlines,
      `Deadlines (${template.target}) for ${words.join(", ")}, with commas?`,
      template.deadlines.join(", "),
    ),
  );
  requireAsMany("--deadlines", deadlines, template);
  const hours = await hoursOf(flags, deadlines, asking, output);
  const owner = await asked(flags.owner, "Who owns the procedure, as a role?", "fill in later");
  let zone = (await asked(flags.zone ?? organisation, "Your time zone?", isZone(here) ? here : "UTC")) ?? "UTC";
  while (!isZone(zone)) {
    const wrong = `"${zone}" is not a time zone; expected a name such as Europe/Berlin${didYouMeanZone(zone)}`;
    if (asking === undefined || flags.zone !== undefined) throw new CustodyError("USAGE", `--zone: ${wrong}`);
    output.note(wrong);
    zone = await asking.ask("Your time zone?", "UTC");
  }
  const same = deadlines?.every((term, i) => term === template.deadlines[i]);
  return {
    zone,
    title: flags.title,
    owner: owner === "fill in later" ? undefined : owner,
    approvedBy: flags.approvedBy,
    effectiveFrom: flags.effective,
    severities,
    hours,
    deadlines: same === true ? undefined : deadlines,
  };
}

/** The working time that counts business hours and days; asked for where the deadlines have some. Undefined: as it ships. */
async function hoursOf(
  { hours }: Flags,
  deadlines: readonly string[] | undefined,
  asking: Asking | undefined,
  output: Output,
): Promise<Hours | undefined> {
  const asks = asking !== undefined && deadlines?.some(isBusiness) === true;
  let said = hours ?? (asks ? await asking.ask("Your business hours?", OFFICE_HOURS) : undefined);
  for (;;) {
    if (said === undefined) return undefined;
    const found = hoursIn(said);
    if (found !== undefined) return found;
    const wrong = `"${said}" are no hours; expected such as "${OFFICE_HOURS}" or "mon-thu 09:00-12:00 13:00-17:00, fri 09:00-15:00"`;
    if (hours !== undefined || asking === undefined) throw new CustodyError("USAGE", `--hours: ${wrong}`);
    output.note(wrong);
    said = await asking.ask("Your business hours?", OFFICE_HOURS);
  }
}

const list = (text: string | undefined) => text?.split(",").map((one) => one.trim());

function requireAsMany(flag: string, given: readonly string[] | undefined, { severities }: Template): void {
  if (given === undefined || given.length === severities.length) return;
  throw new CustodyError(
    "USAGE",
    `${flag}: expected ${severities.length}, worst first (${severities.join(", ")}), found ${given.length}`,
    {
      remedy:
        "Begin from one with as many levels, p0-p2 with three or another with four; more can be added in the file.",
    },
  );
}

/** The organisation's zone where there is a workspace; a broken one is no hindrance to writing rules. */
async function organisationZone(flags: GlobalFlags): Promise<string | undefined> {
  const path = configPath(flags.config);
  if (flags.config === undefined && !existsSync(path)) return undefined;
  return (await loadConfig(path, collectors)).organisation.zone;
}
