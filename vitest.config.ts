import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/properties.ts'],
    globalSetup: ['test/support/build.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores, real rings and namespaces: files side by side, tests within a file one after the other.
    maxWorkers: 2,
    reporters: ['default'],
  },
});
