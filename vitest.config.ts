import { defineConfig } from "vitest/config";

/** Tests that start processes and servers, or put other modules in the place of ours: each file has a world of its own. */
const APART = [
  "attacks",
  "cli.*",
  "collectors.monitoring",
  "daemon.*",
  "demo",
  "deploy.*",
  "format.*",
  "heads.targets",
  "index.*",
  "journey",
  "ledger.processes",
  "metrics",
  "notices.*",
  "pack.*",
  "portal.*",
  "privacy.*",
  "replicas",
  "report.pdf",
  "standalone.*",
  "store.rgw",
  "tlog",
  "torture",
  "year.*",
].map((name) => `test/${name}.test.ts`);

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Most tests wait for processes and disks: on two cores, three files at once keep both busy.
    maxWorkers: 3,
    projects: [
      // They go by the wall clock, which a busy machine may disturb once: CI tries such a test again, and says so.
      { extends: true, test: { name: "apart", include: APART, retry: process.env["CI"] ? 1 : 0 } },
      // Nothing in src/ keeps state in a module, so these may share the modules that are loaded already.
      {
        extends: true,
        test: { name: "together", include: ["test/**/*.test.ts"], exclude: APART, isolate: false },
      },
    ],
  },
});
