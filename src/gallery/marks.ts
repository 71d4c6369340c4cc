// What marks the pages and sheets that a gallery writes: such a file is written anew, any other is left alone.
import { readMetadata, type Metadata } from '../media/metadata.ts';

/** In a sheet's metadata: under `Software` in a PNG, under `parameters` where another format takes it along. */
export const sheetMark = 'comfy-gen contact sheet';
/** In the head of a page. */
export const pageMark = '<meta name="generator" content="comfy-gen gallery">';

/** Bytes of a page in which its mark stands. */
const headBytes = 4096;

export const isOurPage = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.subarray(0, headBytes)).toString('utf8').includes(pageMark);

export function isOurSheet(bytes: Uint8Array): boolean {
  try {
    return isSheet(readMetadata(bytes));
  } catch {
    return false;
  }
}

export const isSheet = ({ texts }: Metadata): boolean =>
  texts.get('software') === sheetMark || texts.get('parameters') === sheetMark;
