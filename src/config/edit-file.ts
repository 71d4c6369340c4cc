// Changes of a config file: one key set or taken away, the rest as it was, comments and order included.
import { ComfyGenError } from '../errors.ts';
import { replaceText } from '../files/write-text.ts';
import { configTable } from '../options/describe.ts';
import { checkKeys, checkValues, type Layer } from '../options/resolve.ts';
import { allOptions } from '../options/settings.ts';
import { isRecord, tryParseJson } from '../protocol/json.ts';
import type { FoundFile } from './find-files.ts';
import { checkConfig } from './layers.ts';
import { isJson, isManifest, parseConfig, readConfigText } from './parse-file.ts';

/** Where a setting stands in a file: a key of it, or of one of its profiles. */
export type SettingPlace = { readonly key: string; readonly profile: string | undefined };

/** `steps`, `batch-size`, `profiles.fast.steps`. */
export function settingPlace(written: string, profile: string | undefined): SettingPlace {
  const [, name, inner] = /^profiles\.(.+)\.([^.]+)$/.exec(written) ?? [];
  const bare = inner ?? written;
  const key = Object.hasOwn(allOptions, bare) ? bare : bare.replace(/-(\w)/g, (_all, c: string) => c.toUpperCase());
  return { key, profile: name ?? profile };
}

/** Sets a key; several words are the values of a repeatable one. Throws what the loader would, and writes nothing then. */
export async function setConfig(file: FoundFile, place: SettingPlace, words: readonly string[]): Promise<void> {
  const value = valueFor(file, place, words);
  const before = await textOf(file);
  const text = await changed(file, before, pathIn(file, place), value);
  checkConfig(file, await parseConfig(file.path, text));
  await replaceText(file.path, text, modeOf(file));
}

/** Takes a key away; false when it was not there. */
export async function unsetConfig(file: FoundFile, place: SettingPlace): Promise<boolean> {
  const text = await textOf(file);
  if (text.trim() === '') return false;
  let holder: unknown = await parseConfig(file.path, text);
  if (place.profile !== undefined) holder = [holder, 'profiles', place.profile].reduce(innerOf);
  if (!isRecord(holder) || !Object.hasOwn(holder, place.key)) return false;
  await replaceText(file.path, await changed(file, text, pathIn(file, place), undefined), modeOf(file));
  return true;
}

/** A new file of the user's is for nobody else to read: headers may be secrets. */
export function modeOf({ source }: Pick<FoundFile, 'source'>): number {
  return source === 'user' ? 0o600 : 0o666;
}

const innerOf = (holder: unknown, key: unknown): unknown =>
  isRecord(holder) && Object.hasOwn(holder, String(key)) ? holder[String(key)] : undefined;

async function textOf({ path, found }: FoundFile): Promise<string> {
  return found ? readConfigText(path) : '';
}

/** The words as the file is to hold them: a number as a number. Refused in the loader's words. */
function valueFor({ path, source, trusted }: FoundFile, place: SettingPlace, words: readonly string[]): unknown {
  const { key, profile } = place;
  const table = configTable(allOptions);
  const label = profile === undefined ? path : `${path}: profiles.${profile}`;
  const option = Object.hasOwn(table, key) ? table[key] : undefined;
  const [first = ''] = words;
  const array = option?.list === true && first.startsWith('[') ? tryParseJson(first) : undefined;
  const raw = words.length > 1 ? words : Array.isArray(array) ? (array as unknown[]) : first;
  const layer: Layer = { source, label, trusted, values: { [key]: raw } };
  checkKeys(layer.values, Object.keys(table), label);
  if (words.length > 1 && option?.list !== true)
    throw new ComfyGenError('surplus_words', `${key} takes one value, not also ${JSON.stringify(words[1])}`, {
      hint: 'quote a value with blanks in it',
    });
  checkValues(layer, table);
  const written = option?.write(option.parse(raw, `${label}: ${key}`));
  return Array.isArray(written) && written.length === 1 ? (written[0] as unknown) : written;
}

function pathIn({ path }: FoundFile, { key, profile }: SettingPlace): readonly string[] {
  const own = profile === undefined ? [key] : ['profiles', profile, key];
  return isManifest(path) ? ['comfy', ...own] : own;
}

/** The text with the value at that path; undefined takes it away. */
async function changed(file: FoundFile, text: string, path: readonly string[], value: unknown): Promise<string> {
  if (isJson(file.path, text)) return changedJson(text, path, value);
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text);
  if (value === undefined) document.deleteIn(path);
  else document.setIn(path, value);
  // quoted, so that no reader takes text for a date or a number
  return document.toString({ lineWidth: 0, defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' });
}

async function changedJson(text: string, path: readonly string[], value: unknown): Promise<string> {
  const { applyEdits, modify } = await import('jsonc-parser');
  const indent = /^([ \t]+)"/m.exec(text)?.[1] ?? '  ';
  const formattingOptions = {
    insertSpaces: !indent.startsWith('\t'),
    tabSize: indent.startsWith('\t') ? 1 : indent.length,
    eol: text.includes('\r\n') ? '\r\n' : '\n',
  };
  const begun = text.trim() === '' ? '{}\n' : text;
  return applyEdits(begun, modify(begun, [...path], value, { formattingOptions }));
}
