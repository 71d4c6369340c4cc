// `GET /view`: files of the server, with ranges and tags, and every way in which it says no (section 6).
import { empty, type Answer, type Handler, type Request } from './http.ts';
import { readAnnotation } from '../nodes/annotated.ts';
import { Store, type StoredFile } from '../nodes/store.ts';
import type { Server } from './state.ts';

const types: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  mp4: 'video/mp4',
  webm: 'video/webm',
  mp3: 'audio/mpeg',
  flac: 'audio/flac',
  txt: 'text/plain',
  json: 'application/json',
  glb: 'model/gltf-binary',
};

export function typeOf(name: string): string {
  const extension = /\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(types, extension) ? (types[extension] ?? '') : 'application/octet-stream';
}

export function viewRoute(server: Server): Handler {
  return (request) => {
    const found = findFile(request.query, server);
    return typeof found === 'number' ? empty(found) : sendFile(request, found, server);
  };
}

type Found = { readonly file: StoredFile; readonly name: string };

/** The file, or the status that refuses it. */
function findFile(query: URLSearchParams, { store, faults }: Server): Found | number {
  const asked = query.get('filename');
  if (asked === null || asked.startsWith('blake3:')) return 404;
  if (asked === faults.peek('filename')?.text) {
    const forced = store.get('output', query.get('subfolder') ?? '', asked); // a hostile server hands out what it named
    if (forced !== undefined) return { file: forced, name: 'forced' };
  }
  const { name: path, folder: annotated } = readAnnotation(asked);
  if (path === '' || path.startsWith('/') || path.includes('..')) return 400;
  const type = annotated ?? query.get('type') ?? 'output';
  if (!Store.isFolder(type)) return 400;
  const subfolder = query.get('subfolder') ?? '';
  if (subfolder.startsWith('/') || subfolder.split(/[\\/]/).includes('..')) return 403;
  const name = path.split('/').at(-1) ?? '';
  const file = store.get(type, subfolder, name);
  return file === undefined ? 404 : { file, name };
}

export function sendFile(request: Request, { file, name }: Found, { store, faults, profile }: Server): Answer {
  const bytes = store.read(file);
  const tag = `"${(BigInt(Math.round(file.modified * 1000)) * 1000n).toString(16)}-${bytes.length.toString(16)}"`;
  const base = {
    ...(profile.isOld ? {} : { 'x-content-type-options': 'nosniff' }),
    'content-disposition': `filename="${Buffer.from(name, 'utf8').toString('latin1')}"`, // raw UTF-8, as the server sends it
    'content-type': typeOf(name),
  };
  const stamps = { etag: tag, 'last-modified': new Date(file.modified).toUTCString() };
  const matches = request.headers['if-none-match'];
  if (matches === tag || matches === '*') return { status: 304, headers: { ...base, ...stamps } };
  const full = { ...base, ...stamps, 'accept-ranges': 'bytes' };
  const range = readRange(request, bytes.length, file.modified);
  if (range === undefined) return { status: 200, headers: full, body: bytes };
  if (range === 'bad') {
    return {
      status: 416,
      headers: { ...base, 'content-range': `bytes */${bytes.length}`, 'transfer-encoding': 'chunked' },
    };
  }
  const [asked, end] = range;
  const start = faults.peek('view-wrong-range') === undefined ? asked : 0;
  return {
    status: 206,
    headers: { ...full, 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` },
    body: bytes.subarray(start, end),
  };
}

/** `[start, end)`; undefined for the whole file. */
function readRange(
  { headers }: Request,
  size: number,
  modified: number,
): readonly [number, number] | 'bad' | undefined {
  const { range } = headers;
  if (range === undefined) return undefined;
  const condition = Date.parse(headers['if-range']?.toString() ?? ''); // the real server reads dates only, no tags
  if (Math.floor(modified / 1000) * 1000 > condition) return undefined;
  const found = /^bytes=(\d*)-(\d*)$/.exec(range);
  const [first = '', last = ''] = found?.slice(1) ?? [];
  if (found === null || (first === '' && last === '')) return 'bad';
  if (first === '') return [Math.max(0, size - Number(last)), size];
  const start = Number(first);
  const end = last === '' ? size : Math.min(size, Number(last) + 1);
  return start >= size || end <= start ? 'bad' : [start, end];
}
