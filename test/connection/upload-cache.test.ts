// What a connection remembers of its uploads: each content goes once, and memory stays bounded however many there are.
import { expect, test } from 'vitest';
import { UploadCache } from '../../src/connection/upload.ts';

test('the same content is sent once; of very many the first is forgotten, and sent again', async () => {
  const uploads = new UploadCache();
  const sent: string[] = [];
  const upload = (content: string): Promise<string> =>
    uploads.once(content, () => {
      sent.push(content);
      return Promise.resolve(content);
    });
  for (let i = 0; i <= 10_000; i++) await upload(String(i));
  for (const content of ['10000', '1', '0']) await upload(content);
  expect([sent.length, sent.at(-1)]).toEqual([10_002, '0']);
});
