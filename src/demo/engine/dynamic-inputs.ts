// Inputs that stand for others: what a dynamic combo, a growing list or a group of rows unfolds to (section 8.1).
import { inputSpecs, parseInputSpec, type InputSpec, type NodeDefinition } from '../../protocol/object-info.ts';
import { str } from '../nodes/python.ts';
import { promptError, type PromptError } from './problems.ts';

type Values = Readonly<Record<string, unknown>>;

/** The inputs that a node has with these values, under their dotted names. */
export function expandInputs(definition: NodeDefinition, values: Values): readonly InputSpec[] {
  return inputSpecs(definition).flatMap((spec) => unfold(spec, values));
}

function unfold(spec: InputSpec, values: Values): readonly InputSpec[] {
  if (spec.type === 'COMFY_DYNAMICCOMBO_V3') {
    const options = Array.isArray(spec.options['options']) ? (spec.options['options'] as unknown[]) : [];
    const chosen = options.find((o) => field(o, 'key') === values[spec.name]);
    return section(field(chosen, 'inputs'), spec.name).flatMap((s) => unfold(s, values));
  }
  if (spec.type === 'COMFY_AUTOGROW_V3') return grown(spec);
  if (spec.type === 'COMFY_DYNAMICGROUP_V3')
    return rowsOf(spec, values).flatMap((row) => section(spec.options['template'], `${spec.name}.${row}`));
  return [spec];
}

function grown(spec: InputSpec): readonly InputSpec[] {
  const template = spec.options['template'];
  const [kind] = section(field(template, 'input'), spec.name);
  if (kind === undefined) return [];
  const prefix = str(field(template, 'prefix') ?? '');
  const names = field(template, 'names');
  const least = Number(field(template, 'min') ?? 0);
  const all = Array.isArray(names)
    ? names.map(str)
    : Array.from({ length: Number(field(template, 'max') ?? 100) }, (_, i) => `${prefix}${i}`);
  return all.map((name, i) => ({ ...kind, name: `${spec.name}.${name}`, required: i < least }));
}

/** The rows of a group that the values name; those in between may be missing. */
function rowsOf({ name, options }: InputSpec, values: Values): readonly number[] {
  const max = Number(options['max'] ?? 50);
  const rows = keysOf(name, values).map((key) => Number(rowKey(key, name)?.row));
  return [...new Set(rows)].filter((row) => row < max).sort((a, b) => a - b);
}

const keysOf = (name: string, values: Values): readonly string[] =>
  Object.keys(values).filter((key) => key.startsWith(`${name}.`));

/** `loras.3.strength`: a row without leading zeros, and a field. */
function rowKey(key: string, name: string): { row: string; field: string } | undefined {
  const found = /^(0|[1-9]\d*)\.([^.]+)$/.exec(key.slice(name.length + 1));
  return found === null ? undefined : { row: found[1] ?? '', field: found[2] ?? '' };
}

/** What is wrong with the rows of a node's groups; its other inputs are not looked at then. */
export function groupProblem(definition: NodeDefinition, values: Values): PromptError | undefined {
  for (const spec of inputSpecs(definition)) {
    const details = spec.type === 'COMFY_DYNAMICGROUP_V3' ? wrongRows(spec, values) : undefined;
    if (details !== undefined)
      return promptError('invalid_dynamic_input', 'Invalid dynamic input', details, { input_name: spec.name });
  }
  return undefined;
}

function wrongRows({ name, options }: InputSpec, values: Values): string | undefined {
  const [min, max] = [Number(options['min'] ?? 0), Number(options['max'] ?? 50)];
  const fields = new Set(section(options['template'], '').map((s) => s.name.slice(1)));
  let count = 0;
  for (const key of keysOf(name, values)) {
    const at = rowKey(key, name);
    if (at === undefined || !fields.has(at.field)) return `${key} is no field of a row of ${name}`;
    if (at.row.length > 6 || Number(at.row) >= max) return `${key} exceeds the index limit of ${max - 1}`;
    count = Math.max(count, Number(at.row) + 1);
  }
  return count < min ? `${name} has ${count} rows, the least is ${min}` : undefined;
}

function section(inputs: unknown, prefix: string): readonly InputSpec[] {
  return (['required', 'optional'] as const).flatMap((key) =>
    Object.entries((field(inputs, key) ?? {}) as Record<string, unknown>).map(([name, spec]) =>
      parseInputSpec(`${prefix}.${name}`, spec, key === 'required'),
    ),
  );
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (Reflect.get(value, key) as unknown) : undefined;
}
