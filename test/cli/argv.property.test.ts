// The command line and config files, whatever they hold: settings, or an error of kind `usage`; never a bug of ours.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll } from 'vitest';
import { readArgv } from '../../src/cli/argv.ts';
import { commands } from '../../src/cli/commands.ts';
import { loadLayers } from '../../src/config/layers.ts';
import { ComfyGenError } from '../../src/errors.ts';
import { flagsOf } from '../../src/options/describe.ts';
import { resolve } from '../../src/options/resolve.ts';
import { allOptions, everyOption } from '../../src/options/settings.ts';
import { anyJson, holds, nasty, pieces } from '../helpers/property.ts';

let home = '';
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'comfy-gen-argv-'));
  mkdirSync(join(home, 'work'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const flags = flagsOf(allOptions).flatMap(({ long, short, opposite }) => [
  long,
  ...(short === undefined ? [] : [short]),
  ...(opposite === undefined ? [] : [opposite]),
]);
const word = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...flags, '--', '-', '--help', '--version', '-h', '-V') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...commands.map(({ name }) => name), '5', '768x512', 'a:0.5', 'x', '10s', ''),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...flags), nasty).map(([flag, value]) => `${flag}=${value}`) },
  { weight: 1, arbitrary: nasty },
);

async function usageOnly(run: () => unknown): Promise<undefined> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof ComfyGenError) || error.code !== 'usage') throw error;
  }
  return undefined;
}

holds('any argv gives settings or a usage error', [fc.array(word, { maxLength: 7 })], (argv) =>
  usageOnly(async () => {
    const parsed = readArgv(argv);
    const around = { env: {}, cwd: join(home, 'work'), home, platform: 'linux' };
    resolve(everyOption, (await loadLayers(around, { flags: parsed.flags, config: false })).layers);
  }),
);

const env = fc.dictionary(
  fc.constantFrom(...Object.keys(allOptions).map((key) => `COMFY_GEN_${key.toUpperCase()}`), 'COMFY_GEN_NO_JOURNAL'),
  fc.oneof(nasty, pieces('[', '"', ']', '5', ',', 'true')),
);
const config = fc.oneof(
  fc
    .dictionary(
      fc.oneof(fc.constantFrom(...Object.keys(allOptions), 'profiles', '$schema', '$import'), nasty),
      anyJson(),
    )
    .map((value) => JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? Number(one) : one))),
  pieces(
    'steps',
    ': ',
    '5',
    '\n',
    '  ',
    '- ',
    '&a ',
    '*a',
    '[',
    ']',
    '{',
    '}',
    '!!js/function ',
    '"',
    '|',
    '>',
    '<<: ',
    '---',
    '%YAML 1.2',
    '2001-01-01',
    '0x1F',
    'profiles',
    '__proto__',
    '? ',
    '\t',
  ),
);

holds(
  'any environment and any config file, JSON or YAML, give settings or a usage error',
  [env, config, fc.constantFrom('.comfyrc', '.comfyrc.json', '.comfyrc.yaml')],
  (variables, content, name) => {
    const path = join(home, 'work', name);
    writeFileSync(path, content);
    return usageOnly(async () => {
      const around = { env: variables, cwd: join(home, 'work'), home, platform: 'linux' };
      resolve(everyOption, (await loadLayers(around, { flags: {} })).layers);
    }).finally(() => rmSync(path));
  },
);
