// The word after `run` or `convert` -> a workflow: a file, standard input, a picture that carries one, or a template of the server.
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Connection } from '../connection/connection.ts';
import { ComfyGenError } from '../errors.ts';
import type { Parameters } from '../media/parameters.ts';
import { closest } from '../text/closest.ts';
import { parseWorkflow, parseWorkflowText, type WorkflowFile } from '../workflow/parse.ts';
import { readInput } from '../cli/read-prompts.ts';
import { inputOf, pathOf, type Session } from '../cli/context.ts';

export type Loaded = {
  readonly file: WorkflowFile;
  /** What messages call it. */
  readonly name: string;
  /** Where files named by the workflow may lie; absent for what came from no folder. */
  readonly folder: string | undefined;
};

const template = 'template:';
const maxBytes = 2 * 1024 ** 3;

/** A picture of another program: no graph, but the values that it was made from. */
export type LoadedText = { readonly parameters: Parameters; readonly format: string; readonly name: string };

/** Like `loadAny`, for those who need a graph: text alone is `no_metadata`. */
export async function loadWorkflow(session: Session, server: () => Connection): Promise<Loaded> {
  const loaded = await loadAny(session, server);
  if (!('parameters' in loaded)) return loaded;
  throw new ComfyGenError('no_metadata', `${loaded.name} carries no workflow, only A1111's parameters`, {
    hint: `comfy-gen run ${loaded.name} --dry-run prints the workflow that a recipe makes of them`,
  });
}

/** Reads and parses; `server` is asked for templates only. Throws `bad_input_file`, `bad_workflow`, `missing_template`. */
export async function loadAny(session: Session, server: () => Connection): Promise<Loaded | LoadedText> {
  const [word] = session.words;
  if (word === undefined) {
    const hint = `comfy-gen ${session.command.name} workflow.json`;
    throw new ComfyGenError('bad_input_file', `\`${session.command.name}\` needs a file`, { hint });
  }
  if (word === '-') {
    const text = await readInput(inputOf(session));
    return { file: parseWorkflowText(text, 'standard input'), name: 'standard input', folder: undefined };
  }
  if (word.startsWith(template)) {
    const name = word.slice(template.length);
    return { file: await readTemplate(server(), name, session.signal), name: word, folder: undefined };
  }
  const path = pathOf(session, word);
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new ComfyGenError('bad_input_file', `cannot read ${word}`, { cause, hint: 'is the path right?' });
  });
  if (bytes.length > maxBytes) throw new ComfyGenError('bad_input_file', `${word} is larger than 2 GiB`);
  const found = await parseBytes(bytes, word);
  return 'parameters' in found ? { ...found, name: word } : { file: found, name: word, folder: dirname(path) };
}

/** How people hear what was found. */
export function describeFile({ file, name }: Loaded): string {
  if (file.format === 'ui') return `${name}: UI workflow, format ${file.version}`;
  const count = Object.keys(file.workflow).length;
  return `${name}: API workflow, ${count} ${count === 1 ? 'node' : 'nodes'}`;
}

async function parseBytes(bytes: Uint8Array, name: string): Promise<WorkflowFile | Omit<LoadedText, 'name'>> {
  const { mediaFormat, readMetadata } = await import('../media/metadata.ts');
  if (mediaFormat(bytes) === undefined) return parseWorkflowText(Buffer.from(bytes).toString('utf8'), name);
  const { texts, format } = readMetadata(bytes);
  const [prompt, workflow] = [texts.get('prompt'), texts.get('workflow')];
  const carried =
    (prompt === undefined ? undefined : tryParse(prompt, name)) ??
    (workflow === undefined ? undefined : tryParse(workflow, name));
  if (carried === undefined) {
    const { parseParameters } = await import('../media/parameters.ts');
    const parameters = parseParameters(texts.get('parameters') ?? '');
    if (parameters !== undefined) return { parameters, format };
    throw new ComfyGenError('no_metadata', `${name} carries no workflow and no parameters`, {
      hint: 'its metadata may have been stripped',
    });
  }
  if (carried.format === 'ui' || workflow === undefined) return carried;
  const drawn = tryParse(workflow, name);
  return drawn?.format === 'ui' ? { ...carried, ui: drawn.ui } : carried;
}

/** What is no workflow in one of the two places may be one in the other. */
function tryParse(text: string, name: string): WorkflowFile | undefined {
  try {
    return parseWorkflowText(text, name);
  } catch {
    return undefined;
  }
}

/** `name` of the gallery, `pack/name` of a node pack (8.2). */
async function readTemplate(server: Connection, name: string, signal: AbortSignal): Promise<WorkflowFile> {
  const [pack = '', inner] = name.split(/\/(.*)/s);
  const found =
    inner === undefined || inner === ''
      ? await server.static(`/templates/${encodeURIComponent(name)}.json`, signal)
      : await server.peek(`/workflow_templates/${encodeURIComponent(pack)}/${encodeURIComponent(inner)}.json`, signal);
  if (found !== undefined) return parseWorkflow(found, `template ${name}`);
  const near = closest(name, templateNames(await server.static('/templates/index.json', signal)));
  const hint = near.length > 0 ? `did you mean ${near.join(', ')}?` : undefined;
  throw new ComfyGenError('missing_template', `the server has no template ${JSON.stringify(name)}`, { hint });
}

function templateNames(index: unknown): string[] {
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
  const of = (value: unknown, key: string): unknown =>
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined; // any object has keys
  const names = list(index).flatMap((group) => list(of(group, 'templates')).map((t) => of(t, 'name')));
  return names.filter((name) => typeof name === 'string');
}
