import { backupsMade } from "../ledger/backup.ts";
import { keyIds } from "../ledger/keys.ts";
import { openKeys } from "../ledger/signers.ts";
import { hex } from "../lib/digest.ts";
import { type Check, good, skipped, warn, withLog } from "./define.ts";

/** The key that signs. */

export const key: Check = {
  name: "key",
  title: "Signing key",
  async run(custody) {
    const pinned = await custody.pinnedKey();
    const { signer, cosigners = [] } = await openKeys(
      await custody.store(),
      custody.config.folders.keys,
      pinned,
      custody.clock.now(),
    );
    const id = hex(signer.verifier.id);
    const beside =
      cosigners.length > 0 ? `, beside it ${cosigners.map(({ verifier }) => hex(verifier.id)).join(", ")}` : "";
    return good(`${pinned.name}: ${id} signs${beside}; the pinned key leads to it`);
  },
};

export const backup: Check = {
  name: "backup",
  title: "Backup of the key",
  run: (custody) =>
    withLog(custody, async ({ vkey }) => {
      const id = vkey.split("+")[1] ?? "";
      const { folders } = custody.config;
      if (!(await keyIds(folders.keys)).includes(id)) return skipped("the key is not on this machine");
      const made = (await backupsMade(folders.state))[id];
      if (made !== undefined) return good(`made ${made.slice(0, 10)}`);
      return warn(
        `no backup of ${id} was ever made from here: if this disk fails, nothing can be added to the log any more`,
        "Run `custody keys backup FILE` with a file on another medium.",
      );
    }),
};
