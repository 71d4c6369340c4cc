// Takes dist/ away before a build, so that nothing of files that are gone is left in it or in the package.
import { rmSync } from 'node:fs';

rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true });
