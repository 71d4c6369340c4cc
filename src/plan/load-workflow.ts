// A word that names a workflow -> the workflow: a file, standard input, an image that carries one, or what the server keeps.
import { dirname } from 'node:path';
import type { Connection } from '../connection/connection.ts';
import { ComfyGenError } from '../errors.ts';
import { decodeText } from '../files/decode.ts';
import { readUserFile } from '../files/user-file.ts';
import { mediaFormat, readMetadata } from '../media/metadata.ts';
import { readParameters, type Parameters } from '../media/programs.ts';
import { closest } from '../text/closest.ts';
import { count } from '../text/count.ts';
import { parseWorkflow, parseWorkflowText, type WorkflowFile } from '../workflow/parse.ts';
import type { LoadedWorkflow } from './spec.ts';
import { readSaved } from './workflows/saved.ts';

const template = 'template:';
const saved = 'saved:';
const maxBytes = 2 * 1024 ** 3 - 1;

/** An image of another program: no graph, but the values that it was made from. */
export type LoadedParameters = { readonly parameters: Parameters; readonly format: string; readonly name: string };

export type LoadOptions = {
  /** A path as the user wrote it -> one that can be opened. */
  readonly pathOf: (path: string) => string;
  /** Asked for what is on the server; throws where there is none. */
  readonly server: () => Connection;
  readonly signal: AbortSignal;
};

/** A template of the server's gallery, or a workflow that a user saved there. */
export const isOnServer = (word: string): boolean => isSaved(word) || word.startsWith(template);

export const isSaved = (word: string): boolean => word.startsWith(saved);

/** Reads and parses. Throws `bad_input_file`, `bad_workflow`, `missing_template`, `unknown_workflow`, `no_metadata`. */
export async function loadAny(word: string, options: LoadOptions): Promise<LoadedWorkflow | LoadedParameters> {
  if (isOnServer(word)) {
    const [server, read] = [options.server(), isSaved(word) ? readSaved : readTemplate];
    const file = await read(server, word.slice(word.indexOf(':') + 1), options.signal);
    return { file, name: word, folder: undefined };
  }
  const path = options.pathOf(word);
  const found = parseBytes(await readUserFile(path, { max: maxBytes, name: word }), word);
  return 'parameters' in found ? found : { ...found, folder: dirname(path) };
}

/** Like `loadAny`, for those who need a graph: parameters alone are `no_metadata`. */
export async function loadWorkflow(word: string, options: LoadOptions): Promise<LoadedWorkflow> {
  return needsGraph(await loadAny(word, options));
}

export function needsGraph(loaded: LoadedWorkflow | LoadedParameters): LoadedWorkflow {
  if (!('parameters' in loaded)) return loaded;
  throw new ComfyGenError(
    'no_metadata',
    `${loaded.name} carries no workflow, only ${loaded.parameters.source}'s parameters`,
    {
      hint: `comfy-gen run ${loaded.name} --dry-run prints the workflow that a recipe makes of them`,
    },
  );
}

/** What people hear of what was found. */
export function describeWorkflow({ file, name }: LoadedWorkflow): string {
  if (file.format === 'ui') return `${name}: UI workflow, format ${file.version}`;
  return `${name}: API workflow, ${count(Object.keys(file.workflow).length, 'node')}`;
}

/** JSON, or an image that carries a workflow or parameters. */
export function parseBytes(bytes: Uint8Array, name: string): LoadedWorkflow | LoadedParameters {
  const loaded = (file: WorkflowFile): LoadedWorkflow => ({ file, name, folder: undefined });
  if (mediaFormat(bytes) === undefined) return loaded(parseWorkflowText(decodeText(bytes, name), name));
  const { texts, format, damage } = readMetadata(bytes, name);
  const [prompt, workflow] = [texts.get('prompt'), texts.get('workflow')];
  const carried =
    (prompt === undefined ? undefined : tryParse(prompt, name)) ??
    (workflow === undefined ? undefined : tryParse(workflow, name));
  if (carried === undefined) {
    const parameters = readParameters(texts);
    if (parameters !== undefined) return { parameters, format, name };
    throw new ComfyGenError('no_metadata', `${name} carries no workflow and no parameters`, {
      hint: damage ?? 'its metadata may have been stripped',
    });
  }
  if (carried.format === 'ui' || workflow === undefined) return loaded(carried);
  const drawn = tryParse(workflow, name);
  if (drawn?.format !== 'ui') return loaded(carried);
  return loaded({ ...carried, ui: drawn.ui });
}

/** What is no workflow in one of the two places may be one in the other. */
function tryParse(text: string, name: string): WorkflowFile | undefined {
  try {
    return parseWorkflowText(text, name);
  } catch {
    return undefined;
  }
}

/** `name` of the gallery, `pack/name` of a node pack (protocol.md 8.2). */
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
