// `comfy-gen config show | path | init`: values with their origin, secrets masked; the files; a first config file.
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ComfyGenError } from '../../errors.ts';
import { configTable } from '../../options/describe.ts';
import { withoutUserInfo } from '../../options/kinds.ts';
import type { AnyOption, OptionTable } from '../../options/option.ts';
import { placeOf, resolve, type Layer, type Source } from '../../options/resolve.ts';
import { allOptions, streams } from '../../options/settings.ts';
import type { ConfigFile } from '../../config/layers.ts';
import { jsonLine } from '../output/objects.ts';
import { isVariableName } from '../../config/credentials.ts';
import type { Context } from '../context.ts';
import { oneLine } from '../../text/harmless.ts';

/** One setting as `config show --json` prints it. */
export type ShownSetting = {
  readonly key: string;
  readonly value: unknown;
  readonly source: Source | 'default';
  /** The flag, the variable or the file; null for a default. */
  readonly from: string | null;
};

const mask = '***';

export async function run(context: Context): Promise<number> {
  const { terminal, layers, files } = context;
  const asJson = context.settings.json.value;
  const print = async (lines: readonly string[]): Promise<void> => {
    for (const line of lines) await terminal.out(`${line}\n`);
  };
  const printJson = async (rows: readonly object[]): Promise<void> => {
    for (const row of rows) await terminal.out(jsonLine(row));
  };
  const [what = 'show'] = context.words;
  if (what === 'show') {
    const shown = shownSettings(allOptions, layers);
    await (asJson ? printJson(shown) : print(showLines(shown, allOptions)));
  } else if (what === 'path') {
    await (asJson ? printJson(files) : print(pathLines(files)));
  } else if (what === 'init') {
    const path = await initConfig(terminal.cwd, given(layers));
    if (!context.settings.quiet.value)
      terminal.err(
        'every key and its default is in .comfyrc.example.json; `comfy-gen config show` tells what is in force\n',
      );
    await (asJson ? printJson([{ path }]) : print([path]));
  } else {
    throw new ComfyGenError('bad_option', `\`config\` knows no ${JSON.stringify(what)}`, {
      hint: 'one of show, path, init',
    });
  }
  return 0;
}

/** Each value in force and where it came from; no secret among them. */
export function shownSettings(table: OptionTable, layers: readonly Layer[]): readonly ShownSetting[] {
  const known = configTable(table);
  const settings = resolve(known, layers);
  return Object.entries(known).map(([key, option]) => {
    const { value, layer } = settings[key] ?? { value: undefined, layer: undefined };
    return {
      key,
      value: masked(option.write(value) ?? null, option),
      source: layer?.source ?? 'default',
      from: layer === undefined ? null : originOf(layer, key, option),
    };
  });
}

function originOf(layer: Layer, key: string, option: AnyOption): string {
  return layer.source === 'flag' || layer.source === 'env' ? placeOf(layer, key, option) : layer.label;
}

function masked(written: unknown, option: AnyOption): unknown {
  if (option.argument === 'VAR' && typeof written === 'string') return isVariableName(written) ? written : mask;
  if (!option.secret) return written;
  if (Array.isArray(written)) return written.map((one) => masked(one, option));
  if (typeof written !== 'string') return written;
  // A header keeps its name, an address all but its user info.
  return option.argument === 'name: value' ? `${written.split(':')[0] ?? ''}: ${mask}` : withoutUserInfo(written);
}

/** The settings as aligned lines for people. */
export function showLines(shown: readonly ShownSetting[], table: OptionTable): readonly string[] {
  const cells = shown.map(
    ({ key, value, source, from }) => [key, valueText(value, table[key]), from ?? source] as const,
  );
  const width = (at: 0 | 1): number => Math.min(40, Math.max(...cells.map((row) => row[at].length)));
  return cells.map(([key, value, from]) => `${key.padEnd(width(0))}  ${value.padEnd(width(1))}  ${oneLine(from)}`);
}

function valueText(value: unknown, option: AnyOption | undefined): string {
  if (value === null || (Array.isArray(value) && value.length === 0)) {
    return option?.otherwise === undefined ? '-' : `(${option.otherwise})`;
  }
  if (value === '') return '""';
  return oneLine(
    [value]
      .flat()
      .map((one) => (typeof one === 'string' ? one : JSON.stringify(one)))
      .join(', '),
  );
}

/** The files that count, the strongest first; one that is not there yet says so. */
export function pathLines(files: readonly ConfigFile[]): readonly string[] {
  return files.map(({ path, found }) => oneLine(found ? path : `${path} (not there)`));
}

/** What this command line says, as a config file holds it: not what configures this command alone, no secrets. */
function given(layers: readonly Layer[]): Readonly<Record<string, unknown>> {
  const flags = layers.find(({ source }) => source === 'flag')?.values ?? {};
  const table = configTable(allOptions);
  const own = new Set(Object.keys(streams));
  const isKept = ([key]: [string, unknown]): boolean => {
    const option = Object.hasOwn(table, key) ? table[key] : undefined;
    return option !== undefined && !own.has(key) && !option.trustedOnly && key !== 'header';
  };
  const withoutSecret = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(withoutSecret)
      : typeof value === 'string'
        ? value.replace(/^([a-z][a-z0-9+.-]*:\/\/)?[^/]*@/i, '$1')
        : value;
  const kept = Object.entries(flags).filter(isKept);
  return Object.fromEntries(
    kept.map(([key, value]) => [key, table[key]?.secret === true ? withoutSecret(value) : value]),
  );
}

/** Writes `.comfyrc.json` with what was given and nothing else: defaults may get better. Never over a file. Returns its path. */
export async function initConfig(cwd: string, values: Readonly<Record<string, unknown>>): Promise<string> {
  for (const name of ['.comfyrc', '.comfyrc.json', '.comfyrc.yaml']) await refuseExisting(join(cwd, name));
  const path = join(cwd, '.comfyrc.json');
  try {
    await writeFile(path, `${JSON.stringify(values, undefined, 2)}\n`, { flag: 'wx' });
  } catch (cause) {
    throw new ComfyGenError('not_writable', `${path}: cannot be written`, { cause, hint: 'choose another folder' });
  }
  return path;
}

async function refuseExisting(path: string): Promise<void> {
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (exists)
    throw new ComfyGenError('bad_config', `${path} is there already and stays as it is`, {
      hint: 'edit it, or take it away first',
    });
}
