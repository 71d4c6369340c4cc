// The layers of raw settings: flags, environment, the nearest project file, the user's own file, each file with its profile.
import { ComfyGenError } from '../errors.ts';
import { configTable } from '../options/describe.ts';
import { checkKeys, checkValues, type Layer } from '../options/resolve.ts';
import { allOptions } from '../options/settings.ts';
import { isRecord } from '../protocol/json.ts';
import { closest } from '../text/closest.ts';
import { environment } from './environment.ts';
import { atHome, findFiles, type ConfigFile, type FoundFile, type Surroundings } from './find-files.ts';
import { parseConfig, readConfigText, type Values } from './parse-file.ts';

export type ConfigChoice = {
  /** Raw values of the command line, by key. */
  readonly flags: Values;
  /** A path for `--config`, false for `--no-config`. */
  readonly config?: string | false | undefined;
  readonly profile?: string | undefined;
};

type Loaded = FoundFile & { readonly values: Values };

/** All layers, strongest first, and the files that count. Throws errors of kind `usage`. */
export async function loadLayers(
  around: Surroundings,
  choice: ConfigChoice,
): Promise<{ readonly layers: readonly Layer[]; readonly files: readonly ConfigFile[] }> {
  const files = choice.config === false ? [] : await findFiles(around, choice.config);
  const loaded = await Promise.all(files.filter(({ found }) => found).map(load));
  const layers: Layer[] = [
    { source: 'flag', label: 'command line', trusted: true, values: choice.flags },
    { source: 'env', label: 'environment', trusted: true, values: environment(around.env) },
    ...loaded.flatMap((file) => layersOf(file, choice.profile)),
  ];
  if (choice.profile !== undefined) checkProfile(choice.profile, loaded);
  return { layers: withDefaultServer(layers).map((layer) => expandHome(layer, around.home)), files };
}

async function load(file: FoundFile): Promise<Loaded> {
  const text = await readConfigText(file.path);
  return { ...file, values: text.trim() === '' ? {} : await parseConfig(file.path, text) };
}

/** Refuses what the loader would refuse, in the same words. */
export function checkConfig(file: FoundFile, values: Values): void {
  layersOf({ ...file, values }, undefined);
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
