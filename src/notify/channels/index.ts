import type { Channel } from "../define.ts";
import { discord } from "./discord.ts";
import { email } from "./email.ts";
import { slack } from "./slack.ts";
import { telegram } from "./telegram.ts";
import { webhook } from "./webhook.ts";

/** Every way to bring a notice to people. */
export const channels: readonly Channel[] = [email, discord, slack, telegram, webhook];
