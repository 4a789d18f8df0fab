import type { HeadTarget } from "./define.ts";
import { email } from "./email.ts";
import { file } from "./file.ts";
import { git } from "./git.ts";
import { s3 } from "./s3.ts";
import { timestamp } from "./timestamp.ts";
import { webhook } from "./webhook.ts";
import { witness } from "./witness.ts";

/** Every way out of the store. */
export const headTargets: readonly HeadTarget[] = [timestamp, witness, file, git, webhook, email, s3];
