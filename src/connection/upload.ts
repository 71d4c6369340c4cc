// Uploads: one file to `/upload/image`, streamed; what a connection has uploaded already is not sent again.
import { ComfyGenError } from '../errors.ts';
import { parseUpload } from '../protocol/http.ts';
import { uploadForm, type UploadProgress, type UploadSource } from './body.ts';
import { unlessAborted } from './patience.ts';
import type { Transport } from './transport.ts';

/** Uploads one file (protocol.md 7); `path` is the route as this server wants it. Returns the name to put into a graph. */
export async function upload(
  transport: Transport,
  path: string,
  file: { readonly name: string; readonly source: UploadSource },
  how: { readonly signal?: AbortSignal | undefined; readonly progress?: UploadProgress | undefined },
): Promise<string> {
  const body = await uploadForm(serverName(file.name), file.source);
  const answer = await transport.safe(path, { method: 'POST', body, ...how });
  if (answer.status !== 200) throw transport.unexpected('/upload/image', answer);
  const stored = parseUpload(answer.text);
  if (stored === undefined)
    throw new ComfyGenError('not_comfyui', `${transport.name} answered an upload without a name`);
  return stored;
}

/** Letters of any script, digits, dots, dashes: what no server and no file system takes for something else. */
function serverName(name: string): string {
  return name.replace(/[^\p{L}\p{M}\p{N}._-]/gu, '_');
}

/** What is forgotten first of so many is sent again if it is wanted. */
const remembered = 10_000;

/** Names on the server by what was uploaded under them; one upload at a time for the same content. */
export class UploadCache {
  readonly #names = new Map<string, Promise<string>>();

  /** The server's name for `content`, by `send` if nobody has sent it; one who gives up stops nobody else. */
  async once(content: string, send: () => Promise<string>, signal?: AbortSignal): Promise<string> {
    for (;;) {
      signal?.throwIfAborted();
      const known = this.#names.get(content);
      if (known === undefined) {
        const sending = send();
        this.#names.set(content, sending);
        if (this.#names.size > remembered) this.#names.delete(this.#names.keys().next().value ?? '');
        sending.catch(() => this.#names.delete(content));
        return sending;
      }
      const others = known.catch(() => undefined);
      const name = await (signal === undefined ? others : unlessAborted(others, signal));
      if (name !== undefined) return name;
    }
  }
}
