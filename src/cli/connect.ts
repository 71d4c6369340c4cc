// The connections that the settings name: one, or a pool. `--demo` starts a server of our own.
import { parseAddress, shownAddress } from '../connection/address.ts';
import { Connection } from '../connection/connection.ts';
import { cleanSecret } from '../connection/secrets.ts';
import { credentialHeaders } from '../config/credentials.ts';
import { platformFolder } from '../config/folders.ts';
import { definitionsCache } from '../files/definitions-cache.ts';
import type { JournalFacts } from '../journal/journal.ts';
import type { Layer } from '../options/resolve.ts';
import { Enhancer } from '../plan/enhance/enhancer.ts';
import { harmless } from '../text/harmless.ts';
import { readOptionFile, type AllSettings, type Context } from './context.ts';

export type Connections = readonly [Connection, ...Connection[]];

/** Opens them; nothing is sent yet. They are closed when the command ends. */
export async function connect(context: Context, s: AllSettings = context.settings): Promise<Connections> {
  const { terminal, paint } = context;
  const hosts = s.demo.value ? [await demoHost(context)] : s.host.value;
  for (const host of hosts) parseAddress(host, s.port.value, s.host.layer?.label ?? '--host');
  const { headers, partnerKey, apiKey, warnings } = credentialHeaders(
    s,
    terminal.env,
    cleanSecret,
    context.tokenInFile,
  );
  for (const warning of warnings) terminal.err(`${paint.yellow(`warning: ${warning}`)}\n`);
  const ca = s.ca.value === undefined ? undefined : await readOptionFile(context, s.ca.value, '--ca');
  const hintIfRefused = refusedHint(s);
  const definitions = s.demo.value ? undefined : definitionsCache(platformFolder('cache', terminal));
  const connections = hosts.map(
    (host) =>
      new Connection({
        host,
        port: s.port.value,
        headers,
        partnerKey,
        api: s.demo.value ? 'core' : s.api.value,
        apiKey,
        namedBy: s.host.layer?.trusted === false ? s.host.layer.label : undefined,
        ca,
        insecure: s.insecure.value,
        proxy: s.demo.value ? undefined : s.proxy.value,
        proxyVariables: proxyVariables(terminal.env),
        connectTimeoutMs: s.connectTimeout.value,
        retries: s.retries.value,
        waitForServerMs: s.waitForServer.value,
        version: context.version,
        definitions,
        comfyUser: s.comfyUser.value,
        hintIfRefused,
        trace: (line) => context.log.write('debug', line),
        notify: (message) => {
          context.log.write('info', message);
          if (!s.quiet.value) terminal.err(`${harmless(message)}\n`);
        },
      }),
  );
  context.atEnd(async () => {
    await Promise.allSettled(connections.map((connection) => connection[Symbol.asyncDispose]()));
  });
  return connections as [Connection, ...Connection[]]; // one a host, and there is always a host
}

/** Writes prompts out, where the settings name a language model; its key goes to that address alone. */
export function enhancerOf({ settings: s, terminal, version }: Context): Enhancer | undefined {
  const url = s.enhanceUrl.value;
  if (url === undefined) return undefined;
  const key = terminal.env['COMFY_GEN_ENHANCE_KEY'] ?? '';
  return new Enhancer({
    url,
    key: key === '' ? undefined : cleanSecret(key, 'COMFY_GEN_ENHANCE_KEY'),
    userAgent: `comfy-gen/${version}`,
    proxy: s.proxy.value,
    proxyVariables: proxyVariables(terminal.env),
    connectTimeoutMs: s.connectTimeout.value,
  });
}

/** All servers that are meant are on this machine, so that another one here may be what was meant. */
export function isOnThisMachine({ host, port, demo }: AllSettings): boolean {
  const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;
  return demo.value !== true && host.value.every((one) => loopback.test(parseAddress(one, port.value).hostname));
}

/** What to do when nothing listens at the address; looked up once, for all servers. */
function refusedHint(s: AllSettings): (signal?: AbortSignal) => Promise<string> {
  let hint: Promise<string> | undefined;
  const look = async (signal?: AbortSignal): Promise<string> => {
    const { findLocalServer } = await import('../doctor/reach.ts');
    const other = isOnThisMachine(s) ? await findLocalServer(signal) : undefined;
    const first =
      other === undefined
        ? 'start ComfyUI, or name its address with <option host>'
        : `a ComfyUI answers at ${other}: add <option host> ${other}`;
    return `${first}; \`comfy-gen doctor\` checks the connection; <option demo> works without a server`;
  };
  return (signal) => (hint ??= look(signal));
}

export function proxyVariables(env: Context['terminal']['env']): {
  readonly httpProxy: string | undefined;
  readonly httpsProxy: string | undefined;
  readonly noProxy: string | undefined;
} {
  const either = (name: string): string | undefined => env[name] ?? env[name.toLowerCase()];
  // in CGI programs HTTP_PROXY is a request's header: the lower case comes first
  const httpProxy = env['http_proxy'] ?? env['HTTP_PROXY'];
  return { httpProxy, httpsProxy: either('HTTPS_PROXY'), noProxy: either('NO_PROXY') };
}

async function demoHost(context: Context): Promise<string> {
  const { startDemo } = await import('../demo/demo.ts');
  const demo = await startDemo({ stepMs: 12, loadMs: 60 });
  context.atEnd(() => demo.stop());
  return demo.url;
}

/** Opens a connection to the server of a past job. A host that the settings name stays theirs, user info and all. */
export async function connectKnown(
  context: Context,
  { server, trusted }: Pick<JournalFacts, 'server' | 'trusted'>,
): Promise<Connection> {
  const { settings } = context;
  const same = settings.host.value.find((host) => shownAddress(parseAddress(host, settings.port.value)) === server);
  const layer: Layer = { source: trusted ? 'user' : 'project', label: 'the journal', trusted, values: {} };
  const host = same === undefined ? { value: [server], layer } : { ...settings.host, value: [same] };
  const [connection] = await connect(context, { ...settings, host, demo: { value: false, layer: undefined } });
  return connection;
}

/** Was the server named on this command line? Then only that one is meant. */
export function namesHost({ demo, host, port }: AllSettings): boolean {
  return demo.value === true || host.layer?.source === 'flag' || port.layer?.source === 'flag';
}

/** The addresses of the settings as results call them. */
export function namedServers(s: AllSettings): readonly string[] {
  return s.host.value.map((host) => shownAddress(parseAddress(host, s.port.value)));
}
