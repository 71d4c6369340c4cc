// What the doctor looks at in the terminal's own room: the settings' files, the proxy, the terminal, Node.
import { parseAddress } from '../connection/address.ts';
import type { Connection } from '../connection/connection.ts';
import { proxyFor } from '../connection/proxy.ts';
import { warn, well, type Check } from '../doctor/check.ts';
import { withoutUserInfo } from '../options/kinds.ts';
import { proxyVariables } from './connect.ts';
import type { Context } from './context.ts';
import { colorLevel } from './terminal.ts';

/** The proxy between us and the server, as the settings name it, without its credentials. */
export function proxyOf({ settings: s, terminal: { env } }: Context, server: Connection): string | undefined {
  if (s.demo.value === true) return undefined;
  const proxy = proxyFor(parseAddress(server.server, undefined), s.proxy.value, proxyVariables(env));
  if (proxy === undefined) return undefined;
  return URL.canParse(proxy) ? new URL(proxy).host : withoutUserInfo(proxy);
}

/** Config files in force, the origin of the address, the terminal's abilities, Node's version. */
export function localChecks(context: Context): readonly Check[] {
  const { files, settings: s } = context;
  const found = files.filter((file) => file.found);
  const names = found.map((file) => `${file.path} (${file.source === 'user' ? "the user's own" : "the project's"})`);
  const origin = s.demo.value === true ? '--demo' : (s.host.layer?.label ?? 'default');
  const config = `${names.length === 0 ? 'no config file' : names.join(', ')}; server from: ${origin}`;
  const facts = {
    files: found.map(({ path, source }) => ({ path, source })),
    host: s.host.value.map(withoutUserInfo),
    host_from: origin,
  };
  return [well('config', config, { facts }), terminalCheck(context), nodeCheck()];
}

function terminalCheck({ terminal, settings: s }: Context): Check {
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
