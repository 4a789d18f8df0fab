import { z } from "zod";
import { type SecretRef, type Source, secret } from "../src/collector/define.ts";

/** Why an address cannot be used, or undefined. */
function fault(text: string): string | undefined {
  if (!URL.canParse(text)) return "expected an address such as http://127.0.0.1:9090";
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:")
    return "expected an address that begins with http:// or https://";
  if (url.username || url.password) return "expected no user or password in the address; use `basic:` or `bearer:`";
  if (url.search || url.hash) return "expected an address without ? and #";
  return undefined;
}

/** Configuration of a source that is asked over HTTP: its address, and a bearer token or a user with a password where it asks for one. */
export const httpAccess = {
  url: z
    .string()
    .check((check) => {
      const message = fault(check.value);
      if (message) check.issues.push({ code: "custom", message, input: check.value });
    })
    .describe("address, such as http://127.0.0.1:9090, with the path where it lies below one"),
  bearer: secret().optional().describe("bearer token, where one is asked for"),
  basic: z
    .strictObject({ user: z.string().min(1), password: secret() })
    .optional()
    .describe("user and password, where they are asked for"),
};

/** A refinement: which of two credentials to send nobody should have to guess. */
export const oneCredential = [
  ({ bearer, basic }: HttpAccess): boolean => bearer === undefined || basic === undefined,
  "expected `bearer:` or `basic:`, not both",
] as const;

interface HttpAccess {
  readonly url: string;
  readonly bearer?: SecretRef | undefined;
  readonly basic?: { readonly user: string; readonly password: SecretRef } | undefined;
}

/** Where to ask, with the credentials revealed. */
export function httpSource({ url, bearer, basic }: HttpAccess, reveal: (secret: SecretRef) => string): Source {
  const base = url.replace(/\/+$/, "");
  if (bearer) return { base, headers: { authorization: `Bearer ${reveal(bearer)}` } };
  if (!basic) return { base };
  const pair = Buffer.from(`${basic.user}:${reveal(basic.password)}`, "utf8").toString("base64");
  return { base, headers: { authorization: `Basic ${pair}` } };
}
