// Which proxy a server is reached through: --proxy, else HTTP_PROXY / HTTPS_PROXY, minus NO_PROXY.

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
  if (explicit !== undefined && explicit !== '') return withScheme(explicit);
  const found = address.protocol === 'https:' ? variables?.httpsProxy : variables?.httpProxy;
  if (found === undefined || found === '' || isExempt(address, variables?.noProxy ?? '')) return undefined;
  return withScheme(found);
}

function withScheme(proxy: string): string {
  return proxy.includes('://') ? proxy : `http://${proxy}`;
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
