// Builds dist/ once before the suites that run the real command; type errors are `npm run check`'s business, tsc writes all the same.
import { spawnSync } from 'node:child_process';

export function setup(): void {
  spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'ignore' });
}
