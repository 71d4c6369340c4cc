// Node definitions as /object_info answers them (protocol.md 8.1): old list style and new "COMBO" style, read by one set of functions.
import { isRecord } from './json.ts';

export type NodeDefinition = {
  readonly input: {
    readonly required?: Readonly<Record<string, unknown>>;
    readonly optional?: Readonly<Record<string, unknown>>;
    readonly hidden?: Readonly<Record<string, unknown>>;
  };
  readonly input_order?: {
    readonly required?: readonly string[];
    readonly optional?: readonly string[];
    readonly hidden?: readonly string[];
  };
  readonly output: readonly unknown[];
  readonly output_name?: readonly string[];
  readonly output_is_list?: readonly boolean[];
  readonly name: string;
  readonly display_name?: string | null;
  readonly output_node?: boolean;
  readonly category?: string;
  readonly python_module?: string;
  readonly description?: string;
  readonly deprecated?: boolean;
  readonly experimental?: boolean;
  readonly api_node?: boolean;
};

/** Class name -> definition, what `GET /object_info` answers. */
export type ObjectInfo = Readonly<Record<string, NodeDefinition>>;

export type InputSpec = {
  readonly name: string;
  readonly required: boolean;
  /** The wire's type word; `COMBO` for old list-style combos as well. */
  readonly type: string;
  /** The values a combo lists; undefined for everything else and for combos that load their list elsewhere. */
  readonly choices: readonly unknown[] | undefined;
  readonly options: Readonly<Record<string, unknown>>;
};

/** `unknown` -> ObjectInfo: entries that are no definitions are left out, never an exception. */
export function parseObjectInfo(body: unknown): ObjectInfo {
  if (!isRecord(body)) return {};
  const known = Object.entries(body).filter(([, d]) => isRecord(d) && isRecord(d['input']));
  return Object.fromEntries(known) as ObjectInfo; // shape checked above as far as the readers below need it
}

/** One input spec `[type, options?]` in either style. */
export function parseInputSpec(name: string, spec: unknown, required: boolean): InputSpec {
  const [type, more] = Array.isArray(spec) ? (spec as unknown[]) : [spec, undefined];
  const options = isRecord(more) ? more : {};
  if (Array.isArray(type)) return { name, required, type: 'COMBO', choices: type as unknown[], options };
  const listed = options['options'];
  const word = typeof type === 'string' ? type : '*';
  const choices = word === 'COMBO' && Array.isArray(listed) ? (listed as unknown[]) : undefined;
  return { name, required, type: word, choices, options };
}

/** The inputs of a class in the server's order, required before optional; hidden ones are left out. */
export function inputSpecs(definition: NodeDefinition): readonly InputSpec[] {
  const section = (key: 'required' | 'optional'): InputSpec[] => {
    const specs = definition.input[key] ?? {};
    const said: unknown = definition.input_order?.[key];
    const order = Array.isArray(said) ? (said as unknown[]).filter((n) => typeof n === 'string') : [];
    const names = [
      ...order.filter((n) => Object.hasOwn(specs, n)),
      ...Object.keys(specs).filter((n) => !order.includes(n)),
    ];
    return names.map((name) => parseInputSpec(name, specs[name], key === 'required'));
  };
  return [...section('required'), ...section('optional')];
}

/** The values that the combo `input` of `class_type` lists as text; empty when the class or the input is unknown. */
export function choicesOf(info: ObjectInfo, classType: string, input: string): readonly string[] {
  const definition = Object.hasOwn(info, classType) ? info[classType] : undefined;
  const spec = definition?.input.required?.[input] ?? definition?.input.optional?.[input];
  if (spec === undefined) return [];
  const choices = parseInputSpec(input, spec, true).choices ?? [];
  return choices.filter((c): c is string => typeof c === 'string');
}
