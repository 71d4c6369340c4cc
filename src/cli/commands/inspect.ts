// `comfy-gen inspect <image>`: the parameters and the workflow that a picture, video or sound carries.
import { readFile, stat } from 'node:fs/promises';
import { ComfyGenError } from '../../errors.ts';
import { readMetadata } from '../../media/metadata.ts';
import { stringifyJson } from '../../protocol/json.ts';
import { valuesOf, workflowOf, type CarriedLora, type Values } from '../../plan/provenance.ts';
import { jsonLine } from '../output/objects.ts';
import { pathOf, type Context } from '../context.ts';
import { harmless } from '../../text/harmless.ts';

/** Larger files are not read: metadata stands in files that a person made or got. */
const maxBytes = 2 ** 31 - 1;

export async function run(context: Context): Promise<number> {
  const { terminal, settings: s } = context;
  const [path] = context.words;
  if (path === undefined)
    throw new ComfyGenError('bad_option', '`inspect` needs a file', { hint: 'comfy-gen inspect picture.png' });
  const metadata = readMetadata(await readWhole(pathOf(context, path), path));
  if (s.workflow.value === true) {
    await terminal.out(`${stringifyJson(workflowOf(metadata, path), 2)}\n`);
    return 0;
  }
  const values = valuesOf(metadata, path);
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

async function readWhole(file: string, path: string): Promise<Uint8Array> {
  try {
    const found = await stat(file);
    if (!found.isFile()) throw new ComfyGenError('bad_input_file', `${path} is no file`);
    if (found.size > maxBytes) throw new ComfyGenError('bad_input_file', `${path} is larger than 2 GiB`);
    return await readFile(file);
  } catch (cause) {
    if (cause instanceof ComfyGenError) throw cause;
    throw new ComfyGenError('bad_input_file', `cannot read ${path}`, { cause, hint: 'is the path right?' });
  }
}

/** Aligned lines, what is not known left out; A1111's line of fields is for `--json`. */
function asText({ loras, ...shown }: Values): string {
  const rows = Object.entries(shown).filter(
    ([key, value]) => key !== 'fields' && value !== null && value !== undefined && value !== '',
  );
  const line = ([key, value]: [string, unknown]): string => {
    const text = typeof value === 'string' ? value : stringifyJson(value);
    return `${key.padEnd(14)} ${harmless(text).replaceAll('\n', `\n${' '.repeat(15)}`)}\n`;
  };
  const added = ((loras ?? []) as readonly CarriedLora[]).map(({ name, strength }): [string, unknown] => {
    return ['lora', strength === null ? name : `${name} ${strength}`]; // both readers give loras of this shape
  });
  return [...rows, ...added].map(line).join('');
}
