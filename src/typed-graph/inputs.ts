// The inputs of a node as a TypeScript type: fixed ones, growing groups, rows, and the inputs that a choice brings along.
import type { InputSpec } from '../protocol/object-info.ts';
import { rangeText } from '../workflow/check-literal.ts';
import { growingGroup } from '../workflow/dynamic-specs.ts';
import { autogrow, subInputs } from '../workflow/node-class.ts';
import { rowGroupOf, rowSpecs, type RowGroup } from '../workflow/row-groups.ts';
import { dynamicCombo, optionsOf } from '../workflow/widget-types.ts';
import { literal, union, type ChoiceLists } from './choices.ts';
import { inputType } from './input-type.ts';
import { comment, pattern, property } from './text.ts';

type Writing = { readonly nodeName: string; readonly lists: ChoiceLists; readonly indent: string };

/** A type is multiplied out by its combos; beyond so many cases what a choice brings along is not told apart any more. */
const mostCases = 250;

/** `first`: properties that stand before the others. `{ model: NodeOutput<"MODEL">; … } & ({ mode: "a"; … } | { mode: "b"; … })` */
export function inputsType(specs: readonly InputSpec[], writing: Writing, first: readonly string[] = []): string {
  const inner = { ...writing, indent: `${writing.indent}  ` };
  const properties = new Map<string, string>();
  const others: string[] = [];
  let cases = 1;
  const add = (spec: InputSpec): void => {
    if (properties.has(spec.name)) return; // named twice: the server keeps the required one
    properties.set(spec.name, line(spec, inputType(spec, `${inner.nodeName}.${spec.name}`, inner.lists), inner.indent));
  };
  for (const spec of specs) {
    const group = rowGroupOf(spec);
    if (spec.type === autogrow) others.push(...growing(spec, add, inner));
    else if (group !== undefined) others.push(...rows(group, add, inner));
    else if (spec.type === dynamicCombo) {
      const own = casesOf(spec);
      const isTold = cases * own <= mostCases;
      if (isTold) cases *= own;
      others.push(...(isTold ? told(spec, inner) : untold(spec, inner)));
    } else add(spec);
  }
  const lines = [...first, ...properties.values()];
  const fixed = lines.length > 0 || others.length === 0 ? [block(lines, writing.indent)] : [];
  return [...fixed, ...others].join(' & ');
}

const block = (lines: readonly string[], indent: string): string =>
  lines.length === 0 ? '{}' : `{\n${lines.join('')}${indent}}`;

function line(spec: InputSpec, type: string, indent: string): string {
  const name = property(spec.name);
  const member = spec.required ? `${name}: ${type}` : `${name}?: ${type} | undefined`;
  return `${comment(aboutInput(spec), indent)}${indent}${member};\n`;
}

type Add = (spec: InputSpec) => void;

/** `images.image0`, …: those that must be there as inputs of their own, the others by what their names are like. */
function growing(spec: InputSpec, add: Add, { nodeName, lists }: Writing): string[] {
  const { names, min, member } = growingGroup(spec);
  const isCounted = names.every((name) => /\d$/.test(name)) && names.length > 30;
  const single = isCounted ? names.slice(0, min) : names;
  for (const [i, name] of single.entries()) add({ ...member, name, required: i < min });
  if (!isCounted) return [];
  const before = (names[0] ?? '').replace(/\d+$/, '');
  return [open(pattern(before, 'number'), inputType(member, `${nodeName}.${spec.name}`, lists))];
}

/** `loras.0.strength`, …: those of the rows that must be there as inputs of their own, the others by what their names are like. */
function rows(group: RowGroup, add: Add, { nodeName, lists }: Writing): string[] {
  for (let row = 0; row < group.min; row++) for (const field of rowSpecs(group, row)) add(field);
  return group.fields.map((field) => {
    const name = pattern(`${group.name}.`, 'number', `.${field.name}`);
    return open(name, inputType(field, `${nodeName}.${group.name}.${field.name}`, lists));
  });
}

const open = (name: string, type: string): string => `{ [name: ${name}]: ${type} | undefined }`;

/** A case for each choice, with the inputs that it brings along. */
function told(combo: InputSpec, writing: Writing): string[] {
  const cases = optionsOf(combo).map(({ key }) => {
    const choice = line(combo, union(literal(key)), `${writing.indent}  `);
    return inputsType(subInputs(combo, key) ?? [], writing, [choice]);
  });
  return cases.length === 0 ? [] : [`(${cases.join(' | ')})`];
}

/** The choice alone, and any inputs below it. */
function untold(combo: InputSpec, writing: Writing): string[] {
  const keys = optionsOf(combo).map((option) => option['key']);
  const type = writing.lists.typeOf(`${writing.nodeName}.${combo.name}`, keys);
  return [
    block([line(combo, type, writing.indent)], writing.indent.slice(2)),
    open(pattern(`${combo.name}.`, 'string'), 'InputValue'),
  ];
}

/** How many cases a combo has, with those of the combos in its options. */
function casesOf(combo: InputSpec): number {
  const counts = optionsOf(combo).map((option) =>
    (subInputs(combo, option['key']) ?? []).reduce(
      (product, spec) => (spec.type === dynamicCombo ? product * casesOf(spec) : product),
      1,
    ),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** What the definition says of an input: its words, its bounds and its default. */
function aboutInput({ options, type }: InputSpec): string {
  const { tooltip, min, max, default: fallback } = options;
  const words = typeof tooltip === 'string' ? tooltip : '';
  const bounds = (type === 'INT' || type === 'FLOAT') && (min ?? max) !== undefined ? rangeText(min, max) : '';
  const isPlain = ['string', 'number', 'bigint', 'boolean'].includes(typeof fallback) && fallback !== '';
  return [words, bounds, isPlain ? `default ${String(fallback)}` : ''].filter((part) => part !== '').join(' · ');
}
