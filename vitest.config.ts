// Test suites. `npm test` is `fast`, which holds `pure`; `npm run test:all` is `pure`, `spawned` (`fast`, each run of the command a process)
// and `slow`; `fuzz` is the properties alone with 10,000 cases each; `live` needs COMFY_GEN_TEST_URL.
import { defineConfig } from 'vitest/config';

/** Rooms without state, files or sockets: their tests share one process. */
const pure = ['text', 'protocol', 'options', 'workflow', 'convert', 'recipes', 'media', 'typed-graph'].map(
  (room) => `test/${room}/**/*.test.ts`,
);
const special = ['test/**/*.slow.test.ts', 'test/**/*.live.test.ts'];
/** Each of their tests starts processes: fewer at a time, and after the others. */
const processes = { maxWorkers: 2, sequence: { groupOrder: 1 } };
const globalSetup = ['test/helpers/build.ts'];

export default defineConfig({
  test: {
    retry: process.env['CI'] === undefined ? 0 : 2, // a busy machine delays what a quiet one does in time
    maxWorkers: 4, // half of the time is waiting
    env: { TZ: 'UTC' },
    projects: [
      {
        extends: true,
        test: { name: 'pure', include: pure, exclude: special, isolate: false, testTimeout: 30_000 },
      },
      {
        extends: true,
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: special,
          isolate: false, // a second run in one process must find nothing of the first
          testTimeout: 30_000,
          maxConcurrency: 8,
          globalSetup,
        },
      },
      {
        extends: true,
        test: {
          name: 'spawned',
          include: ['test/**/*.test.ts'],
          exclude: [...special, ...pure],
          testTimeout: 300_000,
          ...processes,
          env: { COMFY_GEN_TEST_SPAWN: '1' },
          globalSetup,
        },
      },
      {
        extends: true,
        test: {
          name: 'slow',
          include: ['test/**/*.slow.test.ts'],
          testTimeout: 300_000,
          ...processes,
          env: { COMFY_GEN_TEST_SPAWN: '1' },
          globalSetup,
        },
      },
      {
        extends: true,
        test: {
          name: 'fuzz',
          include: ['test/**/*.property.test.ts'],
          env: { COMFY_GEN_FUZZ_RUNS: process.env['COMFY_GEN_FUZZ_RUNS'] ?? '10000' },
        },
      },
      {
        extends: true,
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
