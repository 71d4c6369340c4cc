// Every setting of the tool, once: key, help, bounds, default. Flags, environment, config keys, help and completion read these tables.
import { bytes, choice, control, duration, integer, list, lora, name, number, seed, size, text, toggle, type Option } from './option.ts';

const pixels = { min: 16, max: 16384 };
const share = { min: 0, max: 1 };

/** What to make. Rows of a batch take these too. */
export const generation = {
  negative: text('what the picture should not show', { short: 'n', fallback: '' }),
  width: integer('width in pixels', pixels, { short: 'W', argument: '<px>' }),
  height: integer('height in pixels', pixels, { short: 'H', argument: '<px>' }),
  size: size('width and height in one', pixels),
  steps: integer('sampling steps', { min: 1, max: 10_000 }, { short: 's' }),
  cfg: number('classifier-free guidance', { min: 0, max: 100 }),
  sampler: name('sampler, as the server names it', '<name>'),
  scheduler: name('scheduler, as the server names it', '<name>'),
  seed: seed('seed, or "random"'),
  checkpoint: name('checkpoint or diffusion model file', '<file>', { short: 'c' }),
  recipe: name('model family; detected from the model', '<name>'),
  vae: name('VAE file', '<file>'),
  lora: list(lora('LoRA file with its strengths (repeatable)')),
  clipSkip: integer('end CLIP so many layers early', { min: 1, max: 24 }),
  guidance: number('guidance of distilled models', { min: 0, max: 100 }),
  shift: number("shift of the model's schedule", { min: 0, max: 100 }),
  turbo: toggle("the family's few-step LoRA and settings"),
  batchSize: integer('images in one job', { min: 1, max: 4096 }, { short: 'b', fallback: 1 }),
  image: list(name('picture to start from, or to edit (repeatable)', '<file>', { short: 'i' })),
  denoise: number('how much of the picture to redo', share),
  mask: name('inpaint: white is repainted', '<file>'),
  control: list(control('ControlNet with its picture (repeatable)')),
  hires: number('second pass at so many times the size', { min: 1, max: 8 }, { argument: '<factor>' }),
  upscale: name('upscale model', '<model>'),
  refiner: name("SDXL's refiner", '<file>'),
  frames: integer('frames of a video', { min: 1, max: 10_000 }),
  fps: number('frames a second', { min: 1, max: 240 }),
  seconds: number('seconds of sound', { min: 0.1, max: 10_000 }),
  set: list(text('set any input: node.input=value (repeatable)', { argument: '<node.input=value>', flagOnly: true })),
  dynamicPrompts: toggle('resolve {a|b} and __wildcard__ in prompts from the seed'),
  wildcards: name('folder of wildcard files', '<dir>'),
} as const satisfies OptionTable;

/** What to make, of one command line only. */
export const jobs = {
  prompt: list(text('prompt; several make several jobs', { short: 'p', flagOnly: true, env: null })),
  count: integer('jobs, with seeds counting up', { min: 1, max: 100_000 }, { fallback: 1 }),
} as const satisfies OptionTable;

/** Which server, and how to reach it. */
export const connection = {
  host: list(name('server: host, host:port or URL (repeatable)', '<url>')),
  port: integer('port of servers named without one', { min: 1, max: 65_535 }),
  header: list(text('extra header, "name: value" (repeatable)', { argument: '<name: value>' })),
  tokenEnv: name('variable that holds a bearer token', '<VAR>'),
  apiKeyEnv: name('variable that holds an X-API-Key', '<VAR>'),
  ca: name('certificate authority to trust (PEM)', '<file>'),
  insecure: toggle('do not check TLS certificates'),
  proxy: name('proxy, else HTTP_PROXY, HTTPS_PROXY, NO_PROXY', '<url>'),
  timeout: duration('for the whole command (default: none)'),
  connectTimeout: duration('for a connection', { fallback: 10_000 }),
  stallTimeout: duration('without any progress (default: none)'),
  retries: integer('of safe requests', { min: 0, max: 100 }, { fallback: 5 }),
  waitForServer: duration('patience for a server that is not up, or goes away', { fallback: 0 }),
  demo: toggle('start a demo server for this command', { flagOnly: true, env: null }),
} as const satisfies OptionTable;

/** What becomes of the files. */
export const output = {
  output: name('folder, file name, or - for standard output', '<dir>', { short: 'o', fallback: 'images/output' }),
  name: name('name template', '<template>', { fallback: '{date}_{time}_{name}' }),
  format: choice('convert to this format (needs sharp)', ['png', 'webp', 'jpg', 'avif']),
  quality: integer('of webp, jpg, avif', { min: 1, max: 100 }),
  stripMetadata: toggle('save pictures without prompt and workflow'),
  dryRun: toggle('print the workflow, send nothing', { flagOnly: true, env: null }),
  saveWorkflow: toggle('keep the workflow as .json beside the first file'),
  show: toggle('show the picture in the terminal'),
  previews: toggle('show live previews in the terminal'),
  open: toggle('open the picture when it is saved'),
  wait: toggle('wait for the job (--no-wait prints its id and leaves)', { fallback: true }),
  allowEmpty: toggle('a job without any file is fine'),
  force: toggle('make it new even if the server has it cached'),
  maxDownload: bytes('largest file to take', { fallback: 16 * 1024 ** 3 }),
  null: toggle('end paths with NUL', { short: '0', flagOnly: true, env: null }),
} as const satisfies OptionTable;

/** What is said, and where. */
export const streams = {
  json: toggle('one JSON object a job on standard output'),
  events: toggle('every event as NDJSON on standard output'),
  quiet: toggle('errors only', { short: 'q' }),
  verbose: toggle('requests and stack traces', { short: 'v' }),
  logFile: name('append everything as NDJSON', '<file>'),
  color: toggle('colours (--no-color, NO_COLOR)', { fallback: true }),
  progress: toggle('spinner and bar (--no-progress)', { fallback: true }),
} as const satisfies OptionTable;

/** Where settings come from; these are no keys of a configuration file. */
export const sources = {
  config: name('take this configuration file', '<file>', { flagOnly: true }),
  profile: name('named set of settings in the configuration', '<name>', { flagOnly: true }),
  journal: toggle('remember what was submitted (--no-journal)', { fallback: true }),
} as const satisfies OptionTable;

/** The demo server. */
export const demo = {
  listen: name('address to listen on', '<address>', { fallback: '127.0.0.1', flagOnly: true }),
  stepMs: number('time of a sampling step', { min: 0, max: 60_000 }, { fallback: 40, flagOnly: true, argument: '<ms>' }),
  loadMs: number('time to load a model', { min: 0, max: 600_000 }, { fallback: 200, flagOnly: true, argument: '<ms>' }),
  fault: list(name('misbehave (repeatable); `serve --fault help` lists how', '<fault>', { flagOnly: true, env: null })),
  models: name('JSON file: folder -> names of the model files it pretends to hold', '<file>', { flagOnly: true }),
} as const satisfies OptionTable;

/** Questions that are answered beforehand, and what commands about jobs take. */
export const queueing = {
  mine: toggle('all jobs that this user sent', { flagOnly: true, env: null }),
  all: toggle("everybody's jobs", { flagOnly: true, env: null }),
  yes: toggle('do not ask', { short: 'y', flagOnly: true, env: null }),
} as const satisfies OptionTable;

export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** Everything that a configuration file, the environment or a flag can set. */
export const settings = { ...generation, ...jobs, ...connection, ...output, ...streams, ...sources } as const;
