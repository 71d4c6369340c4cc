// What one input takes, as a TypeScript type: outputs of its types, and values where it has a widget.
import type { InputSpec } from '../protocol/object-info.ts';
import { isModelInput, isSet, socketTypes, uploadFlags } from '../workflow/check-literal.ts';
import { wantedTypes } from '../workflow/check.ts';
import { wouldBeWidget } from '../workflow/widget-types.ts';
import { union, type ChoiceLists } from './choices.ts';
import { quoted } from './text.ts';

/** `name`: what its list of choices is called. */
export function inputType(spec: InputSpec, name: string, lists: ChoiceLists): string {
  if (spec.type === 'COMBO') return `${choiceType(spec, name, lists)} | NodeOutput<"COMBO">`;
  const words = wordsOf(wantedTypes(spec));
  if (words.some((word) => word === '*' || word.startsWith('COMFY_'))) return 'InputValue';
  const types = words.flatMap((word) => [...valueTypes({ ...spec, type: word }), `NodeOutput<${quoted(word)}>`]);
  return union([...new Set(types)]);
}

/** What an output carries. Lists were once written out as types of their own. */
export function outputType(type: unknown): string {
  if (typeof type !== 'string') return 'NodeOutput<"COMBO">';
  const words = wordsOf(type);
  if (words.some((word) => word === '*' || word.startsWith('COMFY_'))) return 'AnyOutput';
  return `NodeOutput<${union(words.map(quoted))}>`;
}

const wordsOf = (type: string): string[] => [...new Set(type.split(',').map((word) => word.trim()))];

const plainTypes: Readonly<Record<string, readonly string[]>> = {
  INT: ['number', 'bigint'],
  FLOAT: ['number'],
  STRING: ['string'],
  BOOLEAN: ['boolean'],
};

/** The literals that a type takes; none for one that only a link carries. */
function valueTypes(spec: InputSpec): readonly string[] {
  if (Object.hasOwn(plainTypes, spec.type)) return plainTypes[spec.type] ?? [];
  if (socketTypes.has(spec.type)) return [];
  return wouldBeWidget(spec) || spec.options['default'] !== undefined ? ['WidgetValue'] : [];
}

/** One of a list; any text where the list is only what lies on top of a folder, or comes from elsewhere. */
function choiceType(spec: InputSpec, name: string, lists: ChoiceLists): string {
  const { choices, options } = spec;
  const isFolder = uploadFlags.some((flag) => options[flag] !== undefined);
  if (choices === undefined || isSet(options['remote']) || isSet(options['remote_combo'])) return 'string';
  const isFilledLater = choices.length === 0 && !isModelInput(spec.name, undefined, []); // in the web UI
  const one = isFolder || isFilledLater ? 'string' : lists.typeOf(name, choices);
  return isSet(options['multiselect']) || isSet(options['multi_select']) ? `readonly (${one})[]` : one;
}
