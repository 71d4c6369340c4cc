// The layers below the flags: environment, nearest project file, the user's own file. Files are found and read by cosmiconfig.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve as resolvePath } from 'node:path';
import { ComfyGenError } from '../errors.ts';
import { configTable, envName, readsEnv } from '../options/describe.ts';
import { checkKeys, checkValues, type Layer, type Source } from '../options/resolve.ts';
import { allOptions } from '../options/settings.ts';

export type Surroundings = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  readonly platform: string;
};

export type ConfigChoice = {
  readonly flags: Readonly<Record<string, unknown>>;
  /** A path for `--config`, false for `--no-config`. */
  readonly config: string | false | undefined;
  readonly profile: string | undefined;
};

export type ConfigFile = { readonly path: string; readonly source: 'project' | 'user'; readonly found: boolean };

const projectNames = ['.comfyrc', '.comfyrc.json', '.comfyrc.yaml'];
const userNames = ['config.json', 'config.yaml'];
const maxConfigBytes = 1024 * 1024;

/** All layers, strongest first, and the files that were looked at. Throws errors of kind `usage`. */
export async function loadLayers(around: Surroundings, choice: ConfigChoice): Promise<{ layers: readonly Layer[]; files: readonly ConfigFile[] }> {
  const layers: Layer[] = [
    { source: 'flag', label: 'command line', trusted: true, values: choice.flags },
    { source: 'env', label: 'environment', trusted: true, values: environment(around.env) },
  ];
  const files: ConfigFile[] = [];
  let hasProfile = false;
  const add = async (path: string, source: 'project' | 'user', trusted: boolean): Promise<void> => {
    const values = await readConfig(path);
    const profiles = values['profiles'];
    check(path, values, source, trusted);
    if (profiles !== undefined && !isRecord(profiles)) throw new ComfyGenError('bad_config', `${path}: profiles is no set of named settings`);
    const named = choice.profile !== undefined && isRecord(profiles) && Object.hasOwn(profiles, choice.profile) ? profiles[choice.profile] : undefined;
    for (const [name, profile] of Object.entries(isRecord(profiles) ? profiles : {})) {
      if (!isRecord(profile)) throw new ComfyGenError('bad_config', `${path}: profile ${JSON.stringify(name)} is no set of settings`);
      check(`${path}, profile ${name}`, profile, source, trusted);
    }
    if (isRecord(named)) {
      hasProfile = true;
      layers.push({ source, label: `${path}, profile ${choice.profile ?? ''}`, trusted, values: named });
    }
    layers.push({ source, label: path, trusted, values });
  };
  if (choice.config !== false) {
    const project = choice.config === undefined ? findProjectFile(around) : resolvePath(around.cwd, choice.config);
    if (project !== undefined) {
      files.push({ path: project, source: 'project', found: true });
      await add(project, 'project', choice.config !== undefined);
    }
    const folder = userFolder(around);
    const own = userNames.map((n) => join(folder, n)).find((p) => existsSync(p));
    files.push({ path: own ?? join(folder, 'config.json'), source: 'user', found: own !== undefined });
    if (own !== undefined) await add(own, 'user', true);
  }
  if (choice.profile !== undefined && !hasProfile) {
    throw new ComfyGenError('unknown_profile', `no profile ${JSON.stringify(choice.profile)} in any configuration file`, {
      hint: files.some((f) => f.found) ? `looked in ${files.filter((f) => f.found).map((f) => f.path).join(', ')}` : 'there is no configuration file: see `comfy-gen config init`',
    });
  }
  return { layers, files };
}

function environment(env: Surroundings['env']): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [key, option] of Object.entries(allOptions)) {
    const value = readsEnv(option) ? env[envName(key, option)] : undefined;
    if (value !== undefined && value !== '') values[key] = value;
  }
  return values;
}

/** The nearest file upwards, to the home folder or the root. */
function findProjectFile({ cwd, home }: Surroundings): string | undefined {
  for (let folder = resolvePath(cwd); ; folder = dirname(folder)) {
    const found = projectNames.map((n) => join(folder, n)).find((p) => existsSync(p));
    if (found !== undefined) return found;
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && /"comfy"\s*:/.test(readFileSync(manifest, 'utf8'))) {
      const parsed: unknown = tryJson(readFileSync(manifest, 'utf8'));
      if (isRecord(parsed) && parsed['comfy'] !== undefined) return manifest;
    }
    if (folder === dirname(folder) || folder === resolvePath(home)) return undefined;
  }
}

/** The platform's folder for the user's own configuration. */
export function userFolder({ env, home, platform }: Surroundings): string {
  const given = (name: string): string | undefined => ((env[name] ?? '') === '' ? undefined : env[name]);
  if (platform === 'win32') return join(given('APPDATA') ?? join(home, 'AppData', 'Roaming'), 'comfy-gen');
  if (platform === 'darwin') return join(given('XDG_CONFIG_HOME') ?? join(home, 'Library', 'Preferences'), 'comfy-gen');
  return join(given('XDG_CONFIG_HOME') ?? join(home, '.config'), 'comfy-gen');
}

async function readConfig(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    if (statSync(path).size > maxConfigBytes) throw new Error('larger than 1 MiB');
    const { cosmiconfig } = await import('cosmiconfig');
    const loaded = path.endsWith('package.json') ? packageConfig(path) : (await explorer(cosmiconfig).load(path))?.config;
    const values: unknown = loaded ?? {};
    if (!isRecord(values)) throw new Error('it holds no settings but something else');
    return values;
  } catch (cause) {
    const what = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new ComfyGenError('bad_config', `${path} cannot be read: ${what}`, { cause });
  }
}

/** Data only: a loader for code is not there. */
function explorer(cosmiconfig: typeof import('cosmiconfig').cosmiconfig): ReturnType<typeof import('cosmiconfig').cosmiconfig> {
  const refuse = (path: string): never => {
    throw new Error(`${path}: a configuration is data, not code`);
  };
  return cosmiconfig('comfy', { loaders: { '.js': refuse, '.mjs': refuse, '.cjs': refuse, '.ts': refuse }, searchStrategy: 'none' });
}

function packageConfig(path: string): unknown {
  const manifest = tryJson(readFileSync(path, 'utf8'));
  return isRecord(manifest) ? manifest['comfy'] : undefined;
}

/** Keys and values of a file, wanted now or not; what only the user may decide is refused in a project's file. */
function check(label: string, values: Readonly<Record<string, unknown>>, source: Source, trusted: boolean): void {
  checkKeys(values, [...configKeys(), 'profiles'], label);
  checkValues({ source, label, trusted, values }, configTable(allOptions));
}

/** Every key that a configuration file may hold. */
export function configKeys(): string[] {
  return Object.keys(configTable(allOptions));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
