import { connect, createServer } from "node:net";
import { forPeople } from "../lib/zone.ts";
import { isListening, readListening } from "../schedule/listening.ts";
import { bad, type Check, good, warn } from "./define.ts";
import { closedInboxes } from "./sources.ts";

/** The daemon, and what reports to it. */

export const daemon: Check = {
  name: "daemon",
  title: "Daemon",
  async run({ config, clock }) {
    const { host, port } = config.listen;
    const place = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    if (isListening(config.folders.state, clock.now())) {
      if (await answers(host, port)) return good(`runs, under ${place}`);
      return warn(
        `ran within the last half minute, and nobody answers under ${place}: it was ended by force, or runs in another container`,
        "Look whether it runs where it should; `custody serve` starts it.",
      );
    }
    const taken = await trouble(host, port);
    if (taken !== undefined)
      return bad(
        `does not run, and ${place} ${taken === "EADDRINUSE" ? "is taken by another program" : `cannot be used (${taken})`}`,
        "End the other program, or name another port under `portal: { listen: 127.0.0.1:PORT }`.",
      );
    const seen = readListening(config.folders.state).at(-1)?.to;
    const since =
      seen === undefined ? "has never run here" : `was last alive on ${forPeople(seen, config.organisation.zone)}`;
    return warn(
      `${since}; ${place} is free`,
      "Start it with `custody serve`; without it something must call `custody collect` (deploy/README.md has both).",
    );
  },
};

function trouble(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "unknown"));
    server.listen({ host, port }, () => server.close(() => resolve(undefined)));
  });
}

const ANSWERS_WITHIN = 3_000;

/** True where somebody listens there. A port that the system chose is not known here: what the daemon wrote down counts. */
function answers(host: string, port: number): Promise<boolean> {
  if (port === 0) return Promise.resolve(true);
  const any = { "0.0.0.0": "127.0.0.1", "::": "::1" }[host];
  const socket = connect({ host: any ?? host, port });
  return new Promise((resolve) => {
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(ANSWERS_WITHIN, () => end(false));
    socket.once("error", () => end(false));
    socket.once("connect", () => end(true));
  });
}

export const inbox: Check = {
  name: "inbox",
  title: "Inbox",
  async run(custody) {
    const found = closedInboxes(custody);
    if (found.state !== "good") return found;
    const { folders, listen } = custody.config;
    const runs = isListening(folders.state, custody.clock.now()) && (await answers(listen.host, listen.port));
    if (runs) return good(`open for ${found.found}`);
    return warn(
      `closed, as the daemon does not run here: nobody hears ${found.found}`,
      "Start `custody serve`; sources that report by themselves need it all the time.",
    );
  },
};
