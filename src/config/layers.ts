// The layers of raw settings: flags, environment, the nearest project file, the user's own file, each file with its profile.
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve as resolvePath } from 'node:path';
import { ComfyGenError } from '../errors.ts';
import { decodeText } from '../files/decode.ts';
import { isFile } from '../files/user-file.ts';
import { configTable, envName, readsEnv } from '../options/describe.ts';
import { closest } from '../text/closest.ts';
import { checkKeys, checkValues, type Layer } from '../options/resolve.ts';
import { allOptions } from '../options/settings.ts';
import { isRecord, parseJson, tryParseJson } from '../protocol/json.ts';
import { platformFolder } from './folders.ts';

export type Surroundings = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  readonly platform: string;
};

export type ConfigChoice = {
  /** Raw values of the command line, by key. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** A path for `--config`, false for `--no-config`. */
  readonly config?: string | false | undefined;
  readonly profile?: string | undefined;
};

export type ConfigFile = { readonly path: string; readonly source: 'project' | 'user'; readonly found: boolean };

type Values = Readonly<Record<string, unknown>>;
type Loaded = ConfigFile & { readonly trusted: boolean; readonly values: Values };

const projectNames = ['.comfyrc', '.comfyrc.json', '.comfyrc.yaml', 'package.json'];
const userNames = ['config.json', 'config.yaml'];
const maxBytes = 1024 * 1024;
/** Parts of a file, aliases counted each time: a small YAML text can stand for billions. */
const maxParts = 10_000;
const maxDepth = 8;

/** All layers, strongest first, and the files that count. Throws errors of kind `usage`. */
export async function loadLayers(
  around: Surroundings,
  choice: ConfigChoice,
): Promise<{ layers: readonly Layer[]; files: readonly ConfigFile[] }> {
  const loaded = choice.config === false ? [] : await loadFiles(around, choice.config);
  const layers: Layer[] = [
    { source: 'flag', label: 'command line', trusted: true, values: choice.flags },
    { source: 'env', label: 'environment', trusted: true, values: environment(around.env) },
    ...loaded.flatMap((file) => layersOf(file, choice.profile)),
  ];
  if (choice.profile !== undefined) checkProfile(choice.profile, loaded);
  const files = loaded.map(({ path, source, found }) => ({ path, source, found }));
  return { layers: withDefaultServer(layers).map((layer) => expandHome(layer, around.home)), files };
}

function environment(env: Surroundings['env']): Values {
  const values: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(allOptions)) {
    if (!readsEnv(option)) continue;
    const name = envName(key, option);
    const raw = env[name] ?? '';
    const negative = option.toggle && option.negated ? (env[name.replace('COMFY_GEN_', 'COMFY_GEN_NO_')] ?? '') : '';
    if (raw !== '') values[key] = option.list ? listOf(raw) : raw;
    else if (negative !== '')
      values[key] = option.parse(negative, name.replace('COMFY_GEN_', 'COMFY_GEN_NO_')) !== true;
  }
  return values;
}

/** A repeatable option's variable holds one value, or a JSON array of them. */
function listOf(raw: string): unknown {
  const array = raw.startsWith('[') ? tryParseJson(raw) : undefined;
  return Array.isArray(array) ? array : raw;
}

/** The project's file (or the one named by --config), then the user's own. */
async function loadFiles(around: Surroundings, named: string | undefined): Promise<readonly Loaded[]> {
  const project =
    named === undefined
      ? await nearestFile(around)
      : await load(resolvePath(around.cwd, atHome(named, around.home)), 'project', true);
  const folder = platformFolder('config', around);
  for (const name of userNames) {
    const path = join(folder, name);
    if (await isFile(path)) return [...(project === undefined ? [] : [project]), await load(path, 'user', true)];
  }
  const absent: Loaded = {
    path: join(folder, userNames[0] ?? ''),
    source: 'user',
    found: false,
    trusted: true,
    values: {},
  };
  return [...(project === undefined ? [] : [project]), absent];
}

/** Upwards to the home folder or the root; an empty file, and a package.json without `comfy`, are passed over. */
async function nearestFile({ cwd, home }: Surroundings): Promise<Loaded | undefined> {
  for (let folder = resolvePath(cwd); ; folder = dirname(folder)) {
    for (const name of projectNames) {
      const path = join(folder, name);
      if (!(await isFile(path)) || (name === 'package.json' && !(await hasOurs(path)))) continue;
      const file = await load(path, 'project', false);
      if (file.found) return file;
    }
    if (folder === resolvePath(home) || folder === dirname(folder)) return undefined;
  }
}

async function hasOurs(manifest: string): Promise<boolean> {
  const text = await readFile(manifest, 'utf8').catch(() => '');
  const parsed = text.includes('"comfy"') ? tryParseJson(text) : undefined;
  return isRecord(parsed) && Object.hasOwn(parsed, 'comfy');
}

async function load(path: string, source: 'project' | 'user', trusted: boolean): Promise<Loaded> {
  const text = await readText(path);
  if (text.trim() === '') return { path, source, found: false, trusted, values: {} };
  const whole = await parseFile(path, text);
  const ours = basename(path) === 'package.json' && isRecord(whole) ? whole['comfy'] : whole;
  if (!isRecord(ours) || !isBounded(ours))
    throw new ComfyGenError('bad_config', `${path}: not a set of settings, or too large a one`);
  return { path, source, found: true, trusted, values: ours };
}

async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    const bytes = size > maxBytes ? undefined : await readFile(path);
    if (bytes !== undefined && bytes.length <= maxBytes) return decodeText(bytes, path);
  } catch (cause) {
    if (cause instanceof ComfyGenError) throw new ComfyGenError('bad_config', cause.message, { hint: cause.hint });
    throw new ComfyGenError('bad_config', `${path}: cannot be read (${codeOf(cause)})`, { cause });
  }
  throw new ComfyGenError('bad_config', `${path}: larger than 1 MiB`);
}

/**
 * Data only, by cosmiconfig's loaders for it. Its own search is not used: `cosmiconfig()` runs `.config/config.js` of the
 * working folder before it looks for anything, and `$import` reaches other files.
 */
async function parseFile(path: string, text: string): Promise<unknown> {
  const ending = extname(path).toLowerCase();
  if (/^\.[cm]?[jt]sx?$/.test(ending))
    throw new ComfyGenError('bad_config', `${path}: a config file is data, not code`);
  if (/^\.(?:toml|ini|cfg|conf|xml|env|json5|jsonc)$/.test(ending))
    throw new ComfyGenError('bad_config', `${path}: a config file is JSON or YAML, not ${ending.slice(1)}`);
  try {
    // Our own JSON keeps every digit of a seed.
    if (ending === '.json') return parseJson(text);
    if (text.trimStart().startsWith('{')) {
      const json = tryParseJson(text);
      if (json !== undefined) return json;
    }
    const { defaultLoaders } = await import('cosmiconfig');
    return defaultLoaders['.yaml'](path, text) as unknown;
  } catch (cause) {
    const lines = cause instanceof Error ? cause.message.split('\n') : [];
    const what = lines.find((line) => line !== '' && !line.startsWith('YAML Error in')) ?? 'not readable';
    throw new ComfyGenError('bad_config', `${path}: ${what}`, { cause });
  }
}

/** The profile that was asked for, then the rest of the file; all of it is checked, wanted or not. */
function layersOf({ path, source, trusted, values: whole }: Loaded, profile: string | undefined): readonly Layer[] {
  const { profiles, ...values } = whole;
  const top = { source, label: path, trusted, values };
  const sets = profilesOf(profiles, path).map(([name, set]) => ({
    name,
    layer: { ...top, label: `${path}: profiles.${name}`, values: set },
  }));
  const table = configTable(allOptions);
  for (const layer of [top, ...sets.map((s) => s.layer)]) {
    checkKeys(
      layer.values,
      layer === top ? [...Object.keys(table), 'profiles', '$schema'] : Object.keys(table),
      layer.label,
    );
    checkValues(layer, table);
  }
  return [...sets.filter((s) => s.name === profile).map((s) => s.layer), top];
}

function profilesOf(profiles: unknown, path: string): readonly (readonly [string, Values])[] {
  if (profiles === undefined || profiles === null) return [];
  if (!isRecord(profiles)) throw new ComfyGenError('bad_config', `${path}: profiles is not a set of named settings`);
  return Object.entries(profiles).map(([name, set]) => {
    if (!isRecord(set)) throw new ComfyGenError('bad_config', `${path}: profiles.${name} is not a set of settings`);
    return [name, set] as const;
  });
}

function checkProfile(wanted: string, loaded: readonly Loaded[]): void {
  const names = loaded.flatMap(({ values, path }) => profilesOf(values['profiles'], path).map(([name]) => name));
  if (names.includes(wanted)) return;
  const [near] = closest(wanted, names, 1, false);
  const known = names.length === 0 ? 'no config file has profiles' : `there are ${[...new Set(names)].join(', ')}`;
  throw new ComfyGenError('unknown_profile', `no profile ${JSON.stringify(wanted)}`, {
    hint: near === undefined ? known : `did you mean ${near}?`,
  });
}

/**
 * Who names the server decides whether secrets go there. A project's file that names the default server names nothing
 * new: that part is trusted. One that only moves its port does name a server: it is written out as such.
 */
function withDefaultServer(layers: readonly Layer[]): readonly Layer[] {
  const [host, port] = [allOptions['host']?.fallback as readonly string[], allOptions['port']?.fallback]; // as the table says
  const named = layers.some((l) => (l.values['host'] ?? undefined) !== undefined);
  return layers.flatMap((layer) => {
    const { values } = layer;
    if (layer.trusted) return [layer];
    const moves =
      (values['port'] ?? undefined) !== undefined && values['port'] !== port && values['port'] !== String(port);
    if (moves && !named) return [{ ...layer, values: { ...values, host } }];
    const hosts = Array.isArray(values['host']) ? values['host'] : [values['host']];
    if (moves || !hosts.every((h) => host.includes(h as string))) return [layer];
    const { host: own, ...rest } = values;
    return [
      { ...layer, trusted: true, values: { host: own } },
      { ...layer, values: rest },
    ];
  });
}

/** `~` in what names a path is the home folder. */
function expandHome(layer: Layer, home: string): Layer {
  const expand = (raw: unknown, key: string): unknown => {
    if (Array.isArray(raw)) return raw.map((one) => expand(one, key));
    return typeof raw === 'string' ? atHome(raw, home, key === 'control') : raw;
  };
  const isPath = (key: string): boolean => Object.hasOwn(allOptions, key) && allOptions[key]?.names !== undefined;
  const values = Object.entries(layer.values).map(([key, raw]) => [key, isPath(key) ? expand(raw, key) : raw] as const);
  return { ...layer, values: Object.fromEntries(values) };
}

function atHome(path: string, home: string, afterColon = false): string {
  return path.replace(afterColon ? /(?<=^[^:]*:)~(?=[\\/])/ : /^~(?=$|[\\/])/, () => home);
}

function isBounded(whole: unknown): boolean {
  let left = maxParts;
  const walk = (value: unknown, depth: number): boolean => {
    if (--left < 0 || depth > maxDepth) return false;
    return typeof value !== 'object' || value === null || Object.values(value).every((part) => walk(part, depth + 1));
  };
  return walk(whole, 0);
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);
}
