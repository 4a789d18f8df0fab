import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import type { MemoryStore } from "../src/store/memory.ts";
import type { Store } from "../src/store/store.ts";
import { Cli } from "./support/cli.ts";
import { rounds, THOROUGH } from "./support/tools.ts";
import { Random } from "./torture/random.ts";
import { Budget, type Place, type Scenario } from "./torture/scenario.ts";
import { SCENARIOS } from "./torture/scenarios.ts";
import { tryInterleavings } from "./torture/schedules.ts";
import { Tally } from "./torture/tally.ts";

/** ms for each; what starts processes needs longer for its one round. */
const SHORT = rounds(1_200, 400);
/** Starting Ceph takes longer than all the others together; its own tests do that. `replicas.test.ts`, `cli.kill.test.ts` and `ledger.processes.test.ts` are the shorter forms of the others. */
const LONG_ONLY = ["ceph", "replicas", ...(THOROUGH ? [] : ["commands", "writers"])];

let compiled = "";
beforeAll(async () => {
  compiled = (await Cli.compile("torture", ["test/support/torture-worker.ts", "test/support/ledger-worker.ts"])).folder;
}, 60_000);

async function briefly({ name, run }: Scenario, seed: string): Promise<Tally> {
  const temporary = await mkdtemp(join(tmpdir(), "custody-torture-"));
  onTestFinished(() => rm(temporary, { recursive: true, force: true }));
  const root = fileURLToPath(new URL("..", import.meta.url));
  const place: Place = { root, compiled, folder: () => mkdtemp(join(temporary, "place-")) };
  const tally = new Tally();
  await run(new Random(`${seed}/${name}`), new Budget(SHORT), tally, place);
  return tally;
}

// The seed is fixed: here a failure is a change, and the long run looks for what nobody thought of.
test.each(SCENARIOS.filter(({ name }) => !LONG_ONLY.includes(name)))(
  "$name: $about",
  async (scenario) => {
    const tally = await briefly(scenario, "1");
    expect(tally.get("lost")).toBe(0);
    expect(tally.get("acknowledged"), String(tally)).toBeGreaterThan(0);
    expect(tally.get("verified"), String(tally)).toBeGreaterThan(0);
  },
  60_000,
);

/** A store whose `create` is another one. */
function withCreate(inner: MemoryStore, create: Store["create"]): Store {
  return new Proxy(inner, {
    get(target, name) {
      const value = name === "create" ? create : Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

const BROKEN: readonly [string, (inner: MemoryStore) => Store][] = [
  [
    "lets a second writer replace what was created once",
    (inner) =>
      withCreate(inner, async (key, bytes) => {
        inner.objects.set(key, bytes);
        return "created";
      }),
  ],
  [
    "acknowledges a batch and throws it away",
    (inner) => {
      let batches = 0;
      return withCreate(inner, async (key, bytes) => {
        if (key.startsWith("seq/")) batches += 1;
        return key.startsWith("seq/") && batches === 3 ? "created" : inner.create(key, bytes);
      });
    },
  ],
  [
    "does not see what others wrote a moment ago",
    (inner) =>
      withCreate(inner, async (key, bytes) => {
        if (!inner.objects.has(key)) return inner.create(key, bytes);
        // It says so, and keeps the first bytes.
        return "created";
      }),
  ],
];

test.each(BROKEN)(
  "a store that %s is found out, with a small example",
  async (_, medium) => {
    const trial = tryInterleavings({ seed: 1, runs: 200, writers: 4, medium }, new Tally());
    await expect(trial).rejects.toThrow(/Counterexample[\s\S]*Shrunk \d+ time/);
  },
  60_000,
);
