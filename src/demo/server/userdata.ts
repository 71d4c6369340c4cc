// What users keep on the server: the workflows that the web UI saves below `workflows`, in memory.
import { posix } from 'node:path';
import { empty, json, text, type Answer, type Request, type Routes } from './http.ts';

type Kept = { readonly bytes: Uint8Array; readonly modified: number };

export function userdataRoutes(): Routes {
  const files = new Map<string, Kept>();
  return {
    '/userdata': { GET: (request) => listFiles(files, request) },
    '/userdata/{}': {
      GET: (request) => getFile(files, pathOf(request)),
      POST: (request) => postFile(files, request),
      DELETE: (request) => {
        const path = pathOf(request);
        return path === undefined ? empty(403) : empty(files.delete(path) ? 204 : 404);
      },
    },
    '/v2/userdata': { GET: () => text('Requested path not found', 404) },
  };
}

/** Below the user's folder; undefined for what leads out of it. */
function pathOf({ params: [file = ''] }: Request): string | undefined {
  const path = posix.normalize(file);
  return path.startsWith('../') || path === '..' || path.startsWith('/') ? undefined : path;
}

function listFiles(files: ReadonlyMap<string, Kept>, { query }: Request): Answer {
  const directory = query.get('dir') ?? '';
  if (directory === '') return text('Directory not provided', 400);
  const isOn = (name: string): boolean => query.get(name)?.toLowerCase() === 'true';
  const prefix = `${posix.normalize(directory).replace(/\/$/, '')}/`;
  const inside = [...files].filter(([path]) => path.startsWith(prefix));
  if (inside.length === 0) return text('Directory not found', 404);
  const shown = inside
    .map(([path, kept]) => ({ path: path.slice(prefix.length), kept }))
    .filter(({ path }) => isOn('recurse') || !path.includes('/'));
  return json(
    shown.map(({ path, kept }) => {
      if (isOn('full_info')) return infoOf(path, kept);
      return isOn('split') ? [path, ...path.split('/')] : path;
    }),
  );
}

const infoOf = (path: string, { bytes, modified }: Kept): unknown => ({
  path,
  size: bytes.length,
  modified,
  created: modified,
});

function getFile(files: ReadonlyMap<string, Kept>, path: string | undefined): Answer {
  if (path === undefined) return empty(403);
  const kept = files.get(path);
  if (kept === undefined) return empty(404);
  const type = path.endsWith('.json') ? 'application/json' : 'application/octet-stream';
  return { status: 200, headers: { 'content-type': type, 'content-disposition': 'attachment' }, body: kept.bytes };
}

function postFile(files: Map<string, Kept>, request: Request): Answer {
  const path = pathOf(request);
  if (path === undefined) return empty(403);
  if (request.query.get('overwrite') === 'false' && files.has(path)) return text('File already exists', 409);
  const kept = { bytes: request.body, modified: Date.now() };
  files.set(path, kept);
  return json(request.query.get('full_info')?.toLowerCase() === 'true' ? infoOf(path, kept) : path);
}
