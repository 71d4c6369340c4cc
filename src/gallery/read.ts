// One file -> a picture of the gallery: what it carries, how large it is, and a small one of it.
import { imageSize } from '../media/check.ts';
import { readMetadata, type Metadata } from '../media/metadata.ts';
import { ComfyGenError } from '../errors.ts';
import { readUserFile } from '../files/user-file.ts';
import { valuesOf, type Values } from '../plan/provenance.ts';
import type { ObjectInfo } from '../protocol/object-info.ts';
import type { FoundFile } from './find.ts';
import { commandOf, shownValues, type Known } from './made.ts';
import type { Picture } from './picture.ts';
import { isSheet } from './marks.ts';
import type { Thumbnails } from './thumbnails.ts';

/** A longer file is shown and not looked into. */
const mostBytes = 512 * 1024 ** 2;

export type ReadOptions = {
  /** The file as the user would write it. */
  readonly shown: string;
  readonly known: Known;
  /** Node definitions, for files that carry only the web UI's workflow. */
  readonly definitions: () => Promise<ObjectInfo>;
  readonly thumbnails: Thumbnails | undefined;
};

/** Undefined for what is no picture, whatever its name says, and for sheets of our own. */
export async function readPicture(file: FoundFile, options: ReadOptions): Promise<Picture | undefined> {
  const { shown, known, thumbnails } = options;
  const bytes =
    file.bytes > mostBytes ? undefined : await readUserFile(file.path, { max: mostBytes }).catch(() => undefined);
  if (bytes === undefined && file.bytes <= mostBytes) return undefined; // empty, or gone meanwhile
  const metadata = bytes === undefined ? undefined : metadataOf(bytes);
  if ((bytes !== undefined && metadata === undefined) || (metadata !== undefined && isSheet(metadata)))
    return undefined;
  const carried = metadata === undefined ? {} : await carriedBy(metadata, shown, options.definitions);
  const size = bytes === undefined ? undefined : imageSize(bytes);
  const { width, height } = { width: size?.width, height: size?.height };
  return {
    path: file.path,
    shown,
    kind: file.kind,
    bytes: file.bytes,
    at: file.at,
    width,
    height,
    values: shownValues(carried, known),
    sweep: sweepOf(known),
    command: commandOf(carried, known, { shown, width, height }),
    thumbnail: file.kind === 'image' && bytes !== undefined ? await thumbnails?.of(bytes) : undefined,
  };
}

function metadataOf(bytes: Uint8Array): Metadata | undefined {
  try {
    return readMetadata(bytes);
  } catch {
    return undefined;
  }
}

/** A file that carries nothing, or nothing that can be read, is a picture all the same. */
async function carriedBy(metadata: Metadata, name: string, definitions: () => Promise<ObjectInfo>): Promise<Values> {
  return valuesOf(metadata, name, definitions).catch((error: unknown) => {
    if (error instanceof ComfyGenError) return {};
    throw error;
  });
}

/** Values of a sweep as they are written in a command. */
function sweepOf({ sweep }: Known): Picture['sweep'] {
  if (sweep === undefined || sweep === null) return undefined;
  return Object.fromEntries(Object.entries(sweep).map(([key, value]) => [key, String(value)]));
}
