// `POST /upload/image` and `/upload/mask`: a multipart reader and the server's naming (section 7).
import { createHash } from 'node:crypto';
import { parseJson } from '../../protocol/json.ts';
import { empty, json, type Answer, type Request, type Routes } from './http.ts';
import { imageSize } from '../../media/check.ts';
import { ServerTrouble } from '../engine/problems.ts';
import { Store, type Content } from '../nodes/store.ts';
import { uploadedAsset } from './assets.ts';
import type { Server } from './state.ts';

type Part = { readonly filename: string | undefined; readonly data: Buffer };

export function uploadRoutes(server: Server): Routes {
  return {
    '/upload/image': { POST: (request) => upload(request, server) },
    '/upload/mask': { POST: (request) => uploadMask(request, server) },
  };
}

function upload(request: Request, server: Server, mayWrite = true): Answer {
  const { store } = server;
  const parts = readParts(request);
  const image = parts.get('image');
  if (image === undefined) return empty(400);
  const word = (name: string): string => parts.get(name)?.data.toString('utf8') ?? '';
  const type = word('type') === '' ? 'input' : word('type');
  const subfolder = word('subfolder');
  if (image.filename === undefined || !Store.isFolder(type)) throw new ServerTrouble();
  const { filename } = image;
  if (subfolder.startsWith('/') || subfolder.split(/[\\/]/).includes('..') || filename.split('/').includes('..'))
    return empty(400);
  if (filename === '' || filename.includes('/')) throw new ServerTrouble();
  const overwrite = word('overwrite') === 'true' || word('overwrite') === '1';
  const name = overwrite ? filename : freeName(store, { type, subfolder }, filename, image.data);
  const { data } = image;
  const file = mayWrite ? store.put(type, subfolder, name, contentOf(data)) : undefined;
  return json({ name, subfolder, type, ...uploadedAsset(file, server) });
}

/** A file for graphs to load, under a name that nothing else has. */
export function putInput(
  { store }: Server,
  path: string,
  data: Buffer,
): { filename: string; subfolder: string; type: 'input' } {
  const filename = freeName(store, { type: 'input', subfolder: '' }, path.replaceAll('/', '_'), data);
  store.put('input', '', filename, contentOf(data));
  return { filename, subfolder: '', type: 'input' };
}

function contentOf(data: Buffer): Content {
  const size = imageSize(data);
  return { bytes: () => data, media: size === undefined ? { kind: 'other' } : { kind: 'image', ...size } };
}

/** The same name for the same content, else the next free `name (1).ext`. */
function freeName(
  store: Store,
  at: { type: 'input' | 'output' | 'temp'; subfolder: string },
  filename: string,
  data: Buffer,
): string {
  const hash = createHash('sha256').update(data).digest('hex');
  const dot = filename.lastIndexOf('.');
  const [stem, extension] = dot <= 0 ? [filename, ''] : [filename.slice(0, dot), filename.slice(dot)];
  for (let n = 0; ; n++) {
    const name = n === 0 ? filename : `${stem} (${n})${extension}`;
    const there = store.get(at.type, at.subfolder, name);
    if (there === undefined || store.hashOf(there) === hash) return name;
  }
}

/** Says 200 also when the original is not there, and writes nothing then. */
function uploadMask(request: Request, server: Server): Answer {
  const { store } = server;
  const text = readParts(request).get('original_ref')?.data.toString('utf8');
  if (text === undefined) throw new ServerTrouble();
  let original: unknown;
  try {
    original = parseJson(text);
  } catch {
    throw new ServerTrouble();
  }
  if (typeof original !== 'object' || original === null) throw new ServerTrouble();
  const { filename, subfolder = '', type = 'output' } = original as Record<string, unknown>;
  if (typeof filename !== 'string') return upload(request, server, false);
  const isThere =
    Store.isFolder(String(type)) && store.get(String(type) as 'output', String(subfolder), filename) !== undefined;
  return upload(request, server, isThere);
}

/** The fields of a multipart body by name; none when it is something else. */
export function readParts({ headers, body }: Request): ReadonlyMap<string, Part> {
  const parts = new Map<string, Part>();
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)"?/i.exec(headers['content-type'] ?? '')?.[1];
  if (boundary === undefined) return parts;
  const mark = Buffer.from(`--${boundary}`);
  for (let at = body.indexOf(mark); at !== -1; ) {
    const next = body.indexOf(mark, at + mark.length);
    if (next === -1) break;
    const part = body.subarray(at + mark.length + 2, next - 2); // without the line ends around it
    const gap = part.indexOf('\r\n\r\n');
    const head = part.subarray(0, gap).toString('utf8');
    const name = /[; ]name="([^"]*)"/i.exec(head)?.[1];
    const filename = /[; ]filename="([^"]*)"/i.exec(head)?.[1];
    if (name !== undefined && gap !== -1) parts.set(name, { filename, data: part.subarray(gap + 4) });
    at = next;
  }
  return parts;
}
