import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext, TLSSocket } from "node:tls";
import { onTestFinished } from "vitest";

export interface SmtpOptions {
  /** Offers STARTTLS, with a certificate of its own for localhost and 127.0.0.1. */
  readonly tls?: boolean;
  /** Asks for this user and password, and offers that only under TLS. */
  readonly auth?: { readonly user: string; readonly password: string };
  /** Recipients that are refused. */
  readonly refuse?: readonly string[];
  /** Never says a word. */
  readonly silent?: boolean;
  /** Replies to MAIL in place of the usual one, each once; an empty one hangs up. */
  readonly replies?: string[];
}

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly data: string;
  readonly encrypted: boolean;
  readonly user: string | undefined;
}

export interface SmtpServer {
  readonly port: number;
  /** File with the certificate, PEM; empty without TLS. */
  readonly ca: string;
  readonly mails: readonly Mail[];
}

/** A mail server on a free loopback port (RFC 5321, with STARTTLS and AUTH PLAIN), until the test ends. */
export async function smtpServer(options: SmtpOptions = {}): Promise<SmtpServer> {
  const folder = mkdtempSync(join(tmpdir(), "custody-smtp-"));
  const [key, ca] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  if (options.tls) {
    const names = "subjectAltName=DNS:localhost,IP:127.0.0.1";
    const subject = ["-subj", "/CN=localhost", "-addext", names, "-days", "2", "-nodes"];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
    execFileSync("openssl", ["req", "-x509", ...curve, ...subject, "-keyout", key, "-out", ca], { stdio: "ignore" });
  }
  const context = options.tls ? createSecureContext({ key: readFileSync(key), cert: readFileSync(ca) }) : undefined;
  const mails: Mail[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    if (!options.silent) talk(socket, false);
  });

  function talk(socket: Socket, encrypted: boolean): void {
    let text = "";
    let data: string | undefined;
    let mail = { from: "", to: [] as string[] };
    let user: string | undefined;
    const say = (line: string) => socket.write(`${line}\r\n`);
    if (!encrypted) say("220 localhost ready");

    const command = (line: string): void => {
      const verb = (/^[A-Za-z]+/.exec(line)?.[0] ?? "").toUpperCase();
      if (verb === "EHLO" || verb === "HELO") {
        const extras = [
          ...(context && !encrypted ? ["STARTTLS"] : []),
          ...(options.auth && encrypted ? ["AUTH PLAIN"] : []),
        ];
        const lines = ["localhost", ...extras];
        for (const [i, one] of lines.entries()) say(`250${i < lines.length - 1 ? "-" : " "}${one}`);
        return;
      }
      if (verb === "STARTTLS" && context) {
        say("220 go on");
        socket.removeAllListeners("data");
        const secure = new TLSSocket(socket, { isServer: true, secureContext: context });
        secure.on("error", () => {});
        return void talk(secure, true);
      }
      if (verb === "AUTH") {
        const [, name, password] = Buffer.from(line.split(" ")[2] ?? "", "base64")
          .toString()
          .split("\0");
        const right = name === options.auth?.user && password === options.auth?.password;
        if (right) user = name;
        return void say(right ? "235 welcome" : "535 wrong user or password");
      }
      if (verb === "MAIL") {
        if (options.auth && user === undefined) return void say("530 sign in first");
        const reply = options.replies?.shift();
        if (reply === "") return void socket.destroy();
        if (reply !== undefined) return void say(reply);
        mail = { from: /<([^>]*)>/.exec(line)?.[1] ?? "", to: [] };
        return void say("250 well");
      }
      if (verb === "RCPT") {
        const to = /<([^>]*)>/.exec(line)?.[1] ?? "";
        if (options.refuse?.includes(to)) return void say("550 unknown here");
        mail.to.push(to);
        return void say("250 well");
      }
      if (verb === "DATA") {
        data = "";
        return void say("354 go on");
      }
      if (verb === "QUIT") return void socket.end("221 bye\r\n");
      return void say(verb === "RSET" || verb === "NOOP" ? "250 well" : "502 not known");
    };

    socket.on("data", (part) => {
      text += part.toString("utf8");
      for (let end = text.indexOf("\r\n"); end >= 0; end = text.indexOf("\r\n")) {
        const line = text.slice(0, end);
        text = text.slice(end + 2);
        if (data === undefined) command(line);
        else if (line === ".") {
          mails.push({ ...mail, data, encrypted, user });
          data = undefined;
          say("250 queued as 4711");
        } else data += `${line.replace(/^\./, "")}\n`;
      }
    });
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { port: (server.address() as AddressInfo).port, ca, mails };
}
