import { forecastHere } from "../daemon/forecasting.ts";
import { bytesInWords, diskInWords } from "../watch/disk.ts";
import { WatchLog } from "../watch/log.ts";
import { offsetInWords } from "../watch/reading.ts";
import { bad, type Check, good, skipped, warn } from "./define.ts";

/** What the machine itself must give. */

/** As package.json says. */
const OLDEST_NODE = [20, 19] as const;

export const node: Check = {
  name: "node",
  title: "Node.js",
  async run() {
    const { version } = process;
    const [major = 0, minor = 0] = version.slice(1).split(".").map(Number);
    const old = major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]);
    return old
      ? bad(`${version} is too old`, `Install Node.js ${OLDEST_NODE.join(".")} or later.`)
      : good(`${version} on ${process.platform}`);
  },
};

/** Below this nothing is sure to be written. */
const LEAST_FREE = 100 * 1024 * 1024;

export const disk: Check = {
  name: "disk",
  title: "Room on disk",
  async run(custody) {
    // A log that cannot be read says nothing of earlier days; the disk may be the very reason.
    const earlier = await custody.watchLog().catch(() => new WatchLog());
    const disks = await forecastHere(custody, earlier);
    const full = disks.find(({ free }) => free < LEAST_FREE);
    if (full !== undefined) return bad(diskInWords(full), "Make room now: with a full disk nothing can be recorded.");
    const troubled = disks.filter(({ codes }) => codes.length > 0);
    if (troubled.length > 0)
      return warn(troubled.map(diskInWords).join("; "), "Make room, or move the store to a larger disk.");
    return good(disks.map(({ free, size }) => `${bytesInWords(free)} of ${bytesInWords(size)} free`).join(", "));
  },
};

export const clock: Check = {
  name: "clock",
  title: "Clock",
  async run(custody, signal) {
    const watch = custody.clockWatch;
    if (watch === undefined) return skipped("nobody outside is named who knows the time (`clock: {reference: …}`)");
    const sight = await watch.look(signal);
    if (sight === undefined) {
      const found = `the reference does not answer: ${watch.trouble ?? "no answer"}`;
      return { ...warn(found, "Let this machine reach the reference, or name another under `clock:`."), later: true };
    }
    const { offset } = sight.reading;
    const found = `${offsetInWords(offset)} ${offset < 0 ? "ahead of" : "behind"} the outside reference`;
    const remedy = "Set the clock, and see that the machine keeps it set (NTP).";
    return sight.state === "right" ? good(found) : sight.state === "off" ? warn(found, remedy) : bad(found, remedy);
  },
};
