// One literal against the definition of its input: type, range, list. What the server converts by itself passes (protocol 2.1).
import { stringifyJson } from '../protocol/json.ts';
import type { InputSpec } from '../protocol/object-info.ts';
import { closest } from '../text/closest.ts';
import type { Named, Problem } from './problem.ts';

/** `given` is no link. `node` names the problem's place. */
export function checkLiteral(node: Named, spec: InputSpec, given: unknown): Problem[] {
  const value = unwrap(given);
  const wrong: Wrong = (message, more = {}) => [
    { ...node, input: spec.name, reason: 'invalid_value', message: `\`${spec.name}\` ${message}`, ...more },
  ];
  switch (spec.type) {
    case 'INT':
    case 'FLOAT':
      return checkNumber(spec, value, wrong);
    case 'COMBO':
      return ownValidator.has(`${node.class_type}.${spec.name}`) ? [] : checkChoice(spec, value, wrong);
    case 'COMFY_DYNAMICCOMBO_V3':
    case 'COMFY_COMBODYNAMIC_V3':
      return checkKey(spec, value, wrong);
    case 'STRING':
    case 'BOOLEAN':
      return [];
    default:
      return socketTypes.has(spec.type) && value !== null
        ? wrong(`takes a link (${spec.type}), not ${shown(value)}`, { reason: 'invalid_workflow' })
        : [];
  }
}

type Wrong = (message: string, more?: Partial<Pick<Problem, 'reason' | 'hint' | 'suggestions'>>) => Problem[];

/** Inputs that their node validates itself, and no flag says so: the list is only what lies on top of a folder. */
const ownValidator = new Set(['LoadLatent.latent', 'Load3D.model_file', 'Load3DAnimation.model_file']);
/** These flags say it: any file of the input folder will do, in a folder or `[temp]` too. */
export const uploadFlags = ['image_upload', 'video_upload', 'audio_upload', 'file_upload', 'upload'];

/** Types that only a link can carry; front-end widget types (COLOR, CURVE, …) take literals. */
export const socketTypes: ReadonlySet<string> = new Set(
  (
    'MODEL CLIP VAE CONDITIONING LATENT IMAGE MASK CONTROL_NET UPSCALE_MODEL NOISE GUIDER SAMPLER SIGMAS CLIP_VISION ' +
    'CLIP_VISION_OUTPUT AUDIO VIDEO STYLE_MODEL GLIGEN MODEL_PATCH LATENT_UPSCALE_MODEL AUDIO_ENCODER'
  ).split(' '),
);

/** `{"__value__": X}` stands for X. */
function unwrap(value: unknown): unknown {
  return typeof value === 'object' && value !== null && '__value__' in value ? value.__value__ : value;
}

function checkNumber(spec: InputSpec, value: unknown, wrong: Wrong): Problem[] {
  const number = toNumber(value, spec.type);
  if (number === undefined) {
    return wrong(`is ${shown(value)}, not ${spec.type === 'INT' ? 'a whole number' : 'a number'}`);
  }
  const low = bound(spec.options['min']);
  const high = bound(spec.options['max']);
  const range = rangeText(low, high);
  if (low !== undefined && number < low) return wrong(`is ${shown(value)}, too small: the server takes ${range}`);
  if (high === undefined || !(number > high)) return []; // NaN passes, as on the server
  const isRounded = high === 18446744073709551615n && typeof number === 'bigint' && number <= high + 400n;
  const hint = isRounded ? 'a seed that was rounded by JavaScript: write it as 18446744073709551615' : undefined;
  return wrong(`is ${shown(value)}, too large: the server takes ${range}`, { hint });
}

/** What a definition or a refusal says of bounds, in words. */
export function rangeText(low: unknown, high: unknown): string {
  const isFinite = (b: unknown): boolean => typeof b === 'bigint' || (typeof b === 'number' && Number.isFinite(b));
  if (!isFinite(low)) return `at most ${String(high)}`;
  return isFinite(high) ? `${String(low)} to ${String(high)}` : `at least ${String(low)}`;
}

function bound(value: unknown): number | bigint | undefined {
  return typeof value === 'bigint' || (typeof value === 'number' && !Number.isNaN(value)) ? value : undefined;
}

/** As Python's int() and float() read it; undefined where they would raise. */
function toNumber(value: unknown, type: string): number | bigint | undefined {
  const isInt = type === 'INT';
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number')
    return isInt && !Number.isFinite(value) ? undefined : isInt ? Math.trunc(value) : value;
  if (typeof value !== 'string') return undefined;
  const text = value.trim().replaceAll(/(?<=\d)_(?=\d)/g, '');
  if (isInt) return /^[+-]?\d+$/.test(text) ? BigInt(text.replace('+', '')) : undefined;
  if (/^[+-]?(inf|infinity|nan)$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

function checkKey(spec: InputSpec, value: unknown, wrong: Wrong): Problem[] {
  const keys = (spec.choices ?? []).map(String);
  if (keys.length === 0 || (spec.choices ?? []).includes(value)) return [];
  return wrong(`is ${shown(value)}: one of ${keys.join(', ')}`, { suggestions: closest(String(value), keys) });
}

function checkChoice(spec: InputSpec, value: unknown, wrong: Wrong): Problem[] {
  const { choices, options } = spec;
  if (choices === undefined || uploadFlags.some((flag) => options[flag] !== undefined)) return [];
  if (isSet(options['remote']) || isSet(options['remote_combo'])) return [];
  const isMany = isSet(options['multiselect']) || isSet(options['multi_select']);
  const values = isMany && Array.isArray(value) ? (value as unknown[]) : [value];
  return values.flatMap((v) => (choices.some((c) => same(c, v)) ? [] : notListed(spec, choices, v, wrong)));
}

function notListed(spec: InputSpec, choices: readonly unknown[], value: unknown, wrong: Wrong): Problem[] {
  const names = choices.filter((c): c is string => typeof c === 'string');
  const isModel = isModelInput(spec.name, value, names);
  const reason = isModel ? 'missing_model' : 'invalid_value';
  if (choices.length === 0) {
    if (!isModel) return []; // filled in the web UI, as CustomCombo's: only the server knows
    const hint = 'put the file into its models folder on the server';
    return wrong(`is ${shown(value)}, but the server has no files of this kind`, { reason, hint });
  }
  const suggestions = typeof value === 'string' ? closest(value, names) : [];
  return wrong(`is ${shown(value)}, which the server does not have`, {
    reason,
    suggestions,
    hint: offer(suggestions, choices),
  });
}

/** The nearest names, else the first ones there are. */
export function offer(suggestions: readonly string[], choices: readonly unknown[]): string | undefined {
  if (suggestions.length > 0) return `did you mean ${suggestions.join(', ')}?`;
  if (choices.length === 0) return undefined;
  const more = choices.length > 8 ? `, and ${choices.length - 8} more` : '';
  return `it has ${choices.slice(0, 8).map(String).join(', ')}${more}`;
}

const modelFile = /\.(safetensors|sft|ckpt|pth?|pt2|gguf|bin|onnx|engine)$/i;

/** Is it about a model's file, rather than a word like a sampler's name? */
export function isModelInput(input: string, value: unknown, names: readonly string[]): boolean {
  if (/^(sampler|scheduler)(_name)?$/.test(input.split('.').at(-1) ?? '')) return false;
  return (
    modelFile.test(String(value)) ||
    names.some((n) => modelFile.test(n)) ||
    (names.length === 0 && /name\d?$/.test(input))
  );
}

/** Flags of a definition are on unless they are absent, null or false. */
export function isSet(option: unknown): boolean {
  return option !== undefined && option !== null && option !== false;
}

function same(choice: unknown, value: unknown): boolean {
  if (choice === value) return true;
  const numbers = [choice, value].every(
    (v) => typeof v === 'number' || typeof v === 'bigint' || typeof v === 'boolean',
  );
  return numbers && Number(choice) === Number(value); // Python: 1 == 1.0 == True
}

/** A value as people read it in a message, cut to a line. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const isNumber = typeof value === 'bigint' || typeof value === 'number';
  const text = isNumber ? String(value) : stringifyJson(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
