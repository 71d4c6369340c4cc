// A small recording of our own of a real ComfyUI 0.33.0, replayed against the demo server in every test run.
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { differences, outline } from './compare.ts';
import { replay } from './replay.ts';
import { readTranscript } from './transcript.ts';

const recordings = new URL('../fixtures/transcripts/', import.meta.url);
const models = { checkpoints: ['tiny-sd15.safetensors', 'v1-5-pruned-emaonly.ckpt'] };

test('a picture, the same again from the cache, and refusals: as the real server', async () => {
  await using demo = await startDemo({ profile: '0.33', models, previews: true, stepMs: 5 });
  const result = await replay(readTranscript('picture.json', recordings), demo.url);
  expect(differences(result)).toEqual([]);
  expect(outline(result.sockets[0]?.ours ?? [])).toContain('execution_cached 3,4,5,6,7,8,9');
});

test('a server that behaves otherwise is found out', async () => {
  await using demo = await startDemo({ profile: '0.33', models: { checkpoints: ['other.ckpt'] }, previews: true });
  const result = await replay(
    readTranscript('picture.json', recordings).filter((e) => e.path === '/prompt'),
    demo.url,
  );
  expect(differences(result)).not.toEqual([]);
});
