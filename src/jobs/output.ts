// One file that the server produced: read it as a stream, as bytes, or save it; every way is checked.
import type { Connection } from '../connection/connection.ts';
import type { OutputRef } from '../protocol/http.ts';
import { defaultTemplate, parseTemplate } from '../files/name.ts';
import { fetchInto } from './download.ts';
import { saveOutput } from './save.ts';
import { aboutNothing, type SavedFile } from './job.ts';

export type Output = OutputRef & {
  /** The verified bytes in pieces; throws ComfyGenError of kind `save`. */
  stream: () => AsyncIterable<Uint8Array>;
  /** The verified bytes in one piece. */
  bytes: () => Promise<Uint8Array>;
  /** Saves into `folder` under the default name; never replaces a file. */
  save: (folder: string) => Promise<SavedFile>;
};

/** Gives an output reference its three ways to the bytes. */
export function makeOutput(server: Connection, ref: OutputRef, promptId: string, signal?: AbortSignal): Output {
  const bytes = async (): Promise<Uint8Array> => {
    const chunks: Uint8Array[] = [];
    await fetchInto(server, ref, {
      signal,
      maxBytes: 2 ** 31,
      write: (c) => void chunks.push(c),
      reset: () => void chunks.splice(0),
    });
    return Buffer.concat(chunks);
  };
  return {
    ...ref,
    bytes,
    stream: async function* () {
      yield await bytes();
    },
    save: (folder) =>
      saveOutput(server, ref, {
        target: { kind: 'folder', folder, template: parseTemplate(defaultTemplate) },
        about: aboutNothing,
        row: 1,
        index: 1,
        promptId,
        at: new Date(),
        signal,
      }),
  };
}
