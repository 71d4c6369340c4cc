// One literal against the definition of its input: type, range, list. What the server converts by itself passes (section 2.1).
import type { InputSpec } from '../protocol/object-info.ts';
import { closest } from './closest.ts';
import type { Problem } from './problem.ts';

type Named = Pick<Problem, 'node' | 'title' | 'class_type'>;

/** Inputs whose node validates them itself: the list is only what lies on top of the input folder. */
const selfValidating = ['image_upload', 'video_upload', 'audio_upload', 'file_upload', 'upload'];

export function checkLiteral(node: Named, spec: InputSpec, given: unknown): Problem[] {
  const value = unwrap(given);
  const wrong = (message: string, hint?: string, reason: Problem['reason'] = 'invalid_value'): Problem[] => [
    { ...node, input: spec.name, reason, message: `\`${spec.name}\` ${message}`, hint },
  ];
  switch (spec.type) {
    case 'INT':
    case 'FLOAT':
      return checkNumber(spec, value, wrong);
    case 'COMBO':
      return checkChoice(spec, value, wrong);
    case 'STRING':
    case 'BOOLEAN':
      return [];
    default:
      return isSocket(spec) && value !== null
        ? wrong(`takes a link (${spec.type}), not ${shown(value)}`, undefined, 'invalid_workflow')
        : [];
  }
}

const modelFile = /\.(safetensors|ckpt|pth?|gguf|sft|bin|onnx)$/i;

type Wrong = (message: string, hint?: string, reason?: Problem['reason']) => Problem[];

/** `{"__value__": X}` stands for X. */
function unwrap(value: unknown): unknown {
  return typeof value === 'object' && value !== null && '__value__' in value ? value.__value__ : value;
}

/** Types that only a link can carry; front-end widget types (COLOR, CURVE, …) take literals. */
function isSocket(spec: InputSpec): boolean {
  return /^(MODEL|CLIP|VAE|CONDITIONING|LATENT|IMAGE|MASK|CONTROL_NET|UPSCALE_MODEL|NOISE|GUIDER|SAMPLER|SIGMAS|CLIP_VISION|CLIP_VISION_OUTPUT|AUDIO|VIDEO|STYLE_MODEL|GLIGEN|MODEL_PATCH)$/.test(
    spec.type,
  );
}

function checkNumber(spec: InputSpec, value: unknown, wrong: Wrong): Problem[] {
  const number = toNumber(value, spec.type);
  if (number === undefined)
    return wrong(`is ${shown(value)}, not ${spec.type === 'INT' ? 'a whole number' : 'a number'}`);
  const { min, max } = spec.options;
  const low = bound(min);
  const high = bound(max);
  const range = `the server takes ${low === undefined ? '' : String(low)} to ${high === undefined ? '' : String(high)}`;
  if (low !== undefined && number < low) return wrong(`is ${shown(value)}, too small: ${range}`);
  if (high !== undefined && number > high) return wrong(`is ${shown(value)}, too large: ${range}`);
  return [];
}

function bound(value: unknown): number | bigint | undefined {
  return typeof value === 'bigint' || (typeof value === 'number' && !Number.isNaN(value)) ? value : undefined;
}

/** As Python's int() and float() read it; undefined where they would raise. */
function toNumber(value: unknown, type: string): number | bigint | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'string') return undefined;
  const text = value.trim().replaceAll('_', '');
  if (type === 'INT') return /^[+-]?\d+$/.test(text) ? BigInt(text) : undefined;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

function checkChoice(spec: InputSpec, value: unknown, wrong: Wrong): Problem[] {
  const { choices, options } = spec;
  if (choices === undefined || selfValidating.some((flag) => options[flag] !== undefined)) return [];
  if (options['remote'] !== undefined || options['multiselect'] !== undefined || options['multi_select'] !== undefined)
    return [];
  if (choices.some((c) => same(c, value))) return [];
  const names = choices.filter((c): c is string => typeof c === 'string');
  const isFile = modelFile.test(String(value)) || (/_name\d?$/.test(spec.name) && names.some((n) => modelFile.test(n)));
  /_name\d?$|^(name|model|control_net|file)$/.test(spec.name) &&
    (names.length === 0 || names.some((n) => /\.[a-z0-9]{2,11}$/i.test(n)));
  if (names.length === 0)
    return wrong(
      `is ${shown(value)}, but the server has no files of this kind`,
      'put the file into its models folder and refresh the server',
      'missing_model',
    );
  const near = typeof value === 'string' ? closest(value, names) : [];
  const hint =
    near.length > 0
      ? `did you mean ${near.join(', ')}?`
      : `it has ${names.slice(0, 8).join(', ')}${names.length > 8 ? `, and ${names.length - 8} more` : ''}`;
  return wrong(`is ${shown(value)}, which the server does not have`, hint, isFile ? 'missing_model' : 'invalid_value');
}

function same(choice: unknown, value: unknown): boolean {
  return (
    choice === value ||
    (typeof choice === 'number' && typeof value === 'bigint' && BigInt(Math.trunc(choice)) === value)
  );
}

function shown(value: unknown): string {
  const text =
    typeof value === 'bigint'
      ? String(value)
      : typeof value === 'number'
        ? String(value)
        : (JSON.stringify(value) ?? 'nothing');
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
