import { resolve } from "node:path";
import { z } from "zod";
import { defineTarget } from "./define.ts";
import { putHead, readHeads } from "./files.ts";

/** A folder: a share of another department, a disk that is taken away. */
export const file = defineTarget({
  use: "file",
  title: "a folder",
  proves: "Whoever else keeps this folder can show that nothing before a head in it was changed.",
  config: z.strictObject({
    path: z
      .string()
      .min(1)
      .max(4_000)
      .meta({
        description: "Folder that heads are put into, which must be there; best a share that somebody else keeps.",
        examples: ["/mnt/audit-share/custody"],
      }),
  }),
  async send(head, { config, folder, clock }) {
    const root = resolve(folder, config.path);
    await putHead(root, head, clock.now());
    return { said: `written to ${root}` };
  },
  readBack: (tools) => readHeads(resolve(tools.folder, tools.config.path), tools),
});
