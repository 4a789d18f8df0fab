import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { type SecretRef, secret } from "../collector/define.ts";
import { CustodyError } from "../lib/errors.ts";

/** One mail through the operator's mail server: for heads that leave, and for notices. */

const SERVER = /^(?:(smtps?):\/\/)?(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(\d{1,5}))?$/i;
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|localhost|::1)$/i;
const SUBMISSION = 587;
const SUBMISSIONS = 465;
const STEP_TIMEOUT = 15_000;
/** Neither a line break nor a comma: what goes into a header stays one address. */
const Address = z.email("expected an e-mail address such as audit@example.com").max(200);

/** The keys of a mail server and of who writes to whom. */
export const MailKeys = z.strictObject({
  server: z
    .string()
    .refine(
      (text) => Number(SERVER.exec(text)?.[3] ?? 25) <= 65_535 && SERVER.test(text),
      "expected HOST or HOST:PORT, or smtps://HOST where encryption begins with the connection",
    )
    .meta({
      description:
        "Mail server; port 587 with STARTTLS unless stated. The connection is always encrypted, but for one to this machine itself.",
      examples: ["mail.example.com:587"],
    }),
  user: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: "Name to sign in with.", examples: ["custody@example.com"] }),
  password: secret()
    .optional()
    .meta({ description: "Password, as a reference.", examples: ["${env:CUSTODY_MAIL_PASSWORD}"] }),
  ca: z
    .string()
    .min(1)
    .max(4_000)
    .optional()
    .meta({
      description: "File with the certificate of an authority of your own, PEM.",
      examples: ["./mail-ca.pem"],
    }),
  from: Address.meta({ description: "Sender.", examples: ["custody@example.com"] }),
  to: z.union([Address, z.array(Address).min(1).max(20)]).meta({
    description: "Who gets it; best people outside of those who can write to the log.",
    examples: ["audit@example.com"],
  }),
});
type MailConfig = z.output<typeof MailKeys>;

export interface Mail {
  readonly subject: string;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The part before the `@` of the message's id: a mail that is sent again under the same is shown once by many readers. */
  readonly messageId?: string;
  readonly attachments?: readonly { readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array }[];
}

export interface MailParts {
  readonly config: MailConfig;
  /** Folder of the configuration file. */
  readonly folder: string;
  readonly signal: AbortSignal;
  reveal(ref: SecretRef): string;
}

/** What the server took. Counts only: names of people stay out of the ledger. */
export interface MailTaken {
  readonly accepted: number;
  readonly rejected: number;
  /** The server's reply code. */
  readonly status: number;
}

/**
 * Sends it once. Throws SOURCE_REFUSED (a wrong password, or a permanent refusal), SOURCE_MISCONFIGURED (no encryption, no
 * trusted certificate), SOURCE_ANSWER (the server asks to come back later), SOURCE_UNREACHABLE, SECRET_UNAVAILABLE; the
 * signal's reason when it fires. No address of a person stands in any text.
 */
export async function sendMail(mail: Mail, parts: MailParts): Promise<MailTaken> {
  const { config, signal } = parts;
  const transport = await connect(parts);
  const stop = () => transport.close();
  signal.addEventListener("abort", stop, { once: true });
  try {
    signal.throwIfAborted();
    const { accepted, rejected, response } = await transport.sendMail({
      from: config.from,
      to: config.to,
      subject: mail.subject,
      text: mail.text,
      headers: { "auto-submitted": "auto-generated", ...mail.headers },
      ...(mail.messageId === undefined ? {} : { messageId: `<${mail.messageId}@${config.from.split("@")[1]}>` }),
      attachments: (mail.attachments ?? []).map(({ name, mediaType, bytes }) => ({
        filename: name,
        contentType: mediaType,
        content: Buffer.from(bytes),
      })),
    });
    const status = Number(/^\d{3}/.exec(response)?.[0] ?? "250");
    return { accepted: accepted.length, rejected: rejected.length, status };
  } catch (cause) {
    if (cause instanceof CustodyError) throw cause;
    signal.throwIfAborted();
    throw failure(config.server, cause);
  } finally {
    signal.removeEventListener("abort", stop);
    transport.close();
  }
}

async function connect({ config, reveal, folder }: MailParts) {
  const [, scheme = "smtp", name = "", given] = SERVER.exec(config.server) ?? [];
  const host = name.replace(/^\[|\]$/g, "");
  const port = given === undefined ? (scheme.toLowerCase() === "smtps" ? SUBMISSIONS : SUBMISSION) : Number(given);
  const secure = scheme.toLowerCase() === "smtps" || port === SUBMISSIONS;
  const plain = LOOPBACK.test(host) && config.user === undefined;
  const ca = config.ca === undefined ? undefined : await readAuthority(resolve(folder, config.ca));
  // Only who sends mail pays for the package.
  const { createTransport } = await import("nodemailer");
  return createTransport({
    host,
    port,
    secure,
    requireTLS: !secure && !plain,
    // A loopback server seldom has a certificate in its name.
    ignoreTLS: !secure && plain,
    tls: { minVersion: "TLSv1.2", ...(ca === undefined ? {} : { ca: Buffer.from(ca) }) },
    ...(config.user === undefined
      ? {}
      : { auth: { user: config.user, pass: config.password ? reveal(config.password) : "" } }),
    connectionTimeout: STEP_TIMEOUT,
    greetingTimeout: STEP_TIMEOUT,
    socketTimeout: STEP_TIMEOUT,
    disableFileAccess: true,
    disableUrlAccess: true,
    logger: false,
  });
}

async function readAuthority(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new CustodyError("SOURCE_MISCONFIGURED", `${path}: the certificate under \`ca:\` cannot be read`, {
      cause,
      remedy: "Check the path and that the user who runs Custody may read it.",
    });
  }
}

/** What the mail server or the connection said, without anything that it may repeat of what it was told. */
function failure(server: string, cause: unknown): CustodyError {
  const { code, responseCode } = cause as { code?: unknown; responseCode?: unknown };
  const status = typeof responseCode === "number" ? responseCode : undefined;
  const said = [
    typeof code === "string" && /^[A-Z0-9_]{2,40}$/.test(code) ? code : "unknown error",
    ...(status === undefined ? [] : [`status ${status}`]),
  ].join(", ");
  // RFC 5321 §4.2.1: 4xx is temporary, whatever step it answers.
  if (status !== undefined && status >= 400 && status <= 499) {
    return new CustodyError("SOURCE_ANSWER", `${server} does not take messages now (${said})`, {
      remedy: "It is tried again.",
    });
  }
  if (code === "EAUTH") {
    return new CustodyError("SOURCE_REFUSED", `${server} refused to let us sign in (${said})`, {
      remedy: "Check `user:` and the password that `password:` refers to.",
    });
  }
  if (code === "ETLS") {
    return new CustodyError(
      "SOURCE_MISCONFIGURED",
      `${server} does not encrypt, or its certificate is not trusted (${said})`,
      {
        remedy: "Use a server with STARTTLS or smtps://, or name your own authority's certificate under `ca:`.",
      },
    );
  }
  if (status !== undefined && status >= 500 && status <= 599) {
    return new CustodyError("SOURCE_REFUSED", `${server} refused the message (${said})`, {
      remedy: "Check the addresses under `from:` and `to:`, and what the server lets this user send.",
    });
  }
  return new CustodyError("SOURCE_UNREACHABLE", `${server} did not take the message (${said})`, {
    remedy: "Check the server and the addresses; it is tried again.",
  });
}
