// argv and a terminal -> exit code. Finds the command, resolves the settings, runs it, shows the failure.
import type { ComfyGenError } from '../errors.ts';
import type { Command } from './commands.ts';
import type { Redact } from './secrets.ts';
import type { Session } from './context.ts';
import type { SignalName, Terminal } from './terminal.ts';

export async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    await terminal.out(`${await version()}\n`);
    return 0;
  }
  const shown: Shown = { terminal, redact: (text) => text };
  try {
    return await start(argv, terminal, shown);
  } catch (error) {
    return await showFailure(error, argv, shown);
  }
}

/** How a failure is shown: once the settings are known, without the secrets that they name. */
type Shown = { terminal: Terminal; redact: Redact };

/** The package's version, from its own manifest. */
export async function version(): Promise<string> {
  const { readFileSync } = await import('node:fs');
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}

async function start(argv: readonly string[], terminal: Terminal, shown: Shown): Promise<number> {
  const [{ readArgv }, { commands, findCommand }, tables] = await Promise.all([
    import('./argv.ts'),
    import('./commands.ts'),
    import('../options/settings.ts'),
  ]);
  const parsed = readArgv(argv, tables.allOptions);
  if (parsed.flags['version'] === true) {
    await terminal.out(`${await version()}\n`);
    return 0;
  }
  const first = parsed.before > 0 ? parsed.words[0] : undefined;
  const named = first === undefined ? undefined : findCommand(first);
  const command = named ?? commands[0];
  if (command === undefined) return 1;
  if (parsed.flags['help'] === true) {
    const { helpText } = await import('./commands/help.ts');
    await terminal.out(helpText(named));
    return 0;
  }
  const { checkWords } = await import('./words.ts');
  const words = named === undefined ? parsed.words : parsed.words.slice(1);
  checkWords(command, words, parsed.flags);
  return run(command, words, parsed.flags, shown);
}

async function run(
  command: Command,
  words: readonly string[],
  flags: Readonly<Record<string, unknown>>,
  shown: Shown,
): Promise<number> {
  const { terminal } = shown;
  const ends: (() => Promise<void> | void)[] = [];
  const abort = new AbortController();
  const stopSignals = terminal.onSignal(await signalHandler(abort, terminal));
  ends.push(stopSignals);
  let session: Session | undefined;
  try {
    session = await openSession(command, words, flags, shown, abort, (end) => ends.push(end));
    if (command.load === undefined) {
      const { ComfyGenError } = await import('../errors.ts');
      throw new ComfyGenError('bad_option', `\`${command.name}\` is not part of this version`);
    }
    return await (await command.load()).run(session);
  } catch (error) {
    if (session !== undefined) await logFailure(session, error);
    throw error;
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

async function openSession(
  command: Command,
  words: readonly string[],
  flags: Readonly<Record<string, unknown>>,
  shown: Shown,
  abort: AbortController,
  atEnd: Session['atEnd'],
): Promise<Session> {
  const { terminal: plain } = shown;
  const [{ loadLayers }, { resolve }, tables, { openLog }, { makePaint }, { colorLevel }, { ComfyGenError }, secrets] =
    await Promise.all([
      import('../config/layers.ts'),
      import('../options/resolve.ts'),
      import('../options/settings.ts'),
      import('./log.ts'),
      import('./output/paint.ts'),
      import('./terminal.ts'),
      import('../errors.ts'),
      import('./secrets.ts'),
    ]);
  const hasProfiles = command.name !== 'serve'; // whose --profile means another thing
  const profile = hasProfiles
    ? (flags['profile'] ?? (plain.env['COMFY_GEN_PROFILE'] === '' ? undefined : plain.env['COMFY_GEN_PROFILE']))
    : undefined;
  const config = flags['config'] ?? (plain.env['COMFY_GEN_CONFIG'] === '' ? undefined : plain.env['COMFY_GEN_CONFIG']);
  const { layers, files } = await loadLayers(plain, {
    flags,
    config: config === false || typeof config === 'string' ? config : undefined,
    profile: typeof profile === 'string' ? profile : undefined,
  });
  const settings = resolve({ ...tables.everyOption, ...tables.commandOptions[command.name] }, layers);
  const redact = secrets.redactor(settings, plain.env);
  const terminal: Terminal = { ...plain, err: (text) => plain.err(redact(text)) };
  Object.assign(shown, { terminal, redact });
  if (settings.json.value && settings.events.value)
    throw new ComfyGenError('bad_option', '--json and --events exclude each other');
  if (settings.quiet.value && settings.verbose.value)
    throw new ComfyGenError('bad_option', '--quiet and --verbose exclude each other');
  const path = await import('node:path');
  const logFile = settings.logFile.value;
  const log = openLog({
    terminal,
    verbose: settings.verbose.value === true,
    file: logFile === undefined ? undefined : path.isAbsolute(logFile) ? logFile : path.join(terminal.cwd, logFile),
    redact,
  });
  const ms = settings.timeout.value;
  if (ms !== undefined) {
    const timer = setTimeout(
      () => abort.abort(new ComfyGenError('timeout', `gave up after ${ms / 1000} s (--timeout)`)),
      ms,
    );
    atEnd(() => clearTimeout(timer));
  }
  return {
    terminal,
    command,
    words,
    settings,
    layers,
    files,
    log,
    paint: await makePaint(colorLevel(terminal, settings.color.value === false)),
    version: await version(),
    signal: abort.signal,
    abort: (reason) => abort.abort(reason),
    atEnd,
  };
}

/** First Ctrl-C or SIGTERM: our jobs are cancelled, then we leave; a second one leaves at once. SIGHUP: the jobs go on. */
async function signalHandler(abort: AbortController, terminal: Terminal): Promise<(signal: SignalName) => void> {
  const { ComfyGenError, Leave } = await import('../errors.ts');
  return (signal) => {
    const code = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal];
    if (abort.signal.aborted) {
      terminal.leave(code);
      return;
    }
    if (signal === 'SIGHUP') abort.abort(new Leave());
    else
      abort.abort(
        new ComfyGenError('cancelled', signal === 'SIGINT' ? 'cancelled by Ctrl-C' : 'ended by SIGTERM', {
          exit_code: code,
        }),
      );
  };
}

/** What ended the command goes into the log file with its stack, as a job's failure does. */
async function logFailure({ log, signal }: Session, thrown: unknown): Promise<void> {
  const { Leave, toComfyGenError } = await import('../errors.ts');
  const { stackOf } = await import('./output/error.ts');
  const { isClosedPipe } = await import('./terminal.ts');
  if (thrown instanceof Leave || signal.reason instanceof Leave || isClosedPipe(thrown)) return;
  const { reason, message } = toComfyGenError(thrown);
  log.write('error', message, { reason, stack: stackOf(thrown) });
}

async function showFailure(thrown: unknown, argv: readonly string[], { terminal, redact }: Shown): Promise<number> {
  const [
    { toComfyGenError, Leave },
    { showError, stackOf },
    { makePaint },
    { colorLevel, isClosedPipe },
    { redactError },
  ] = await Promise.all([
    import('../errors.ts'),
    import('./output/error.ts'),
    import('./output/paint.ts'),
    import('./terminal.ts'),
    import('./secrets.ts'),
  ]);
  if (thrown instanceof Leave) return 129;
  if (isClosedPipe(thrown)) return 141;
  const error: ComfyGenError = redactError(toComfyGenError(thrown), redact);
  const before = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  if (before.includes('--json')) {
    const { failureObject } = await import('./output/objects.ts');
    await terminal.out(failureObject(error)).catch(() => undefined);
  }
  const paint = await makePaint(colorLevel(terminal, before.includes('--no-color')));
  showError(terminal, paint, error);
  if (before.some((a) => a === '-v' || a === '--verbose') || error.code === 'internal')
    terminal.err(`${stackOf(error)}\n`);
  return error.exit_code;
}
