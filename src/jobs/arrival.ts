// The bytes of one output into a file that has no name yet.
import { PartFile } from '../files/write.ts';
import type { Fetched, Sink } from './download.ts';
import type { JobRequest } from './job.ts';

export type ArrivalOrder = {
  readonly signal?: AbortSignal | undefined;
  readonly maxDownload?: number | undefined;
  readonly transform?: JobRequest['transform'];
};

/** Brings the bytes of one output into the sink, checked. */
export type Source = (sink: Sink) => Promise<Fetched>;

/** A file that has come whole, changed as the job wants it. Whoever has it disposes of `part`. */
export type Arrived = {
  readonly part: PartFile;
  readonly about: Fetched;
  /** Of what the change made of it; undefined where it is what it was. */
  readonly ending: string | undefined;
};

export const maxBytesOf = (asked: number | undefined): number => asked ?? 16 * 1024 ** 3;

/** Nothing of it is left in the folder when this throws. */
export async function intoPart(
  source: Source,
  filename: string,
  folder: string,
  { signal, maxDownload, transform }: ArrivalOrder,
): Promise<Arrived> {
  const part = await PartFile.create(folder);
  try {
    const fetched = await source({
      signal,
      maxBytes: maxBytesOf(maxDownload),
      write: (chunk) => part.write(chunk),
      writeLent: async (chunk) => {
        await part.write(chunk);
        await part.flush();
      },
      reset: () => part.reset(),
    });
    if (transform !== undefined) await part.flush();
    const ending = await transform?.(part.path, filename);
    const about = transform === undefined ? fetched : { ...fetched, ...(await part.measure()) };
    await part.settle();
    return { part, ending, about };
  } catch (error) {
    await part[Symbol.asyncDispose]();
    throw error;
  }
}
