// ClientOptions -> a connection. Nothing is sent.
import { readFileSync } from 'node:fs';
import { Connection } from '../connection/connection.ts';
import { ComfyGenError } from '../errors.ts';
import { resolve } from '../options/resolve.ts';
import { header, type Header } from '../options/kinds.ts';
import { connection } from '../options/tables/server.ts';
import { version } from '../version.ts';
import { checkKnown, given } from './call.ts';
import type { ClientOptions } from './client-options.ts';

const { host, port, api, proxy, insecure, retries, connectTimeout, waitForServer } = connection;
const transportTable = { host, port, api, proxy, insecure, retries, connectTimeout, waitForServer };
const ownKeys = ['headers', 'token', 'apiKey', 'partnerKey', 'ca', 'silenceMs'];

/** Throws `bad_option` for an unknown key or a bad value, naming the key; `bad_input_file` for a `ca` that cannot be read. */
export function openConnection(options: ClientOptions): Connection {
  const all = given(options, '');
  checkKnown(all, [...Object.keys(transportTable), ...ownKeys], '');
  const values = Object.fromEntries(Object.entries(all).filter(([key]) => !ownKeys.includes(key)));
  if (Array.isArray(values['host']))
    throw new ComfyGenError('bad_option', 'host: a client has one server', { hint: 'several are a ComfyUIPool' });
  const s = resolve(transportTable, [{ source: 'call', label: '', trusted: true, values }]);
  return new Connection({
    host: s.host.value[0] ?? '127.0.0.1',
    port: s.port.value,
    headers: headersOf(all),
    partnerKey: textOf(all, 'partnerKey'),
    api: s.api.value,
    ca: certificate(textOf(all, 'ca')),
    insecure: s.insecure.value,
    proxy: s.proxy.value,
    connectTimeoutMs: s.connectTimeout.value,
    retries: s.retries.value,
    waitForServerMs: s.waitForServer.value,
    silenceMs: msOf(all, 'silenceMs'),
    version: version(),
  });
}

function msOf(all: Readonly<Record<string, unknown>>, key: string): number | undefined {
  const value = all[key];
  if (value === undefined || (typeof value === 'number' && value > 0 && value <= 2 ** 31 - 1)) return value;
  throw new ComfyGenError('bad_option', `${key}: not a number of milliseconds`);
}

const asHeader = header('');

/** Errors never show a value: it may be a secret. */
function headersOf(all: Readonly<Record<string, unknown>>): Record<string, string> {
  const { headers = {} } = all;
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers))
    throw new ComfyGenError('bad_option', 'headers: not an object of names and values');
  const token = textOf(all, 'token');
  const apiKey = textOf(all, 'apiKey');
  const written: [key: string, name: string, value: unknown][] = [
    ...Object.entries(headers).map(([name, value]): [string, string, unknown] => [`headers: ${name}`, name, value]),
    ...(token === undefined ? [] : [['token', 'authorization', `Bearer ${token}`] as [string, string, unknown]]),
    ...(apiKey === undefined ? [] : [['apiKey', 'x-api-key', apiKey] as [string, string, unknown]]),
  ];
  return Object.fromEntries(
    written.map(([key, name, value]) => {
      if (typeof value !== 'string') throw new ComfyGenError('bad_option', `${key}: the value is no text`);
      // the option's parser gives undefined to nobody: only its absent fallback is
      const { value: checked } = asHeader.parse(`${name}: ${value}`, key) as Header;
      return [name.toLowerCase(), checked];
    }),
  );
}

function textOf(all: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = all[key];
  if (value === undefined || (typeof value === 'string' && value !== '')) return value;
  throw new ComfyGenError('bad_option', `${key}: ${value === '' ? 'the value is empty' : 'the value is no text'}`);
}

function certificate(ca: string | undefined): string | undefined {
  if (ca === undefined || ca.includes('-----BEGIN')) return ca;
  try {
    return readFileSync(ca, 'utf8');
  } catch (cause) {
    throw new ComfyGenError('bad_input_file', `ca: cannot read ${ca}`, {
      cause,
      hint: 'the path of a PEM file, or its text',
    });
  }
}
