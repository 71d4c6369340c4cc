// Files that can be told for what they are, but hold nothing to see, hear or load.
import { encodePng } from '../../media/png.ts';
import { paint } from './paint.ts';

const note = Buffer.from('comfy-gen demo: no model ran');

const makers: Readonly<Record<string, () => Uint8Array>> = {
  mp4: () => Buffer.concat([box('ftyp', Buffer.from('isom\0\0\u0002\0isommp42', 'latin1')), box('free', note)]),
  flac: () => Buffer.from('fLaC\0', 'latin1'),
  mp3: () => Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0x00]), Buffer.alloc(413)]),
  glb,
  latent: () => safetensors('{"latent_tensor":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'),
  safetensors: () => safetensors('{"__metadata__":{"made_by":"comfy-gen demo: no model ran"}}'),
  txt: () => note,
  json: () => Buffer.from(JSON.stringify({ note: note.toString() })),
};

/** A file of this kind (`mp4`, `safetensors`, …); undefined for one that the demo cannot make. */
export function placeholder(extension: string): (() => Uint8Array) | undefined {
  return Object.hasOwn(makers, extension) ? makers[extension] : undefined;
}

/** A picture that says that it was drawn. */
export function signedPng(painting: Parameters<typeof paint>[0], texts: Readonly<Record<string, string>>): Uint8Array {
  return encodePng(paint(painting), {
    ...texts,
    'comfy-gen-demo': 'drawn by the demo server of comfy-gen: no model ran',
  });
}

function box(type: string, data: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + data.length, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, data]);
}

function safetensors(header: string): Buffer {
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([head, Buffer.from(header)]);
}

function glb(): Uint8Array {
  const json = Buffer.from('{"asset":{"version":"2.0","generator":"comfy-gen demo"}}'.padEnd(60));
  const head = Buffer.alloc(20);
  head.write('glTF', 0, 'latin1');
  head.writeUInt32LE(2, 4);
  head.writeUInt32LE(20 + json.length, 8);
  head.writeUInt32LE(json.length, 12);
  head.write('JSON', 16, 'latin1');
  return Buffer.concat([head, json]);
}
