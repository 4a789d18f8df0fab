import { defineConfig } from "vitest/config";

/** Puts another module in the place of one that all share. */
const ALONE = ["test/format.example.test.ts"];

/** Tests that start processes and servers, and go by the wall clock. */
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
  "walkthrough",
  "year.*",
].map((name) => `test/${name}.test.ts`);

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Most tests wait for processes and disks: on two cores, three files at once keep both busy.
    maxWorkers: 3,
    // Nothing in src/ keeps state in a module, so tests may share the modules that are loaded already.
    isolate: false,
    projects: [
      // A busy machine may disturb them once: CI tries such a test again, and says so.
      {
        extends: true,
        test: { name: "apart", include: APART, exclude: ALONE, retry: process.env["CI"] ? 1 : 0 },
      },
      { extends: true, test: { name: "together", include: ["test/**/*.test.ts"], exclude: [...APART, ...ALONE] } },
      { extends: true, test: { name: "alone", include: ALONE, isolate: true } },
    ],
  },
});
