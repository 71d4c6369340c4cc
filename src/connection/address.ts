// What people write for --host (`box`, `box:8000`, `https://box/comfy`) -> one canonical server address.
import { ComfyGenError } from '../errors.ts';

/** ComfyUI's own port. */
export const defaultPort = 8188;

/**
 * Canonical address of a server: scheme, host, port and base path, no trailing slash. User info stays in the URL
 * (it becomes a Basic header); `shownAddress` leaves it out. Throws `bad_option`.
 */
export function parseAddress(text: string, port: number = defaultPort): URL {
  const trimmed = text.trim();
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed);
  const bareIpv6 = /^[0-9a-f:]+$/i.test(trimmed) && trimmed.split(':').length > 2;
  const written = isUrl ? trimmed : `http://${bareIpv6 ? `[${trimmed}]` : trimmed}`;
  const url = readUrl(written);
  if (url === undefined) {
    throw new ComfyGenError('bad_option', `--host: cannot read ${JSON.stringify(shown(text))} as an address`, {
      hint: 'write it like 127.0.0.1:8188 or https://box.example/comfy',
    });
  }
  const hasPort = /^[^/]*(\]|[^:\]]):\d+(\/|$|\?)/.test(written.replace(/^[a-z]+:\/\/([^@/]*@)?/i, ''));
  if (!isUrl && !hasPort) url.port = String(port);
  url.pathname = url.pathname.replace(/\/+$/, '');
  url.search = '';
  url.hash = '';
  return url;
}

/** An http or https URL with a host and user info that can be decoded; undefined for anything else. */
export function readUrl(written: string): URL | undefined {
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '') return undefined;
  try {
    decodeURIComponent(url.username + url.password);
  } catch {
    return undefined;
  }
  return url;
}

/** The address as people may see it: no user info, no trailing slash. */
export function shownAddress(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
}

function shown(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1'); // a password may hold any character, unencoded too
}
