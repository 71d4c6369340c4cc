// File name, metadata and size -> family: what a model file most likely is, and how sure that is.
import { findFamily, rows } from './families.ts';
import type { Row } from './family-row.ts';

/** What a server tells of a file besides its name. Null: it was asked and knows nothing. */
export type FileFacts = {
  readonly metadata?: Readonly<Record<string, unknown>> | null | undefined;
  /** Bytes. */
  readonly size?: number | null | undefined;
};

export type Detected = {
  /** Family, known with or without a recipe; null: the file is no model to generate with, or says nothing. */
  readonly family: string | null;
  /** Name or metadata say so; false for a guess by size and for the fallback. */
  readonly certain: boolean;
  readonly by: 'name' | 'metadata' | 'size' | 'none';
  readonly loader: 'checkpoint' | 'split';
  /** One of a pair of models. */
  readonly part?: 'high' | 'low';
  readonly note?: string;
};

export const baseName = (file: string): string => file.split(/[\\/]/).at(-1) ?? file;

/** The family of a file. The name decides; where it says nothing, the metadata, then the size. */
export function familyOf(file: string, folder?: string, facts: FileFacts = {}): Detected {
  const name = baseName(file).toLowerCase();
  const hit = rowOf(name);
  if (hit !== undefined) return describe(name, hit.name ?? null, 'name', folder);
  const architecture = facts.metadata?.['modelspec.architecture'];
  const known = typeof architecture === 'string' ? familyOfArchitecture(architecture) : undefined;
  if (known !== undefined) return describe(name, known, 'metadata', folder);
  const sized = typeof facts.size === 'number' ? familyOfSize(facts.size, folder) : undefined;
  if (sized !== undefined) return { ...describe(name, sized, 'size', folder), certain: false };
  return { family: null, certain: false, by: 'none', loader: loaderOf(null, folder) };
}

/** Does the name say nothing, so that metadata and size are worth asking for? */
export const nameSaysNothing = (file: string): boolean => rowOf(baseName(file).toLowerCase()) === undefined;

/** The name that was looked for last: one job asks four times for the same, and V8 compiles a pattern anew when it runs again. */
let last: { readonly name: string; readonly row: Row | undefined } | undefined;

/** The first row whose pattern fits: rows stand from special to general. */
function rowOf(name: string): Row | undefined {
  if (last?.name !== name) last = { name, row: rows.find((row) => row.detect?.test(name) === true) };
  return last.row;
}

/** `modelspec.architecture` -> family, by the longest beginning that fits; null for a LoRA, a ControlNet or a VAE; undefined when it is unknown. */
export function familyOfArchitecture(value: string): string | null | undefined {
  const text = value.toLowerCase();
  if (/\/(lora|controlnet|vae)$/.test(text)) return null;
  const starts = rows.flatMap(({ name, architectures }) => (architectures ?? []).map((start) => ({ start, name })));
  const fitting = starts.filter(({ start }) => text.startsWith(start));
  return fitting.sort((a, b) => b.start.length - a.start.length)[0]?.name;
}

const GB = 1e9;
function familyOfSize(bytes: number, folder: string | undefined): string | undefined {
  if (folder !== undefined && folder !== 'checkpoints') return undefined;
  const near = (low: number, high: number): boolean => bytes >= low * GB && bytes <= high * GB;
  if (near(1.95, 2.3) || near(3.9, 4.4)) return 'sd15';
  return near(6.3, 7.3) ? 'sdxl' : undefined;
}

function describe(name: string, family: string | null, by: Detected['by'], folder: string | undefined): Detected {
  const row = family === null ? undefined : findFamily(family);
  const notes = (row?.variants ?? []).filter((variant) => variant.match.test(name)).map((variant) => variant.note);
  const note = [...notes, row?.kind === 'part' ? row.note : undefined].filter((n) => n !== undefined).join('; ');
  const part = row?.shape === 'stages' ? partOf(name) : undefined;
  return {
    family,
    certain: true,
    by,
    loader: loaderOf(family, folder),
    ...(part === undefined ? {} : { part }),
    ...(note === '' ? {} : { note }),
  };
}

export function partOf(name: string): 'high' | 'low' | undefined {
  const found = /(?:^|[^a-z])(high|low)(?:[^a-z]|$)/i.exec(name)?.[1]?.toLowerCase();
  return found === 'high' || found === 'low' ? found : undefined;
}

/** The folder decides between whole checkpoint and split loaders; without one, the row. */
function loaderOf(family: string | null, folder: string | undefined): Detected['loader'] {
  if (folder === 'checkpoints') return 'checkpoint';
  if (folder !== undefined) return 'split';
  return (family === null ? undefined : findFamily(family)?.loader) ?? 'checkpoint';
}
