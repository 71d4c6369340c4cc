// Dynamic inputs, which the server barely checks (section 2.1): growing sockets and combos that bring inputs of their own.
import { parseInputSpec, type InputSpec } from '../protocol/object-info.ts';
import { checkLiteral } from './check-literal.ts';
import type { Problem } from './problem.ts';
import { isLink } from './workflow.ts';

type Named = Pick<Problem, 'node' | 'title' | 'class_type'>;
type Inputs = Readonly<Record<string, unknown>>;

export function isDynamic(spec: InputSpec): boolean {
  return /^COMFY_(AUTOGROW|DYNAMICCOMBO)_V3$/.test(spec.type);
}

export function checkDynamic(node: Named, spec: InputSpec, inputs: Inputs): Problem[] {
  return spec.type === 'COMFY_AUTOGROW_V3' ? checkAutogrow(node, spec, inputs) : checkCombo(node, spec, inputs);
}

/** `images.image0`, `images.image1`, …: the first `min` must be there, none beyond `max`. */
function checkAutogrow(node: Named, spec: InputSpec, inputs: Inputs): Problem[] {
  const template = isRecord(spec.options['template']) ? spec.options['template'] : {};
  const min = typeof template['min'] === 'number' ? template['min'] : 0;
  const max = typeof template['max'] === 'number' ? template['max'] : 100;
  const prefix = typeof template['prefix'] === 'string' ? template['prefix'] : '';
  const names = Array.isArray(template['names'])
    ? template['names'].map(String)
    : Array.from({ length: max }, (_none, i) => `${prefix}${i}`);
  const missing = names.slice(0, min).filter((name) => !Object.hasOwn(inputs, `${spec.name}.${name}`));
  const surplus = Object.keys(inputs).filter(
    (key) => key.startsWith(`${spec.name}.`) && !names.includes(key.slice(spec.name.length + 1)),
  );
  return [
    ...missing.map(
      (name): Problem => ({
        ...node,
        input: `${spec.name}.${name}`,
        reason: 'invalid_workflow',
        message: `\`${spec.name}.${name}\` is not set`,
      }),
    ),
    ...surplus.map(
      (key): Problem => ({
        ...node,
        input: key,
        reason: 'invalid_workflow',
        message: `\`${key}\` is not one of its inputs: ${names
          .slice(0, 3)
          .map((n) => `${spec.name}.${n}`)
          .join(', ')}, …`,
      }),
    ),
  ];
}

function checkCombo(node: Named, spec: InputSpec, inputs: Inputs): Problem[] {
  const value = inputs[spec.name];
  const options = (Array.isArray(spec.options['options']) ? spec.options['options'] : []).filter(isRecord);
  if (value === undefined)
    return spec.required
      ? [{ ...node, input: spec.name, reason: 'invalid_workflow', message: `\`${spec.name}\` is not set` }]
      : [];
  if (isLink(value) || options.length === 0) return [];
  const chosen = options.find((o) => o['key'] === value);
  if (chosen === undefined) {
    const keys = options.map((o) => String(o['key'])).join(', ');
    return [
      {
        ...node,
        input: spec.name,
        reason: 'invalid_value',
        message: `\`${spec.name}\` is ${JSON.stringify(value)}: one of ${keys}`,
      },
    ];
  }
  const sections = isRecord(chosen['inputs']) ? chosen['inputs'] : {};
  return (['required', 'optional'] as const).flatMap((section) => {
    const specs = isRecord(sections[section]) ? sections[section] : {};
    return Object.entries(specs).flatMap(([name, raw]) => {
      const sub = parseInputSpec(`${spec.name}.${name}`, raw, section === 'required');
      const given = inputs[sub.name];
      if (isDynamic(sub)) return given === undefined ? [] : checkDynamic(node, sub, inputs);
      // one that is left out is no refusal: older graphs lack what newer definitions add
      return given === undefined || isLink(given) ? [] : checkLiteral(node, sub, given);
    });
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
