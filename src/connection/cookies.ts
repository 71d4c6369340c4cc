// Cookies of one server: a load balancer's stickiness, a front page's session. Kept in memory, sent to their origin only.

type Cookie = { readonly name: string; readonly value: string; readonly path: string; readonly expiresAt: number };

const maxCookies = 50;
const maxCookieBytes = 4096;

/** What RFC 6265 asks of a client that talks to one origin. Cookies of other hosts or domains never get in. */
export class CookieJar {
  readonly #origin: URL;
  /** By name and path; the order is that of their last setting, oldest first. */
  readonly #cookies = new Map<string, Cookie>();

  constructor(origin: URL) {
    this.#origin = origin;
  }

  /** Keeps what an answer of `url` sets; of another origin than ours nothing. */
  take(url: URL, setCookie: string | readonly string[] | undefined): void {
    if (originOf(url) !== originOf(this.#origin) || setCookie === undefined) return;
    for (const line of typeof setCookie === 'string' ? [setCookie] : setCookie) this.#set(url, line);
  }

  /** The `Cookie` header for a request; `given` are cookies of the user's own, which a server's of the same name replace. */
  header(url: URL, given = ''): string | undefined {
    if (originOf(url) !== originOf(this.#origin)) return undefined;
    const now = Date.now();
    const set = [...this.#cookies.values()]
      .filter((cookie) => cookie.expiresAt > now && covers(cookie.path, url.pathname))
      .sort((a, b) => b.path.length - a.path.length);
    const names = new Set(set.map(({ name }) => name));
    const own = given.split(';').flatMap((pair) => {
      const text = pair.trim();
      return text === '' || names.has(text.split('=')[0]?.trim() ?? '') ? [] : [text];
    });
    const all = [...own, ...set.map(({ name, value }) => `${name}=${value}`)].join('; ');
    return all === '' ? undefined : all;
  }

  #set(url: URL, line: string): void {
    const cookie = parseCookie(line, url);
    if (cookie === undefined) return;
    const key = `${cookie.name};${cookie.path}`;
    this.#cookies.delete(key);
    if (cookie.expiresAt <= Date.now()) return;
    this.#cookies.set(key, cookie);
    const oldest = this.#cookies.keys().next();
    if (this.#cookies.size > maxCookies && oldest.done !== true) this.#cookies.delete(oldest.value);
  }
}

/** `Set-Cookie` as a cookie; undefined when it is none that may come back to this host. */
function parseCookie(line: string, url: URL): Cookie | undefined {
  const [pair = '', ...attributes] = line.split(';');
  const at = pair.indexOf('=');
  const name = pair.slice(0, at).trim();
  const value = pair.slice(at + 1).trim();
  const fits = /^[\x21\x23-\x3a\x3c\x3e-\x7e]+$/.test(name) && /^[\x20-\x3a\x3c-\x7e\x80-\xff]*$/.test(value);
  if (at < 1 || !fits || line.length > maxCookieBytes) return undefined;
  const facts = new Map(
    attributes.map((text) => {
      const [key = '', ...rest] = text.split('=');
      return [key.trim().toLowerCase(), rest.join('=').trim()] as const;
    }),
  );
  const domain = facts.get('domain')?.replace(/^\./, '').toLowerCase() ?? '';
  const isOurs = domain === '' || domain === url.hostname || url.hostname.endsWith(`.${domain}`);
  if (!isOurs || (facts.has('secure') && url.protocol !== 'https:')) return undefined;
  const path = facts.get('path') ?? '';
  return { name, value, path: path.startsWith('/') ? path : folderOf(url.pathname), expiresAt: expiry(facts) };
}

/** `Max-Age` before `Expires`; a date that cannot be read is none. */
function expiry(facts: ReadonlyMap<string, string>): number {
  const seconds = facts.get('max-age') ?? '';
  if (/^-?\d+$/.test(seconds)) return Date.now() + Number(seconds) * 1000;
  const date = Date.parse(facts.get('expires') ?? '');
  return Number.isNaN(date) ? Infinity : date;
}

/** A cookie without a path is for the folder of what set it. */
function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 1));
}

function covers(path: string, asked: string): boolean {
  return asked === path || asked.startsWith(path.endsWith('/') ? path : `${path}/`);
}

/** `ws` counts as the `http` that it begins as. */
function originOf(url: URL): string {
  return `${url.protocol.replace(/^ws/, 'http')}//${url.host}`;
}
