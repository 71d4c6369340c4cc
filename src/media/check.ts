// Is a file what its name says: signature, end, announced length; and how large is the picture. Reads head and tail only.

export type Wrong = { readonly truncated: boolean; readonly message: string };

type Kind = 'png' | 'jpeg' | 'webp' | 'gif' | 'html' | 'other';

const expected: Readonly<Record<string, readonly Kind[]>> = {
  png: ['png'],
  jpg: ['jpeg'],
  jpeg: ['jpeg'],
  webp: ['webp'],
  gif: ['gif'],
};

/** What is wrong with a finished download of `filename`; undefined when nothing is. */
export function checkImage(filename: string, head: Uint8Array, tail: Uint8Array, size: number): Wrong | undefined {
  const extension = /\.([a-z0-9]+)$/i.exec(filename)?.[1]?.toLowerCase() ?? '';
  const kind = kindOf(head);
  const wanted = Object.hasOwn(expected, extension) ? expected[extension] : undefined;
  if (wanted !== undefined && !wanted.includes(kind)) {
    // an honest picture under another picture's name is no reason to throw it away
    if (kind === 'html' || kind === 'other')
      return {
        truncated: false,
        message: `is no ${extension.toUpperCase()} picture${kind === 'html' ? ' but a web page' : ''}`,
      };
  }
  if (kind === 'html' && !['html', 'htm', 'svg', 'xml', 'txt', 'md'].includes(extension)) {
    return { truncated: false, message: 'is a web page, not the file' };
  }
  return endOf(kind, head, tail, size) ? undefined : { truncated: true, message: `is cut off (${size} bytes, no end)` };
}

/** Does a file of this kind end where it should? */
function endOf(kind: Kind, head: Uint8Array, tail: Uint8Array, size: number): boolean {
  switch (kind) {
    case 'png':
      return latin1(tail.subarray(-8, -4)) === 'IEND' || latin1(tail).includes('IEND\u00ae\u0042\u0060\u0082');
    case 'jpeg':
      return latin1(tail).includes('\u00ff\u00d9');
    case 'webp':
      return size >= view(head).getUint32(4, true) + 8;
    case 'gif':
      return tail.at(-1) === 0x3b;
    case 'html':
    case 'other':
      return true;
  }
}

function kindOf(head: Uint8Array): Kind {
  const start = latin1(head.subarray(0, 16));
  if (start.startsWith('\u0089PNG\r\n\u001a\n')) return 'png';
  if (start.startsWith('\u00ff\u00d8\u00ff')) return 'jpeg';
  if (start.startsWith('RIFF') && start.slice(8, 12) === 'WEBP') return 'webp';
  if (/^GIF8[79]a/.test(start)) return 'gif';
  if (/^\s*<(!doctype|html|head|body|\?xml)/i.test(latin1(head.subarray(0, 256)))) return 'html';
  return 'other';
}

/** Width and height in pixels, from the head of a PNG, JPEG, WebP or GIF. */
export function imageSize(head: Uint8Array): { readonly width: number; readonly height: number } | undefined {
  try {
    switch (kindOf(head)) {
      case 'png':
        return { width: view(head).getUint32(16), height: view(head).getUint32(20) };
      case 'gif':
        return { width: view(head).getUint16(6, true), height: view(head).getUint16(8, true) };
      case 'webp':
        return webpSize(head);
      case 'jpeg':
        return jpegSize(head);
      default:
        return undefined;
    }
  } catch {
    return undefined; // a head too short for its own header
  }
}

function webpSize(head: Uint8Array): { width: number; height: number } | undefined {
  const v = view(head);
  const form = latin1(head.subarray(12, 16));
  if (form === 'VP8X')
    return { width: 1 + (v.getUint32(24, true) & 0xffffff), height: 1 + (v.getUint32(26, true) >>> 8) };
  if (form === 'VP8 ') return { width: v.getUint16(26, true) & 0x3fff, height: v.getUint16(28, true) & 0x3fff };
  if (form !== 'VP8L') return undefined;
  const bits = v.getUint32(21, true);
  return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
}

function jpegSize(head: Uint8Array): { width: number; height: number } | undefined {
  const v = view(head);
  for (let at = 2; at + 9 < head.length; ) {
    if (head[at] !== 0xff) return undefined;
    const marker = head[at + 1] ?? 0;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { width: v.getUint16(at + 7), height: v.getUint16(at + 5) };
    at += 2 + v.getUint16(at + 2);
  }
  return undefined;
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
