// Classes by name, and the inputs that the values of a node bring along: options of dynamic combos, members of growing groups.
import { isRecord } from '../protocol/json.ts';
import {
  inputSpecs,
  parseInputSpec,
  type InputSpec,
  type NodeDefinition,
  type ObjectInfo,
} from '../protocol/object-info.ts';
import { optionsOf } from './widget-types.ts';

export type NodeClass = {
  /** What the server calls it now. */
  readonly name: string;
  readonly definition: NodeDefinition;
  /** In the order in which values are stored. */
  readonly specs: readonly InputSpec[];
  /** Packs write their own browser code; core nodes follow the rules below. */
  readonly isCore: boolean;
  /** Whether some class of this server makes values of that type: then a link can carry it. */
  readonly isLinkType: (type: string) => boolean;
};
export type Classes = (type: string) => NodeClass | undefined;

export const autogrow = 'COMFY_AUTOGROW_V3';

/** Looks classes up in the definitions, reading each one when it is first asked for. */
export function classTable(info: ObjectInfo): Classes {
  const known = new Map<string, NodeClass | undefined>();
  let made: ReadonlySet<string> | undefined;
  const isLinkType = (type: string): boolean => {
    made ??= outputTypes(info);
    return type.split(',').some((word) => made?.has(word.trim()) === true);
  };
  return (type) => {
    if (known.has(type)) return known.get(type);
    const name = Object.hasOwn(info, type) ? type : (renamedClasses.get(type) ?? type);
    const definition = Object.hasOwn(info, name) ? info[name] : undefined;
    const usable = isRecord(definition) && isRecord(definition.input) ? definition : undefined;
    const found = usable && { name, definition: usable, specs: inputSpecs(usable), isCore: isCore(usable), isLinkType };
    known.set(type, found);
    return found;
  };
}

function outputTypes(info: ObjectInfo): ReadonlySet<string> {
  const outputs = Object.values(info).flatMap((definition: unknown) =>
    isRecord(definition) ? definition['output'] : [],
  );
  return new Set(outputs.filter((type) => typeof type === 'string'));
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
