// What a browser gets: a page that says what the server is, complete in itself, in which no text becomes markup.
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { ask, over, plain, submit } from './bench.ts';

test('a page that loads nothing, says how the server is used, and shows the last pictures', async () => {
  await using demo = await startDemo();
  expect((await ask(demo, '/')).text).toContain('None yet');
  await over(demo, await submit(demo, plain));
  const { status, text, headers } = await ask(demo, '/');
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(text).toContain(`--host ${demo.url}`);
  expect(text).toContain('no model');
  const sources = [...text.matchAll(/\ssrc="([^"]*)"/g)].map((m) => m[1] ?? '');
  expect(sources).toHaveLength(1);
  expect(sources.every((s) => s.startsWith('data:image/png;base64,iVBOR'))).toBe(true);
  expect(text).not.toMatch(/<script|<link[^>]*href="(?!data:)|@import|url\(/);
  const [, link = ''] = /<a href="([^"]*)"/.exec(text) ?? [];
  const file = await fetch(new URL(link.replaceAll('&amp;', '&'), `${demo.url}/`));
  expect(file.headers.get('content-type')).toBe('image/png');
});

test('names and addresses are texts, whatever stands in them', async () => {
  await using demo = await startDemo();
  const name = `<img src=x onerror=alert(1)>"'&`;
  const nasty = { ...plain, '2': { class_type: 'SaveImage', inputs: { filename_prefix: name, images: ['1', 0] } } };
  await over(demo, await submit(demo, nasty));
  const { text } = await ask(demo, '/');
  expect(text).not.toContain('<img src=x');
  expect(text).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;_00001_.png');
});

test('many pictures do not make it long', async () => {
  await using demo = await startDemo();
  const large = { class_type: 'EmptyImage', inputs: { width: 2048, height: 2048, batch_size: 30, color: 255 } };
  await over(demo, await submit(demo, { ...plain, '1': large }));
  const { text } = await ask(demo, '/');
  expect([...text.matchAll(/<figure>/g)]).toHaveLength(12);
  expect(text.length).toBeLessThan(2_000_000);
});
