// Everything that can be set, each thing once: flag, environment name, config key, bounds, default and help come from here.
import { address, assignment, bytes, duration, enlarging, header, lora, moment, pad, ratio, size } from './kinds.ts';
import { control } from './control.ts';
import { bigInteger, choice, integer, list, number, text, toggle, type OptionTable } from './option.ts';

const recipes = 'depends on the model';
const pixels = { min: 16, max: 16_384 };

/** What to make. */
export const generation = {
  prompt: list(
    text('the prompt, instead of bare words; each -p is a job', { short: 'p', emptyAllowed: true, flagOnly: true }),
  ),
  negative: text('negative prompt: what the image should not show', { short: 'n', emptyAllowed: true, fallback: '' }),
  width: integer('width in pixels', pixels, { short: 'W', argument: 'px', otherwise: recipes }),
  height: integer('height in pixels', pixels, { short: 'H', argument: 'px', otherwise: recipes }),
  size: size('width and height', pixels, { otherwise: recipes }),
  aspect: ratio("aspect ratio, at the model family's usual area", { otherwise: recipes }),
  mp: number('area in megapixels (of 1024x1024 pixels)', { min: 0.01, max: 256 }, { otherwise: recipes }),
  sizeFrom: text('image whose aspect ratio to take', { argument: 'image', names: 'file' }),
  exact: toggle('exactly the size asked for: made a little larger, then cropped'),
  twoPass: toggle('one sampling pass, however large the image', { negated: true }),
  steps: integer('sampling steps', { min: 1, max: 10_000 }, { short: 's', otherwise: recipes }),
  cfg: number('CFG scale: how closely the prompt is followed', { min: 0, max: 100 }, { otherwise: recipes }),
  sampler: text('sampler; `list samplers` shows them', { listed: 'samplers', argument: 'name', otherwise: recipes }),
  scheduler: text('scheduler; `list schedulers` shows them', {
    listed: 'schedulers',
    argument: 'name',
    otherwise: recipes,
  }),
  seed: bigInteger('seed of the noise', { max: 2n ** 64n - 1n, word: 'random' }, { fallback: 'random' }),
  checkpoint: text('model file on the server; `list checkpoints` shows them', {
    listed: 'models',
    short: 'c',
    argument: 'file',
    otherwise: 'one that the server has',
  }),
  recipe: text('recipe of the model family; `list recipes` shows them', {
    listed: 'recipes',
    argument: 'name',
    otherwise: 'detected from the model',
  }),
  vae: text('VAE file on the server', { listed: 'vaes', argument: 'file' }),
  lora: list(lora('LoRA file and its strength', { min: -100, max: 100 })),
  forceLora: toggle('send a LoRA whose metadata says another model family'),
  clipSkip: integer('CLIP layer to stop at, counted from the last (1 is the last)', { min: 1, max: 24 }),
  guidance: number(
    'guidance of guidance-distilled models (FLUX and others)',
    { min: 0, max: 100 },
    { otherwise: recipes },
  ),
  shift: number('timestep shift of flow models', { min: 0, max: 100 }, { otherwise: recipes }),
  turbo: toggle<undefined>("use the model family's few-step LoRA", { fallback: undefined, otherwise: 'off' }),
  batchSize: integer('images made together in one job', { min: 1, max: 4096 }, { short: 'b', fallback: 1 }),
  count: integer('number of jobs, with the seeds seed, seed+1, …', { min: 1, max: 100_000 }, { fallback: 1 }),
  image: list(text('image to start from, or to edit', { short: 'i', argument: 'file', names: 'file' })),
  denoise: number('denoising strength: how much of the image may change, 0–1', { min: 0, max: 1 }),
  mask: text('mask for inpainting: white is repainted', { argument: 'file', names: 'file' }),
  maskContext: number(
    "inpaint the mask's surroundings only: its box times this, default 1.5",
    { min: 1, max: 16 },
    { argument: 'factor' },
  ),
  maskGrow: integer(
    'grow the mask by this many pixels; the rest stays as it is',
    { min: 0, max: 512 },
    { argument: 'px' },
  ),
  maskBlur: integer(
    "blur the mask's edge by so many pixels; the rest stays as it is",
    { min: 0, max: 512 },
    { argument: 'px' },
  ),
  pad: pad('outpaint: pixels to add left, above, right, below', 8192),
  maskText: text('words for what to mask, found in the image by SAM 3', { argument: 'words' }),
  control: list(
    control('control by a photo: canny, depth, pose or lines; or model:image, a ControlNet and what it reads', {
      min: 0,
      max: 10,
    }),
  ),
  saveControl: toggle('also save the control image that was made from a photo'),
  nag: number('negative guidance at cfg 1 (NAG)', { min: 0, max: 100 }),
  hires: number('second sampling pass at this many times the size', { min: 1, max: 8 }, { argument: 'factor' }),
  upscale: text('upscale model to run over the result', { listed: 'upscalers', argument: 'model' }),
  to: enlarging('enlarge the image: a factor or a size'),
  refine: number('how much of the enlarged image may change, 0–1; it is sampled in tiles', { min: 0, max: 1 }),
  refiner: text('SDXL refiner checkpoint', { listed: 'checkpoints', argument: 'file' }),
  frames: integer('number of frames of a video', { min: 1, max: 100_000 }, { otherwise: recipes }),
  fps: number('frames per second of a video', { min: 0.01, max: 1000 }, { argument: 'n', otherwise: recipes }),
  seconds: number('length of a video or of audio in seconds', { min: 0.01, max: 86_400 }, { otherwise: recipes }),
  lyrics: text('lyrics of a song'),
  style: list(text('style for the prompt; `list styles` shows them', { argument: 'name', listed: 'styles' })),
  styles: text('file or folder with the styles: JSON, or CSV as A1111 writes it', {
    argument: 'path',
    names: 'folder',
  }),
  enhance: toggle('let a language model write the prompt out (it needs an address)'),
  enhanceModel: text('name of the language model', { argument: 'name', otherwise: "the address's own" }),
  styleText: text('style of a song; the prompt then holds its lyrics', { otherwise: 'the prompt' }),
  set: list(
    assignment(
      'set an input of the workflow; node is an id, a title or a class name',
      'node.input=value',
      /^[^=]+\.[^=]+=/,
      'node.input=value',
    ),
  ),
  dynamicPrompts: toggle('replace {a|b|c} and __name__ in prompts'),
  wildcards: text('folder with the files behind __name__', { argument: 'dir', names: 'folder' }),
} satisfies OptionTable;

/** The language model that writes prompts out: one for all jobs, and none that a project's file chooses. */
export const enhancing = {
  enhanceUrl: address(
    'OpenAI-compatible address of the language model; its key is COMFY_GEN_ENHANCE_KEY',
    ['http', 'https'],
    {
      trustedOnly: true,
    },
  ),
} satisfies OptionTable;

/** How to reach the server. */
export const connection = {
  host: list(
    address('address of the server; given again, jobs are shared among them', ['http', 'https'], {
      argument: 'url|host[:port]',
    }),
    {
      fallback: ['127.0.0.1'],
    },
  ),
  port: integer('port of the server if its address has none', { min: 1, max: 65_535 }, { fallback: 8188 }),
  header: list(header('HTTP header to send with each request')),
  tokenEnv: text('environment variable that holds the bearer token', {
    argument: 'VAR',
    trustedOnly: true,
    otherwise: 'COMFY_GEN_TOKEN',
  }),
  tokenFile: text('file that holds the bearer token', { argument: 'file', names: 'file', trustedOnly: true }),
  apiKeyEnv: text('environment variable that holds the API key: X-API-Key, on Comfy API v2 the bearer token', {
    argument: 'VAR',
    trustedOnly: true,
    otherwise: 'on Comfy API v2 COMFY_API_KEY',
  }),
  api: choice("the server's API: ComfyUI's own, or Comfy API v2 (Comfy Cloud, comfy-api-proxy)", ['core', 'v2'], {
    otherwise: 'found out',
  }),
  partnerKeyEnv: text('environment variable that holds the API key for partner nodes', {
    argument: 'VAR',
    trustedOnly: true,
    otherwise: 'COMFY_GEN_PARTNER_KEY',
  }),
  comfyUser: text('user id on a multi-user server', { argument: 'id' }),
  ca: text('CA certificate to trust (PEM file)', { argument: 'file', names: 'file', trustedOnly: true }),
  insecure: toggle("do not verify the server's certificate", { trustedOnly: true }),
  proxy: address('HTTP proxy to use', ['http', 'https'], {
    trustedOnly: true,
    otherwise: 'HTTP_PROXY, HTTPS_PROXY, NO_PROXY',
  }),
  timeout: duration('time limit for the whole command', { zeroIsNone: true, otherwise: 'none' }),
  connectTimeout: duration('time limit for one connection attempt', { fallback: 10_000 }),
  stallTimeout: duration('give up on a job that makes no progress for this long', {
    zeroIsNone: true,
    otherwise: 'none',
  }),
  retries: integer('retries of a failed request', { min: 0, max: 1000 }, { fallback: 5 }),
  waitForServer: duration('how long to wait for a server that is not up yet or goes away', { otherwise: 'none' }),
  demo: toggle('use a built-in demo server instead of a ComfyUI: it runs no model'),
} satisfies OptionTable;

/** What becomes of the files. */
export const output = {
  output: text('folder for the files; or a file name; or - for standard output', {
    short: 'o',
    argument: 'dir',
    names: 'folder',
    fallback: 'images/output',
  }),
  name: text('template of the file names; see `help names`', {
    argument: 'template',
    fallback: '{date}_{time}_{name}',
  }),
  format: choice('format of saved images', ['png', 'webp', 'jpg', 'avif'], {
    otherwise: "the server's",
    alias: { jpeg: 'jpg' },
  }),
  quality: integer('quality of webp, jpg and avif, 1–100', { min: 1, max: 100 }, { otherwise: "the encoder's" }),
  stripMetadata: toggle('save files without the prompt and workflow inside'),
  dryRun: toggle('print the workflow; send nothing'),
  saveWorkflow: toggle('save the workflow as JSON beside its image'),
  show: toggle('show the image in the terminal'),
  previews: toggle('show previews in the terminal while sampling'),
  previewFile: text('keep the newest preview in this file', { argument: 'path', names: 'file' }),
  gallery: toggle("write an HTML page of this run's files into the output folder"),
  grid: text("draw this run's images on one labelled sheet", { argument: 'file', names: 'file' }),
  exec: text('run this command with the path of each saved file as its last argument', {
    argument: 'command',
    flagOnly: true,
    env: 'COMFY_GEN_EXEC',
  }),
  freeAfter: toggle('free the memory of the server after the last job'),
  open: toggle('open each saved image in its default program'),
  wait: toggle('print the id of the job (prompt_id) and do not wait', { negated: true }),
  allowEmpty: toggle('accept a job that makes no file'),
  force: toggle('run again even if the server has the result cached'),
  maxDownload: bytes('largest file to accept', { fallback: 16 * 1024 ** 3 }),
  print0: toggle('end each printed path with NUL instead of a line break', { short: '0' }),
  journal: toggle('do not record this run in the journal', { negated: true }),
} satisfies OptionTable;

/** What is said, and how. */
export const streams = {
  json: toggle('print results as JSON, one object per line'),
  events: toggle('print every event as a line of JSON (NDJSON)'),
  quiet: toggle('print errors only', { short: 'q' }),
  verbose: toggle('also print requests and stack traces', { short: 'v' }),
  logFile: text('append everything to this file as NDJSON', { argument: 'file', names: 'file' }),
  color: toggle('no colors', { negated: true }),
  progress: toggle('no progress bar', { negated: true }),
} satisfies OptionTable;

/** Which config files count; `--no-config` is false here. */
const configuration = {
  config: text('use this config file instead of the nearest .comfyrc', {
    argument: 'file',
    names: 'file',
    negated: true,
    flagOnly: true,
    env: 'COMFY_GEN_CONFIG',
  }),
  profile: text('use this named set of settings from the config files', {
    argument: 'name',
    flagOnly: true,
    env: 'COMFY_GEN_PROFILE',
  }),
} satisfies OptionTable;

/** Many jobs from one file. */
export const batch = {
  onStart: text('run this command before the first job', { argument: 'command', flagOnly: true }),
  onEnd: text('run this command after the last job, with the exit code as its last argument', {
    argument: 'command',
    flagOnly: true,
  }),
  retryFailed: toggle('retry rows that failed before', { flagOnly: true }),
  archive: toggle('run every row again and remember nothing', { negated: true }),
  ahead: integer('how many jobs to queue ahead on each server', { min: 1, max: 1000 }, { fallback: 2 }),
  maxFailures: integer(
    'stop sending jobs after this many failures',
    { min: 1, max: 1_000_000_000 },
    { otherwise: 'none' },
  ),
} satisfies OptionTable;

const sweep = {
  sweep: list(
    assignment(
      'run every combination of these values; see `help sweeps`',
      'key=values',
      /^[^=]+=./,
      'key=values like cfg=5,7,9',
      {
        flagOnly: true,
      },
    ),
  ),
} satisfies OptionTable;

const cancel = {
  mine: toggle('all jobs that you sent from this machine', { flagOnly: true }),
  all: toggle('all jobs on the server, also those of other people', { flagOnly: true }),
  yes: toggle('do not ask for confirmation', { flagOnly: true }),
} satisfies OptionTable;

const config = {
  all: toggle('config show: also settings at their default', { flagOnly: true }),
  user: toggle("config: your own file instead of the project's", { flagOnly: true }),
} satisfies OptionTable;

const doctor = {
  smoke: toggle('also run a small job that needs no model', { flagOnly: true }),
  withModel: toggle('also run a small job with a real model', { flagOnly: true }),
  maxSeconds: number('time limit in seconds for the small job', { min: 0.001, max: 86_400 }, { flagOnly: true }),
  junit: text('write the checks to this file as JUnit XML', { argument: 'file', names: 'file', flagOnly: true }),
} satisfies OptionTable;

const log = {
  limit: integer(
    'show only this many runs, the newest',
    { min: 1, max: 1_000_000_000 },
    { short: 'n', flagOnly: true },
  ),
  since: moment('runs since this date, or within this time (2h, 3d)', { flagOnly: true }),
} satisfies OptionTable;
const listing = {
  runnable: toggle('list recipes: only those that run on this server', { flagOnly: true }),
} satisfies OptionTable;
const completion = {
  install: toggle('completion: write the script to where the shell looks for it', { flagOnly: true }),
} satisfies OptionTable;
const inspect = { workflow: toggle('print the workflow only', { flagOnly: true }) } satisfies OptionTable;
/** Its output is the page; from elsewhere than the command line the option names the folder of the images, as always. */
const gallery = {
  output: text('the page to write', {
    short: 'o',
    argument: 'page.html',
    names: 'file',
    fallback: 'images/output',
    otherwise: '<folder>/index.html',
  }),
  grid: text('also put the images on one labelled contact sheet', { argument: 'file', names: 'file' }),
} satisfies OptionTable;
const upload = { keepName: toggle("upload under the file's own name", { flagOnly: true }) } satisfies OptionTable;
const definitions = {
  objectInfo: text('read node definitions from this file (what /object_info answers; .gz too) instead of a server', {
    argument: 'file',
    names: 'file',
    flagOnly: true,
  }),
} satisfies OptionTable;
/** The demo server; its port is its own, not that of the servers we talk to. */
export const serve = {
  port: integer('port to listen on; 0 is any free one', { min: 0, max: 65_535 }, { fallback: 8188, flagOnly: true }),
  profile: choice('which version of ComfyUI to imitate', ['today', '0.33', '0.3.64'], {
    fallback: 'today',
    flagOnly: true,
  }),
  api: choice('which API to speak', ['core', 'v2'], { fallback: 'core', flagOnly: true }),
  listen: text('address to listen on', { argument: 'address', fallback: '127.0.0.1', flagOnly: true }),
  fault: list(text('failure to simulate; `--fault help` lists them', { argument: 'fault', flagOnly: true })),
  models: text('JSON file that lists the model files to offer, by folder', {
    argument: 'file',
    names: 'file',
    flagOnly: true,
  }),
  stepMs: integer(
    'milliseconds per sampling step',
    { min: 0, max: 3_600_000 },
    { argument: 'ms', flagOnly: true, otherwise: 'quick' },
  ),
  loadMs: integer(
    'milliseconds to load a model',
    { min: 0, max: 3_600_000 },
    { argument: 'ms', flagOnly: true, otherwise: 'quick' },
  ),
} satisfies OptionTable;

/** Jobs that go through Redis to workers on many machines. */
const distributed = {
  redis: address('address of the Redis server with the jobs', ['redis', 'rediss'], {
    env: 'COMFY_GEN_REDIS_URL',
    fallback: 'redis://127.0.0.1:6379',
  }),
  queue: text('name of the queue', { argument: 'name', fallback: 'default' }),
} satisfies OptionTable;

const enqueue = {
  priority: integer('priority of the jobs: lower runs sooner', { min: 0, max: 2_097_151 }, { fallback: 0 }),
  delay: duration('time before the jobs may run', { fallback: 0 }),
  attempts: integer('attempts per job that fails while it runs', { min: 1, max: 100 }, { fallback: 3 }),
  shared: toggle("leave the files in the workers' output folder and print their paths there"),
  maxReturn: bytes('largest file to send back through Redis', { fallback: 64 * 1024 ** 2 }),
  status: text('show the state of a batch of jobs', { argument: 'id', flagOnly: true }),
  cancel: text('cancel a batch of jobs', { argument: 'id', flagOnly: true }),
} satisfies OptionTable;

const worker = {
  maxIdle: duration('exit after this time without a job', { zeroIsNone: true, otherwise: 'never' }),
  healthz: integer('serve /healthz on this port; 0 is any free one', { min: 0, max: 65_535 }, { argument: 'port' }),
} satisfies OptionTable;

/** What a batch row may set, beside `workflow` and `set.<node.input>`. */
export const rowOptions = { ...generation, name: output.name } satisfies OptionTable;

const { quiet, verbose, logFile, color } = streams;
/** What is said by a command whose standard output is text of its own. */
const plain = { quiet, verbose, logFile, color } satisfies OptionTable;
const common = { ...streams, ...configuration };
const online = { ...connection, ...common };
const making = { ...generation, ...enhancing, ...output, ...sweep, ...online };

/** Of the options about files, those that mean something where another process makes them. */
const { name, format, quality, stripMetadata, allowEmpty, force, maxDownload, print0, show, open } = output;
/** What holds for every job of a server of tools, unless the call says otherwise. */
const served = {
  ...without(generation, ['prompt', 'count']),
  ...enhancing,
  output: output.output,
  name,
  format,
  quality,
  stripMetadata,
  saveWorkflow: output.saveWorkflow,
  maxDownload,
  journal: output.journal,
};
const enqueued = {
  output: output.output,
  name,
  format,
  quality,
  stripMetadata,
  allowEmpty,
  force,
  maxDownload,
  print0,
  show,
  open,
};
const { ca, insecure, timeout, connectTimeout, stallTimeout } = connection;

/** The options each command takes. */
export const commandOptions = {
  upscale: making,
  check: { ...definitions, ...online },
  free: online,
  generate: making,
  run: making,
  batch: { ...making, ...batch },
  attach: { ...output, ...online },
  resume: { ...output, ...online },
  log: { ...log, ...common },
  queue: online,
  cancel: { ...cancel, ...online },
  history: online,
  list: { ...listing, styles: generation.styles, ...online },
  inspect: { ...inspect, ...common },
  convert: { ...definitions, ...online },
  types: { ...definitions, ...connection, ...plain, ...configuration },
  gallery: { ...gallery, ...common },
  upload: { ...upload, ...online },
  doctor: { ...doctor, output: output.output, ...online },
  config: { ...making, ...batch, ...distributed, ...enqueue, ...worker, ...config },
  enqueue: {
    ...generation,
    ...enhancing,
    ...sweep,
    ...enqueued,
    ...distributed,
    ...enqueue,
    retryFailed: toggle('try failed jobs again: those of --status, else all', { flagOnly: true }),
    wait: toggle('wait for the jobs and save their files', { flagOnly: true }),
    ...{ ca, insecure, timeout, connectTimeout, stallTimeout },
    ...common,
  },
  worker: {
    ...distributed,
    ...worker,
    ahead: batch.ahead,
    output: output.output,
    name,
    print0,
    listen: serve.listen,
    ...online,
  },
  serve: { ...serve, ...common, profile: serve.profile }, // whose --profile is not that of the config files
  mcp: { ...served, ...connection, ...plain, ...configuration },
  completion: { ...completion, ...common },
  help: common,
} satisfies Record<string, OptionTable>;

/** Every option of every command under its key. `port` is the connection's. */
export const everyOption = {
  ...generation,
  ...enhancing,
  ...output,
  ...sweep,
  ...batch,
  ...config,
  ...cancel,
  ...doctor,
  ...log,
  ...listing,
  ...completion,
  ...inspect,
  ...upload,
  ...definitions,
  ...distributed,
  ...enqueue,
  ...worker,
  ...serve,
  ...connection,
  ...common,
} satisfies OptionTable;

/** The same for those who only go through it, as the parser of the command line. */
export const allOptions: OptionTable = everyOption;

const { json, events, ...logging } = streams;

/** The tables under the headings of help and of docs/options.md. */
export const documented: Readonly<Record<string, OptionTable>> = {
  Generation: { ...generation, ...enhancing },
  Output: { ...output, json, events },
  Batch: { ...batch, ...sweep },
  Server: connection,
  Logging: logging,
  Configuration: { ...configuration, ...config },
  'Other commands': { ...cancel, ...doctor, ...log, ...listing, ...completion, ...inspect, ...upload, ...definitions },
  'Distributed work': { ...distributed, ...enqueue, ...worker },
  'Demo server': serve,
};

/** The table less some of its options. */
function without<T extends OptionTable, K extends keyof T>(table: T, keys: readonly K[]): Omit<T, K> {
  return Object.fromEntries(Object.entries(table).filter(([key]) => !keys.some((one) => one === key))) as Omit<T, K>; // as said
}
