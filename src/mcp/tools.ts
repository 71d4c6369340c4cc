// The tools as data: what each is called, what it takes and gives as JSON Schema, and the command line that it is.
import type { OptionTable } from '../options/option.ts';
import { flagName } from '../options/describe.ts';
import { isRecord, stringifyJson } from '../protocol/json.ts';
import { generation } from '../options/tables/generation.ts';
import { output } from '../options/tables/output.ts';

type Schema = Readonly<Record<string, unknown>>;
export type Arguments = Readonly<Record<string, unknown>>;

export type Tool = {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: Schema & { readonly type: 'object' };
  readonly outputSchema: Schema & { readonly type: 'object' };
  readonly annotations: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    readonly openWorldHint: boolean;
  };
  /** Makes files: they go to the output folder, progress is told, images come back. */
  readonly makes: boolean;
};

const text = (description: string): Schema => ({ type: 'string', description });
const object = (properties: Schema, required: readonly string[] = []): Tool['inputSchema'] => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

const { name, format, quality, stripMetadata, saveWorkflow } = output;
const notForTools = ['prompt', 'count', 'wildcards'];

/** What a job may be told: as the options of `generate`, but it is one job, and reads no folder of this machine. */
export const jobOptions: OptionTable = Object.fromEntries(
  Object.entries({ ...generation, name, format, quality, stripMetadata, saveWorkflow } as OptionTable).filter(
    ([key, option]) =>
      !notForTools.includes(key) && !option.flagOnly && !option.trustedOnly && option.names !== 'folder',
  ),
);

function optionSchema(table: OptionTable): Schema {
  return Object.fromEntries(
    Object.entries(table).map(([key, { help, list, schema }]) => {
      const description = list ? `${help} (one, or a list)` : help;
      return [
        key,
        list ? { anyOf: [schema, { type: 'array', items: schema }], description } : { ...schema, description },
      ];
    }),
  );
}

const outputArgument = {
  output: text('a folder or a file name inside the output folder; default the output folder itself'),
};
const jobs = {
  ...optionSchema(jobOptions),
  set: { type: 'object', description: 'inputs of the workflow by `node.input`; node is an id, a title or a class' },
};

/** A job's outcome. The fields are those of `comfy-gen --json`; more of them come. */
const outcome = {
  type: 'object',
  properties: {
    ok: { type: 'boolean' },
    prompt_id: { type: ['string', 'null'] },
    server: { type: 'string' },
    recipe: { type: ['string', 'null'] },
    checkpoint: { type: ['string', 'null'] },
    prompt: { type: ['string', 'null'] },
    seed: { type: ['string', 'null'], description: 'digits: it may exceed 2^53' },
    width: { type: ['integer', 'null'] },
    height: { type: ['integer', 'null'] },
    files: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          path: { type: ['string', 'null'] },
          bytes: { type: 'integer' },
          width: { type: ['integer', 'null'] },
          height: { type: ['integer', 'null'] },
          sha256: { type: 'string' },
        },
        required: ['path', 'bytes'],
      },
    },
    texts: { type: 'array', items: { type: 'object' } },
    notes: { type: 'array', items: { type: 'string' }, description: 'choices that were made, and warnings' },
    error: {
      type: 'object',
      properties: {
        code: { type: 'string' },
        reason: { type: 'string' },
        message: { type: 'string' },
        hint: { type: ['string', 'null'] },
      },
      required: ['code', 'reason', 'message'],
    },
  },
  required: ['ok', 'files'],
} as const;

const rowsOf = (key: string, description: string): Tool['outputSchema'] => ({
  type: 'object',
  properties: {
    ok: { type: 'boolean' },
    [key]: { type: 'array', items: { type: 'object' }, description },
    error: { type: 'string' },
  },
  required: ['ok', key],
});

const looks = { readOnlyHint: true, destructiveHint: false, openWorldHint: true };
const adds = { readOnlyHint: false, destructiveHint: false, openWorldHint: true };

export const tools: readonly Tool[] = [
  {
    name: 'generate',
    title: 'Make an image from a prompt',
    description:
      'Makes an image (or a video or a sound, as the model does) on the ComfyUI server and saves it. Only `prompt` is needed: ' +
      'model, size and steps have sensible defaults. `image` starts from a local picture, or edits it; `mask` inpaints.',
    inputSchema: object({ prompt: text('what to make'), ...jobs, ...outputArgument }, ['prompt']),
    outputSchema: outcome,
    annotations: adds,
    makes: true,
  },
  {
    name: 'run',
    title: 'Run a workflow',
    description:
      'Runs a ComfyUI workflow: the path of a JSON file (API or UI format) or of a picture that carries one, ' +
      '`template:<name>`, `saved:<name>`, or the workflow itself as an object. Options change what it holds; `set` sets any input.',
    inputSchema: object(
      {
        workflow: {
          type: ['string', 'object'],
          description: 'path, `template:<name>`, `saved:<name>`, or the workflow as an object',
        },
        prompt: text("in place of the workflow's own"),
        ...jobs,
        ...outputArgument,
      },
      ['workflow'],
    ),
    outputSchema: outcome,
    annotations: adds,
    makes: true,
  },
  {
    name: 'status',
    title: 'What runs, waits and is finished',
    description: "The server's queue, and the jobs that it finished; with `prompt_id` that job alone.",
    inputSchema: object({ prompt_id: text('one job') }),
    outputSchema: rowsOf('jobs', 'prompt_id with state (running, pending), or status of a finished job'),
    annotations: looks,
    makes: false,
  },
  {
    name: 'cancel',
    title: 'Cancel a job',
    description: 'Takes one job off the server, waiting or running.',
    inputSchema: object({ prompt_id: text('the job') }, ['prompt_id']),
    outputSchema: rowsOf('jobs', 'what became of it'),
    annotations: { ...adds, destructiveHint: true },
    makes: false,
  },
  {
    name: 'list',
    title: 'What the server offers',
    description:
      'Names that the other tools take: checkpoints, loras, vaes, samplers, schedulers, controlnets, upscalers, embeddings, ' +
      'nodes, recipes (with what each lacks), templates.',
    inputSchema: object(
      { kind: text('checkpoints, loras, samplers, …'), filter: text('only names that contain this') },
      ['kind'],
    ),
    outputSchema: rowsOf('items', 'each has a name'),
    annotations: looks,
    makes: false,
  },
  {
    name: 'inspect',
    title: 'How a picture was made',
    description: 'The parameters that a local picture, video or sound carries: prompt, seed, model, size, …',
    inputSchema: object({ file: text('path of the file') }, ['file']),
    outputSchema: rowsOf('found', 'one object with what it carries'),
    annotations: { ...looks, openWorldHint: false },
    makes: false,
  },
  {
    name: 'doctor',
    title: 'Check server and machine',
    description: 'Checks the server and this machine and says what to do. Nothing is queued.',
    inputSchema: object({}),
    outputSchema: rowsOf('checks', 'check, state (ok, warning, failed), message, next'),
    annotations: looks,
    makes: false,
  },
];

/** Options as flags of a command line; each value in the same word as its flag, so that none is read as a flag. */
export function asFlags(values: Arguments, table: OptionTable): string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const option = Object.hasOwn(table, key) ? table[key] : undefined;
    if (option === undefined || value === undefined || value === null) return [];
    const long = flagName(key, { ...option, negated: false }).slice(2);
    if (typeof value === 'boolean') return [value ? `--${long}` : `--no-${long}`];
    const all = Array.isArray(value)
      ? (value as unknown[])
      : key === 'set' && isRecord(value)
        ? assignments(value)
        : [value];
    return all.map((one) => `--${long}=${plain(one)}`);
  });
}

const assignments = (set: Arguments): string[] =>
  Object.entries(set).map(([input, value]) => `${input}=${plain(value)}`);
const plain = (value: unknown): string => (typeof value === 'string' ? value : stringifyJson(value));
