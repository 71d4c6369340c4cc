// Standard output as a pipe that does not wait, and whose reader is slow or leaves: every byte arrives, or the end is quiet.
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, createReadStream, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { startDemo, type Demo } from '../../src/demo/demo.ts';
import { jsonLines, Workplace } from '../helpers/cli.ts';

const bin = fileURLToPath(new URL('../../bin/comfy-gen.js', import.meta.url));
const rows = Array.from({ length: 60 }, (_none, i) => `row ${i + 1}\n`).join('');
const node = { class_type: 'EmptyImage', inputs: { width: 64, height: 64, batch_size: 1, color: 1 } };
const files = {
  'rows.txt': rows,
  'graph.json': JSON.stringify(Object.fromEntries(Array.from({ length: 5000 }, (_none, i) => [`${i + 1}`, node]))),
};
const commands = {
  graph: ['convert', 'graph.json'],
  picture: ['a cat', '-s', '1', '--size', '1024x1024', '--seed', '7'],
  batch: ['batch', 'rows.txt', '-s', '4', '--size', '64x64', '--events', '--no-archive'],
} as const;

type Read = { readonly code: number | null; readonly bytes: Buffer; readonly err: string };

/** A pipe that holds some 64 kB; `atMost` bytes are read, a few at a time. */
async function throughPipe(place: Workplace, args: readonly string[], atMost = Infinity): Promise<Read> {
  const path = join(place.folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const reads = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK); // no writer is waited for
  const end = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  const reader = createReadStream(path, { highWaterMark: 4096 });
  await new Promise((resolve) => reader.once('open', resolve));
  closeSync(reads);
  // Node makes the first three streams of a child wait: the shell puts the fourth, which is as we opened it, in the place of the second
  const child = spawn('sh', ['-c', 'exec "$@" >&3', 'sh', process.execPath, bin, ...args], {
    cwd: place.folder,
    env: { PATH: process.env['PATH'], HOME: place.folder, XDG_STATE_HOME: join(place.folder, 'state') },
    stdio: ['ignore', 'ignore', 'pipe', end],
  });
  closeSync(end);
  let err = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const parts: Buffer[] = [];
  let count = 0;
  for await (const part of reader) {
    parts.push(part as Buffer);
    count += (part as Buffer).length;
    if (count >= atMost) break;
    await setTimeout(1);
  }
  return { code: await ended, bytes: Buffer.concat(parts), err };
}

async function play(args: readonly string[], atMost?: number): Promise<Read & { readonly demo: Demo }> {
  await using demo = await startDemo();
  await using place = await Workplace.create(files);
  return { ...(await throughPipe(place, [...args, '--host', demo.url], atMost)), demo };
}

describe.skipIf(process.platform === 'win32')('a pipe that does not wait', () => {
  test('a long text arrives whole', async () => {
    await using demo = await startDemo();
    await using place = await Workplace.create(files);
    const { out } = await place.run([...commands.graph, '--host', demo.url]);
    const { code, bytes, err } = await throughPipe(place, [...commands.graph, '--host', demo.url]);
    expect([code, err]).toEqual([0, '']);
    expect(bytes.length).toBeGreaterThan(500_000);
    expect(bytes.equals(Buffer.from(out))).toBe(true);
  });

  test('a picture arrives whole', async () => {
    await using demo = await startDemo();
    await using place = await Workplace.create(files);
    expect((await place.run([...commands.picture, '-o', 'cat.png', '--host', demo.url])).code).toBe(0);
    const { code, bytes, err } = await throughPipe(place, [...commands.picture, '-o', '-', '--host', demo.url]);
    expect(code, err).toBe(0);
    expect(bytes.length).toBeGreaterThan(200_000);
    expect(bytes.equals(await readFile(join(place.folder, 'cat.png')))).toBe(true);
  });

  test('every event of a batch arrives, in its order', async () => {
    const { code, bytes, err } = await play(commands.batch);
    expect(code, err).toBe(0);
    expect(bytes.length).toBeGreaterThan(200_000);
    const events = jsonLines(bytes.toString()) as { type: string; row: number }[];
    for (let row = 1; row <= 60; row++) {
      const types = events.filter((event) => event.row === row).map(({ type }) => type);
      expect([types.indexOf('submitted'), types.indexOf('done')], `row ${row}`).toEqual([0, types.length - 1]);
    }
  });

  test.each(Object.entries({ ...commands, picture: [...commands.picture, '-o', '-'] }))(
    'a reader that leaves ends it quietly: %s',
    async (_name, args) => {
      const { code, err, demo } = await play(args, 1);
      expect(code).toBe(141);
      expect(err).not.toContain('error');
      expect(demo.queued()).toBeLessThan(60);
    },
  );
});

test.skipIf(process.platform === 'win32')('| head -1 takes its line, and nothing is said about it', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create(files);
  const line = '{ "$@"; echo "code $?" >&2; } | head -1';
  const child = spawn('sh', ['-c', line, 'sh', process.execPath, bin, ...commands.graph, '--host', demo.url], {
    cwd: place.folder,
    env: { PATH: process.env['PATH'], HOME: place.folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  await new Promise((resolve) => child.once('close', resolve));
  expect(out).toBe('{\n');
  expect(err).toBe('code 141\n');
});
