// A command that ended with an error: the object for scripts, the sentence for people, the exit code.
import { loadLayers } from '../config/layers.ts';
import { parseAddress, shownAddress } from '../connection/address.ts';
import { Detach, toComfyGenError } from '../errors.ts';
import { unsentFailure } from '../jobs/report.ts';
import { stamp } from '../jobs/submission.ts';
import { aboutSpec } from '../batch/pool-job.ts';
import type { JobFailure } from '../jobs/job.ts';
import { resolve, type Layer } from '../options/resolve.ts';
import { streams } from '../options/tables/terminal.ts';
import type { Context } from './context.ts';
import { inFlags, showError, stackOf } from './output/error.ts';
import { jsonLine } from './output/objects.ts';
import { makePaint } from './output/paint.ts';
import { jobLayers } from './plan-run.ts';
import { redactError } from './redact.ts';
import { colorLevel, isClosedPipe, type Terminal } from './terminal.ts';

/** Shows it on the terminal; `context` is absent when the settings themselves are at fault. */
export async function showFailure(
  thrown: unknown,
  argv: readonly string[],
  terminal: Terminal,
  context?: Context,
): Promise<number> {
  if (thrown instanceof Detach) return 129;
  if (isClosedPipe(thrown)) return 141;
  const asked = context === undefined ? await askedAnyway(argv, terminal) : askedBySettings(context);
  const plain = inFlags(toComfyGenError(thrown));
  const error = context === undefined ? plain : redactError(plain, context.log.redact);
  if (asked.json || asked.events) {
    const failure = unsentFailure(error, context === undefined ? {} : knownOf(context));
    const line = asked.events
      ? stamp(1, null, { type: 'failed', result: failure })
      : (failure as JobFailure | Record<string, unknown>);
    await terminal.out(jsonLine(line)).catch(() => undefined);
  }
  const paint = await makePaint(colorLevel(terminal, asked.noColor));
  showError(terminal, paint, error);
  if (asked.verbose || error.code === 'internal') terminal.err(`${stackOf(thrown)}\n`);
  return error.exit_code;
}

type Asked = { readonly json: boolean; readonly events: boolean; readonly verbose: boolean; readonly noColor: boolean };

function askedBySettings({ settings: s }: Context): Asked {
  const [json, events] = [s.json.value === true, s.events.value === true];
  return { json: json && !events, events, verbose: s.verbose.value === true, noColor: s.color.value === false };
}

/** Where the settings are at fault: what the command line, else the environment, else the config files say, where they can be read. */
async function askedAnyway(argv: readonly string[], terminal: Terminal): Promise<Asked> {
  const layers = await readableLayers(argv, terminal);
  const [json, events] = [says('json', layers) === true, says('events', layers) === true];
  return {
    json,
    events: events && !json,
    verbose: says('verbose', layers) === true,
    noColor: says('color', layers) === false,
  };
}

/** The flags as they are written, each layer below only where nothing is wrong with it. */
async function readableLayers(argv: readonly string[], terminal: Terminal): Promise<readonly Layer[]> {
  const before = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  const flags: Record<string, unknown> = {};
  for (const word of before) {
    const [, no, name = ''] = /^--(no-)?(json|events|verbose|color)$/.exec(word) ?? [];
    if (name !== '') flags[name] = no === undefined;
    else if (word === '-v') flags['verbose'] = true;
  }
  const valueOf = (name: string): string | undefined => {
    const at = before.findLastIndex((word) => word === name || word.startsWith(`${name}=`));
    return before[at]?.startsWith(`${name}=`) ? before[at].slice(name.length + 1) : before[at + 1 || before.length];
  };
  const config = before.includes('--no-config')
    ? false
    : (valueOf('--config') ?? (terminal.env['COMFY_GEN_CONFIG'] || undefined));
  const profile = valueOf('--profile') ?? (terminal.env['COMFY_GEN_PROFILE'] || undefined);
  const choices = [{ config, profile }, { config }, { config: false }] as const;
  for (const choice of choices) {
    const loaded = await loadLayers(terminal, { flags, ...choice }).catch(() => undefined);
    if (loaded !== undefined) return loaded.layers;
  }
  return [{ source: 'flag', label: '', trusted: true, values: flags }];
}

function says(key: keyof typeof streams, layers: readonly Layer[]): unknown {
  try {
    return resolve({ [key]: streams[key] }, layers)[key]?.value;
  } catch {
    return undefined; // it may be what is wrong
  }
}

/** What the settings say of the job that did not come about. */
function knownOf({ settings: s, layers, words, isPrompt }: Context): Parameters<typeof unsentFailure>[1] {
  const bare = isPrompt && words.length > 0 && words[0] !== '-' ? words.join(' ') : undefined;
  const [prompt = bare] = s.prompt.value;
  const seed = typeof s.seed.value === 'bigint' ? String(s.seed.value) : undefined;
  return {
    ...aboutSpec({ row: 1, layers: jobLayers(layers), prompt, seed, sweep: null, shape: '' }),
    server: s.demo.value === true ? '' : serverOf(s.host.value[0], s.port.value),
  };
}

function serverOf(host: string | undefined, port: number): string {
  try {
    return host === undefined ? '' : shownAddress(parseAddress(host, port));
  } catch {
    return '';
  }
}
