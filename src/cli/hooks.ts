import { isAbsolute, resolve } from "node:path";
import { collectors } from "../../collectors/index.ts";
import type { InboxAddress, InboxLine, InstanceConfig, SecretRef } from "../collector/define.ts";
import { hasInbox } from "../collector/intake.ts";
import { type Config, configPath, loadConfig } from "../config/config.ts";
import { messageOf } from "../lib/errors.ts";
import type { GlobalFlags } from "./context.ts";
import { newOutput } from "./output.ts";

/** One inbox as `custody hooks` shows it; without an address it is closed. */
interface Hook {
  readonly instance: string;
  readonly use: string;
  readonly url?: string;
  readonly lines: readonly InboxLine[];
  /** Why nobody can use it now. */
  readonly trouble?: string;
}

/** `custody hooks`: addresses and lines to paste, with the token by reference and never itself. Needs no ledger. */
export async function hooks(flags: GlobalFlags): Promise<number> {
  const output = newOutput(flags.json ?? false);
  const config = await loadConfig(configPath(flags.config), collectors);
  const found = config.instances.filter(hasInbox).map((instance) => hookOf(instance, config));
  for (const { instance, use, url, lines, trouble } of found) {
    output.line(`${instance} (${use})`);
    output.line(url === undefined ? "  closed" : `  ${url}`);
    if (trouble) output.line(`  ! ${trouble}`);
    for (const { what, text } of lines) {
      output.line();
      output.line(`  # ${what}`);
      for (const line of text.split("\n")) output.line(`  ${line}`);
    }
    output.line();
  }
  if (found.length === 0) {
    output.line(
      "No collector with an inbox is configured. `custody sources` lists them: those that report by themselves.",
    );
  } else {
    output.line("Reports arrive while `custody serve` runs; it must be reachable from the sender under this address.");
  }
  output.object({ ok: true, hooks: found });
  return 0;
}

/** The hook of an instance with an inbox. */
export function hookOf(instance: InstanceConfig, config: Pick<Config, "listen" | "root" | "reveal">): Hook {
  const { id, collector } = instance;
  const about = { instance: id, use: collector.name };
  const ref = collector.inboxToken?.(instance.config as never);
  if (ref === undefined) {
    return {
      ...about,
      lines: [],
      trouble: `no token is configured; add \`token: \${file:./data/keys/${id}-token}\` or \`\${env:NAME}\` to ${id} in custody.yaml`,
    };
  }
  const { host, port } = config.listen;
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}/hooks/${id}`;
  const address: InboxAddress = { url, ...tokenForShell(ref, config.root) };
  const lines = collector.inboxLines?.(instance.config as never, address) ?? [plainLine(address)];
  const trouble = troubleWith(ref, config.reveal);
  return { ...about, url, lines, ...(trouble === undefined ? {} : { trouble }) };
}

function plainLine({ url, token }: InboxAddress): InboxLine {
  const text = `curl -fsS -o /dev/null -m 30 --retry 5 --retry-connrefused -H "Authorization: Bearer ${token}" --data-binary @FILE "${url}"`;
  return { what: "sends a file", text };
}

/** How a shell gets at the token, without showing it. */
function tokenForShell({ secret }: SecretRef, root: string): Pick<InboxAddress, "token" | "tokenFile"> {
  const [, kind, name = ""] = /^\$\{(env|file):(.+)\}$/.exec(secret) ?? [];
  if (kind === "env") return { token: `$${name}` };
  const path = isAbsolute(name) ? name : resolve(root, name);
  return { token: `$(cat ${quote(path)})`, tokenFile: path };
}

function quote(path: string): string {
  return /^[A-Za-z0-9_./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

function troubleWith(ref: SecretRef, reveal: Config["reveal"]): string | undefined {
  try {
    reveal(ref);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
