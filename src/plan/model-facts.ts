// What a server tells of a model file whose name says nothing of its family.
import type { Connection } from '../connection/connection.ts';
import { isRecord } from '../protocol/json.ts';
import type { FileFacts } from '../recipes/detect.ts';
import { factsWanted } from '../recipes/resolve.ts';
import { definitionsOf, type Contact } from './servers.ts';

/** By `folder/file`. */
export type Facts = ReadonlyMap<string, FileFacts>;
type Wanted = { readonly recipe: string | undefined; readonly checkpoint: string | undefined };

/** Asks servers about files, each question once. */
export class FactReader {
  readonly #asked = new Map<string, Promise<Facts>>();

  /** What must be known before the model's family is; empty mostly, and without a server. */
  read(contact: Contact | undefined, wanted: Wanted, signal: AbortSignal): Promise<Facts> {
    const key = JSON.stringify([contact?.server.server, wanted.checkpoint, wanted.recipe]);
    const asked = this.#asked.get(key) ?? modelFacts(contact, wanted, signal);
    this.#asked.set(key, asked);
    asked.catch(() => this.#asked.delete(key));
    return asked;
  }
}

async function modelFacts(contact: Contact | undefined, wanted: Wanted, signal: AbortSignal): Promise<Facts> {
  if (contact === undefined || contact.infoError?.reason === 'not_offered') return new Map();
  const file = factsWanted({ ...wanted, server: { info: definitionsOf(contact) } });
  if (file === undefined) return new Map();
  return new Map([[`${file.folder}/${file.file}`, await askFacts(contact.server, file.folder, file.file, signal)]]);
}

/** A failure is "not known": 500 for what is no safetensors file. */
export async function askFacts(
  server: Connection,
  folder: string,
  file: string,
  signal?: AbortSignal,
): Promise<FileFacts> {
  const metadata = await server.peek(`/view_metadata/${folder}?filename=${encodeURIComponent(file)}`, signal);
  if (isRecord(metadata) && 'modelspec.architecture' in metadata) return { metadata, size: null };
  const size = (await folderSizes(server, folder, signal)).get(file) ?? null;
  return { metadata: isRecord(metadata) ? metadata : null, size };
}

/** Bytes of the files in a models folder, as far as the server tells. */
export async function folderSizes(
  server: Connection,
  folder: string,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const listed = await server.peek(`/experiment/models/${folder}`, signal);
  const entries = Array.isArray(listed) ? (listed as unknown[]).filter(isRecord) : [];
  return new Map(
    entries.flatMap(({ name, size }) =>
      typeof name === 'string' && typeof size === 'number' ? [[name, size] as const] : [],
    ),
  );
}
