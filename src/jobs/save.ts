// One output onto our disk: downloaded beside its target, checked, then given its final name.
import { dirname, extname, isAbsolute, join } from 'node:path';
import type { Connection } from '../connection/connection.ts';
import { extension, fillTemplate, stem } from '../files/name.ts';
import { assertInside, PartFile } from '../files/write.ts';
import type { OutputRef } from '../protocol/http.ts';
import { fetchInto } from './download.ts';
import type { About, JobRequest, OutputTarget, SavedFile } from './job.ts';

export type SaveOrder = {
  readonly target: OutputTarget;
  readonly about: About;
  readonly row: number;
  /** The job's files from 1. */
  readonly index: number;
  readonly promptId: string;
  /** One timestamp a job, taken when its first download begins. */
  readonly at: Date;
  readonly signal?: AbortSignal | undefined;
  readonly maxDownload?: number | undefined;
  readonly transform?: JobRequest['transform'];
  readonly naming?: ((path: string, output: OutputRef) => Promise<void>) | undefined;
};

const defaultMaxBytes = 16 * 1024 ** 3;

/** Downloads, checks and names one output; never replaces a file. Throws ComfyGenError of kind `save`. */
export async function saveOutput(server: Connection, ref: OutputRef, order: SaveOrder): Promise<SavedFile> {
  const { target, signal } = order;
  const maxBytes = order.maxDownload ?? defaultMaxBytes;
  const about = { filename: ref.filename, subfolder: ref.subfolder, node: ref.node, type: ref.type };
  if (target.kind === 'sink') {
    const chunks: Uint8Array[] = []; // held back until they are checked: what went to a pipe can't be taken back
    const fetched = await fetchInto(server, ref, {
      signal,
      maxBytes,
      write: (c) => void chunks.push(c),
      reset: () => void chunks.splice(0),
    });
    await target.write(Buffer.concat(chunks)); // at once: another job's file must not come in between
    return { path: null, ...about, ...fetched };
  }
  const wanted =
    target.kind === 'folder'
      ? join(target.folder, fillTemplate(target.template, values(ref, order)))
      : target.path.slice(0, target.path.length - extname(target.path).length);
  const root = target.kind === 'folder' ? target.folder : dirname(target.path);
  await using part = await PartFile.create(root);
  const fetched = await fetchInto(server, ref, {
    signal,
    maxBytes,
    write: (c) => part.write(c),
    reset: () => part.reset(),
  });
  const changed = await order.transform?.(part.path, ref.filename);
  const kept = order.transform === undefined ? fetched : { ...fetched, ...(await part.measure()) };
  const ending =
    changed ?? (target.kind === 'file' && extname(target.path) !== '' ? extname(target.path) : extension(ref.filename));
  await assertInside(root, wanted);
  const base =
    wanted.toLowerCase().endsWith(ending.toLowerCase()) && ending !== ''
      ? wanted.slice(0, wanted.length - ending.length)
      : wanted;
  await order.naming?.(part.path, ref);
  const path = await part.commit(base, ending);
  return { path: isAbsolute(root) ? path : path.replace(/^\.\//, ''), ...about, ...kept };
}

function values(ref: OutputRef, order: SaveOrder): Parameters<typeof fillTemplate>[1] {
  const { about } = order;
  return {
    at: order.at,
    name: stem(ref.filename),
    seed: about.seed,
    prompt: about.prompt,
    index: order.index,
    row: order.row,
    prompt_id: order.promptId,
    node: ref.node,
    checkpoint: about.checkpoint,
    width: about.width,
    height: about.height,
  };
}
