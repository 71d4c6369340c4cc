// One run of the command line: its settings, log, colours, signals and servers, handed to a command.
import { readFile } from 'node:fs/promises';
import { join, resolve as resolvePath } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { cacheFolder, definitionsCache } from '../files/definitions-cache.ts';
import type { Connection } from '../connection/connection.ts';
import { ComfyGenError } from '../errors.ts';
import type { Layer, Settings } from '../options/resolve.ts';
import type { everyOption } from '../options/settings.ts';
import type { Command } from './commands.ts';
import type { ConfigFile } from '../config/layers.ts';
import type { Log } from './log.ts';
import type { Paint } from './output/paint.ts';
import { isVariableName } from './secrets.ts';
import type { Terminal } from './terminal.ts';

export type AllSettings = Settings<typeof everyOption>;

export type Session = {
  readonly terminal: Terminal;
  readonly command: Command;
  /** The command's words, its own name not among them. */
  readonly words: readonly string[];
  readonly settings: AllSettings;
  readonly layers: readonly Layer[];
  readonly files: readonly ConfigFile[];
  readonly log: Log;
  readonly paint: Paint;
  readonly version: string;
  /** Aborted by Ctrl-C, SIGTERM, SIGHUP, a closed pipe and --timeout; the reason says which. */
  readonly signal: AbortSignal;
  readonly abort: (reason: unknown) => void;
  /** Runs at the end, last in first out. */
  readonly atEnd: (end: () => Promise<void> | void) => void;
};

const absent = (value: unknown): boolean => value === undefined || value === '';

/** Opens the connections that the settings name: one, or a pool. `--demo` starts a server of our own. */
export async function connect(session: Session): Promise<readonly [Connection, ...Connection[]]> {
  const { settings: s, terminal } = session;
  const { Connection } = await import('../connection/connection.ts');
  const { parseAddress } = await import('../connection/address.ts');
  const hosts = s.demo.value ? [await demoHost(session)] : s.host.value;
  for (const host of hosts) parseAddress(host, s.port.value);
  const secrets = secretHeaders(session);
  const ca = absent(s.ca.value) ? undefined : await readFileOption(session, s.ca.value ?? '', '--ca');
  const variable = (name: string): string | undefined => terminal.env[name] ?? terminal.env[name.toLowerCase()];
  const connections = hosts.map(
    (host) =>
      new Connection({
        host,
        port: s.port.value,
        headers: { ...plainHeaders(session), ...secrets },
        ca,
        insecure: s.insecure.value,
        proxy: s.demo.value ? undefined : s.proxy.value,
        proxyVariables: {
          httpProxy: terminal.env['http_proxy'] ?? terminal.env['HTTP_PROXY'],
          httpsProxy: variable('HTTPS_PROXY'),
          noProxy: variable('NO_PROXY'),
        },
        connectTimeoutMs: s.connectTimeout.value,
        retries: s.retries.value,
        waitForServerMs: s.waitForServer.value,
        version: session.version,
        definitions: s.demo.value ? undefined : definitionsCache(cacheFolder(terminal)),
        trace: (line) => session.log.write('debug', line),
      }),
  );
  session.atEnd(async () => {
    for (const connection of connections) await connection[Symbol.asyncDispose]();
  });
  return connections as [Connection, ...Connection[]]; // one a host, and there is always a host
}

async function demoHost(session: Session): Promise<string> {
  const { startDemo } = await import('../demo/demo.ts');
  const demo = await startDemo({ stepMs: 12, loadMs: 60 });
  session.atEnd(() => demo.stop());
  return demo.url;
}

/** `--header` values as given. */
function plainHeaders(session: Session): Record<string, string> {
  const { header, host } = session.settings;
  if (withheld(session, header.layer, host.layer, 'header')) return {};
  return Object.fromEntries(header.value.map(({ name, value }) => [name.toLowerCase(), value]));
}

/** Token and API key, by the variables that hold them. */
function secretHeaders(session: Session): Record<string, string> {
  const { settings: s, terminal } = session;
  const own = terminal.env['COMFY_GEN_TOKEN'];
  const headers: Record<string, string> = {};
  const read = (
    setting: { value: string | undefined; layer: Layer | undefined },
    fallback: string | undefined,
    flag: string,
  ): string | undefined => {
    if (absent(setting.value)) return fallback;
    const value = terminal.env[setting.value ?? ''];
    if (absent(value)) throw missingVariable(flag, setting.value ?? '');
    return value;
  };
  const token = read(s.tokenEnv, absent(own) ? undefined : own, '--token-env');
  const key = read(s.apiKeyEnv, undefined, '--api-key-env');
  if (token !== undefined && !withheld(session, undefined, s.host.layer, 'token'))
    headers['authorization'] = `Bearer ${token}`;
  if (key !== undefined && !withheld(session, undefined, s.host.layer, 'API key')) headers['x-api-key'] = key;
  return headers;
}

function missingVariable(flag: string, name: string): ComfyGenError {
  const isName = isVariableName(name);
  return new ComfyGenError('missing_variable', `${flag}: the variable ${isName ? name : 'that it names'} is not set`, {
    hint: isName ? undefined : "it takes the variable's name, as MY_TOKEN, not what it holds",
  });
}

/** A secret of the user's does not go to a server that only a project's file names. */
function withheld(session: Session, from: Layer | undefined, host: Layer | undefined, what: string): boolean {
  if (what === 'header' && from === undefined) return false;
  if (host === undefined || host.trusted || (from !== undefined && !from.trusted)) return false;
  session.terminal.err(
    `${session.paint.yellow(`warning: the ${what} is not sent: only ${host.label} names this server (set COMFY_GEN_HOST)`)}\n`,
  );
  return true;
}

/** Standard input; Ctrl-C and `--timeout` end the wait for it. */
export async function* inputOf({ terminal, signal }: Session): AsyncGenerator<Uint8Array> {
  const input = terminal.input();
  const chunks = input[Symbol.asyncIterator]();
  const ended = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  ended.catch(() => undefined);
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await Promise.race([chunks.next(), ended]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    if (signal.aborted) input.destroy?.(); // nobody waits for it any more, nor does the process
  }
}

/** In long loops that wait for nothing: timers and signals get their turn. Throws when the session is over. */
export async function breathe({ signal }: Session): Promise<void> {
  await setImmediate();
  signal.throwIfAborted();
}

/** A path from an option: relative to the working folder, `~` is the home folder. */
export function pathOf(session: Session, path: string): string {
  const { home, cwd } = session.terminal;
  if (path === '~') return home;
  return path.startsWith('~/') || path.startsWith('~\\') ? join(home, path.slice(2)) : resolvePath(cwd, path);
}

/** A file that an option names, as text; `bad_input_file` when it can't be read. */
export async function readFileOption(session: Session, path: string, flag: string): Promise<string> {
  return readFile(pathOf(session, path), 'utf8').catch((cause: unknown) => {
    throw new ComfyGenError('bad_input_file', `${flag}: cannot read ${path}`, { cause });
  });
}
