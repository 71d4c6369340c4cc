// What people write for --host (`box`, `box:8000`, `https://box/comfy`) -> one canonical server address.
import { ComfyGenError } from '../errors.ts';

/** ComfyUI's own port. */
const defaultPort = 8188;

/**
 * Canonical address of a server: scheme, host, port, base path without trailing slash, and the query that it wants
 * with every request (`?token=…`). User info stays in the URL (it becomes a Basic header); `shownAddress` leaves both
 * secrets out. Throws `bad_option`, which names `from`.
 */
export function parseAddress(text: string, port: number = defaultPort, from = '<option host>'): URL {
  const trimmed = text.trim();
  const isUrl = hasScheme.test(trimmed);
  const bareIpv6 = /^[0-9a-f:]+$/i.test(trimmed) && trimmed.split(':').length > 2;
  const written = isUrl ? trimmed : `http://${bareIpv6 ? `[${trimmed}]` : trimmed}`;
  const url = isTorn(trimmed) ? undefined : readUrl(written);
  if (url === undefined) {
    throw new ComfyGenError('bad_option', `${from}: cannot read ${JSON.stringify(maskedAddress(text))} as an address`, {
      hint: hintFor(trimmed),
    });
  }
  const hasPort = /^[^/]*(\]|[^:\]]):\d+(\/|$|\?)/.test(written.replace(/^[a-z]+:\/\/([^@/]*@)?/i, ''));
  if (!isUrl && !hasPort) url.port = String(port);
  // a path that begins with two slashes would name another host as soon as something resolves it
  url.pathname = url.pathname.replace(/\/{2,}/g, '/').replace(/\/$/, '');
  url.hash = '';
  return url;
}

const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i;

/** `http//box`, `https:box`, `//box`: a scheme with something missing, which would be read as a host called `http`. */
function isTorn(written: string): boolean {
  return !hasScheme.test(written) && /^(https?(:\/|\/\/|:(?!\d+(?:[/?]|$)))|\/)/i.test(written);
}

function hintFor(written: string): string {
  if (/^["'].*["']$|^["']|["']$/s.test(written)) return 'write it without quotes (docker --env-file keeps them)';
  return 'write it like 127.0.0.1:8188 or https://box.example/comfy';
}

/** An http or https URL with a host that can be one and user info that can be decoded; undefined for anything else. */
export function readUrl(written: string): URL | undefined {
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return undefined;
  if (!/^(\[[0-9a-f:.]+\]|[a-z0-9._~-]+)$/i.test(url.hostname)) return undefined; // the URL standard lets quotes pass
  try {
    decodeURIComponent(url.username + url.password);
  } catch {
    return undefined;
  }
  return url;
}

/** The address as people may see it: no user info, no query, no trailing slash. */
export function shownAddress(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
}

/** An address as it was written, its secrets masked: user info (any character, unencoded too) and what a query holds. */
export function maskedAddress(written: string): string {
  return written
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1***@')
    .replace(/([?&][^=&#\s]*=)[^&#\s]+/g, '$1***')
    .replace(/(\?)[^=&#\s]+(?=$|&|#)/, '$1***');
}

/** A host name without the brackets that an address puts around IPv6. */
export function bareHost(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}
