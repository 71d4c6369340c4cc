// The platform's folders for settings, for what a program remembers, and for what can be asked for again.
import { posix, win32 } from 'node:path';

export type Platform = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly platform: string;
};

type Places = {
  /** The variable that names the folder, on Windows and elsewhere. */
  readonly variables: readonly [win32: string, other: string];
  readonly usual: Readonly<Record<'win32' | 'darwin' | 'other', readonly string[]>>;
};

const places = {
  config: {
    variables: ['APPDATA', 'XDG_CONFIG_HOME'],
    usual: { win32: ['AppData', 'Roaming'], darwin: ['Library', 'Preferences'], other: ['.config'] },
  },
  state: {
    variables: ['LOCALAPPDATA', 'XDG_STATE_HOME'],
    usual: { win32: ['AppData', 'Local'], darwin: ['Library', 'Application Support'], other: ['.local', 'state'] },
  },
  cache: {
    variables: ['LOCALAPPDATA', 'XDG_CACHE_HOME'],
    usual: { win32: ['AppData', 'Local'], darwin: ['Library', 'Caches'], other: ['.cache'] },
  },
} as const satisfies Record<string, Places>;

/** Our folder of that kind. A variable that names no absolute path counts as not set. */
export function platformFolder(kind: keyof typeof places, { env, home, platform }: Platform): string {
  const paths = platform === 'win32' ? win32 : posix;
  const { variables, usual } = places[kind];
  const given = env[variables[platform === 'win32' ? 0 : 1]] ?? '';
  const base = paths.isAbsolute(given)
    ? given
    : paths.join(home, ...(platform === 'win32' || platform === 'darwin' ? usual[platform] : usual.other));
  const folder = paths.join(base, 'comfy-gen');
  return kind === 'cache' && platform === 'win32' ? paths.join(folder, 'Cache') : folder;
}
