// Options of the demo server.
import { choice, integer, list, text, type OptionTable } from '../option.ts';

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
