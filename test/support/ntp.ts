import { createSocket } from "node:dgram";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

const EPOCH_1900 = 2_208_988_800_000;

/** How a time server answers: as RFC 5905 says, but for what is changed here. */
export interface NtpHabits {
  /** What time it is there. */
  readonly now: () => number;
  readonly stratum?: number;
  readonly leap?: number;
  readonly mode?: number;
  /** Seconds. */
  readonly rootDispersion?: number;
  /** Repeats something other than what was asked. */
  readonly forged?: boolean;
  readonly silent?: boolean;
  readonly short?: boolean;
}

/** A time server on loopback; each request is answered by the habits of that moment. Its address, and how often it was asked. */
export async function startNtp(habits: () => NtpHabits): Promise<{ url: string; asked: () => number }> {
  const socket = createSocket("udp4");
  let asked = 0;
  socket.on("message", (request, { port, address }) => {
    asked += 1;
    const is = habits();
    if (!is.silent) socket.send(ntpAnswer(request, is), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  onTestFinished(() => void socket.close());
  return { url: `ntp://127.0.0.1:${(socket.address() as AddressInfo).port}`, asked: () => asked };
}

export function ntpAnswer(request: Uint8Array, is: NtpHabits): Uint8Array {
  const packet = Buffer.alloc(is.short ? 20 : 48);
  packet[0] = ((is.leap ?? 0) << 6) | (4 << 3) | (is.mode ?? 4);
  packet[1] = is.stratum ?? 2;
  if (is.short) return packet;
  if (is.stratum === 0) packet.write("RATE", 12, "latin1");
  packet.writeUInt32BE(Math.round((is.rootDispersion ?? 0.01) * 65_536), 8);
  Buffer.from(request.subarray(40, 48)).copy(packet, 24);
  if (is.forged) packet[31] = (packet[31] ?? 0) ^ 1;
  for (const at of [32, 40]) {
    const since = is.now() + EPOCH_1900;
    packet.writeUInt32BE(Math.floor(since / 1_000) % 2 ** 32, at);
    packet.writeUInt32BE(Math.floor(((since % 1_000) / 1_000) * 2 ** 32), at + 4);
  }
  return packet;
}
