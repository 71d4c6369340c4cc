// Texts of files that are no image, video or sound, but come out of ComfyUI and carry a workflow: latents, 3D models, SVG.
import { countPieces, damaged, decodeText, latin1, part, upTo, view, word, type Found } from './bytes.ts';
import { rawMembers, unquoted } from './json-members.ts';

/** Latents (safetensors) are saved with `__metadata__` in the header. */
export function readSafetensorsTexts(bytes: Uint8Array, found: Found): void {
  const length = Number(view(part(bytes, 0, 8, 'the header')).getBigUint64(0, true));
  const header = rawMembers(decodeText(upTo(bytes, 8, length, 'the header', found)));
  addStrings(header.get('__metadata__'), found);
}

/** Binary glTF: the JSON chunk, in it `asset.extras`. */
export function readGlbTexts(bytes: Uint8Array, found: Found): void {
  const count = countPieces('glTF chunks');
  for (let at = 12; at + 8 <= bytes.length; ) {
    count();
    const length = view(bytes).getUint32(at, true);
    const data = upTo(bytes, at + 8, length, 'a chunk of the glTF', found);
    if (word(bytes, at + 4) === 'JSON') {
      const asset = rawMembers(decodeText(data)).get('asset');
      addStrings(rawMembers(asset ?? '').get('extras'), found);
    }
    at += 8 + length;
  }
}

/** `<metadata><![CDATA[ … ]]></metadata>`, one JSON object. */
export function readSvgTexts(bytes: Uint8Array, found: Found): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = buffer.indexOf('<metadata');
  if (start === -1) return;
  const from = buffer.indexOf('<![CDATA[', start);
  const end = from === -1 ? -1 : buffer.indexOf(']]>', from);
  if (end === -1 || !/^<metadata[^<>]{0,500}>\s*$/.test(latin1(buffer.subarray(start, Math.min(from, start + 600)))))
    return;
  const text = decodeText(buffer.subarray(from + '<![CDATA['.length, end));
  if (rawMembers(text).size === 0) throw damaged('its metadata is not JSON');
  addStrings(text, found);
}

/** Objects stay the text that they are. */
function addStrings(object: string | undefined, { texts }: Found): void {
  for (const [key, raw] of rawMembers(object ?? '')) {
    const text = raw.startsWith('"') ? unquoted(raw) : raw;
    if (text !== undefined) texts.set(key.toLowerCase(), text);
  }
}
