// What the doctor looks at in the terminal's own room: where servers are, the settings' files, the terminal, Node.
import { Connection } from '../connection/connection.ts';
import { parseAddress } from '../connection/address.ts';
import { proxyFor } from '../connection/proxy.ts';
import { failedBy, warn, well, type Check } from '../doctor/check.ts';
import { withoutUserInfo } from '../options/kinds.ts';
import { toComfyGenError, type ComfyGenError } from '../errors.ts';
import { connect, type Session } from './session.ts';
import { colorLevel } from './terminal.ts';

type Stats = Awaited<ReturnType<Connection['handshake']>>;
export type Found = { readonly server: Connection; readonly stats: Stats };

/** Where a ComfyUI usually listens on one's own machine: the server's port, and the desktop app's. */
const usualPorts = [8188, 8000];

/** Reaches every server that is named; when none was, tries the usual ports and says which answers. */
export async function* findServers(session: Session): AsyncGenerator<Check, readonly Found[]> {
  const { settings: s } = session;
  if (s.host.layer === undefined && s.demo.value !== true) return yield* tryUsual(session);
  const found: Found[] = [];
  for (const server of await connect(session)) {
    const stats = await reach(session, server);
    if ('server' in stats) found.push(stats);
    yield 'server' in stats
      ? well('address', `${server.server} answers`, { server: server.server })
      : failedBy('address', stats, { server: server.server });
  }
  return found;
}

async function* tryUsual(session: Session): AsyncGenerator<Check, readonly Found[]> {
  const { settings: s } = session;
  const ports = [...new Set([s.port.value, ...usualPorts])];
  let first: { readonly error: ComfyGenError; readonly server: string } | undefined;
  for (const port of ports) {
    const host = { value: [`127.0.0.1:${port}`], layer: undefined };
    const [server] = await connect({ ...session, settings: { ...s, host } });
    const stats = await reach(session, server);
    if (!('server' in stats)) {
      first ??= { error: stats, server: server.server };
      continue;
    }
    if (first === undefined) yield well('address', `${server.server} answers`, { server: server.server });
    else
      yield warn(
        'address',
        `${server.server} answers; nothing does at ${first.server}`,
        `name it: --host 127.0.0.1:${port}, or COMFY_GEN_HOST, or host in .comfyrc`,
        { server: server.server },
      );
    return [stats];
  }
  if (first !== undefined) yield failedBy('address', first.error, { server: first.server, facts: { tried: ports } });
  return [];
}

async function reach(session: Session, server: Connection): Promise<Found | ComfyGenError> {
  try {
    return { server, stats: await server.handshake(session.signal) };
  } catch (error) {
    session.signal.throwIfAborted();
    return toComfyGenError(error);
  }
}

/** The proxy between us and the server, as the settings name it, without its credentials. */
export function proxyOf({ settings: s, terminal: { env } }: Session, server: Connection): string | undefined {
  if (s.demo.value === true) return undefined;
  const either = (name: string): string | undefined => env[name] ?? env[name.toLowerCase()];
  const variables = {
    httpProxy: env['http_proxy'] ?? env['HTTP_PROXY'],
    httpsProxy: either('HTTPS_PROXY'),
    noProxy: either('NO_PROXY'),
  };
  const proxy = proxyFor(parseAddress(server.server, undefined), s.proxy.value, variables);
  if (proxy === undefined) return undefined;
  return URL.canParse(proxy) ? new URL(proxy).host : withoutUserInfo(proxy);
}

/** Config files in force, the origin of the address, the terminal's abilities, Node's version. */
export function localChecks(session: Session): readonly Check[] {
  const { files, settings: s } = session;
  const found = files.filter((file) => file.found);
  const names = found.map((file) => `${file.path} (${file.source === 'user' ? "the user's own" : "the project's"})`);
  const origin = s.demo.value === true ? '--demo' : (s.host.layer?.label ?? 'default');
  const config = `${names.length === 0 ? 'no config file' : names.join(', ')}; server from: ${origin}`;
  const facts = {
    files: found.map(({ path, source }) => ({ path, source })),
    host: s.host.value.map(withoutUserInfo),
    host_from: origin,
  };
  return [well('config', config, { facts }), terminalCheck(session), nodeCheck()];
}

function terminalCheck({ terminal, settings: s }: Session): Check {
  const colours = colorLevel(terminal, s.color.value === false) === 1;
  const onTerminal = terminal.errStream !== undefined;
  const bar = onTerminal && s.progress.value !== false && terminal.env['TERM'] !== 'dumb';
  const facts = {
    terminal: terminal.errIsTTY,
    columns: terminal.columns(),
    colours,
    bar,
    output: terminal.outIsTTY ? 'terminal' : 'pipe or file',
  };
  if (!terminal.errIsTTY)
    return well('terminal', `none: plain lines, ${colours ? 'colours forced' : 'no colours'}`, { facts });
  return well(
    'terminal',
    `${facts.columns} columns, ${colours ? 'colours' : 'no colours'}, ${bar ? 'progress bar' : 'plain lines'}`,
    { facts },
  );
}

function nodeCheck(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const text = `Node ${process.versions.node}`;
  if (major > 20 || (major === 20 && minor >= 19)) return well('node', text);
  return warn('node', `${text} is older than what this tool is tested with`, 'update Node to 20.19 or later');
}
