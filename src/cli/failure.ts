// A command that ended with an error: the object for scripts, the sentence for people, the exit code.
import { parseAddress, shownAddress } from '../connection/address.ts';
import { Detach, toComfyGenError } from '../errors.ts';
import { unsentFailure } from '../jobs/report.ts';
import { stamp } from '../jobs/submission.ts';
import { aboutSpec } from '../batch/pool-job.ts';
import type { JobFailure } from '../jobs/job.ts';
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
  const asked = context === undefined ? askedByHand(argv, terminal.env) : askedBySettings(context);
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

/** Before any setting is known: what the command line and the environment plainly say. */
function askedByHand(argv: readonly string[], env: Terminal['env']): Asked {
  const before = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  const isOn = (flag: string, variable: string): boolean =>
    before.includes(flag) || /^(?:true|yes|on|1)$/.test(env[variable] ?? '');
  const json = isOn('--json', 'COMFY_GEN_JSON');
  return {
    json,
    events: !json && isOn('--events', 'COMFY_GEN_EVENTS'),
    verbose: before.includes('-v') || isOn('--verbose', 'COMFY_GEN_VERBOSE'),
    noColor: before.includes('--no-color'),
  };
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
