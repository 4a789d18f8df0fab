import type { Flag } from "./tree.ts";

/** Flags that commands of several subjects have. */

export const WHEN: Flag = ["--at <time>", "when, such as 2026-11-20T16:40 (default: now)"];

export const CORRECTS: Flag = ["--corrects <record>", "takes the place of this record, which stays readable"];

export const WHY: Flag = ["--reason <text>", "why"];
