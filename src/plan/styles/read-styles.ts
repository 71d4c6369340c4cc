// Styles out of the user's files: a JSON a style, an array of them as Fooocus writes it, or a table as A1111's styles.csv.
import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { ComfyGenError, optionName } from '../../errors.ts';
import { readRows } from '../../files/rows.ts';
import { checkUserFile, readUserText } from '../../files/user-file.ts';
import { keyWritten } from '../../options/describe.ts';
import type { OptionTable } from '../../options/option.ts';
import { rowOptions } from '../../options/settings.ts';
import { generation } from '../../options/tables/generation.ts';
import { isRecord, parseJson } from '../../protocol/json.ts';
import { closest } from '../../text/closest.ts';
import { count } from '../../text/count.ts';
import type { Style } from './style.ts';

const most = { files: 2000, bytes: 16 * 1024 ** 2, letters: 100_000 } as const;

/** Each job's own, or about files and styles themselves: a style does not set them. */
const unfit = [
  ...['prompt', 'negative', 'lora', 'seed', 'count', 'set', 'style', 'styles', 'dynamicPrompts', 'wildcards'],
  ...['image', 'mask', 'sizeFrom', 'control'],
];
const table: OptionTable = Object.fromEntries(Object.entries(generation).filter(([key]) => !unfit.includes(key)));
const words = ['name', 'prompt', 'negative', 'lora', 'description'];
/** How other programs spell the keys. */
const otherNames: Readonly<Record<string, string>> = { negativePrompt: 'negative' };

/** By its name: a file of a folder of styles. */
export const isStyleFile = (name: string): boolean => /^[^.].*\.(?:json|csv)$/i.test(name);

/** Every style of a file, or of the .json and .csv files of a folder. Throws `bad_input_file`. `named`: as the user wrote it. */
export async function readStyles(path: string, named: string): Promise<readonly Style[]> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new ComfyGenError('bad_input_file', `cannot read ${named}`, { option: 'styles', cause });
  });
  if (!found.isDirectory()) return readFileOf(path, named);
  const names = (await readdir(path)).filter(isStyleFile).sort();
  if (names.length > most.files)
    throw new ComfyGenError('bad_input_file', `${named}: ${count(names.length, 'file')}, ${most.files} at most`);
  const styles: Style[] = [];
  for (const name of names) styles.push(...(await readFileOf(join(path, name), join(named, name), { maybe: true })));
  return styles;
}

/** With `maybe` a file that has nothing of a style is none: a folder may hold others. */
async function readFileOf(path: string, named: string, { maybe = false } = {}): Promise<readonly Style[]> {
  const ending = extname(path).toLowerCase();
  if (ending === '.csv') return readTable(path, named, maybe);
  if (ending !== '.json')
    throw new ComfyGenError('bad_input_file', `${named}: styles are a .json or a .csv file, or a folder of them`);
  const value = parsed(await readUserText(path, { max: most.bytes, name: named }), named);
  if (maybe && ![value].flat().some(looksLikeStyle)) return [];
  if (isRecord(value)) return [styleOf(value, { file: named, place: named, name: basename(path, extname(path)) })];
  if (!Array.isArray(value))
    throw new ComfyGenError('bad_input_file', `${named}: neither a style nor a list of styles`);
  return value.map((one: unknown, i) => {
    const place = `${named}: style ${i + 1}`;
    if (isRecord(one)) return styleOf(one, { file: named, place, name: undefined });
    throw new ComfyGenError('bad_input_file', `${place}: not an object`);
  });
}

const looksLikeStyle = (value: unknown): boolean =>
  isRecord(value) && ['prompt', 'negative', 'negative_prompt'].some((key) => typeof value[key] === 'string');

function parsed(text: string, named: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ComfyGenError('bad_input_file', `${named}: not JSON: ${why}`, { cause });
  }
}

/** A row without a name is a line between groups. */
async function readTable(path: string, named: string, maybe: boolean): Promise<readonly Style[]> {
  await checkUserFile(path, { max: most.bytes, name: named });
  const styles: Style[] = [];
  for await (const { values, line } of readRows({ path, name: named, format: 'csv' }, parseJson)) {
    if (!('name' in values) && maybe) return [];
    if (!('name' in values))
      throw new ComfyGenError('bad_input_file', `${named}: no column \`name\``, {
        hint: 'its first line is: name,prompt,negative_prompt',
      });
    if (values['name'] === null || values['name'] === undefined) continue;
    const lora = typeof values['lora'] === 'string' ? { lora: values['lora'].split(';').map((one) => one.trim()) } : {};
    styles.push(styleOf({ ...values, ...lora }, { file: named, place: `${named}:${line}`, name: undefined }));
  }
  return styles;
}

type Place = { readonly file: string; readonly place: string; readonly name: string | undefined };

function styleOf(written: Readonly<Record<string, unknown>>, { file, place, name }: Place): Style {
  const values = new Map<string, unknown>();
  for (const [key, value] of Object.entries(written)) {
    if (value !== null && value !== undefined) values.set(keyOf(key, place), value);
  }
  const text = (key: string): string => textOf(values.get(key), `${place}: ${key}`);
  const options = [...values].filter(([key]) => !words.includes(key));
  for (const [key, value] of options) checked(() => table[key]?.parse(value, `${place}: ${key}`));
  const lora = values.get('lora');
  const loras = lora === undefined ? [] : checked(() => rowOptions.lora.parse(lora, `${place}: lora`));
  const own = text('name').trim() || name;
  if (own === undefined) throw new ComfyGenError('bad_input_file', `${place}: no name`);
  return {
    name: own,
    prompt: text('prompt'),
    negative: text('negative'),
    lora: rowOptions.lora.write(loras) as string[], // as its option writes a list
    options: Object.fromEntries(options),
    file,
  };
}

function keyOf(written: string, place: string): string {
  const bare = keyWritten(written.replaceAll('_', '-'));
  const key = otherNames[bare] ?? bare;
  if (words.includes(key) || Object.hasOwn(table, key)) return key;
  const [near] = closest(key, [...words, ...Object.keys(table)], 1, false);
  const isOption = Object.hasOwn(generation, key);
  throw new ComfyGenError('bad_input_file', `${place}: ${isOption ? `a style does not set ${key}` : `unknown key ${JSON.stringify(written)}`}`, {
    hint: near === undefined || isOption ? undefined : `did you mean ${near}?`,
  }); // prettier-ignore
}

function textOf(value: unknown, place: string): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') throw new ComfyGenError('bad_input_file', `${place}: not a text`);
  if (value.length > most.letters)
    throw new ComfyGenError('bad_input_file', `${place}: longer than ${most.letters} letters`);
  return value;
}

/** A bad value of an option is what is wrong with the file. */
function checked<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ComfyGenError)) throw error;
    const { message, hint } = error.inWords(optionName);
    throw new ComfyGenError('bad_input_file', message, { hint, cause: error });
  }
}
