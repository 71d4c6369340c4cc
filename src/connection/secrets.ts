// Secrets and headers before they are used: what no header can carry is refused by name, never shown.
import { ComfyGenError } from '../errors.ts';

/** What HTTP lets a header's value hold. */
const unfit = /[^\t\x20-\x7e\x80-\xff]/;
const headerName = /^[!#$%&'*+.^_`|~\w-]+$/;

/**
 * A secret as a file of variables holds it: white space and line breaks around it are dropped.
 * Throws `bad_option` or `missing_variable`, which name `from` (a variable, an option), never the value.
 */
export function cleanSecret(value: string, from: string): string {
  const secret = value.trim();
  if (secret === '') throw new ComfyGenError('missing_variable', `${from} is empty`);
  if (/^(["']).*\1$/s.test(secret))
    throw new ComfyGenError('bad_option', `${from} holds its value in quotes`, {
      hint: 'write it without them (docker --env-file keeps quotes)',
    });
  if (unfit.test(secret))
    throw new ComfyGenError('bad_option', `${from} holds a line break or a character that no header can carry`, {
      hint: 'is it the right value, on one line?',
    });
  return secret;
}

/** What only the transport may say, and what belongs to the proxy. */
const reserved: Readonly<Record<string, string>> = {
  'proxy-authorization': "put the proxy's credentials into its address: http://user:password@proxy:3128",
  host: 'name the address with <option host>',
  'content-length': 'it is set for each request',
  'transfer-encoding': 'it is set for each request',
  connection: 'it is set for each request',
  upgrade: 'it is set for each request',
  'keep-alive': 'it is set for each request',
  expect: 'it is set for each request',
};

/** Headers under lower-case names, values trimmed. Throws `bad_option` with the header's name, never its value. */
export function checkHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const checked = Object.entries(headers).map(([written, value]): [string, string] => {
    const name = written.trim().toLowerCase();
    if (!headerName.test(name)) throw new ComfyGenError('bad_option', 'headers: a name that is no header name');
    if (Object.hasOwn(reserved, name))
      throw new ComfyGenError('bad_option', `header ${name}: it cannot be given`, { hint: reserved[name] });
    const text = value.trim();
    if (unfit.test(text))
      throw new ComfyGenError('bad_option', `header ${name}: its value holds a line break or an unfit character`);
    return [name, text];
  });
  return Object.fromEntries(checked);
}

/** The Basic credentials of a URL's user info, if it has any. */
export function basic(url: URL): string | undefined {
  if (url.username + url.password === '') return undefined;
  const text = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return `Basic ${Buffer.from(text).toString('base64')}`;
}
