// Which config files count: the nearest one of the project, or the one that was named, then the user's own.
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve as resolvePath } from 'node:path';
import { isFile } from '../files/user-file.ts';
import { isRecord, tryParseJson } from '../protocol/json.ts';
import { platformFolder } from './folders.ts';
import { isManifest } from './parse-file.ts';

export type Surroundings = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  readonly platform: string;
};

export type ConfigFile = { readonly path: string; readonly source: 'project' | 'user'; readonly found: boolean };
/** `trusted`: the user named it, or it is the user's own. */
export type FoundFile = ConfigFile & { readonly trusted: boolean };

/** What a project's file may be called. */
export const projectNames: readonly string[] = [
  '.comfyrc',
  '.comfyrc.json',
  '.comfyrc.yaml',
  '.comfyrc.yml',
  'package.json',
];
const userNames = ['config.json', 'config.yaml', 'config.yml'];

/** The files, the strongest first. The user's own comes last, there or not; what `--config` names counts as there. */
export async function findFiles(around: Surroundings, named: string | undefined): Promise<readonly FoundFile[]> {
  const path = named === undefined ? await nearestFile(around) : resolvePath(around.cwd, atHome(named, around.home));
  const project: FoundFile[] =
    path === undefined ? [] : [{ path, source: 'project', found: true, trusted: named !== undefined }];
  return [...project, await userFile(around)];
}

async function userFile(around: Surroundings): Promise<FoundFile> {
  const folder = platformFolder('config', around);
  for (const name of userNames) {
    const path = join(folder, name);
    if (await isFile(path)) return { path, source: 'user', found: !(await isBlank(path)), trusted: true };
  }
  return { path: join(folder, 'config.json'), source: 'user', found: false, trusted: true };
}

/** Upwards to the home folder or the root; an empty file, and a package.json without `comfy`, are passed over. */
async function nearestFile({ cwd, home }: Surroundings): Promise<string | undefined> {
  for (let folder = resolvePath(cwd); ; folder = dirname(folder)) {
    for (const name of projectNames) {
      const path = join(folder, name);
      if ((await isFile(path)) && !(await isBlank(path)) && (!isManifest(path) || (await hasOurs(path)))) return path;
    }
    if (folder === resolvePath(home) || folder === dirname(folder)) return undefined;
  }
}

/** Of what cannot be read here, whoever reads it whole will tell. */
async function isBlank(path: string): Promise<boolean> {
  const bytes = await readFile(path).catch(() => undefined);
  return bytes !== undefined && bytes.length < 1024 && bytes.toString('utf8').trim() === '';
}

async function hasOurs(manifest: string): Promise<boolean> {
  const text = await readFile(manifest, 'utf8').catch(() => '');
  const parsed = text.includes('"comfy"') ? tryParseJson(text) : undefined;
  return isRecord(parsed) && Object.hasOwn(parsed, 'comfy');
}

/** `~` is the home folder; with `afterColon` behind the first colon, as in `model:~/image.png`. */
export function atHome(path: string, home: string, afterColon = false): string {
  return path.replace(afterColon ? /(?<=^[^:]*:)~(?=[\\/])/ : /^~(?=$|[\\/])/, () => home);
}
