// What the web UI draws for an input of a class: a widget with a stored value, or a socket only. Computed once a class.
import { isRecord } from '../protocol/json.ts';
import {
  inputSpecs,
  parseInputSpec,
  type InputSpec,
  type NodeDefinition,
  type ObjectInfo,
} from '../protocol/object-info.ts';

export type NodeClass = {
  /** What the server calls it now. */
  readonly name: string;
  readonly definition: NodeDefinition;
  /** In the order in which values are stored. */
  readonly specs: readonly InputSpec[];
  /** Packs write their own browser code; core nodes follow the rules below. */
  readonly isCore: boolean;
};
export type Classes = (type: string) => NodeClass | undefined;

export const dynamicCombo = 'COMFY_DYNAMICCOMBO_V3';
export const autogrow = 'COMFY_AUTOGROW_V3';

const widgetTypes = new Set([
  ...['INT', 'FLOAT', 'STRING', 'BOOLEAN', 'COMBO', dynamicCombo, 'COLOR', 'COLORS', 'CURVE'],
  ...['BOUNDING_BOX', 'BOUNDING_BOXES', 'IMAGECOMPARE', 'COMPOSITOR'],
  ...['LOAD_3D', 'LOAD_3D_ANIMATION', 'WEBCAM', 'AUDIO_RECORD'],
]);

/** Looks classes up in the definitions, reading each one when it is first asked for. */
export function classTable(info: ObjectInfo): Classes {
  const known = new Map<string, NodeClass | undefined>();
  return (type) => {
    if (known.has(type)) return known.get(type);
    const name = Object.hasOwn(info, type) ? type : (renamedClasses.get(type) ?? type);
    const definition = Object.hasOwn(info, name) ? info[name] : undefined;
    const usable = isRecord(definition) && isRecord(definition.input) ? definition : undefined;
    const found = usable && { name, definition: usable, specs: inputSpecs(usable), isCore: isCore(usable) };
    known.set(type, found);
    return found;
  };
}

/** Old names of core classes, with the same inputs. */
const renamedClasses = new Map([
  ['T2IAdapterLoader', 'ControlNetLoader'],
  ['ConditioningAverage ', 'ConditioningAverage'],
  ['SDV_img2vid_Conditioning', 'SVD_img2vid_Conditioning'],
]);

function isCore(definition: NodeDefinition): boolean {
  return definition.python_module?.startsWith('custom_nodes') !== true;
}

/** Types that own a widget, unless the definition asks for a socket. */
export function wouldBeWidget(spec: InputSpec): boolean {
  return widgetTypes.has(spec.type) || typeof spec.options['widgetType'] === 'string';
}

export function isWidget(spec: InputSpec): boolean {
  return spec.options['forceInput'] !== true && wouldBeWidget(spec);
}

/** A seed's "control after generate" has a slot of its own behind the value. */
export function hasControl(spec: InputSpec): boolean {
  const flag = spec.options['control_after_generate'];
  if (flag !== undefined && flag !== null) return flag !== false && flag !== '';
  return spec.type === 'INT' && (spec.name === 'seed' || spec.name === 'noise_seed');
}

const controlWords = new Set<unknown>(['fixed', 'increment', 'decrement', 'randomize', 'increment-wrap']);
export function isControlWord(value: unknown): boolean {
  return controlWords.has(value);
}

export function isMultiline(spec: InputSpec): boolean {
  return spec.type === 'STRING' && spec.options['multiline'] === true;
}

/** What an untouched widget holds; undefined for a combo without choices, which is not sent. */
export function defaultOf(spec: InputSpec): unknown {
  const given = spec.options['default'];
  if (spec.type === dynamicCombo) return given ?? optionsOf(spec)[0]?.['key'];
  if (given !== undefined) return given;
  if (spec.type === 'COMBO') return spec.choices?.[0];
  return simpleDefaults.get(spec.type);
}

/** The choice of a combo that stands first, whatever its default is. */
export function firstChoice(spec: InputSpec): unknown {
  return spec.type === dynamicCombo ? optionsOf(spec)[0]?.['key'] : spec.choices?.[0];
}

const simpleDefaults = new Map<string, unknown>([
  ['INT', 0],
  ['FLOAT', 0],
  ['STRING', ''],
  ['BOOLEAN', false],
  ['AUDIO_RECORD', ''],
]);

function optionsOf(spec: InputSpec): readonly Record<string, unknown>[] {
  const options = spec.options['options'];
  return Array.isArray(options) ? options.filter(isRecord) : [];
}

/** The inputs that an option of a dynamic combo brings along, named `combo.sub`; undefined for an unknown option. */
export function subInputs(combo: InputSpec, key: unknown): readonly InputSpec[] | undefined {
  const option = optionsOf(combo).find((o) => o['key'] === key);
  if (option === undefined) return undefined;
  const inputs = isRecord(option['inputs']) ? option['inputs'] : {};
  return (['required', 'optional'] as const).flatMap((section) => {
    const specs = inputs[section];
    if (!isRecord(specs)) return [];
    return Object.entries(specs).map(([name, s]) => parseInputSpec(`${combo.name}.${name}`, s, section === 'required'));
  });
}

/** Files from before grouped inputs call `images.image0` just `image0`; the server takes the full name alone. */
export function socketName(nodeClass: NodeClass, name: string): string {
  if (name.includes('.') || nodeClass.specs.some((s) => s.name === name)) return name;
  const group = nodeClass.specs.find((s) => s.type === autogrow && isMember(s, name));
  return group === undefined ? name : `${group.name}.${name}`;
}

function isMember(group: InputSpec, name: string): boolean {
  const template = isRecord(group.options['template']) ? group.options['template'] : {};
  const names = template['names'];
  const prefix = template['prefix'];
  if (Array.isArray(names)) return names.includes(name);
  return typeof prefix === 'string' && name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length));
}
