// The inputs that a node has for the values it holds: growing sockets, groups of rows and combos that bring inputs of
// their own, all under dotted names (protocol 8.1).
import { isRecord } from '../protocol/json.ts';
import { inputSpecs, parseInputSpec, type InputSpec, type NodeDefinition } from '../protocol/object-info.ts';
import { rowGroupOf, rowsIn, rowSpecs, splitRowInput, type RowGroup } from './row-groups.ts';

export type EffectiveInputs = {
  readonly specs: readonly InputSpec[];
  /** Inputs in a growing group's name space that it does not have. */
  readonly surplus: readonly { readonly name: string; readonly known: readonly string[] }[];
  /** Groups with fewer rows than they must have. */
  readonly tooFewRows: readonly { readonly group: RowGroup; readonly rows: number }[];
};
type Inputs = Readonly<Record<string, unknown>>;
type Found = {
  readonly specs: InputSpec[];
  readonly surplus: { name: string; known: readonly string[] }[];
  readonly tooFewRows: { group: RowGroup; rows: number }[];
};

/** A combo's own key stays a spec of type `COMFY_DYNAMICCOMBO_V3`, its choices being the keys; the rest is flat. */
export function effectiveInputs(definition: NodeDefinition, inputs: Inputs): EffectiveInputs {
  const found: Found = { specs: [], surplus: [], tooFewRows: [] };
  for (const spec of inputSpecs(definition)) unfold(spec, inputs, found);
  return found;
}

function unfold(spec: InputSpec, inputs: Inputs, found: Found): void {
  if (spec.type === 'COMFY_AUTOGROW_V3') return unfoldGrowing(spec, inputs, found);
  const group = rowGroupOf(spec);
  if (group !== undefined) return unfoldRows(group, inputs, found);
  if (!/^COMFY_(DYNAMICCOMBO|COMBODYNAMIC)_V3$/.test(spec.type)) {
    found.specs.push(spec);
    return;
  }
  const options = list(spec.options['options']).filter(isRecord);
  found.specs.push({ ...spec, choices: options.map((o) => o['key']) });
  const chosen = options.find((o) => o['key'] === inputs[spec.name]);
  for (const inner of innerSpecs(chosen?.['inputs'])) {
    unfold({ ...inner, name: `${spec.name}.${inner.name}` }, inputs, found);
  }
}

export type GrowingGroup = {
  /** The full names that its members may have, in order: `images.image0`, `images.image1`, … */
  readonly names: readonly string[];
  /** So many of them must be there. */
  readonly min: number;
  /** What each is like; the name is the template's. */
  readonly member: InputSpec;
};

/** A group of sockets that grows, of type `COMFY_AUTOGROW_V3`. */
export function growingGroup(spec: InputSpec): GrowingGroup {
  const template = isRecord(spec.options['template']) ? spec.options['template'] : {};
  const member = innerSpecs(template['input'])[0] ?? parseInputSpec(spec.name, '*', spec.required);
  const min = spec.required && typeof template['min'] === 'number' ? template['min'] : 0;
  const max = typeof template['max'] === 'number' ? Math.min(template['max'], 1000) : 100;
  const prefix = typeof template['prefix'] === 'string' ? template['prefix'] : '';
  const tails = Array.isArray(template['names'])
    ? list(template['names']).map(String)
    : Array.from({ length: max }, (_none, i) => `${prefix}${i}`);
  return { names: tails.map((tail) => `${spec.name}.${tail}`), min, member };
}

/** The first `min` are required, those beyond `max` or of another name are surplus. */
function unfoldGrowing(spec: InputSpec, inputs: Inputs, found: Found): void {
  const { names, min, member } = growingGroup(spec);
  names.forEach((name, i) => {
    const required = i < min;
    if (required || Object.hasOwn(inputs, name)) found.specs.push({ ...member, name, required });
  });
  const known = new Set(names);
  for (const name of Object.keys(inputs)) {
    if (name.startsWith(`${spec.name}.`) && !known.has(name)) found.surplus.push({ name, known: names });
  }
}

/** `loras.0.strength`, `loras.1.strength`, …: the fields of the rows there are, which may have gaps between them. */
function unfoldRows(group: RowGroup, inputs: Inputs, found: Found): void {
  const rows = rowsIn(group, inputs);
  if (rows.length < group.min) found.tooFewRows.push({ group, rows: rows.length });
  for (const row of rows) for (const field of rowSpecs(group, row)) unfold(field, inputs, found);
  for (const name of Object.keys(inputs)) {
    if (name !== group.name && !name.startsWith(`${group.name}.`)) continue;
    if (splitRowInput(group, name) === undefined)
      found.surplus.push({
        name,
        known: rowSpecs(group, Math.max(0, Math.min(rows.length, group.max - 1))).map((s) => s.name),
      });
  }
}

function innerSpecs(sections: unknown): InputSpec[] {
  if (!isRecord(sections)) return [];
  return (['required', 'optional'] as const).flatMap((section) => {
    const specs = isRecord(sections[section]) ? sections[section] : {};
    return Object.entries(specs).map(([name, raw]) => parseInputSpec(name, raw, section === 'required'));
  });
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}
