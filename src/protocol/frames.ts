// Binary WebSocket frames, both directions (protocol.md 3.5): previews, previews with metadata, progress text.

export type Frame =
  | {
      readonly kind: 'preview';
      readonly node: string | undefined;
      readonly prompt_id: string | undefined;
      readonly mime: string;
      readonly image: Uint8Array;
    }
  | { readonly kind: 'text'; readonly node: string; readonly text: string }
  | { readonly kind: 'unknown'; readonly event: number };

const events = { preview: 1, text: 3, previewWithMetadata: 4 } as const;
const formats = { jpeg: 1, png: 2 } as const;

/** Is it one that brings an image? Looked at without reading the rest. */
export function bringsImage(bytes: Uint8Array): boolean {
  const kind = bytes[3]; // a word with the high byte first
  return kind === events.preview || kind === events.previewWithMetadata;
}

/** Reads one binary frame. What is too short, damaged or of another kind is `unknown`, never an exception. */
export function decodeFrame(bytes: Uint8Array): Frame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength); // Node pools Buffers
  const event = bytes.byteLength >= 4 ? view.getUint32(0) : -1;
  const unknown: Frame = { kind: 'unknown', event };
  if (bytes.byteLength < 8) return unknown;
  const word = view.getUint32(4); // an image format or the length of what comes first
  if (event === events.preview) {
    const said = word === formats.png ? 'image/png' : 'image/jpeg';
    const image = bytes.subarray(8);
    return { kind: 'preview', node: undefined, prompt_id: undefined, mime: sniffMime(image) ?? said, image };
  }
  if (word > bytes.byteLength - 8) return unknown;
  const head = bytes.subarray(8, 8 + word);
  const rest = bytes.subarray(8 + word);
  if (event === events.text) return { kind: 'text', node: text(head), text: text(rest) };
  if (event !== events.previewWithMetadata) return unknown;
  return previewWithMetadata(text(head), rest) ?? unknown;
}

/** The type of an image by its first bytes; undefined when they are no image that a server sends. */
export function sniffMime(bytes: Uint8Array): string | undefined {
  const at = (offset: number, ...wanted: readonly number[]): boolean => wanted.every((b, i) => bytes[offset + i] === b);
  if (at(0, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'image/png';
  if (at(0, 0xff, 0xd8, 0xff)) return 'image/jpeg';
  if (at(0, 0x52, 0x49, 0x46, 0x46) && at(8, 0x57, 0x45, 0x42, 0x50)) return 'image/webp';
  if (at(0, 0x47, 0x49, 0x46, 0x38)) return 'image/gif';
  return undefined;
}

/** Type 1: what clients without `supports_preview_metadata` get. */
export function encodePreview(mime: string, image: Uint8Array): Uint8Array {
  return join(events.preview, mime === 'image/png' ? formats.png : formats.jpeg, image);
}

/** Type 4: the image behind a JSON head that names node and prompt. */
export function encodePreviewWithMetadata(metadata: Readonly<Record<string, unknown>>, image: Uint8Array): Uint8Array {
  const head = Buffer.from(JSON.stringify(metadata), 'utf8');
  return join(events.previewWithMetadata, head.length, head, image);
}

/** Type 3: a line of text of a running node. */
export function encodeText(node: string, line: string): Uint8Array {
  const head = Buffer.from(node, 'utf8');
  return join(events.text, head.length, head, Buffer.from(line, 'utf8'));
}

function previewWithMetadata(head: string, image: Uint8Array): Frame | undefined {
  let metadata: unknown;
  try {
    metadata = JSON.parse(head);
  } catch {
    return undefined;
  }
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  const word = (key: string): string | undefined => {
    const value: unknown = Reflect.get(metadata, key);
    return typeof value === 'string' ? value : undefined;
  };
  const mime = sniffMime(image) ?? word('image_type') ?? 'application/octet-stream';
  return { kind: 'preview', node: word('node_id'), prompt_id: word('prompt_id'), mime, image };
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

function join(event: number, word: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const start = Buffer.alloc(8);
  start.writeUInt32BE(event, 0);
  start.writeUInt32BE(word, 4);
  return Buffer.concat([start, ...parts]);
}
