import { clocks } from "./clocks.ts";
import { commands } from "./commands.ts";
import { disk } from "./disk.ts";
import { killed } from "./killed.ts";
import { replicas } from "./replicas.ts";
import { ceph, s3 } from "./s3.ts";
import type { Scenario } from "./scenario.ts";
import { schedules } from "./schedules.ts";
import { sweep } from "./sweep.ts";
import { writers } from "./writers.ts";

/** All of them, the quick ones first. */
export const SCENARIOS: readonly Scenario[] = [
  sweep,
  schedules,
  clocks,
  killed,
  commands,
  disk,
  s3,
  ceph,
  writers,
  replicas,
];
