import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { systemClock } from "../lib/clock.ts";
import { CustodyError, messageOf } from "../lib/errors.ts";
import { iso } from "../lib/time.ts";
import type { Verifier } from "../tlog/note.ts";
import { addLog, createWitness, openWitness } from "../witness/folder.ts";
import { createWitnessServer } from "../witness/server.ts";
import { type GlobalFlags, stopSignal } from "./context.ts";
import { givenKey } from "./given-key.ts";
import { newOutput } from "./output.ts";

/**
 * `custody witness`: somebody outside signs that the log only ever grew. Needs no workspace: an auditor or another
 * department runs it on a machine that the log's operator cannot write to.
 */

interface InitFlags extends GlobalFlags {
  readonly log?: string;
  readonly name?: string;
}

interface ServeFlags extends GlobalFlags {
  readonly listen?: string;
}

/** `custody witness init DIR --log KEY`: a witness with a new key for this log. */
export async function init(flags: InitFlags, dir = "."): Promise<number> {
  const output = newOutput(flags.json ?? false);
  const log = await givenLog(flags.log);
  const folder = resolve(dir);
  const { key } = await createWitness(folder, flags.name ?? hostname(), log);
  const { vkey } = key.cosigner;
  output.line(`A witness for ${log.name} in ${folder}. Its key, for whoever runs the log and whoever verifies it:`);
  output.line();
  output.line(`  ${vkey}`);
  output.line();
  output.line(
    `Next: \`custody witness serve ${dir} --listen HOST:PORT\`. Keep ${folder} and a copy of it: what is in seen/`,
  );
  output.line("must never be set back to an older state, or the witness could sign two histories.");
  output.object({ ok: true, folder, vkey, log: log.vkey });
  return 0;
}

/** `custody witness add DIR --log KEY`: one log more, or the new key of a log that changed it. */
export async function add(flags: InitFlags, dir = "."): Promise<number> {
  const output = newOutput(flags.json ?? false);
  const log = await givenLog(flags.log);
  const folder = resolve(dir);
  const added = await addLog(folder, log);
  output.line(
    added
      ? `The witness in ${folder} cosigns for ${log.vkey} too. Start it again if it runs.`
      : `The witness in ${folder} cosigns for ${log.vkey} already.`,
  );
  output.object({ ok: true, folder, log: log.vkey, added });
  return 0;
}

/** `custody witness serve DIR --listen HOST:PORT`, until a signal. */
export async function serve(flags: ServeFlags, dir = "."): Promise<number> {
  const output = newOutput(flags.json ?? false);
  const { host, port } = givenAddress(flags.listen ?? "127.0.0.1:8485");
  const witness = await openWitness(resolve(dir));
  const server = createWitnessServer({ ...witness, clock: systemClock }, ({ status, what }) =>
    output.note(`${iso(systemClock.now())} ${status} ${what}`),
  );
  const stopped = stopSignal();
  await new Promise<void>((done, fail) => {
    server.once("error", (cause: NodeJS.ErrnoException) =>
      fail(
        new CustodyError("USAGE", `--listen ${host}:${port} cannot be used (${cause.code ?? messageOf(cause)})`, {
          cause,
          remedy: "Name an address of this machine and a port that is free.",
        }),
      ),
    );
    server.listen(port, host, done);
  });
  const bound = server.address() as AddressInfo;
  const url = `http://${bound.address.includes(":") ? `[${bound.address}]` : bound.address}:${bound.port}/`;
  output.line(`Witness ${witness.key.cosigner.name} listens on ${url}`);
  output.line(`  its key: ${witness.key.cosigner.vkey}`);
  output.line(`  witnesses: ${[...new Set(witness.logs.map(({ name }) => name))].join(", ")}`);
  output.line("  stop it with Ctrl-C");
  output.object({ ok: true, url, vkey: witness.key.cosigner.vkey });
  await new Promise<void>((done) => {
    if (stopped.aborted) done();
    stopped.addEventListener("abort", () => done(), { once: true });
  });
  server.closeIdleConnections();
  await new Promise<void>((done) => server.close(() => done()));
  return 0;
}

/** A file with a key, such as ledger.vkey, or the key itself. */
async function givenLog(given: string | undefined): Promise<Verifier> {
  if (given === undefined) {
    throw new CustodyError("USAGE", "expected --log with the key of the log to be witnessed", {
      remedy: "Name the file ledger.vkey of its workspace, or paste the key itself.",
    });
  }
  return givenKey("--log", given);
}

function givenAddress(text: string): { host: string; port: number } {
  const [, host = "", port] = /^(\[[0-9a-f:.]+\]|[^:\s]+):(\d{1,5})$/i.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw new CustodyError("USAGE", `--listen "${text}": expected HOST:PORT, such as 127.0.0.1:8485`);
  }
  return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
}
