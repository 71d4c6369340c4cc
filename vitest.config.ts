// Test suites: `fast` is `npm test`, `fuzz` its properties alone with 10,000 cases each; `slow` and `fast` together are `npm run test:all`; `live` needs COMFY_GEN_TEST_URL.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.slow.test.ts', 'test/**/*.live.test.ts'],
          testTimeout: 30_000,
          maxWorkers: 2,
          globalSetup: ['test/helpers/build.ts'],
        },
      },
      {
        test: {
          name: 'slow',
          include: ['test/**/*.slow.test.ts'],
          testTimeout: 300_000,
          maxWorkers: 2,
          globalSetup: ['test/helpers/build.ts'],
        },
      },
      {
        test: {
          name: 'fuzz',
          include: ['test/**/*.property.test.ts'],
          env: { COMFY_GEN_FUZZ_RUNS: process.env['COMFY_GEN_FUZZ_RUNS'] ?? '10000' },
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'live',
          include: ['test/**/*.live.test.ts'],
          testTimeout: 600_000,
          maxWorkers: 1,
          fileParallelism: false,
        },
      },
    ],
  },
});
