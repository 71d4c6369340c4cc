// Groups of rows (COMFY_DYNAMICGROUP_V3, as core's stack of LoRAs): inputs `loras.0.strength`, `loras.1.strength`, …; no input `loras`.
import { isRecord } from '../protocol/json.ts';
import { inputSpecs, parseInputSpec, type InputSpec, type NodeDefinition } from '../protocol/object-info.ts';

export const dynamicGroup = 'COMFY_DYNAMICGROUP_V3';

export type RowGroup = {
  /** `loras` */
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** The inputs of a row, by their names within it, required ones first. */
  readonly fields: readonly InputSpec[];
};

/** Nobody stacks more; a definition that allows more is cut here. */
export const mostRows = 1000;

/** Undefined for an input of another type. */
export function rowGroupOf(spec: InputSpec): RowGroup | undefined {
  if (spec.type !== dynamicGroup) return undefined;
  const template = isRecord(spec.options['template']) ? spec.options['template'] : {};
  const fields = (['required', 'optional'] as const).flatMap((section) => {
    const specs = isRecord(template[section]) ? template[section] : {};
    return Object.entries(specs).map(([name, raw]) => parseInputSpec(name, raw, section === 'required'));
  });
  const max = Math.min(countOf(spec.options['max']) ?? 20, mostRows);
  return { name: spec.name, min: Math.min(countOf(spec.options['min']) ?? 0, max), max, fields };
}

/** The groups of a class, those in options of dynamic combos not among them. */
export function rowGroupsOf(definition: NodeDefinition): readonly RowGroup[] {
  return inputSpecs(definition).flatMap((spec) => rowGroupOf(spec) ?? []);
}

/** The inputs of one row, as the server knows them: `loras.0.lora_name`, … */
export function rowSpecs(group: RowGroup, row: number): InputSpec[] {
  return group.fields.map((field) => {
    const name = `${group.name}.${row}.${field.name}`;
    // The web UI resolves `{a|b}` in the rows that must be there, not in those that were added.
    return row < group.min
      ? { ...field, name }
      : { ...field, name, options: { ...field.options, dynamicPrompts: false } };
  });
}

/** A field that brings rows or options of its own: the web UI draws none in a row, so it has a socket there at most. */
export function isNested(field: InputSpec): boolean {
  return field.type.startsWith('COMFY_DYNAMIC');
}

/** The rows that these inputs make, in ascending order; gaps are allowed. */
export function rowsIn(group: RowGroup, inputs: Readonly<Record<string, unknown>>): number[] {
  const rows = new Set<number>();
  for (const name of Object.keys(inputs)) {
    const found = splitRowInput(group, name);
    if (found !== undefined) rows.add(found.row);
  }
  return [...rows].sort((a, b) => a - b);
}

/** `loras.12.strength` -> row 12, field `strength`; undefined for any other name, leading zeros and unknown fields included. */
export function splitRowInput(group: RowGroup, name: string): { row: number; field: string } | undefined {
  if (!name.startsWith(`${group.name}.`)) return undefined;
  const [, row, field] = /^(0|[1-9]\d{0,5})\.(.+)$/s.exec(name.slice(group.name.length + 1)) ?? [];
  if (row === undefined || field === undefined || Number(row) >= group.max) return undefined;
  return group.fields.some((f) => f.name === field) ? { row: Number(row), field } : undefined;
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
