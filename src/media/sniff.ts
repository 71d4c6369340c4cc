// What a file is, by its first bytes: the one place that knows signatures.
import { heifBrand } from './heif.ts';
import { latin1, view, word } from './bytes.ts';

export type MediaFormat =
  | 'png' | 'webp' | 'jpeg' | 'gif' | 'avif' | 'heif' | 'jxl' | 'bmp' | 'tiff' | 'svg' | 'psd' | 'exr'
  | 'mp4' | 'webm' | 'avi'
  | 'flac' | 'ogg' | 'mp3' | 'aac' | 'wav' | 'aiff'
  | 'glb' | 'safetensors'; // prettier-ignore

/** How many bytes `mediaFormat` wants to see at most. */
export const sniffedBytes = 1024;

/** First letters -> format, where these alone decide. */
const starts: readonly (readonly [string, MediaFormat])[] = [
  ['\u0089PNG\r\n\u001a\n', 'png'],
  ['\u00ff\u00d8\u00ff', 'jpeg'],
  ['GIF87a', 'gif'],
  ['GIF89a', 'gif'],
  ['\u001a\u0045\u00df\u00a3', 'webm'],
  ['fLaC', 'flac'],
  ['OggS', 'ogg'],
  ['glTF', 'glb'],
  ['II*\0', 'tiff'],
  ['MM\0*', 'tiff'],
  ['II+\0', 'tiff'],
  ['MM\0+', 'tiff'],
  ['8BPS\0', 'psd'],
  ['\u0076\u002f\u0031\u0001', 'exr'],
  ['\u00ff\u000a', 'jxl'],
  ['\0\0\0\u000cJXL \r\n\u0087\n', 'jxl'],
];

/** Letters of a container -> letters at 8 -> format. */
const containers: Readonly<Record<string, Readonly<Record<string, MediaFormat>>>> = {
  RIFF: { WEBP: 'webp', WAVE: 'wav', 'AVI ': 'avi' },
  RF64: { WAVE: 'wav' },
  FORM: { AIFF: 'aiff', AIFC: 'aiff' },
};

/** The format; undefined for what is no image, video, sound or model that could carry metadata. */
export function mediaFormat(bytes: Uint8Array): MediaFormat | undefined {
  const start = latin1(bytes.subarray(0, 16));
  const [, known] = starts.find(([letters]) => start.startsWith(letters)) ?? [];
  if (known !== undefined) return known;
  const container = containers[start.slice(0, 4)];
  if (container !== undefined && Object.hasOwn(container, start.slice(8, 12))) return container[start.slice(8, 12)];
  const brand = heifBrand(bytes);
  if (brand !== undefined) return brand;
  if (/^(ftyp|moov|mdat|free|wide|skip)$/.test(start.slice(4, 8))) return 'mp4';
  if (start.startsWith('ID3')) return isAac(bytes.subarray(id3Length(bytes))) ? 'aac' : 'mp3';
  if (isAac(bytes)) return 'aac';
  if (isMpegFrame(bytes)) return 'mp3';
  if (isBmp(bytes)) return 'bmp';
  if (start[8] === '{' && start.slice(5, 8) === '\0\0\0') return 'safetensors';
  return isSvg(latin1(bytes.subarray(0, sniffedBytes))) ? 'svg' : undefined;
}

/** A web page, in whatever a server sent instead of a file. */
export function isHtml(head: Uint8Array): boolean {
  const text = latin1(head.subarray(0, sniffedBytes)).replace(/^\u00ef\u00bb\u00bf/, '');
  return /^\s*(?:<\?xml[^<>]{0,200}\?>\s*|<!--[^<>]{0,500}-->\s*)?<(?:!doctype\s+html|html|head|body)[\s>]/i.test(text);
}

function isSvg(start: string): boolean {
  return (
    /^(?:\u00ef\u00bb\u00bf)?\s*(?:<\?xml|<!--|<!DOCTYPE svg|<svg)[\s\S]*<svg[\s>]/i.test(start) ||
    /^\s*<svg[\s>]/i.test(start)
  );
}

/** MPEG layer II or III: eleven bits of ones, and no number that is reserved. Layer I would be a text's UTF-16 mark. */
function isMpegFrame(bytes: Uint8Array): boolean {
  const [first, second = 0, third = 0] = bytes;
  if (first !== 0xff || second < 0xe0) return false;
  const [version, layer] = [(second >> 3) & 3, (second >> 1) & 3];
  return version !== 1 && (layer === 1 || layer === 2) && third >> 4 !== 15 && ((third >> 2) & 3) !== 3;
}

/** ADTS: twelve bits of ones, layer 0, a sampling rate that there is. */
function isAac(bytes: Uint8Array): boolean {
  const [first, second = 0, third = 0] = bytes;
  return first === 0xff && (second & 0xf6) === 0xf0 && ((third >> 2) & 15) < 13;
}

function id3Length(bytes: Uint8Array): number {
  return 10 + bytes.subarray(6, 10).reduce((size, byte) => size * 128 + (byte & 0x7f), 0);
}

/** Two letters are little: the length of the head behind them must be one of those that there are. */
function isBmp(bytes: Uint8Array): boolean {
  if (word(bytes, 0).slice(0, 2) !== 'BM' || bytes.length < 26) return false;
  return [12, 16, 40, 52, 56, 64, 108, 124].includes(view(bytes).getUint32(14, true));
}
