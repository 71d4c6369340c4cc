// Every binary frame that real servers sent, 0.33.0 and 0.3.64, is decoded to a preview or a text.
import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decodeFrame } from '../../src/protocol/frames.ts';
import { folder, readTranscript } from './transcript.ts';

const isThere = existsSync(folder);

describe.skipIf(!isThere)('recorded frames', () => {
  test.each(['0.33.0/', './'])('of %s', (version) => {
    const root = new URL(version, folder);
    const names = readdirSync(root).filter((name) => /^\d.*\.json$/.test(name));
    const frames = names.flatMap((name) =>
      readTranscript(name, root).flatMap((e) =>
        e.binary?.base64 === undefined || e.dir === '>' ? [] : [Buffer.from(e.binary.base64, 'base64')],
      ),
    );
    const kinds = new Set(frames.map((f) => decodeFrame(f)).map((f) => (f.kind === 'preview' ? f.mime : f.kind)));
    expect(frames.length).toBeGreaterThan(200);
    expect([...kinds].filter((kind) => !['image/jpeg', 'image/png', 'text'].includes(kind))).toEqual([]);
  });
});

test.runIf(!isThere)('../shared/transcripts is not here: no frame was read', () => {
  expect(isThere).toBe(false);
});
