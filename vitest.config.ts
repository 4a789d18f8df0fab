import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["dist/**", "node_modules/**"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Most tests wait for processes and disks: on two cores, three files at once keep both busy.
    maxWorkers: 3,
  },
});
