// What a job gives that is no file on the server: images over the socket, and texts.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ComfyUIClient } from '../../src/client.ts';
import { parseFault, startDemo, type Demo } from '../../src/demo/demo.ts';
import { imageSize } from '../../src/media/check.ts';
import type { Workflow } from '../../src/workflow/workflow.ts';
import { Workplace } from '../helpers/cli.ts';

const demo = (): Promise<Demo> => startDemo({ stepMs: 2 });

const overSocket = (batch = 1): Workflow => ({
  '1': { class_type: 'EmptyImage', inputs: { width: 32, height: 32, batch_size: batch, color: 255 } },
  '2': { class_type: 'SaveImageWebsocket', inputs: { images: ['1', 0] } },
});

async function placeWith(workflow: unknown): Promise<Workplace> {
  const place = await Workplace.create();
  await writeFile(join(place.folder, 'w.json'), JSON.stringify(workflow));
  return place;
}

test('images that come over the socket are saved like files', async () => {
  await using server = await demo();
  await using place = await placeWith(overSocket(3));
  const { code, out, err } = await place.run(['run', 'w.json', '--host', server.url, '--json', '--name', '{name}']);
  expect(code, err).toBe(0);
  const { files } = JSON.parse(out) as { files: { path: string; node: string; width: number; bytes: number }[] };
  expect(files.map(({ path }) => path)).toEqual(
    [1, 2, 3].map((i) => join('images', 'output', `ComfyUI_ws_0000${i}_.png`)),
  );
  for (const { path, node, width, bytes } of files) {
    const saved = await readFile(join(place.folder, path));
    expect({ node, width, bytes }).toEqual({ node: '2', width: 32, bytes: saved.length });
    expect(imageSize(saved)).toEqual({ width: 32, height: 32 });
  }
});

test('with live previews on too, and beside files', async () => {
  await using server = await demo();
  await using place = await placeWith({
    ...overSocket(2),
    '3': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'own' } },
  });
  const { code, out, err } = await place.run(['run', 'w.json', '--host', server.url, '--events', '--previews']);
  expect(code, err).toBe(0);
  const events = out.trim().split('\n').map((line) => JSON.parse(line) as { type: string; file?: { filename: string } }); // prettier-ignore
  const saved = events.filter(({ type }) => type === 'saved').map(({ file }) => file?.filename);
  expect(saved.filter((name) => name?.startsWith('ComfyUI_ws_'))).toHaveLength(2);
  expect(saved.filter((name) => name?.startsWith('own'))).toHaveLength(2);
});

test('the library has their bytes', async () => {
  await using server = await demo();
  const client = new ComfyUIClient({ host: server.url });
  const job = await client.submit(overSocket());
  const { outputs, files } = await job.result();
  expect(files).toEqual([]);
  const [first] = outputs;
  expect(imageSize((await first?.bytes()) ?? new Uint8Array())).toEqual({ width: 32, height: 32 });
  await client.close();
});

test('without a socket the job says where its images went', async () => {
  await using server = await startDemo({ stepMs: 2, faults: [parseFault('ws-status=403')] });
  await using place = await placeWith(overSocket());
  const { code, err } = await place.run(['run', 'w.json', '--host', server.url]);
  expect(code, err).toBe(5);
  expect(err).toMatch(/the images of node 2 \(SaveImageWebsocket\) went over a WebSocket/);
});

test('texts are results: in --json, as an event, and on standard output where there is no file', async () => {
  await using server = await demo();
  await using place = await placeWith({
    '1': { class_type: 'PrimitiveString', inputs: { value: 'hello caption' } },
    '2': { class_type: 'PreviewAny', inputs: { source: ['1', 0] } },
  });
  const run = (...more: string[]) => place.run(['run', 'w.json', '--host', server.url, ...more]);
  const plain = await run();
  expect(plain.code, plain.err).toBe(0);
  expect(plain.out).toBe('hello caption\n');
  expect(JSON.parse((await run('--json')).out)).toMatchObject({
    files: [],
    texts: [{ node: '2', text: 'hello caption' }],
  });
  expect((await run('--events')).out).toMatch(/"type":"text".*"text":"hello caption"/);
});

test('control codes of a text do not reach the terminal by --json', async () => {
  await using server = await demo();
  const value = 'a\u009b31mb\u0085\u2028c';
  await using place = await placeWith({
    '1': { class_type: 'PrimitiveString', inputs: { value } },
    '2': { class_type: 'PreviewAny', inputs: { source: ['1', 0] } },
  });
  for (const flag of ['--json', '--events', '--dry-run']) {
    const { code, out, err } = await place.run(['run', 'w.json', '--host', server.url, flag]);
    expect(code, err).toBe(0);
    expect(out).toContain('a\\u009b31mb\\u0085\\u2028c');
    expect(out).not.toMatch(/[\u0080-\u009f\u2028]/);
  }
});
