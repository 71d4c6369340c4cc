// One node class whole: its inputs with their types, bounds and choices, and its outputs.
import { inputSpecs, type InputSpec, type NodeDefinition } from '../protocol/object-info.ts';

export type DescribedInput = {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly default: unknown;
  readonly min: unknown;
  readonly max: unknown;
  /** What a combo lists; null for other types. */
  readonly choices: readonly unknown[] | null;
};
export type DescribedOutput = { readonly name: string; readonly type: string; readonly list: boolean };

export type DescribedNode = {
  readonly name: string;
  readonly title: string;
  readonly category: string;
  readonly description: string;
  readonly deprecated: boolean;
  readonly inputs: readonly DescribedInput[];
  readonly outputs: readonly DescribedOutput[];
};

export function describeNode(name: string, definition: NodeDefinition): DescribedNode {
  const types = Array.isArray(definition.output) ? definition.output : [];
  return {
    name,
    title: definition.display_name ?? name,
    category: definition.category ?? '',
    description: definition.description ?? '',
    deprecated: definition.deprecated === true,
    inputs: inputSpecs(definition).map(describeInput),
    outputs: types.map((type, at) => {
      const word = typeof type === 'string' ? type : 'COMBO';
      return { name: definition.output_name?.[at] ?? word, type: word, list: definition.output_is_list?.[at] === true };
    }),
  };
}

function describeInput({ name, type, required, choices, options }: InputSpec): DescribedInput {
  return {
    name,
    type,
    required,
    default: options['default'] ?? choices?.[0] ?? null,
    min: options['min'] ?? null,
    max: options['max'] ?? null,
    choices: choices ?? null,
  };
}
