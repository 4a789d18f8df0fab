import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");

/** Which room may import from which; anything else fails. A room is a folder of src/, a top-level folder, or a file of src/ itself. */
const ALLOWED: Record<string, readonly string[]> = {
  "src/lib": [],
  "src/tlog": ["src/lib"],
  "src/tsp": ["src/lib"],
  "src/store": ["src/lib"],
  "src/evidence": ["src/lib"],
  "src/slots": ["src/lib", "src/evidence"],
  "src/gaps": ["src/lib", "src/evidence", "src/slots"],
  "src/policy": ["src/lib", "src/calendar", "src/evidence"],
  "src/law": ["src/lib", "src/calendar", "src/evidence", "src/policy"],
  "src/trust": ["src/lib", "src/tlog", "src/tsp", "src/evidence"],
  "src/verify": ["src/lib", "src/tlog", "src/tsp", "src/slots", "src/evidence", "src/trust"],
  "src/ledger": ["src/lib", "src/tlog", "src/store", "src/evidence", "src/trust"],
  "src/witness": ["src/lib", "src/tlog"],
  "src/outbound": ["src/lib", "src/collector"],
  "src/heads": [
    "src/lib",
    "src/tlog",
    "src/tsp",
    "src/evidence",
    "src/trust",
    "src/witness",
    "src/collector",
    "src/outbound",
  ],
  "src/notify": ["src/lib", "src/evidence", "src/collector", "src/outbound", "src/slots", "src/gaps", "src/duties"],
  "src/pack": ["src/lib", "src/tlog", "src/evidence", "src/slots", "src/verify", "src/trust"],
  "src/standalone": [
    "src/lib",
    "src/tlog",
    "src/tsp",
    "src/evidence",
    "src/slots",
    "src/trust",
    "src/verify",
    "src/pack",
  ],
  "src/attack": ["src/lib", "src/tlog", "src/tsp", "src/evidence", "src/ledger", "src/verify", "src/trust"],
  "src/disposal": ["src/lib", "src/evidence", "src/trust"],
  "src/calendar": ["src/lib"],
  "src/findings": ["src/lib", "src/evidence"],
  "src/samples": ["src/lib", "src/evidence"],
  "src/handling": ["src/lib", "src/evidence", "src/trust"],
  "src/reviews": ["src/lib", "src/evidence"],
  "src/collector": ["src/lib", "src/evidence"],
  collectors: ["src/collector", "src/evidence", "src/lib", "collectors"],
  "src/events": ["src/lib", "src/evidence", "src/policy"],
  "src/index": ["src/lib", "src/evidence", "src/slots", "src/ledger", "src/collector"],
  "src/incidents": ["src/lib", "src/evidence", "src/calendar", "src/policy"],
  "src/assess": [
    "src/lib",
    "src/evidence",
    "src/slots",
    "src/gaps",
    "src/findings",
    "src/policy",
    "src/calendar",
    "src/law",
  ],
  "src/report": [
    "src/lib",
    "src/evidence",
    "src/slots",
    "src/gaps",
    "src/calendar",
    "src/policy",
    "src/law",
    "src/incidents",
    "src/reviews",
    "src/events",
    "src/findings",
    "src/samples",
    "src/handling",
    "src/assess",
    "src/verify",
    "src/software.ts",
  ],
  reports: ["src/report"],
  "src/demo": [
    "src/lib",
    "src/evidence",
    "src/collector",
    "src/schedule",
    "src/ledger",
    "src/custody.ts",
    "src/work.ts",
  ],
  "src/schedule": ["src/lib", "src/evidence", "src/slots", "src/collector"],
  "src/watch": ["src/lib", "src/evidence", "src/collector", "src/outbound", "src/duties"],
  "src/doctor": [
    "src/lib",
    "src/evidence",
    "src/collector",
    "src/store",
    "src/ledger",
    "src/heads",
    "src/notify",
    "src/schedule",
    "src/index",
    "src/watch",
    "src/custody.ts",
    "src/indexing.ts",
    "src/lost-store.ts",
    "src/software.ts",
    "src/daemon",
    "src/work.ts",
  ],
  "src/duties": ["src/lib", "src/evidence", "src/slots", "src/gaps", "src/collector", "src/index"],
  "src/portal": [
    "src/lib",
    "src/evidence",
    "src/slots",
    "src/gaps",
    "src/duties",
    "src/assess",
    "src/findings",
    "src/policy",
    "src/law",
    "src/index",
    "src/collector",
    "src/watch",
    "src/software.ts",
  ],
};

/** Rooms that see values of these packages only through those that wrap them. */
const PACKAGES: Record<string, RegExp> = {
  "src/verify": /^$/,
  "src/tlog": /^node:crypto$/,
  "src/tsp": /^$/,
  "src/trust": /^$/,
  "src/slots": /^(temporal-polyfill|zod)$/,
  "src/calendar": /^(temporal-polyfill|zod)$/,
  "src/assess": /^(zod|yaml|temporal-polyfill)$/,
  "src/policy": /^(zod|yaml|temporal-polyfill)$/,
  "src/evidence": /^zod$/,
  "src/law": /^zod$/,
};

interface Import {
  readonly from: string;
  readonly what: string;
  readonly typeOnly: boolean;
}

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const found = [...text.matchAll(/^(import|export)( type)?[^;"']*?from "([^"]+)"|import\("([^"]+)"\)/gm)];
  return found.map((m) => ({ from: file, what: m[3] ?? m[4] ?? "", typeOnly: m[2] !== undefined }));
}

function roomOf(path: string): string {
  const [top = "", second = ""] = path.split("/");
  return top === "src" ? `src/${second}` : top;
}

const imports = ["src", "collectors", "reports"].flatMap(sources).flatMap(importsOf);

test("every import goes in an allowed direction", () => {
  const wrong = imports.flatMap(({ from, what }) => {
    if (!what.startsWith(".")) return [];
    const [room, target] = [roomOf(from), roomOf(relative(ROOT, resolve(ROOT, dirname(from), what)))];
    const allowed = ALLOWED[room];
    return allowed === undefined || room === target || allowed.includes(target) ? [] : [`${from} imports ${what}`];
  });
  expect(wrong).toEqual([]);
});

test("the pure rooms use no package beyond their own few", () => {
  const wrong = imports.flatMap(({ from, what, typeOnly }) => {
    const allowed = PACKAGES[roomOf(from)];
    return allowed === undefined || typeOnly || what.startsWith(".") || allowed.test(what)
      ? []
      : [`${from} imports ${what}`];
  });
  expect(wrong).toEqual([]);
});

test("only the configuration reads the environment, and only the clock reads the time of day", () => {
  const wrong = ["src", "collectors", "reports"].flatMap(sources).flatMap((file) => {
    const text = readFileSync(join(ROOT, file), "utf8");
    const found: string[] = [];
    if (/process\.env/.test(text) && file !== "src/config/config.ts") found.push(`${file} reads the environment`);
    if (/Date\.now\(\)|new Date\(\)|performance\.now\(\)/.test(text) && file !== "src/lib/clock.ts")
      found.push(`${file} reads the clock`);
    return found;
  });
  expect(wrong).toEqual([]);
});

test("the rooms of the list exist", () => {
  for (const room of Object.keys(ALLOWED)) expect(sources(room).length, room).toBeGreaterThan(0);
});
