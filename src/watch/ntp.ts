import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import type { Clock } from "../lib/clock.ts";
import { sameBytes } from "../lib/digest.ts";
import { CustodyError, messageOf } from "../lib/errors.ts";
import type { Instant } from "../lib/time.ts";
import type { ClockReading } from "./reading.ts";

/** What a server answered to one request (RFC 5905 §7.3), in milliseconds and epoch milliseconds. */
export interface NtpAnswer {
  readonly stratum: number;
  readonly received: Instant;
  readonly sent: Instant;
  readonly rootDelay: number;
  readonly rootDispersion: number;
}

const PACKET = 48;
const CLIENT = 0x23; // no warning, version 4, mode 3
const SERVER_MODE = 4;
const UNSYNCHRONISED = 3;
const MAX_STRATUM = 15;
/** An answer that was under way for longer says too little. */
const MAX_DELAY = 2_000;
/** RFC 5905 §14 MAXDISP is 16 s; a server that is this unsure of itself is no reference. */
const MAX_ROOT_DISTANCE = 1_500;
const EPOCH_1900 = -2_208_988_800_000;
const ERA = 2 ** 32 * 1_000;

/** A request and the value that only its answer can repeat. Our own time is not in it: nobody needs to know it. */
export function ntpRequest(): { readonly packet: Uint8Array; readonly nonce: Uint8Array } {
  const packet = new Uint8Array(PACKET);
  packet[0] = CLIENT;
  const nonce = randomBytes(8);
  packet.set(nonce, 40);
  return { packet, nonce };
}

/**
 * Reads an answer. `near` is our own time: of the eras of 136 years the one is meant in which the answer is nearest to it.
 * Throws SOURCE_ANSWER for what is no answer to this request, or comes from a server that does not know the time itself.
 */
export function parseNtp(packet: Uint8Array, nonce: Uint8Array, near: Instant): NtpAnswer {
  if (packet.length < PACKET) throw refused(`an answer of ${packet.length} bytes; expected ${PACKET}`);
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const first = view.getUint8(0);
  const [leap, version, mode] = [first >> 6, (first >> 3) & 7, first & 7];
  if (mode !== SERVER_MODE || version < 3 || version > 4) throw refused("an answer of another kind");
  if (!sameBytes(packet.subarray(24, 32), nonce)) throw refused("an answer to something that was not asked");
  const stratum = view.getUint8(1);
  if (stratum === 0) throw refused(`the server asks to be left alone (${kissCode(packet)})`);
  if (leap === UNSYNCHRONISED || stratum > MAX_STRATUM) throw refused("the server does not know the time itself");
  const [received, sent] = [timestamp(view, 32, near), timestamp(view, 40, near)];
  if (received === undefined || sent === undefined || sent < received) throw refused("an answer without its times");
  const [rootDelay, rootDispersion] = [short(view, 4), short(view, 8)];
  if (rootDelay / 2 + rootDispersion > MAX_ROOT_DISTANCE) throw refused("the server is unsure of the time itself");
  return { stratum, received, sent, rootDelay, rootDispersion };
}

/** The reading that an answer gives (RFC 5905 §8), asked at `asked` and there at `answered` by our clock. */
export function readingOf(answer: NtpAnswer, asked: Instant, answered: Instant): ClockReading {
  const { received, sent, rootDelay, rootDispersion } = answer;
  const delay = Math.max(0, answered - asked - (sent - received));
  if (delay > MAX_DELAY) throw refused(`the answer was under way for ${delay} ms`);
  const offset = (received - asked + (sent - answered)) / 2;
  const uncertainty = delay / 2 + rootDelay / 2 + rootDispersion + 1;
  return { use: "ntp", offset: Math.round(offset), uncertainty: Math.ceil(uncertainty), at: answered };
}

/** Asks a server once. Throws SOURCE_UNREACHABLE, SOURCE_ANSWER. */
export async function askNtp(
  { host, port }: { readonly host: string; readonly port: number },
  clock: Clock,
  signal: AbortSignal,
): Promise<ClockReading> {
  const stopped = stoppedBy(signal);
  const named = lookup(host).catch((cause: unknown) => {
    throw unreachable(`its name was not found (${(cause as NodeJS.ErrnoException).code ?? "no code"})`);
  });
  const { address, family } = await Promise.race([named, stopped]);
  const socket = createSocket(family === 6 ? "udp6" : "udp4");
  const { packet, nonce } = ntpRequest();
  try {
    let asked = clock.now();
    const answer = firstMessage(socket);
    // Connected: what comes from anybody else never arrives here. Where there is no way to it, this is never called.
    socket.once("connect", () => {
      asked = clock.now();
      socket.send(packet);
    });
    socket.connect(port, address);
    const bytes = await Promise.race([answer, stopped]);
    const answered = clock.now();
    return readingOf(parseNtp(bytes, nonce, answered), asked, answered);
  } finally {
    socket.close();
  }
}

/** Rejects once the signal fires; whoever waits for something else need not look at it. */
function stoppedBy(signal: AbortSignal): Promise<never> {
  const stopped = new Promise<never>((_, reject) => {
    const stop = () => reject(unreachable(messageOf(signal.reason)));
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  stopped.catch(() => {});
  return stopped;
}

function firstMessage(socket: Socket): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    socket.once("message", resolve);
    socket.once("error", (error: NodeJS.ErrnoException) => reject(unreachable(error.code ?? "the connection failed")));
  });
}

function timestamp(view: DataView, at: number, near: Instant): Instant | undefined {
  const [seconds, fraction] = [view.getUint32(at), view.getUint32(at + 4)];
  if (seconds === 0 && fraction === 0) return undefined;
  const inEra = EPOCH_1900 + seconds * 1_000 + (fraction / 2 ** 32) * 1_000;
  return inEra + Math.round((near - inEra) / ERA) * ERA;
}

/** Seconds in 16.16 bits, as milliseconds. */
const short = (view: DataView, at: number): number => (view.getUint32(at) / 65_536) * 1_000;

function kissCode(packet: Uint8Array): string {
  const text = String.fromCharCode(...packet.subarray(12, 16));
  return /^[A-Z]{4}$/.test(text) ? text : "no reason";
}

const refused = (found: string) =>
  new CustodyError("SOURCE_ANSWER", `the time server: ${found}`, {
    remedy: "It is asked again; if this stays so, name another server under `clock: { reference: … }`.",
  });

const unreachable = (why: string) =>
  new CustodyError("SOURCE_UNREACHABLE", `the time server did not answer (${why})`, {
    remedy: "Check its name, and that UDP port 123 is open from here; an https:// address works as well.",
  });
