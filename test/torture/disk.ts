import { execFile } from "node:child_process";
import { mkdir, rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Random } from "./random.ts";
import { at, type Scenario } from "./scenario.ts";
import type { Tally } from "./tally.ts";
import { Workspace } from "./workspace.ts";

const run = promisify(execFile);
const COMMANDS = ["init", "collect", "upload", "import", "report"] as const;
/** Commands in one workspace. */
const TRIES = 10;
const FULL = /no room left|quota|could not write/;

/** No room: a small disk that is full of bytes or of files, and a limit on the size of a file. */
export const disk: Scenario = {
  name: "disk",
  about: "every command on a full disk, a disk without inodes, under a file size limit; then there is room again",
  async run(random, budget, tally, place) {
    const canMount = await mount(await place.folder(), 16).then(
      (unmount) => unmount().then(() => true),
      () => false,
    );
    if (!canMount) tally.remarks.push("no small disks: mounting needs root; only the limit on file sizes was tried");
    for (const round of budget.rounds()) {
      tally.add("rounds");
      const own = random.of(round);
      const folder = await place.folder();
      const unmount = canMount ? await mount(folder, 8 * 1024) : async () => {};
      try {
        const workspace = await Workspace.prepare(join(folder, "workspace"), place);
        await at(`round ${round}`, () => squeeze(workspace, folder, own, canMount, () => budget.isLeft, tally));
        if (round % 5 === 0) await workspace.askSecondReader(tally);
      } finally {
        await unmount();
      }
    }
  },
};

async function squeeze(
  workspace: Workspace,
  folder: string,
  random: Random,
  canMount: boolean,
  isLeft: () => boolean,
  tally: Tally,
): Promise<void> {
  let begun = false;
  for (let n = 0; n < TRIES && (n < 2 || isLeft()); n += 1) {
    const command = n === 0 ? "init" : random.pick(COMMANDS.slice(1));
    if (begun) await workspace.change(random);
    const kind = canMount ? random.pick(["bytes", "inodes", "limit"] as const) : "limit";
    await at(`${command} ${n}, out of ${kind}`, async () => {
      const room = kind === "limit" ? undefined : await fill(folder, kind, random);
      // An ignored signal is inherited: a write beyond the limit then fails with EFBIG, and does not kill.
      const shell = kind === "limit" ? `trap '' XFSZ; ulimit -f ${random.pick([0, 1, 2, 8, 40])}` : undefined;
      const done = await workspace.run(command, shell);
      if (done.code !== 0) {
        if (done.code !== 2 || !FULL.test(done.stderr))
          throw new Error(`custody ${command} without room ended with ${done.code}: ${done.stdout}${done.stderr}`);
        tally.add("full");
        // An old report, or none; never half a one.
        if (command === "report") await workspace.readReport();
      }
      if (begun) await workspace.inspect(tally);
      await room?.();
      const again = await workspace.run(command);
      const over = command === "init" && /was begun already/.test(again.stderr);
      if (again.code !== 0 && !over)
        throw new Error(`custody ${command} with room again ended with ${again.code}: ${again.stderr}`);
      begun = true;
      await workspace.inspect(tally);
    });
  }
  const verified = await workspace.run("verify");
  if (verified.code !== 0) throw new Error(`custody verify ended with ${verified.code}: ${verified.stdout}`);
}

/** Takes up almost all room; a few pages are left, so that it runs out anywhere. Gives what makes room again. */
async function fill(folder: string, kind: "bytes" | "inodes", random: Random): Promise<() => Promise<void>> {
  const filler = join(folder, "filler");
  await mkdir(filler);
  const { bavail, bsize, ffree } = await statfs(folder);
  if (kind === "bytes") {
    const left = random.between(0, 24);
    await writeFile(join(filler, "bytes"), Buffer.alloc(Math.max(0, bavail - left) * bsize));
  } else {
    const left = random.between(0, 24);
    for (let n = 0; n < ffree - left; n += 1) await writeFile(join(filler, `${n}`), "");
  }
  return () => rm(filler, { recursive: true });
}

/** A disk of so many KiB. Gives what takes it away again. */
async function mount(folder: string, size: number): Promise<() => Promise<void>> {
  await run("mount", ["-t", "tmpfs", "-o", `size=${size}k,nr_inodes=1000`, "none", folder]);
  return async () => {
    await run("umount", [folder]).catch(() => run("umount", ["-l", folder]));
  };
}
