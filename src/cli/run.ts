// One run of the command line: command and settings out of argv, the command itself, its failure, and the end.
import { setMaxListeners } from 'node:events';
import { isAbsolute, join } from 'node:path';
import { ComfyGenError, Detach, toComfyGenError } from '../errors.ts';
import { unknownVariables } from '../config/environment.ts';
import { loadLayers } from '../config/layers.ts';
import { readTokenFile } from '../config/token-file.ts';
import { resolve } from '../options/resolve.ts';
import { commandOptions, everyOption } from '../options/settings.ts';
import { readArgv, type Argv } from './argv.ts';
import { findCommand } from './commands.ts';
import { pathOf, type Context } from './context.ts';
import { loadCommand } from './load-command.ts';
import { openLog } from './log.ts';
import { notices } from './notes.ts';
import { inFlags, stackOf } from './output/error.ts';
import { makePaint } from './output/paint.ts';
import { redactor } from './redact.ts';
import { limit, listen } from './signals.ts';
import { colorLevel, isClosedPipe, type Terminal } from './terminal.ts';
import { version } from '../version.ts';

export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  const ends = new Ends();
  const abort = new AbortController();
  setMaxListeners(0, abort.signal); // each request to each of many servers listens
  let context: Context | undefined;
  try {
    const parsed = readArgv(argv);
    if (parsed.flags['version'] === true) {
      await terminal.out(`${version()}\n`);
      return 0;
    }
    const ofWorkflow = asksOfWorkflow(parsed);
    if (!ofWorkflow && (parsed.flags['help'] === true || parsed.flags['helpAll'] === true)) {
      await terminal.out(await helpFor(parsed, terminal));
      return 0;
    }
    if (argv.length === 0) terminal.err(`${await helpFor(parsed, terminal)}\n`); // then the error says what is missing
    ends.add(listen(abort, terminal, () => terminal.restore()));
    context = await openContext(parsed, terminal, abort, ends);
    checkStreams(context);
    if (ofWorkflow) return await (await import('./workflows/places.ts')).run(context);
    const command = await loadCommand[parsed.command.name]();
    return await command.run(context);
  } catch (error) {
    if (context !== undefined) logFailure(context, error);
    const { showFailure } = await import('./failure.ts');
    return await showFailure(error, argv, context?.terminal ?? terminal, context);
  } finally {
    await ends.run();
  }
}

/** `run <file> --help` asks what there is to set in that file. */
const asksOfWorkflow = ({ command, words, flags }: Argv): boolean =>
  command.name === 'run' && words.length === 1 && flags['help'] === true && flags['helpAll'] !== true;

async function helpFor({ command, isNamed, words, flags }: Argv, terminal: Terminal): Promise<string> {
  const { helpPage } = await import('./help/page.ts');
  const asked = command.name === 'help' ? findCommand(words[0] ?? '') : isNamed ? command : undefined;
  return helpPage(asked, { all: flags['helpAll'] === true, columns: terminal.columns() });
}

async function openContext(
  { command, words, flags }: Argv,
  plain: Terminal,
  abort: AbortController,
  ends: Ends,
): Promise<Context> {
  const nonEmpty = (name: string): string | undefined => (plain.env[name] === '' ? undefined : plain.env[name]);
  const hasProfiles = command.name !== 'serve'; // whose --profile means another thing
  const profile = hasProfiles ? (flags['profile'] ?? nonEmpty('COMFY_GEN_PROFILE')) : undefined;
  const config = flags['config'] ?? nonEmpty('COMFY_GEN_CONFIG');
  // what changes a config file must work on a broken one, and on a profile that is not there yet
  const isChange = command.name === 'config' && words[0] !== undefined && words[0] !== 'show';
  const { layers, files } = await loadLayers(plain, {
    flags,
    config: isChange ? false : config === false || typeof config === 'string' ? config : undefined,
    profile: typeof profile === 'string' && !isChange ? profile : undefined,
  });
  const settings = resolve({ ...everyOption, ...commandOptions[command.name] }, layers);
  const talks = command.name !== 'config' && Object.hasOwn(commandOptions[command.name], 'tokenFile');
  const tokenInFile = talks
    ? await readTokenFile(settings, layers, (path) => pathOf({ terminal: plain }, path))
    : undefined;
  const redact = redactor(settings, plain.env, tokenInFile);
  const terminal: Terminal = { ...plain, err: (text) => plain.err(redact(text)) };
  const logFile = settings.logFile.value;
  const context: Context = {
    terminal,
    words,
    isPrompt: command.name === 'generate',
    settings,
    tokenInFile,
    layers,
    files,
    log: openLog({
      terminal,
      verbose: settings.verbose.value === true,
      file: logFile === undefined || isAbsolute(logFile) ? logFile : join(terminal.cwd, logFile),
      redact,
    }),
    paint: await makePaint(colorLevel(terminal, settings.color.value === false)),
    version: version(),
    signal: abort.signal,
    abort: (reason) => abort.abort(reason),
    runOther: run,
    atEnd: (end) => ends.add(end),
  };
  if (command.name !== 'mcp') ends.add(limit(abort, settings.timeout.value)); // there it is the limit of each call
  const { note } = notices(context);
  const named = [settings.tokenEnv, settings.apiKeyEnv, settings.partnerKeyEnv].map(({ value }) => value);
  for (const sentence of unknownVariables(plain.env, named)) note(sentence, 'warning');
  return context;
}

/** What is to be done at the end, last in first out. One that fails does not skip the rest. */
class Ends {
  readonly #all: (() => Promise<void> | void)[] = [];

  add(end: () => Promise<void> | void): void {
    this.#all.push(end);
  }

  async run(): Promise<void> {
    for (const end of this.#all.reverse()) {
      try {
        await end();
      } catch {
        // the command is over: what failed to close goes with the process
      }
    }
  }
}

/** What ended the command goes into the log file with its stack, as a job's failure does. */
function logFailure({ log, signal }: Context, thrown: unknown): void {
  if (thrown instanceof Detach || signal.reason instanceof Detach || isClosedPipe(thrown)) return;
  const { reason, message } = inFlags(toComfyGenError(thrown));
  log.write('error', message, { reason, stack: stackOf(thrown) });
}

/** Options that exclude each other, whatever the command. */
function checkStreams({ settings: s }: Pick<Context, 'settings'>): void {
  if (s.json.value && s.events.value) throw new ComfyGenError('bad_option', '--json and --events exclude each other');
  if (s.quiet.value && s.verbose.value)
    throw new ComfyGenError('bad_option', '--quiet and --verbose exclude each other');
}
