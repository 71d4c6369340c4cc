// Node definitions -> a TypeScript module: the types of all nodes, and the table that graph() reads at run time.
import { isRecord } from '../protocol/json.ts';
import { inputSpecs, type NodeDefinition, type ObjectInfo } from '../protocol/object-info.ts';
import { filesIn, modelFolders } from '../recipes/server-files.ts';
import { ChoiceLists } from './choices.ts';
import { outputType } from './input-type.ts';
import { inputsType } from './inputs.ts';
import { comment, property, quoted } from './text.ts';

/** The module's text. The same definitions give the same text. */
export function writeModule(info: ObjectInfo): string {
  const lists = new ChoiceLists();
  const classes = Object.entries(info).filter(([, definition]) => isRecord(definition.input));
  const nodes = classes.map(([name, definition]) => nodeMember(name, definition, lists)).join('');
  const files = modelFolders.map((folder) => {
    const type = lists.typeOf(folder, filesIn({ info }, folder));
    return `  ${property(folder)}: ${type};\n`;
  });
  const types = `/** What the lists of combos hold, by the input that has it first. Equal lists are written once. */
export interface Choices {
${lists.members()}}

/** The model files of the server, by folder. */
export interface Files {
${files.join('')}}

/** Class name -> what the node takes and gives. */
export interface Nodes {
${nodes}}
`;
  return `// The ${classes.length} node classes of a ComfyUI server, written by \`comfy-gen types\`: not to be edited.
/* eslint-disable */
import type { ${imported(types)} } from ${quoted('comfy-gen')};

${types}
/** Class name -> the names of its outputs: what graph() needs at run time. */
export const nodes: NodeTable<Nodes> = {
${classes.map(([name, definition]) => tableMember(name, definition)).join('')}};
`;
}

/** What the types are made of; an import that nothing uses would be an error for some. */
function imported(types: string): string {
  const code = types.replace(/"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|\/\*\*.*?\*\//g, '');
  const names = ['AnyOutput', 'InputValue', 'NodeOutput', 'WidgetValue'].filter((name) =>
    new RegExp(`\\b${name}\\b`).test(code),
  );
  return [...names, 'NodeTable'].sort().join(', ');
}

function nodeMember(name: string, definition: NodeDefinition, lists: ChoiceLists): string {
  const about = [definition.display_name, definition.description].filter(
    (part) => typeof part === 'string' && part !== '',
  );
  const inputs = inputsType(inputSpecs(definition), { nodeName: name, lists, indent: '    ' });
  const outputs = outputNames(definition).map(
    (output, i) => `${property(output)}: ${outputType(definition.output[i])}`,
  );
  return `${comment(about.join(': '), '  ', definition.deprecated === true ? '@deprecated' : '')}  ${property(name)}: {
    inputs: ${inputs};
    outputs: { ${outputs.join('; ')} };
  };
`;
}

function tableMember(name: string, definition: NodeDefinition): string {
  const key = name === '__proto__' ? `["__proto__"]` : property(name); // else it would be the table's prototype
  return `  ${key}: [${outputNames(definition).map(quoted).join(', ')}],\n`;
}

/** In the server's order; of several with one name the later ones are `NAME_2`, `NAME_3`. */
function outputNames({ output, output_name }: NodeDefinition): string[] {
  const names: string[] = [];
  const types: readonly unknown[] = Array.isArray(output) ? output : [];
  const given: readonly unknown[] = Array.isArray(output_name) ? output_name : [];
  types.forEach((type, slot) => {
    const said = [given[slot], type].find((word) => typeof word === 'string' && word !== '');
    const name = typeof said === 'string' ? said : 'COMBO';
    let free = name;
    for (let n = 2; names.includes(free); n++) free = `${name}_${n}`;
    names.push(free);
  });
  return names;
}
