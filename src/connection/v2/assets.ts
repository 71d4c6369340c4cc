// Files in and out of a server of Comfy API v2: assets, known by what they hold, named in a graph by reference.
import { ComfyGenError } from '../../errors.ts';
import { isRecord, stringifyJson, tryParseJson } from '../../protocol/json.ts';
import { blobOf, formBody, type UploadProgress, type UploadSource } from '../body.ts';
import type { TextAnswer, Transport } from '../transport.ts';
import { blake3 } from '../../protocol/blake3.ts';

type Asset = { readonly id: string; readonly hash: string | undefined };
type How = { readonly signal?: AbortSignal | undefined; readonly progress?: UploadProgress | undefined };

/** A larger file is sent without asking whether it is there: to hash it would take as long. */
const maxHashedBytes = 64 * 1024 * 1024;
const contentTypes: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  avif: 'image/avif',
  mp4: 'video/mp4',
  webm: 'video/webm',
  wav: 'audio/wav',
  mp3: 'audio/mpeg',
  flac: 'audio/flac',
  ogg: 'audio/ogg',
};

export class Assets {
  readonly #transport: Transport;
  readonly #byName = new Map<string, Asset & { readonly file_path: string }>();

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Puts a file there, by its hash alone where the server has it; returns the name that stands for it in a graph. */
  async put(name: string, source: UploadSource, how: How): Promise<string> {
    const blob = await blobOf(source);
    const asset = (await this.#byHash(blob, name, how)) ?? (await this.#send({ blob, source }, name, how));
    this.#byName.set(name, { ...asset, file_path: name });
    return name;
  }

  /** The graph as v2 takes it: a reference in the place of each name that stands for an asset. */
  named(prompt: Readonly<Record<string, unknown>>): Record<string, unknown> {
    return Object.fromEntries(Object.entries(prompt).map(([id, node]) => [id, this.#namedNode(node)]));
  }

  #namedNode(node: unknown): unknown {
    if (!isRecord(node) || !isRecord(node['inputs'])) return node;
    const inputs = Object.entries(node['inputs']).map(([input, value]) => {
      const info = typeof value === 'string' ? this.#byName.get(value) : undefined;
      return [input, info === undefined ? value : { __type: 'core/ASSET', info }];
    });
    return { ...node, inputs: Object.fromEntries(inputs) as unknown };
  }

  async #byHash(blob: Blob, name: string, { signal }: How): Promise<Asset | undefined> {
    if (blob.size > maxHashedBytes) return undefined;
    const hash = `blake3:${await blake3(blob.stream())}`;
    const answer = await this.#transport.safe('/api/v2/assets/from-hash', {
      method: 'POST',
      body: stringifyJson({ hash, file_path: name, tags: ['input'] }),
      headers: { 'content-type': 'application/json' },
      signal,
    });
    return answer.status === 200 || answer.status === 201 ? assetOf(answer) : undefined;
  }

  async #send(file: { readonly blob: Blob; readonly source: UploadSource }, name: string, how: How): Promise<Asset> {
    const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
    const type = Object.hasOwn(contentTypes, ending) ? (contentTypes[ending] ?? '') : 'application/octet-stream';
    const fields = { content_type: type, file_path: name, tags: 'input' };
    const blob = file.blob.slice(0, file.blob.size, type);
    const body = await formBody(fields, { field: 'file', name, blob, source: file.source });
    const answer = await this.#transport.safe('/api/v2/assets', { method: 'POST', body, ...how });
    if (answer.status !== 200 && answer.status !== 201) throw this.#transport.unexpected('/api/v2/assets', answer);
    const asset = assetOf(answer);
    if (asset !== undefined) return asset;
    throw new ComfyGenError('not_comfyui', `${this.#transport.name} answered an upload without an asset`);
  }
}

function assetOf(answer: TextAnswer): Asset | undefined {
  const asset = tryParseJson(answer.text);
  if (!isRecord(asset) || typeof asset['id'] !== 'string') return undefined;
  const { id, hash } = asset;
  return { id, hash: typeof hash === 'string' ? hash : undefined };
}
