// A call of a tool -> the command line that it is, and what came of it as the tool's result.
import { ComfyGenError, toComfyGenError, writeOptions } from '../errors.ts';
import { isRecord, stringifyJson } from '../protocol/json.ts';
import { closest } from '../text/closest.ts';
import { imageContent, type ImageContent } from './image-content.ts';
import { insideFolder } from './output-folder.ts';
import { asFlags, jobOptions, tools, type Arguments, type Tool } from './tools.ts';

/** Runs one command line to its end: its objects come one by one, its sentences at the end. */
export type RunCommand = (
  argv: readonly string[],
  on: { readonly signal: AbortSignal; readonly input?: string | undefined; readonly object: (value: unknown) => void },
) => Promise<{ readonly code: number; readonly said: string }>;

export type House = {
  readonly run: RunCommand;
  /** Absolute. */
  readonly output: string;
  /** What was said on the command line of `mcp` itself, for the command that it is said to. */
  readonly flagsFor: (command: string) => readonly string[];
};

export type Call = {
  readonly name: string;
  readonly args: Arguments;
  readonly signal: AbortSignal;
  /** From 0 to 1, with a word about it. */
  readonly progress: (share: number, message: string) => void;
};

export type Outcome = {
  readonly content: readonly ({ readonly type: 'text'; readonly text: string } | ImageContent)[];
  readonly structuredContent: Record<string, unknown>;
  readonly isError: boolean;
};

/** Never throws: what failed is told in the result, as agents read it. */
export async function callTool(house: House, call: Call): Promise<Outcome> {
  const tool = tools.find(({ name }) => name === call.name);
  try {
    if (tool === undefined)
      throw new ComfyGenError('bad_option', `no tool is called ${JSON.stringify(call.name)}`, {
        hint: `tools: ${tools.map(({ name }) => name).join(', ')}`,
      });
    checkArguments(tool, call.args);
    return tool.makes ? await make(house, call) : await look(house, call);
  } catch (thrown) {
    const { code, reason, message, hint } = toComfyGenError(thrown);
    const error = {
      code,
      reason,
      message: writeOptions(message),
      hint: hint === undefined ? null : writeOptions(hint),
    };
    return tool === undefined || tool.makes ? failed({ ok: false, files: [], error }) : failedLook(tool, error.message);
  }
}

function checkArguments({ inputSchema }: Tool, args: Arguments): void {
  const known = Object.keys(inputSchema['properties'] as object); // as the table has it
  const required = inputSchema['required'] as readonly string[];
  for (const key of required)
    if (args[key] === undefined) throw new ComfyGenError('bad_option', `${key}: there is none, and it is needed`);
  const strange = Object.keys(args).find((key) => !known.includes(key));
  if (strange === undefined) return;
  const [near] = closest(strange, known, 1);
  const hint = near === undefined ? `known arguments: ${known.join(', ')}` : `did you mean ${near}?`;
  throw new ComfyGenError('bad_option', `${strange}: there is no such argument`, { hint });
}

/** A job: followed by its events. */
async function make(house: House, { name, args, signal, progress }: Call): Promise<Outcome> {
  const { prompt, workflow, output } = args;
  const folder = await insideFolder(house.output, output);
  const inline = isRecord(workflow) ? stringifyJson(workflow) : undefined;
  const words = name === 'run' ? ['--', inline === undefined ? textOf(workflow, 'workflow') : '-'] : [];
  const notes: string[] = [];
  let result: Record<string, unknown> | undefined;
  const { said } = await house.run(
    [
      ...[name, ...house.flagsFor(name), '--events', '--no-json', `--output=${folder}`],
      ...(prompt === undefined ? [] : [`--prompt=${textOf(prompt, 'prompt')}`]),
      ...asFlags(args, jobOptions),
      ...words,
    ],
    {
      signal,
      input: inline,
      object: (event) => {
        if (!isRecord(event)) return;
        if (event['type'] === 'progress') progress(Number(event['share']), 'running');
        else if (event['type'] === 'queued') progress(0, `waiting: ${String(event['ahead'])} ahead`);
        else if (event['type'] === 'warning') notes.push(String(event['message']));
        else if (isRecord(event['result'])) result = event['result'];
      },
    },
  );
  if (result === undefined) throw new ComfyGenError('internal', said === '' ? 'the job ended without a result' : said);
  const shown = { ...result, notes };
  return result['ok'] === true ? succeeded(shown) : failed(shown);
}

async function succeeded(result: Record<string, unknown>): Promise<Outcome> {
  const files = Array.isArray(result['files']) ? (result['files'] as unknown[]) : [];
  const paths = files.flatMap((file) => (isRecord(file) && typeof file['path'] === 'string' ? [file['path']] : []));
  const lines = [...paths, `seed ${String(result['seed'])}`, ...(result['notes'] as readonly string[])];
  const images = await Promise.all(paths.slice(0, mostImages).map((path) => imageContent(path)));
  return {
    content: [{ type: 'text', text: lines.join('\n') }, ...images.flatMap((image) => image ?? [])],
    structuredContent: result,
    isError: false,
  };
}

/** More pictures of one job are named only. */
const mostImages = 4;

function failed(result: Record<string, unknown>): Outcome {
  const error = isRecord(result['error']) ? result['error'] : {};
  const lines = [error['message'], error['hint']].filter((line) => typeof line === 'string');
  return { content: [{ type: 'text', text: lines.join('\n') }], structuredContent: result, isError: true };
}

const rowKeys: Readonly<Record<string, string>> = {
  status: 'jobs',
  cancel: 'jobs',
  list: 'items',
  inspect: 'found',
  doctor: 'checks',
};

/** A question: the objects that the command prints. */
async function look(house: House, { name, args, signal }: Call): Promise<Outcome> {
  const rows: unknown[] = [];
  let said = '';
  let code = 0;
  for (const [command, ...words] of commandsOf(name, args)) {
    const argv = [command, ...house.flagsFor(command), '--json', '--no-events', '--', ...words];
    const ended = await house.run(argv, { signal, object: (row) => void rows.push(row) });
    said += ended.said;
    code = Math.max(code, ended.code);
  }
  const chosen = rows.filter((row) => isMeant(row, args));
  const isWell = code === 0 || (name === 'doctor' && rows.length > 0); // what is wrong is its answer
  if (!isWell) return failedLook({ name }, said.trim() === '' ? `exit code ${code}` : said.trim());
  const shown = chosen.slice(-mostRows);
  const left = chosen.length - shown.length;
  const text = [...shown.map((row) => stringifyJson(row)), ...(left > 0 ? [`and ${left} more: use a filter`] : [])];
  const structuredContent = { ok: code === 0, [rowKeys[name] ?? 'rows']: shown };
  return { content: [{ type: 'text', text: text.join('\n') }], structuredContent, isError: false };
}

const mostRows = 500;

/** Of one job, or with the filter in its name. */
function isMeant(row: unknown, { prompt_id: id, filter }: Arguments): boolean {
  if (!isRecord(row)) return false;
  if (id !== undefined && row['prompt_id'] !== id) return false;
  return filter === undefined || String(row['name']).toLowerCase().includes(textOf(filter, 'filter').toLowerCase());
}

function failedLook({ name }: Pick<Tool, 'name'>, error: string): Outcome {
  const structuredContent = { ok: false, [rowKeys[name] ?? 'rows']: [], error };
  return { content: [{ type: 'text', text: error }], structuredContent, isError: true };
}

type CommandLine = readonly [command: string, ...words: string[]];

function commandsOf(name: string, args: Arguments): readonly CommandLine[] {
  if (name === 'status') return [['history'], ['queue']];
  if (name === 'cancel') return [['cancel', textOf(args['prompt_id'], 'prompt_id')]];
  if (name === 'inspect') return [['inspect', textOf(args['file'], 'file')]];
  if (name === 'doctor') return [['doctor']];
  return [['list', textOf(args['kind'], 'kind')]];
}

function textOf(value: unknown, key: string): string {
  if (typeof value === 'string') return value;
  throw new ComfyGenError('bad_option', `${key}: not a text`);
}
