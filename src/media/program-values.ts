// The fields of another program's metadata -> the one form of parameters, by a table of where each value stands.
import { rawElements, rawMembers, unquoted } from './json-members.ts';
import { withoutLoras, type ParameterLora, type Parameters } from './parameters.ts';
import { samplingOf } from './samplers.ts';

/** Field -> text, names in lower case; members of objects as `model.name`; lists stay JSON. */
export type Fields = ReadonlyMap<string, string>;

/** What a value is called in a program's metadata, the most telling name first. */
export type Keys = {
  readonly [Value in
    | 'prompt'
    | 'negative'
    | 'steps'
    | 'cfg'
    | 'guidance'
    | 'seed'
    | 'width'
    | 'height'
    | 'size'
    | 'sampler'
    | 'scheduler'
    | 'model'
    | 'modelHash'
    | 'vae'
    | 'denoise'
    | 'clipSkip'
    | 'loras'
    | 'loraWeights']?: readonly string[];
};

export type Program = {
  readonly source: string;
  readonly keys: Keys;
  /** Fields that do not matter for the picture, or say again what others say. */
  readonly ignored: RegExp;
  /** From the program's way of counting to A1111's: 1 is the last layer, and none skipped. */
  readonly clipSkip?: (n: number) => number;
  /** Words in square brackets are the negative prompt. */
  readonly hasBracketNegative?: boolean;
};

const most = { fields: 2000, loras: 100 } as const;

/** Top-level members of a JSON object, and those of objects in it. */
export function fieldsOf(json: string, prefix = ''): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [name, raw] of rawMembers(json)) {
    if (fields.size > most.fields) break;
    const key = `${prefix}${name}`.toLowerCase();
    const text = raw.startsWith('"') ? unquoted(raw) : raw;
    if (text === undefined || raw === 'null') continue;
    if (!raw.startsWith('{')) fields.set(key, text);
    else if (prefix.split('.').length < 3) for (const [k, v] of fieldsOf(raw, `${key}.`)) fields.set(k, v);
  }
  return fields;
}

export function parametersOf(program: Program, fields: Fields, text: string): Parameters {
  const { keys } = program;
  const used = new Set(Object.values(keys).flat());
  const get = (value: keyof Keys): string | undefined =>
    keys[value]?.map((key) => fields.get(key)?.trim()).find((found) => found !== undefined && found !== '');
  const number = (value: keyof Keys): number | undefined => numberIn(get(value));
  const [, width, height] = /^[[(]?\s*(\d{1,5})\s*[x,]\s*(\d{1,5})\s*[\])]?$/.exec(get('size') ?? '') ?? [];
  const seed = get('seed');
  const clipSkip = number('clipSkip');
  const written = { sampler: get('sampler'), scheduler: get('scheduler') };
  const denoise = number('denoise');
  const vae = get('vae');
  const said = keys.negative?.map((key) => fields.get(key)).find((text) => text !== undefined); // none is said as well
  const { prompt, negative, loras } = textsOf(program, get('prompt') ?? '', get('negative') ?? said?.trim());
  return {
    source: program.source,
    text,
    prompt,
    negative,
    steps: number('steps'),
    cfg: number('cfg'),
    guidance: number('guidance'),
    seed: seed !== undefined && /^\d{1,20}$/.test(seed) ? BigInt(seed) : undefined,
    width: number('width') ?? numberIn(width),
    height: number('height') ?? numberIn(height),
    ...samplingOf(written.sampler, written.scheduler),
    written,
    model: get('model'),
    modelHash: get('modelHash'),
    vae: vae !== undefined && /^(?:none|automatic|default\b.*)$/i.test(vae) ? undefined : vae,
    denoise: denoise === 1 ? undefined : denoise,
    clipSkip: clipSkip === undefined ? undefined : (program.clipSkip?.(clipSkip) ?? clipSkip),
    hires: undefined,
    loras: [...loras, ...lorasOf(get('loras'), get('loraWeights')), ...combinedLoras(fields)].slice(0, most.loras),
    fields,
    unused: new Map(
      [...fields].filter(([name, value]) => !used.has(name) && !isIdle(value) && !program.ignored.test(name)),
    ),
  };
}

/** What says that something was not used. */
const isIdle = (value: string): boolean => /^(?:|none|false|0|0\.0|\[\]|\{\}|"")$/i.test(value);

function numberIn(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d{1,15}(?:\.\d{1,20})?$/.test(text) ? Number(text) : undefined;
}

function textsOf(
  program: Program,
  given: string,
  negative: string | undefined,
): { readonly prompt: string; readonly negative: string | undefined; readonly loras: readonly ParameterLora[] } {
  const parts = given.startsWith('[{') ? rawElements(given).map((raw) => fieldsOf(raw).get('prompt') ?? '') : [given];
  const { prompt, loras } = withoutLoras(parts.join(' '));
  if (program.hasBracketNegative !== true) return { prompt, negative, loras };
  const bracketed: string[] = [];
  const rest = prompt.replaceAll(/\[([^[\]]{0,5000})\]/g, (_all, words: string) => {
    bracketed.push(words.trim());
    return '';
  });
  return { prompt: rest.trim(), negative: negative ?? (bracketed.join(', ') || undefined), loras };
}

/** A list of names beside a list of strengths, of pairs, or of objects. */
function lorasOf(list: string | undefined, weights: string | undefined): ParameterLora[] {
  const all = elementsOf(list);
  const strengths = elementsOf(weights);
  return all.slice(0, most.loras).flatMap((raw, i): ParameterLora[] => {
    const [name, strength = strengths[i]] = raw.startsWith('{')
      ? namedIn(fieldsOf(raw))
      : raw.startsWith('[')
        ? elementsOf(raw)
        : [raw];
    if (name === undefined || name === '' || /^none$/i.test(name)) return [];
    const weight = numberIn(strength) ?? 1;
    return [{ name, strength: weight, clip: weight }];
  });
}

function elementsOf(list: string | undefined): readonly string[] {
  if (list === undefined) return [];
  if (!list.startsWith('[')) return list.split(',').map((name) => name.trim());
  return rawElements(list).map((raw) => (raw.startsWith('"') ? (unquoted(raw) ?? '') : raw));
}

function namedIn(fields: Fields): readonly (string | undefined)[] {
  const type = fields.get('type')?.toLowerCase();
  if (type !== undefined && !/lora|lycoris|locon/.test(type)) return [];
  const names = [
    'lora.name',
    'lora.model_name',
    'model.name',
    'model.model_name',
    'modelfilename',
    'name',
    'label',
    'model_name',
  ];
  const name = names.map((key) => fields.get(key)).find((found) => found !== undefined && found !== '');
  return [name, fields.get('weight') ?? fields.get('strength')];
}

/** `lora_combined_1: name : 0.5`. */
function combinedLoras(fields: Fields): ParameterLora[] {
  return [...fields].flatMap(([key, value]): ParameterLora[] => {
    const [, name, strength] = /^lora_combined_\d+$/.test(key)
      ? (/^(.{1,200}?) : (-?[\d.]{1,10})$/.exec(value) ?? [])
      : [];
    if (name === undefined || /^none$/i.test(name)) return [];
    const weight = numberIn(strength) ?? 1;
    return [{ name, strength: weight, clip: weight }];
  });
}
