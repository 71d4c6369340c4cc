// The recorded pairs (UI file -> what the web UI sends) and how they are compared; rules of their READMEs.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseJson } from '../../src/protocol/json.ts';
import { parseObjectInfo, type ObjectInfo } from '../../src/protocol/object-info.ts';
import type { Workflow } from '../../src/workflow/workflow.ts';

const pairsFolder = '../shared/conversion';
export const havePairs = existsSync(pairsFolder);

type Folder = '' | '1.49.6' | '1.58.1';
export type DefinitionsName = '' | '1.49.6' | 'newer';
type Expect = {
  deviation_allowed: Record<string, string>;
  refusal_allowed?: Record<string, string>;
  ignore_inputs: [string, string][];
  free_titles?: string[];
  prefer_older?: string[];
};
export type Pair = {
  readonly name: string;
  readonly ui: string;
  readonly definitions: DefinitionsName;
  /** Each is right; none: the web UI fails, everything but a crash is right. */
  readonly answers: readonly string[];
  /** Any answer passes, for this reason. */
  readonly deviation: string | undefined;
  /** A refusal passes too, another answer does not. */
  readonly mayRefuse: boolean;
  readonly freeTitles: boolean;
  readonly ignored: ReadonlySet<string>;
};

const read = (path: string): unknown => parseJson(readFileSync(join(pairsFolder, path), 'utf8'));
const exists = (path: string): boolean => existsSync(join(pairsFolder, path));
const path = (folder: Folder, name: string): string => (folder === '' ? name : `${folder}/${name}`);

export function readUi(pair: Pair): unknown {
  return read(pair.ui);
}
export function readAnswers(pair: Pair): Workflow[] {
  return pair.answers.map((answer) => read(answer) as Workflow); // recorded by the web UI
}
export function definitionsText(folder: '' | '1.49.6'): string {
  return gunzipSync(readFileSync(join(pairsFolder, folder, 'object_info.json.gz'))).toString('utf8');
}
/** `newer`: classes of the time after 0.33.0 laid over those of 0.33.0. */
export function readDefinitions(name: DefinitionsName): ObjectInfo {
  if (name !== 'newer') return parseObjectInfo(parseJson(definitionsText(name)));
  const patch = read('1.58.1/object_info.patch.json') as { classes: unknown };
  return { ...readDefinitions('1.49.6'), ...parseObjectInfo(patch.classes) };
}

/** Every answer that counts: the newest of a case, older ones where the READMEs say that they stay right. */
export function allPairs(): Pair[] {
  const folders: Folder[] = ['', '1.49.6', '1.58.1'];
  const expects = new Map(folders.map((f) => [f, read(path(f, 'expect.json')) as Expect]));
  const ignored = new Set([...expects.values()].flatMap((e) => e.ignore_inputs.map(([c, i]) => `${c} ${i}`)));
  const differs = read('1.49.6/differs.json') as Record<string, string>;
  const names = new Map(folders.map((f) => [f, answersOf(f)]));
  const has = (f: Folder, name: string): boolean => names.get(f)?.has(name) === true;
  const prefersOlder = (f: Folder, name: string): boolean => expects.get(f)?.prefer_older?.includes(name) === true;
  const pairs: Pair[] = [];
  const add = (folder: Folder, definitions: DefinitionsName, name: string, freeTitles: boolean): void => {
    const files = ['api', 'also.api'].map((kind) => path(folder, `${name}.${kind}.json`));
    const upToHere = folders.slice(0, folders.indexOf(folder) + 1);
    const allowed = upToHere.map((f) => expects.get(f)?.deviation_allowed[name]);
    const ui = upToHere.map((f) => path(f, `${name}.ui.json`)).findLast((file) => exists(file));
    pairs.push({
      name: `${name} (${folder || '1.27.10'}${definitions === '' || folder !== '' ? '' : ', new definitions'})`,
      ui: ui ?? `${name}.ui.json`,
      definitions: name.startsWith('newer-') ? 'newer' : definitions,
      answers: files.filter((file) => exists(file)),
      deviation: allowed.findLast((a) => a !== undefined),
      mayRefuse: Object.hasOwn(expects.get(folder)?.refusal_allowed ?? {}, name),
      freeTitles,
      ignored,
    });
  };
  for (const name of names.get('') ?? []) {
    const newer = name.startsWith('template-') ? `older-${name}` : name; // the gallery of 1.49.6 has other files
    const isChanged = has('1.49.6', newer) || has('1.58.1', newer);
    const stays = !has('1.58.1', newer) && (!isChanged || differs[newer]?.startsWith('definitions:') === true);
    if (stays || prefersOlder('1.49.6', newer)) add('', '', name, true);
    if (!isChanged) add('', '1.49.6', name, true);
  }
  for (const folder of ['1.49.6', '1.58.1'] as const) {
    for (const name of names.get(folder) ?? []) {
      const replaced = folder === '1.49.6' && has('1.58.1', name) && !prefersOlder('1.58.1', name);
      if (!replaced && !prefersOlder('1.49.6', name) && !prefersOlder(folder, name)) add(folder, '1.49.6', name, false);
    }
  }
  return pairs;
}

function answersOf(folder: Folder): Set<string> {
  const found = new Set<string>();
  for (const file of readdirSync(join(pairsFolder, folder))) {
    const name = /^(.+)\.(?:api|error)\.json$/.exec(file)?.[1];
    if (name !== undefined && !name.endsWith('.also')) found.add(name);
  }
  return found;
}

const freeTitleClasses = new Set(
  havePairs
    ? (['1.49.6', '1.58.1'] as const).flatMap((f) => (read(path(f, 'expect.json')) as Expect).free_titles ?? [])
    : [],
);
const oldFreeTitles = new Set(['ImageBlend', 'ImageBlur', 'ImageQuantize', 'ImageSharpen', 'ImageScaleToTotalPixels']);

/** What differs, a line each; nothing when the pair matches. Numbers 8 and 8.0 are one, seeds keep their digits. */
export function differences(pair: Pair, got: Workflow, want: Workflow): string[] {
  const lines: string[] = [];
  for (const id of new Set([...Object.keys(got), ...Object.keys(want)])) {
    const [mine, theirs] = [got[id], want[id]];
    if (mine === undefined || theirs === undefined) {
      lines.push(`${id}: ${mine === undefined ? 'missing' : `surplus ${mine.class_type}`}`);
      continue;
    }
    if (mine.class_type !== theirs.class_type) lines.push(`${id}: class ${mine.class_type} for ${theirs.class_type}`);
    const isFree = freeTitleClasses.has(mine.class_type) || oldFreeTitles.has(mine.class_type);
    if (!pair.freeTitles && !isFree && mine._meta?.title !== theirs._meta?.title) {
      lines.push(`${id}: title ${mine._meta?.title} for ${theirs._meta?.title}`);
    }
    for (const input of new Set([...Object.keys(mine.inputs), ...Object.keys(theirs.inputs)])) {
      if (pair.ignored.has(`${mine.class_type} ${input}`)) continue;
      const [a, b] = [canonical(mine.inputs[input]), canonical(theirs.inputs[input])];
      if (a !== b) lines.push(`${id} ${mine.class_type}.${input}: ${a} for ${b}`);
    }
  }
  return lines;
}

function canonical(value: unknown): string {
  if (value === undefined) return 'nothing';
  return JSON.stringify(value, (_key, v: unknown) => {
    if (typeof v === 'bigint') return Number(v); // the browser rounds what we keep
    if (typeof v !== 'object' || v === null || Array.isArray(v)) return v;
    return Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
