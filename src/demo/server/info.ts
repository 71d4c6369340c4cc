// What the server tells of itself: node classes, models, versions, flags (section 8).
import type { Profile } from '../profile.ts';
import type { NodeDefinition } from '../../protocol/object-info.ts';
import { empty, json, jsonText, text, uploadLimit, type Answer, type Request, type Routes } from './http.ts';
import { frontPage } from './page.ts';
import type { Server } from './state.ts';

/** What the server can do, as `/features` and the socket tell it. */
export function featuresOf({ isOld, hasAssets }: Profile): Readonly<Record<string, unknown>> {
  if (isOld) return { supports_preview_metadata: true, max_upload_size: uploadLimit };
  return {
    supports_preview_metadata: true,
    supports_model_type_tags: true,
    max_upload_size: uploadLimit,
    extension: { manager: { supports_v4: true } },
    node_replacements: true,
    assets: hasAssets,
  };
}

const modelFolders =
  'checkpoints configs loras vae text_encoders diffusion_models clip_vision style_models embeddings diffusers vae_approx controlnet gligen upscale_models latent_upscale_models custom_nodes datasets hypernetworks photomaker classifiers model_patches audio_encoders background_removal frame_interpolation geometry_estimation optical_flow detection'.split(
    ' ',
  );
/** Not there yet in 0.3.64. */
const newFolders = new Set(
  'latent_upscale_models custom_nodes datasets background_removal frame_interpolation geometry_estimation optical_flow detection'.split(
    ' ',
  ),
);
const extensions = ['.bin', '.ckpt', '.pkl', '.pt', '.pt2', '.pth', '.safetensors', '.sft'];
const gigabyte = 1024 ** 3;

export function infoRoutes(server: Server): Routes {
  const { catalog, profile } = server;
  const folders = foldersOf(server);
  const isFolder = (name: string): boolean => folders.includes(name);
  return {
    '/object_info': { GET: () => jsonText(catalog.text()) },
    '/object_info/{}': { GET: ({ params: [name = ''] }) => json(oneClass(name, catalog.find(name))) },
    '/models': { GET: () => json(folders) },
    '/models/{}': {
      GET: ({ params: [folder = ''] }) => (isFolder(folder) ? json(modelFiles(server, folder)) : empty(404)),
    },
    '/experiment/models': {
      GET: () =>
        json(
          folders.map((name) => {
            const at = { name, folders: [`/comfyui/models/${name}`] };
            return profile.isOld ? at : { ...at, extensions };
          }),
        ),
    },
    '/experiment/models/{}': {
      GET: ({ params: [folder = ''] }) => (isFolder(folder) ? json(modelDetails(server, folder)) : empty(404)),
    },
    '/view_metadata/{}': { GET: (request) => metadataOf(server, request) },
    '/embeddings': { GET: () => json(modelFiles(server, 'embeddings').map((name) => name.replace(/\.\w+$/, ''))) },
    '/extensions': { GET: () => json([]) },
    '/system_stats': { GET: () => json(systemStats(server)) },
    '/features': { GET: () => json(featuresOf(profile)) },
    '/users': { GET: () => json({ storage: 'server', migrated: false }) },
    '/settings': { GET: () => json({}) },
    '/node_replacements': { GET: () => json({}) },
    '/global_subgraphs': { GET: () => json({}) },
    '/workflow_templates': { GET: () => json({}) },
  };
}

function foldersOf({ profile }: Server): readonly string[] {
  return modelFolders.filter((name) => !profile.isOld || !newFolders.has(name));
}

/** What exists only without `/api`. */
export function bareRoutes(server: Server): Routes {
  const { store } = server;
  return {
    '/': { GET: (request) => frontPage(request, server) },
    '/ws': { GET: () => text('No WebSocket UPGRADE hdr: None\n Can "Upgrade" only to "WebSocket".', 400) },
    '/assets': { GET: () => text('403: Forbidden', 403) },
    '/internal/folder_paths': {
      GET: () =>
        json(
          Object.fromEntries(
            [...new Set([...foldersOf(server), 'custom_nodes'])].map((f) => [f, [`/comfyui/models/${f}`]]),
          ),
        ),
    },
    '/internal/logs': { GET: () => json('') },
    '/internal/logs/raw': { GET: () => json({ entries: [], size: { cols: 80, rows: 24 } }) },
    '/internal/files/output': { GET: () => json(store.list('output').map((name) => `${name} [output]`)) },
    '/internal/files/input': { GET: () => json(store.list('input').map((name) => `${name} [input]`)) },
    '/internal/files/temp': { GET: () => json(store.list('temp').map((name) => `${name} [temp]`)) },
  };
}

function oneClass(name: string, definition: NodeDefinition | undefined): Readonly<Record<string, NodeDefinition>> {
  return definition === undefined ? {} : { [name]: definition };
}

function modelFiles({ catalog }: Server, folder: string): readonly string[] {
  return catalog.files(folder).filter((name) => name !== 'pixel_space'); // built in, no file
}

/** What a model file says of itself; only safetensors files do. */
function metadataOf(server: Server, { params: [folder = ''], query }: Request): Answer {
  const name = query.get('filename') ?? '';
  const found = modelFiles(server, folder).includes(name) ? server.metadata[`${folder}/${name}`] : undefined;
  return found === undefined || !name.endsWith('.safetensors') ? empty(404) : json(found);
}

function modelDetails(server: Server, folder: string): unknown {
  const time = 1_700_000_000;
  return modelFiles(server, folder).map((name) => ({
    name,
    pathIndex: 0,
    modified: time,
    created: time,
    size: 2 * gigabyte,
  }));
}

const whatItIs = 'comfy-gen demo server: it has no model, its pictures are drawn from the prompt';

/** Says in so many words what it is. */
function systemStats({ version, profile }: Server): unknown {
  const memory = {
    vram_total: 8 * gigabyte,
    vram_free: 8 * gigabyte,
    torch_vram_total: 8 * gigabyte,
    torch_vram_free: 8 * gigabyte,
  };
  return {
    system: {
      os: profile.isOld ? 'posix' : 'linux',
      ram_total: 16 * gigabyte,
      ram_free: 8 * gigabyte,
      comfyui_version: version,
      required_frontend_version: profile.frontend,
      installed_templates_version: profile.templates,
      required_templates_version: profile.templates,
      ...(profile.isOld ? {} : { comfy_package_versions: [] }),
      python_version: 'none: this is the demo server of comfy-gen',
      pytorch_version: 'none',
      embedded_python: false,
      argv: ['comfy-gen', 'serve'],
      ...(profile.isOld ? {} : { deploy_environment: whatItIs }),
      comfy_gen_demo: true,
    },
    devices: [{ name: 'comfy-gen demo', type: 'cpu', index: null, ...memory }],
  };
}
