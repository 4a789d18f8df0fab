import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "./config/config.ts";
import { fileGuard } from "./ledger/guard.ts";
import { CustodyError, isCustodyError } from "./lib/errors.ts";

/** How many records this installation has seen in its store; none where it is new, or cannot tell any more. */
async function recordsSeen({ folders }: Pick<Config, "folders">): Promise<number> {
  const head = await fileGuard(join(folders.state, "head"))
    .newest()
    .catch(() => undefined);
  return head?.size ?? 0;
}

/** True where a log was begun here, whatever is left of it: then a folder that is missing was there, and an empty one helps nobody. */
export async function wasBegun(config: Pick<Config, "folders" | "vkey">): Promise<boolean> {
  if ((await recordsSeen(config)) > 0) return true;
  return (await stat(config.vkey).catch(() => undefined)) !== undefined;
}

/**
 * What to throw for what was thrown: that there is no store means something else where records were seen in it. Then it is away, and
 * whoever makes a new one in its place loses the way back.
 */
export async function unlessLost(thrown: unknown, config: Pick<Config, "folders">): Promise<unknown> {
  // One that is said already is not said again.
  if (!isCustodyError(thrown, "NOT_A_STORE") || isCustodyError(thrown.cause, "NOT_A_STORE")) return thrown;
  const seen = await recordsSeen(config);
  if (seen === 0) return thrown;
  const records = seen === 1 ? "a record" : `${seen} records`;
  return new CustodyError(
    "NOT_A_STORE",
    `${thrown.message}. But this installation has seen ${records} there: the disk is not mounted, or the store was lost`,
    {
      cause: thrown,
      remedy:
        "Mount it, or restore it from the mirror or from a backup; `store:` in custody.yaml must name the same place as before. Do not make the folder, and do not run `custody init`: that would not bring the records back.",
    },
  );
}
