// `/api/assets`: the server's files by their ids, where the profile has assets; only under `/api` (section 8.2).
import { empty, json, readObject, type Answer, type Request, type Routes } from './http.ts';
import type { Server } from './state.ts';
import type { StoredFile } from '../nodes/store.ts';
import { sendFile, typeOf } from './view.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function assetRoutes(server: Server): Routes {
  if (!server.profile.hasAssets) return switchedOff;
  const withFile = (request: Request, use: (file: StoredFile) => Answer): Answer => {
    const [id = ''] = request.params;
    if (!uuid.test(id)) return { status: 404, headers: { 'content-type': 'application/octet-stream' } };
    const file = server.store.byId(id);
    return file === undefined ? problem(404, 'ASSET_NOT_FOUND', `AssetReference ${id} not found`, { id }) : use(file);
  };
  return {
    '/assets': { GET: (request) => list(request, server) },
    '/assets/{}': {
      GET: (request) => withFile(request, (file) => json(asset(file, server))),
      PUT: (request) => withFile(request, (file) => rename(request, file, server)),
      DELETE: (request) =>
        withFile(request, (file) => {
          server.store.remove(file.id);
          return empty(204);
        }),
    },
    '/assets/{}/content': {
      GET: (request) =>
        withFile(request, (file) => {
          const answer = sendFile(request, { file, name: file.name }, server);
          const disposition = `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`;
          return { ...answer, headers: { ...answer.headers, 'content-disposition': disposition } };
        }),
    },
    '/assets/hash/{}': {
      GET: ({ params: [hash = ''] }) =>
        /^blake3:[0-9a-f]{64}$/.test(hash)
          ? empty(404)
          : problem(400, 'INVALID_HASH', 'hash must be like blake3:<hex>'),
    },
    '/tags': { GET: () => tags(server) },
  };
}

/** What an upload is told of its new asset; nothing where there are none. */
export function uploadedAsset(file: StoredFile | undefined, server: Server): { asset?: unknown } {
  if (file === undefined || !server.profile.hasAssets) return {};
  const size = server.store.read(file).length;
  const { id, name } = file;
  return { asset: { id, name, asset_hash: null, size, mime_type: typeOf(name), tags: tagsOf(file) } };
}

function asset(file: StoredFile, { store, engine }: Server): Readonly<Record<string, unknown>> {
  const { id, name, subfolder, folder, modified, media } = file;
  const time = new Date(modified).toISOString().slice(0, -1);
  const query = new URLSearchParams({ type: folder, filename: name, ...(subfolder === '' ? {} : { subfolder }) });
  const job = [...engine.history].find(([, entry]) => JSON.stringify(entry.outputs).includes(`"${id}"`))?.[0];
  return {
    id,
    name,
    loader_path: subfolder === '' ? name : `${subfolder}/${name}`,
    display_name: name,
    hash: null,
    asset_hash: null,
    size: store.read(file).length,
    mime_type: typeOf(name),
    tags: tagsOf(file),
    preview_url: `/api/view?${query.toString()}`,
    preview_id: null,
    user_metadata: { filename: name },
    is_immutable: false,
    metadata: media ?? { kind: 'other' },
    ...(job === undefined ? {} : { job_id: job, prompt_id: job }),
    created_at: time,
    updated_at: time,
    last_access_time: time,
  };
}

function tagsOf({ folder }: StoredFile): readonly string[] {
  return folder === 'input' ? ['input', 'uploaded'] : [folder];
}

function list({ query }: Request, server: Server): Answer {
  const number = (name: string, otherwise: number): number => {
    const text = query.get(name);
    return text === null ? otherwise : /^\d+$/.test(text) ? Number(text) : NaN;
  };
  const [limit, offset] = [number('limit', 20), number('offset', 0)];
  if (!(limit >= 1 && limit <= 500) || Number.isNaN(offset))
    return problem(400, 'INVALID_QUERY', 'Validation failed.', {
      errors: [{ loc: [limit >= 1 && limit <= 500 ? 'offset' : 'limit'], msg: 'Input is out of range' }],
    });
  const wanted = (query.get('include_tags') ?? '').split(',').filter((tag) => tag !== '');
  const files = server.store
    .all()
    .filter((file) => wanted.every((tag) => tagsOf(file).includes(tag)))
    .reverse();
  const page = files.slice(offset, offset + limit);
  return json({
    assets: page.map((file) => asset(file, server)),
    total: files.length,
    has_more: offset + page.length < files.length,
  });
}

/** The display name alone: the file keeps its own, which graphs may use. */
function rename(request: Request, file: StoredFile, server: Server): Answer {
  const { name } = readObject(request);
  return json({ ...asset(file, server), ...(typeof name === 'string' ? { name, display_name: name } : {}) });
}

function tags({ store }: Server): Answer {
  const counts = new Map<string, number>();
  for (const tag of store.all().flatMap(tagsOf)) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  const all = [...counts].map(([name, count]) => ({ name, count }));
  return json({ tags: all, total: all.length, has_more: false });
}

function problem(status: number, code: string, message: string, details: object = {}): Answer {
  return json({ error: { code, message, details } }, status);
}

function off(): Answer {
  const how = 'Start the server with --enable-assets to use this feature.';
  return problem(503, 'SERVICE_DISABLED', `Assets system is disabled. ${how}`);
}

const switchedOff: Routes = Object.fromEntries(
  ['/tags', ...['', '/{}', '/{}/content', '/{}/tags', '/hash/{}', '/seed/{}'].map((p) => `/assets${p}`)].map((path) => [
    path,
    { GET: off, POST: off, PUT: off, DELETE: off },
  ]),
);
