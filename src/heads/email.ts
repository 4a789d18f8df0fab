import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { secret } from "../collector/define.ts";
import { base64 } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { defineTarget, jsonReceipt, type SentHead, type Tools } from "./define.ts";

const SERVER = /^(?:(smtps?):\/\/)?(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(\d{1,5}))?$/i;
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|localhost|::1)$/i;
const SUBMISSION = 587;
const SUBMISSIONS = 465;
const STEP_TIMEOUT = 15_000;
/** Neither a line break nor a comma: what goes into a header stays one address. */
const Address = z.email("expected an e-mail address such as audit@example.com").max(200);

const Config = z.strictObject({
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

/** A mailbox: what was delivered is out of the sender's hands. */
export const email = defineTarget({
  use: "email",
  title: "e-mail",
  proves: "Whoever keeps the messages can show that nothing before a head in one was changed.",
  config: Config,
  async send(head, tools) {
    const { config, mask, signal } = tools;
    const transport = await connect(tools);
    const stop = () => transport.close();
    signal.addEventListener("abort", stop, { once: true });
    try {
      const { accepted, rejected, response } = await transport.sendMail({
        from: config.from,
        to: config.to,
        subject: `Fingerprint of ${head.origin}: ${head.size} records`,
        text: textOf(head),
        headers: { "auto-submitted": "auto-generated" },
      });
      // Names of people stay out of the ledger.
      if (rejected.length > 0) {
        throw new CustodyError(
          "SOURCE_REFUSED",
          `${config.server}: ${rejected.length} of ${rejected.length + accepted.length} recipients were refused`,
          { remedy: "Check the addresses under `to:`." },
        );
      }
      const status = /^\d{3}/.exec(response)?.[0] ?? "250";
      return {
        blob: jsonReceipt({ status: Number(status), recipients: accepted.length }),
        said: `${config.server} took it for ${accepted.length} ${accepted.length === 1 ? "recipient" : "recipients"}`,
      };
    } catch (cause) {
      if (cause instanceof CustodyError) throw cause;
      signal.throwIfAborted();
      throw failure(config.server, cause, mask);
    } finally {
      signal.removeEventListener("abort", stop);
      transport.close();
    }
  },
});

async function connect({ config, reveal, folder }: Tools<z.output<typeof Config>>) {
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

function textOf(head: SentHead): string {
  return `This message keeps a fingerprint of the evidence log ${head.origin}, so that nobody can rewrite it unnoticed.
Keep the message. There is nothing to do today.

Records:      ${head.size}
Fingerprint:  ${base64(head.root)}

To check later that nothing up to here was changed:

  custody verify --since ${head.size}:${base64(head.root)}

The signed form:

${new TextDecoder().decode(head.bytes)}`;
}

/** What the mail server or the connection said, without anything that it may repeat of what it was told. */
function failure(server: string, cause: unknown, mask: (text: string) => string): CustodyError {
  const { code, responseCode } = cause as { code?: unknown; responseCode?: unknown };
  const said = [
    typeof code === "string" && /^[A-Z0-9_]{2,40}$/.test(code) ? code : "unknown error",
    ...(typeof responseCode === "number" ? [`status ${responseCode}`] : []),
  ].join(", ");
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
  return new CustodyError("SOURCE_UNREACHABLE", mask(`${server} did not take the message (${said})`), {
    remedy: "Check the server and the addresses; it is tried again.",
  });
}
