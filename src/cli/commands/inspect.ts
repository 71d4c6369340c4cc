// `comfy-gen inspect <image>`: the parameters and the workflow that a picture, video or sound carries.
import { ComfyGenError } from '../../errors.ts';
import { readUserFile } from '../../files/user-file.ts';
import { readMetadata } from '../../media/metadata.ts';
import type { ObjectInfo } from '../../protocol/object-info.ts';
import { stringifyJson } from '../../protocol/json.ts';
import { valuesOf, workflowOf, type Values } from '../../plan/provenance.ts';
import type { GraphLora } from '../../workflow/lora-stack.ts';
import { escaped, jsonLine } from '../output/objects.ts';
import { pathOf, type Context } from '../context.ts';
import { notices } from '../notes.ts';
import { harmless } from '../../text/harmless.ts';

export async function run(context: Context): Promise<number> {
  const { terminal, settings: s } = context;
  const [path] = context.words;
  if (path === undefined)
    throw new ComfyGenError('bad_option', '`inspect` needs a file', { hint: 'comfy-gen inspect picture.png' });
  const metadata = readMetadata(await readUserFile(pathOf(context, path), { name: path, max: 2 ** 31 - 1 }), path);
  if (s.workflow.value === true) {
    await terminal.out(`${escaped(stringifyJson(workflowOf(metadata, path), 2))}\n`);
    return 0;
  }
  const { note } = notices(context);
  const values = await valuesOf(metadata, path, shippedDefinitions);
  if (metadata.damage !== undefined) note(`${path}: ${metadata.damage}; this is what could be read`, 'warning');
  if (values['from'] === 'workflow')
    note(`${path} has only the web UI's workflow: these values are guessed from its nodes`, 'warning');
  const shown = {
    file: path,
    format: metadata.format,
    ...values,
    width: values['width'] ?? metadata.width ?? null,
    height: values['height'] ?? metadata.height ?? null,
  };
  await terminal.out(s.json.value ? jsonLine(shown) : asText(shown));
  return 0;
}

/** Those of the demo server: no server is asked to look into a file. Without its model files, which the file's are not. */
export async function shippedDefinitions(): Promise<ObjectInfo> {
  const { allDefinitions } = await import('../../demo/nodes/object-info.ts');
  return allDefinitions();
}

/** Aligned lines, what is not known left out; what only repeats another program's text is for `--json`. */
function asText({ loras, ...shown }: Values): string {
  const isLine = ([key, value]: [string, unknown]): boolean =>
    !['fields', 'text', 'from'].includes(key) && value !== null && value !== undefined && value !== '';
  const line = ([key, value]: [string, unknown]): string => {
    const text = typeof value === 'string' ? value : stringifyJson(value);
    return `${key.padEnd(14)} ${harmless(text).replaceAll('\n', `\n${' '.repeat(15)}`)}\n`;
  };
  const added = ((loras ?? []) as readonly GraphLora[]).map(({ name, strength }): [string, unknown] => {
    return ['lora', strength === null ? name : `${name} ${strength}`]; // both readers give loras of this shape
  });
  return [...Object.entries(shown).filter(isLine), ...added].map(line).join('');
}
