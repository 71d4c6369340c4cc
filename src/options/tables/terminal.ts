// Options of every command: what is said and how, and which config files count.
import { text, toggle, type OptionTable } from '../option.ts';

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
export const configuration = {
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
