// Takes out of dist/ what no file of src/ makes any more, and says which of its declarations are packed: those that the library's own
// reach. The rest stays: a command that runs meanwhile may need it, and so do tests and scripts.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const root = dirname(dist);
const { exports } = /** @type {{ exports: Record<string, { types?: string }> }} */ (
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
);

for (const entry of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
  const stem = /^(.*?)(?:\.d\.ts|\.js|\.js\.map)$/.exec(entry)?.[1];
  if (stem === undefined) continue;
  const made = existsSync(join(root, 'src', `${stem}.ts`)) && !entry.endsWith('.map');
  if (!made) rmSync(join(dist, entry));
}

/** @type {Set<string>} */
const reached = new Set();

/** @param {string} path of a declaration */
function reach(path) {
  if (reached.has(path)) return;
  reached.add(path);
  for (const [, to = ''] of readFileSync(path, 'utf8').matchAll(/(?:\bfrom |\bimport[ (])["'](\.[^"']+)["']/g))
    reach(join(dirname(path), to.replace(/(?:\.d)?\.[jt]s$/, '.d.ts')));
}
for (const { types } of Object.values(exports)) if (types !== undefined) reach(join(root, types));

const packed = [...reached].map((path) => `!/${relative(dist, path).replaceAll('\\', '/')}\n`).sort();
writeFileSync(join(dist, '.npmignore'), `*.js\n*.d.ts\n${packed.join('')}`);
