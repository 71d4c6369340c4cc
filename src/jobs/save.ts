// One output onto our disk: downloaded beside its target, checked, then given its final name.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, extname, isAbsolute, join, relative, resolve } from 'node:path';
import type { Connection } from '../connection/connection.ts';
import { extension, fillTemplate, stem } from '../files/name.ts';
import { assertInside, PartFile, writeError } from '../files/write.ts';
import type { OutputRef } from '../protocol/http.ts';
import { fetchInto, type Fetched, type Sink } from './download.ts';
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
};

/** A file that has come whole. `commit` gives it its name, or sends it on; disposal without commit drops it. */
export type FetchedOutput = AsyncDisposable & {
  /** Where it lies until then; absent for what goes to a sink. */
  readonly part: string | undefined;
  /** It is of another kind than the name that was asked for says, and keeps its own ending. */
  readonly warning?: string | undefined;
  /** `path` is where it lies now; results may name it relative to a working folder. */
  readonly commit: () => Promise<{ readonly file: SavedFile; readonly path: string | undefined }>;
};

const defaultMaxBytes = 16 * 1024 ** 3;

/** Brings the bytes of one output into the sink, checked. */
type Source = (sink: Sink) => Promise<Fetched>;

/** Downloads and checks one output. Throws ComfyGenError of kind `save`. */
export async function fetchOutput(server: Connection, ref: OutputRef, order: SaveOrder): Promise<FetchedOutput> {
  return fetchFrom((sink) => fetchInto(server, ref, sink), ref, order);
}

/** As `fetchOutput`, for bytes that come from elsewhere. */
export async function fetchFrom(source: Source, ref: OutputRef, order: SaveOrder): Promise<FetchedOutput> {
  const { target } = order;
  return target.kind === 'sink'
    ? fetchForSink(source, ref, order, target.write)
    : fetchBeside(source, ref, order, target);
}

/** Held back until it is checked: what went to a pipe can't be taken back. */
async function fetchForSink(
  source: Source,
  ref: OutputRef,
  { signal, maxDownload, transform }: SaveOrder,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<FetchedOutput> {
  const chunks: Uint8Array[] = [];
  const fetched = await source({
    signal,
    maxBytes: maxDownload ?? defaultMaxBytes,
    write: (chunk) => void chunks.push(chunk),
    reset: () => void chunks.splice(0),
  });
  const whole = Buffer.concat(chunks);
  const bytes = transform === undefined ? whole : await transformed(whole, ref.filename, transform);
  return {
    part: undefined,
    commit: async () => {
      await write(bytes); // at once: another job's file must not come in between
      return { file: { path: null, ...nameOf(ref), ...fetched }, path: undefined };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** The same change as a file on the disk gets, in a folder of its own. */
async function transformed(
  bytes: Uint8Array,
  filename: string,
  transform: NonNullable<SaveOrder['transform']>,
): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'comfy-gen-')).catch((cause: unknown) => {
    throw writeError(cause, tmpdir());
  });
  try {
    await using part = await PartFile.create(folder);
    await part.write(bytes);
    await transform(part.path, filename);
    return await readFile(part.path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fetchBeside(
  source: Source,
  ref: OutputRef,
  order: SaveOrder,
  target: Exclude<OutputTarget, { kind: 'sink' }>,
): Promise<FetchedOutput> {
  const { signal, maxDownload, transform } = order;
  const place = placeOf(ref, order, target);
  const part = await PartFile.create(place.root);
  try {
    const fetched = await source({
      signal,
      maxBytes: maxDownload ?? defaultMaxBytes,
      write: (chunk) => part.write(chunk),
      reset: () => part.reset(),
    });
    const changed = await transform?.(part.path, ref.filename);
    const kept = transform === undefined ? fetched : { ...fetched, ...(await part.measure()) };
    const own = changed ?? extension(ref.filename);
    const isAsNamed = place.ending === undefined || own === '' || isSameKind(own, place.ending);
    const ending = isAsNamed ? (place.ending ?? own) : own;
    await assertInside(place.root, place.wanted);
    return {
      part: part.path,
      warning: isAsNamed ? undefined : `${ref.filename} is no ${place.ending} file: it keeps its ending ${own}`,
      commit: async () => {
        const path = await part.commit(withoutEnding(place.wanted, ending), ending);
        return { file: { path: place.show(path), ...nameOf(ref), ...kept }, path };
      },
      [Symbol.asyncDispose]: () => part[Symbol.asyncDispose](),
    };
  } catch (error) {
    await part[Symbol.asyncDispose]();
    throw error;
  }
}

type Place = {
  /** The folder that the file must not leave. */
  readonly root: string;
  readonly wanted: string;
  readonly ending: string | undefined;
  /** The file as results name it: relative where the target is. */
  readonly show: (path: string) => string;
};

function placeOf(ref: OutputRef, order: SaveOrder, target: Exclude<OutputTarget, { kind: 'sink' }>): Place {
  const { cwd = '' } = target;
  const written = target.kind === 'folder' ? target.folder : target.path;
  const real = isAbsolute(written) ? written : resolve(cwd, written);
  const show = (path: string): string => (isAbsolute(written) ? path : relative(resolve(cwd), path));
  if (target.kind === 'folder')
    return {
      root: real,
      wanted: join(real, fillTemplate(target.template, values(ref, order))),
      ending: undefined,
      show,
    };
  const ending = extname(real);
  return { root: dirname(real), wanted: withoutEnding(real, ending), ending: ending === '' ? undefined : ending, show };
}

const jpeg = /^\.jpe?g$/i;

/** `.jpeg` and `.jpg` name the same kind of file. */
const isSameKind = (a: string, b: string): boolean =>
  a.toLowerCase() === b.toLowerCase() || (jpeg.test(a) && jpeg.test(b));

function withoutEnding(path: string, ending: string): string {
  return ending !== '' && path.toLowerCase().endsWith(ending.toLowerCase()) ? path.slice(0, -ending.length) : path;
}

const nameOf = ({
  filename,
  subfolder,
  node,
  type,
}: OutputRef): Pick<SavedFile, 'filename' | 'subfolder' | 'node' | 'type'> => ({
  filename,
  subfolder,
  node,
  type,
});

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
    steps: about.steps,
    cfg: about.cfg,
    sampler: about.sampler,
    scheduler: about.scheduler,
    lora: about.loras?.[0]?.name ?? null,
    sweep: about.sweep === null ? null : sweepText(about.sweep),
  };
}

/** `cfg4_steps10`. */
function sweepText(sweep: Readonly<Record<string, unknown>>): string {
  return Object.entries(sweep)
    .map(
      ([key, value]) =>
        `${key.replace(/^set\./, '')}${String(value).replace(/\.(?:safetensors|ckpt|sft|gguf|pth?)$/i, '')}`,
    )
    .join('_');
}
