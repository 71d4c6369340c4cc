// Everything that can be set, each thing once: flag, environment name, config key, bounds, default and help come from here.
import { address, assignment, bytes, control, duration, header, lora, size } from './kinds.ts';
import { bigInteger, choice, integer, list, number, text, toggle, type OptionTable } from './option.ts';

const recipes = "the recipe's";
const pixels = { min: 16, max: 16_384 };

/** What to make. */
export const generation = {
  prompt: list(text('the prompt; several are several jobs', { short: 'p', emptyAllowed: true, flagOnly: true })),
  negative: text('what the picture should not show', { short: 'n', emptyAllowed: true, fallback: '' }),
  width: integer('width in pixels', pixels, { short: 'W', argument: 'px', otherwise: recipes }),
  height: integer('height in pixels', pixels, { short: 'H', argument: 'px', otherwise: recipes }),
  size: size('width and height', pixels, { otherwise: recipes }),
  steps: integer('sampling steps', { min: 1, max: 10_000 }, { short: 's', otherwise: recipes }),
  cfg: number('how closely the prompt is followed', { min: 0, max: 100 }, { otherwise: recipes }),
  sampler: text('sampler, as `list samplers` names it', { argument: 'name', otherwise: recipes }),
  scheduler: text('scheduler, as `list schedulers` names it', { argument: 'name', otherwise: recipes }),
  seed: bigInteger('seed', { max: 2n ** 64n - 1n, word: 'random' }, { fallback: 'random' }),
  checkpoint: text('model file, as the server names it', {
    short: 'c',
    argument: 'file',
    otherwise: 'one that the server has',
  }),
  recipe: text("the model family's recipe, as `list recipes` names it", {
    argument: 'name',
    otherwise: 'detected from the model',
  }),
  vae: text('VAE file', { argument: 'file' }),
  lora: list(lora('LoRA with its strength', { min: -100, max: 100 })),
  clipSkip: integer('CLIP layer to stop at, counted from the last', { min: 1, max: 24 }),
  guidance: number('guidance of distilled models', { min: 0, max: 100 }, { otherwise: recipes }),
  shift: number('timestep shift', { min: 0, max: 100 }, { otherwise: recipes }),
  turbo: toggle<undefined>("use the family's few-step LoRA", { fallback: undefined, otherwise: 'off' }),
  batchSize: integer('images in one job', { min: 1, max: 4096 }, { short: 'b', fallback: 1 }),
  count: integer('jobs, with seeds seed, seed+1, …', { min: 1, max: 100_000 }, { fallback: 1 }),
  image: list(text('picture to start from, or to edit', { short: 'i', argument: 'file', names: 'file' })),
  denoise: number('how much of the picture is made anew', { min: 0, max: 1 }),
  mask: text('inpaint: white is repainted', { argument: 'file', names: 'file' }),
  control: list(control('ControlNet with its picture and strength', { min: 0, max: 10 })),
  hires: number('second pass at this factor', { min: 1, max: 8 }, { argument: 'factor' }),
  upscale: text('upscale model', { argument: 'model' }),
  refiner: text("SDXL's refiner", { argument: 'file' }),
  frames: integer('frames of a video', { min: 1, max: 100_000 }, { otherwise: recipes }),
  fps: number('frames a second', { min: 0.01, max: 1000 }, { argument: 'n', otherwise: recipes }),
  seconds: number('length of video or audio', { min: 0.01, max: 86_400 }, { otherwise: recipes }),
  lyrics: text('words of a song'),
  styleText: text('style of a song; the prompt is its lyrics then', { otherwise: 'the prompt' }),
  set: list(
    assignment(
      'set an input of the workflow; node is an id, a title or a class',
      'node.input=value',
      /^[^=]+\.[^=]+=/,
      'node.input=value',
    ),
  ),
  dynamicPrompts: toggle('resolve {a|b|c} and __name__ in prompts'),
  wildcards: text('folder of __name__ files', { argument: 'dir', names: 'folder' }),
} satisfies OptionTable;

/** How to reach the server. */
export const connection = {
  host: list(address('address of the server; several are a pool', ['http', 'https'], { argument: 'url|host[:port]' }), {
    fallback: ['127.0.0.1'],
  }),
  port: integer('port, where the address names none', { min: 1, max: 65_535 }, { fallback: 8188 }),
  header: list(header('header to send along')),
  tokenEnv: text('environment variable with the bearer token', {
    argument: 'VAR',
    trustedOnly: true,
    otherwise: 'COMFY_GEN_TOKEN',
  }),
  apiKeyEnv: text('environment variable with the X-API-Key', { argument: 'VAR', trustedOnly: true }),
  partnerKeyEnv: text('environment variable with the key of partner nodes', {
    argument: 'VAR',
    trustedOnly: true,
    otherwise: 'COMFY_GEN_PARTNER_KEY',
  }),
  comfyUser: text('user of a multi-user server', { argument: 'id' }),
  ca: text('certificate authority to trust (PEM)', { argument: 'file', names: 'file', trustedOnly: true }),
  insecure: toggle("do not check the server's certificate", { trustedOnly: true }),
  proxy: address('proxy to go through', ['http', 'https'], {
    trustedOnly: true,
    otherwise: 'HTTP_PROXY, HTTPS_PROXY, NO_PROXY',
  }),
  timeout: duration('limit of the whole command', { zeroIsNone: true, otherwise: 'none' }),
  connectTimeout: duration('limit of one connection attempt', { fallback: 10_000 }),
  stallTimeout: duration('give up on a job that shows no sign of progress for so long', {
    zeroIsNone: true,
    otherwise: 'none',
  }),
  retries: integer('attempts after a failed request', { min: 0, max: 1000 }, { fallback: 5 }),
  waitForServer: duration('patience for a server that is not up yet, or goes away', { otherwise: 'none' }),
  demo: toggle('use a demo server of our own, started for this command'),
} satisfies OptionTable;

/** What becomes of the files. */
export const output = {
  output: text('folder for the files, or a file name, or - for standard output', {
    short: 'o',
    argument: 'dir',
    names: 'folder',
    fallback: 'images/output',
  }),
  name: text('name template', { argument: 'template', fallback: '{date}_{time}_{name}' }),
  format: choice('format of saved pictures', ['png', 'webp', 'jpg', 'avif'], {
    otherwise: "the server's",
    alias: { jpeg: 'jpg' },
  }),
  quality: integer('quality of webp, jpg and avif', { min: 1, max: 100 }, { otherwise: "the encoder's" }),
  stripMetadata: toggle('save without prompt and workflow inside'),
  dryRun: toggle('print the workflow, queue nothing'),
  saveWorkflow: toggle('save the workflow beside its picture'),
  show: toggle('show the picture in the terminal'),
  previews: toggle('live previews in the terminal'),
  open: toggle('open the picture when it is saved'),
  wait: toggle('print the prompt_id and leave', { negated: true }),
  allowEmpty: toggle('a job without files is fine'),
  force: toggle('make it new even if the server has it cached'),
  maxDownload: bytes('largest file to download', { fallback: 16 * 1024 ** 3 }),
  print0: toggle('end paths with NUL', { short: '0' }),
  journal: toggle('keep no journal', { negated: true }),
} satisfies OptionTable;

/** What is said, and how. */
export const streams = {
  json: toggle('one JSON object a job on standard output'),
  events: toggle('every event as NDJSON on standard output'),
  quiet: toggle('errors only', { short: 'q' }),
  verbose: toggle('requests and stack traces too', { short: 'v' }),
  logFile: text('append everything as NDJSON', { argument: 'file', names: 'file' }),
  color: toggle('no colours', { negated: true }),
  progress: toggle('no progress display', { negated: true }),
} satisfies OptionTable;

/** Which config files count; `--no-config` is false here. */
const configuration = {
  config: text('this config file instead of the nearest', {
    argument: 'file',
    names: 'file',
    negated: true,
    flagOnly: true,
    env: 'COMFY_GEN_CONFIG',
  }),
  profile: text('named set of settings from the config files', {
    argument: 'name',
    flagOnly: true,
    env: 'COMFY_GEN_PROFILE',
  }),
} satisfies OptionTable;

/** Many jobs from one file. */
export const batch = {
  retryFailed: toggle('try rows again that failed before', { flagOnly: true }),
  archive: toggle('make everything anew, remember nothing', { negated: true }),
  ahead: integer('jobs that wait on each server', { min: 1, max: 1000 }, { fallback: 2 }),
  maxFailures: integer('stop sending after so many failures', { min: 1, max: 1_000_000_000 }, { otherwise: 'none' }),
} satisfies OptionTable;

const sweep = {
  sweep: list(
    assignment('cross product over an option', 'key=values', /^[^=]+=./, 'key=values like cfg=5,7,9', {
      flagOnly: true,
    }),
  ),
} satisfies OptionTable;

const cancel = {
  mine: toggle('all jobs of this user', { flagOnly: true }),
  all: toggle("everybody's jobs", { flagOnly: true }),
  yes: toggle('do not ask', { flagOnly: true }),
} satisfies OptionTable;

const doctor = {
  smoke: toggle('run a small job through to its file', { flagOnly: true }),
  withModel: toggle('smoke test with a real model', { flagOnly: true }),
  maxSeconds: number('the smoke job must not take longer', { min: 0.001, max: 86_400 }, { flagOnly: true }),
  junit: text('write the checks as JUnit XML', { argument: 'file', names: 'file', flagOnly: true }),
} satisfies OptionTable;

const inspect = { workflow: toggle('print the workflow', { flagOnly: true }) } satisfies OptionTable;
const upload = { keepName: toggle("keep the file's own name", { flagOnly: true }) } satisfies OptionTable;
const definitions = {
  objectInfo: text('node definitions (an /object_info answer, .gz too) instead of a server', {
    argument: 'file',
    names: 'file',
    flagOnly: true,
  }),
} satisfies OptionTable;
/** The demo server; its port is its own, not that of the servers we talk to. */
export const serve = {
  port: integer('port to listen on; 0 is any free one', { min: 0, max: 65_535 }, { fallback: 8188, flagOnly: true }),
  profile: choice('which ComfyUI it plays', ['today', '0.33', '0.3.64'], { fallback: 'today', flagOnly: true }),
  listen: text('address to listen on', { argument: 'address', fallback: '127.0.0.1', flagOnly: true }),
  fault: list(text('misbehave like this; `help` lists the ways', { argument: 'fault', flagOnly: true })),
  models: text('JSON file with the model files it pretends to hold, by folder', {
    argument: 'file',
    names: 'file',
    flagOnly: true,
  }),
  stepMs: integer(
    'how long a sampling step takes',
    { min: 0, max: 3_600_000 },
    { argument: 'ms', flagOnly: true, otherwise: 'quick' },
  ),
  loadMs: integer(
    'how long loading a model takes',
    { min: 0, max: 3_600_000 },
    { argument: 'ms', flagOnly: true, otherwise: 'quick' },
  ),
} satisfies OptionTable;

/** What a batch row may set, beside `workflow` and `set.<node.input>`. */
export const rowOptions = { ...generation, name: output.name } satisfies OptionTable;

const common = { ...streams, ...configuration };
const online = { ...connection, ...common };
const making = { ...generation, ...output, ...sweep, ...online };

/** The options each command takes. */
export const commandOptions = {
  generate: making,
  run: making,
  batch: { ...making, ...batch },
  attach: { ...output, ...online },
  resume: { ...output, ...online },
  log: common,
  queue: online,
  cancel: { ...cancel, ...online },
  history: online,
  list: online,
  inspect: { ...inspect, ...common },
  convert: { ...definitions, ...online },
  upload: { ...upload, ...online },
  doctor: { ...doctor, output: output.output, ...online },
  config: { ...making, ...batch },
  serve: { ...serve, ...common, profile: serve.profile }, // whose --profile is not that of the config files
  completion: common,
  help: common,
} satisfies Record<string, OptionTable>;

/** Every option of every command under its key. `port` is the connection's. */
export const everyOption = {
  ...generation,
  ...output,
  ...sweep,
  ...batch,
  ...cancel,
  ...doctor,
  ...inspect,
  ...upload,
  ...definitions,
  ...serve,
  ...connection,
  ...common,
} satisfies OptionTable;

/** The same for those who only go through it, as the parser of the command line. */
export const allOptions: OptionTable = everyOption;

/** The tables as the README shows them. */
export const documented: Readonly<Record<string, OptionTable>> = {
  'What to make': generation,
  'Which server': connection,
  'What becomes of the files': output,
  'What is said': streams,
  'Which settings': configuration,
  'Many jobs': { ...batch, ...sweep },
  'Other commands': { ...cancel, ...doctor, ...inspect, ...upload, ...definitions },
  'The demo server': serve,
};
