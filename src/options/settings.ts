// Everything that can be set, put together from the tables: what each command takes, what a row may set, what help and docs show.
import { toggle, type OptionTable } from './option.ts';
import { batch, sweep } from './tables/batch.ts';
import {
  cancel,
  completion,
  config,
  definitions,
  doctor,
  gallery,
  inspect,
  listing,
  log,
  upload,
} from './tables/commands.ts';
import { distributed, enqueue, worker } from './tables/distributed.ts';
import { enhancing, generation } from './tables/generation.ts';
import { output } from './tables/output.ts';
import { serve } from './tables/serve.ts';
import { connection } from './tables/server.ts';
import { configuration, streams } from './tables/terminal.ts';

/** What a batch row may set, beside `workflow` and `set.<node.input>`. */
export const rowOptions = { ...generation, name: output.name } satisfies OptionTable;

const { quiet, verbose, logFile, color } = streams;
/** What is said by a command whose standard output is text of its own. */
const plain = { quiet, verbose, logFile, color } satisfies OptionTable;
const { journal } = output;
const common = { ...streams, ...configuration, journal };
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
  journal,
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
  types: { ...definitions, ...connection, ...plain, ...configuration, journal },
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
