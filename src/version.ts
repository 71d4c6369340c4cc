// The package's own files, from wherever its code lies: src/, dist/ and bundle/ are all one level below its root.
import { readFileSync } from 'node:fs';

/** A file that is shipped with the package, by its path there. */
export function packageFile(path: string): URL {
  return new URL(`../${path}`, import.meta.url);
}

/** The package's version, from its own manifest. */
export function version(): string {
  return (JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string }).version;
}
