// `comfy-gen inspect <image>`: the parameters and the workflow that a picture, video or sound carries.
import { readFile, stat } from 'node:fs/promises';
import { ComfyGenError } from '../../errors.ts';
import { readMetadata, type Metadata } from '../../image/metadata.ts';
import { parseParameters } from '../../image/parameters.ts';
import { parseJson, stringifyJson } from '../../protocol/json.ts';
import { parseWorkflow } from '../../workflow/parse.ts';
import { roleNames, findRoles, type RoleName } from '../../workflow/roles.ts';
import { valueAt } from '../../workflow/walk.ts';
import { jsonLine } from '../render/objects.ts';
import { pathOf, type Session } from '../session.ts';
import { harmless } from '../terminal.ts';

/** Larger files are not read: metadata stands in files that a person made or got. */
const maxBytes = 2 ** 31 - 1;

type Shown = Readonly<Record<string, unknown>>;

export async function run(session: Session): Promise<number> {
  const { terminal, settings: s } = session;
  const [path] = session.words;
  if (path === undefined) throw new ComfyGenError('bad_option', '`inspect` needs a file');
  const metadata = readMetadata(await readWhole(pathOf(session, path), path));
  if (s.workflow.value === true) {
    await terminal.out(`${stringifyJson(carriedWorkflow(metadata, path), 2)}\n`);
    return 0;
  }
  const shown = {
    file: path,
    format: metadata.format,
    width: metadata.width ?? null,
    height: metadata.height ?? null,
    ...parametersOf(metadata, path),
  };
  await terminal.out(s.json.value ? jsonLine(shown) : asText(shown));
  return 0;
}

async function readWhole(file: string, path: string): Promise<Uint8Array> {
  try {
    if ((await stat(file)).size > maxBytes) throw new ComfyGenError('bad_input_file', `${path} is larger than 2 GiB`);
    return await readFile(file);
  } catch (cause) {
    if (cause instanceof ComfyGenError) throw cause;
    throw new ComfyGenError('bad_input_file', `cannot read ${path}`, { cause, hint: 'is the path right?' });
  }
}

/** The editor's workflow when the file has one, else the graph that ran. */
function carriedWorkflow({ texts }: Metadata, path: string): unknown {
  const text = texts.get('workflow') ?? texts.get('prompt');
  if (text === undefined) throw new ComfyGenError('no_metadata', `${path} carries no workflow`);
  return parsed(text, path);
}

function parsed(text: string, path: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw new ComfyGenError('bad_input_file', `${path}: its workflow is no JSON`, { cause });
  }
}

/** What made the picture: by the graph that ran, else by A1111's text. */
function parametersOf({ texts }: Metadata, path: string): Shown {
  const prompt = texts.get('prompt');
  if (prompt !== undefined) {
    const file = parseWorkflow(parsed(prompt, path), path);
    if (file.format === 'api') {
      const roles = findRoles(file.workflow);
      const values = roleNames.map(
        (role: RoleName) => [role, roles[role].map((place) => valueAt(file.workflow, place))] as const,
      );
      const held: [string, unknown][] = values.map(([role, all]) => [role, all.length > 1 ? all : (all[0] ?? null)]);
      return {
        ...(Object.fromEntries(held) as Shown),
        nodes: Object.keys(file.workflow).length,
        has_workflow: texts.has('workflow'),
      };
    }
  }
  const a1111 = parseParameters(texts.get('parameters') ?? '');
  if (a1111 !== undefined) return { ...a1111, fields: Object.fromEntries(a1111.fields) };
  if (texts.has('workflow')) return { has_workflow: true };
  throw new ComfyGenError('no_metadata', `${path} carries no parameters and no workflow`, {
    hint: 'pictures that were edited or sent through a chat have lost them',
  });
}

/** Aligned lines, what is not known left out. */
function asText(shown: Shown): string {
  const rows = Object.entries(shown).filter(([, value]) => value !== null && value !== undefined && value !== '');
  const line = ([key, value]: [string, unknown]): string => {
    const text = typeof value === 'string' ? value : stringifyJson(value);
    return `${key.padEnd(14)} ${harmless(text).replaceAll('\n', `\n${' '.repeat(15)}`)}\n`;
  };
  return rows.map(line).join('');
}
