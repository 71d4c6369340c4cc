// Which proxy a server is reached through: --proxy, else HTTP_PROXY / HTTPS_PROXY, minus NO_PROXY.
import { ComfyGenError } from '../errors.ts';
import { readUrl } from './address.ts';

export type ProxyVariables = {
  readonly httpProxy?: string | undefined;
  readonly httpsProxy?: string | undefined;
  readonly noProxy?: string | undefined;
};

/** The proxy's URL for this server, or undefined for a direct connection. An explicit one knows no exceptions. */
export function proxyFor(
  address: URL,
  explicit: string | undefined,
  variables: ProxyVariables | undefined,
): string | undefined {
  if (explicit !== undefined && explicit !== '') return checked(explicit, '--proxy');
  const secure = address.protocol === 'https:';
  const found = secure ? variables?.httpsProxy : variables?.httpProxy;
  if (found === undefined || found === '' || isExempt(address, variables?.noProxy ?? '')) return undefined;
  return checked(found, secure ? 'HTTPS_PROXY' : 'HTTP_PROXY');
}

/** With its scheme; what is no address is `bad_option`, and never shown: it may hold credentials. */
function checked(proxy: string, from: string): string {
  const written = proxy.includes('://') ? proxy : `http://${proxy}`;
  if (readUrl(written) !== undefined) return written;
  throw new ComfyGenError('bad_option', `${from}: cannot read it as the address of a proxy`, {
    hint: 'write it like http://proxy.example:3128; SOCKS is not spoken',
  });
}

/** `*`, `host`, `.domain`, `domain`, each with an optional `:port`, as curl reads NO_PROXY. */
function isExempt(address: URL, noProxy: string): boolean {
  const host = address.hostname.toLowerCase();
  const port = address.port || (address.protocol === 'https:' ? '443' : '80');
  return noProxy
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const [, name = entry, wanted] = /^(.+?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
      if (wanted !== undefined && wanted !== port) return false;
      const domain = name.replace(/^\*?\./, '');
      return host === domain || host.endsWith(`.${domain}`);
    });
}
