// Takes out of dist/ what no file of src/ makes any more, so that it is not packed. The rest stays: a command that runs meanwhile may need it.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

for (const entry of readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' })) {
  const stem = /^(.*?)(?:\.d\.ts|\.js|\.js\.map)$/.exec(entry)?.[1];
  if (stem === undefined) continue;
  const made = existsSync(join(root, 'src', `${stem}.ts`)) && !entry.endsWith('.map');
  if (!made) rmSync(join(root, 'dist', entry));
}
