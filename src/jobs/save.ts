// One output onto our disk: downloaded beside its target, checked, then given its final name.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, extname, isAbsolute, join, relative, resolve } from 'node:path';
import type { Connection } from '../connection/connection.ts';
import { extension, fillTemplate, stem } from '../files/name.ts';
import { assertInside, PartFile, writeError } from '../files/write.ts';
import type { OutputRef } from '../protocol/http.ts';
import { intoPart, maxBytesOf, type ArrivalOrder, type Arrived, type Source } from './arrival.ts';
import { fetchInto } from './download.ts';
import type { About, FileTarget, OutputTarget, SavedFile } from './job.ts';

export type SaveOrder = ArrivalOrder & {
  readonly target: OutputTarget;
  readonly about: About;
  readonly row: number;
  /** The job's files from 1. */
  readonly index: number;
  readonly promptId: string;
  /** One timestamp a job, taken when its first download begins. */
  readonly at: Date;
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

/** Downloads and checks one output. Throws ComfyGenError of kind `save`. */
export async function fetchOutput(server: Connection, ref: OutputRef, order: SaveOrder): Promise<FetchedOutput> {
  return fetchFrom((sink) => fetchInto(server, ref, sink), ref, order);
}

/** As `fetchOutput`, for bytes that come from elsewhere. */
export async function fetchFrom(source: Source, ref: OutputRef, order: SaveOrder): Promise<FetchedOutput> {
  const { target } = order;
  if (target.kind === 'sink') return fetchForSink(source, ref, order, target.write);
  return named(await intoPart(source, ref.filename, rootOf(target), order), ref, { ...order, target });
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
    maxBytes: maxBytesOf(maxDownload),
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
  transform: NonNullable<ArrivalOrder['transform']>,
): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'comfy-gen-')).catch((cause: unknown) => {
    throw writeError(cause, tmpdir());
  });
  try {
    await using part = await PartFile.create(folder);
    await part.write(bytes);
    await part.flush();
    await transform(part.path, filename);
    return await readFile(part.path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What has come gets its place; it is dropped when it can't have one. */
export async function named(
  arrived: Arrived,
  ref: OutputRef,
  order: SaveOrder & { readonly target: FileTarget },
): Promise<FetchedOutput> {
  try {
    const place = placeOf(ref, order);
    await assertInside(place.root, place.wanted);
    return inPlace(arrived, ref, place);
  } catch (error) {
    await arrived.part[Symbol.asyncDispose]();
    throw error;
  }
}

function inPlace({ part, about, ending: made }: Arrived, ref: OutputRef, place: Place): FetchedOutput {
  const own = made ?? extension(ref.filename);
  const isAsNamed = place.ending === undefined || own === '' || isSameKind(own, place.ending);
  const ending = isAsNamed ? (place.ending ?? own) : own;
  return {
    part: part.path,
    warning: isAsNamed ? undefined : `${ref.filename} is no ${place.ending} file: it keeps its ending ${own}`,
    commit: async () => {
      const path = await part.commit(withoutEnding(place.wanted, ending), ending);
      return { file: { path: place.show(path), ...nameOf(ref), ...about }, path };
    },
    [Symbol.asyncDispose]: () => part[Symbol.asyncDispose](),
  };
}

type Place = {
  /** The folder that the file must not leave. */
  readonly root: string;
  readonly wanted: string;
  readonly ending: string | undefined;
  /** The file as results name it: relative where the target is. */
  readonly show: (path: string) => string;
};

function placeOf(ref: OutputRef, order: SaveOrder & { readonly target: FileTarget }): Place {
  const { target } = order;
  const [written, real] = [writtenPath(target), realPath(target)];
  const root = rootOf(target);
  const show = (path: string): string => (isAbsolute(written) ? path : relative(resolve(target.cwd ?? ''), path));
  if (target.kind === 'folder')
    return {
      root,
      wanted: join(root, fillTemplate(target.template, values(ref, { ...order, row: target.row ?? order.row }))),
      ending: undefined,
      show,
    };
  const ending = extname(real);
  return { root, wanted: withoutEnding(real, ending), ending: ending === '' ? undefined : ending, show };
}

const writtenPath = (target: FileTarget): string => (target.kind === 'folder' ? target.folder : target.path);

function realPath(target: FileTarget): string {
  const written = writtenPath(target);
  return isAbsolute(written) ? written : resolve(target.cwd ?? '', written);
}

/** The folder that its files do not leave, and in which they arrive. */
export const rootOf = (target: FileTarget): string =>
  target.kind === 'folder' ? realPath(target) : dirname(realPath(target));

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
