// A picture of 100 MB, of which the disk gets parts while more comes: it is whole, and its SHA-256 true, whatever the download meets.
import { createHash, randomFillSync } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startDemo, type Demo } from '../../src/demo/demo.ts';
import { listen, type Listening } from '../connection/servers.ts';
import { Workplace } from '../helpers/cli.ts';
import { makePng } from '../helpers/png.ts';

const filler = randomFillSync(Buffer.alloc(100_000_000));
const picture = makePng({ width: 1, height: 1, depth: 8, color: 2, chunks: [{ type: 'npAd', data: filler }] }, () => 7);
const sumOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
/** The disk has been told to begin when so much has come. */
const most = picture.subarray(0, 70_000_000);

type View = (request: IncomingMessage, response: ServerResponse) => void;

/** A demo server whose requests for files are answered here. */
async function withViews({ port }: Demo, view: View): Promise<Listening> {
  const server = createServer((request, response) => {
    const { url: path = '', method, headers } = request;
    if (path.includes('/view?')) return view(request, response);
    const passed = ask({ port, path, method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(passed);
  });
  server.on('upgrade', ({ url, headers }, socket) => {
    const inner = connect(port, '127.0.0.1');
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
    inner.on('error', () => socket.destroy()).write(`GET ${url} HTTP/1.1\r\n${lines.join('')}\r\n`);
    socket.pipe(inner).pipe(socket);
  });
  return listen(server);
}

/** Each request for the job's file is answered by the next of these. */
async function play(views: readonly View[], meanwhile: (stop: () => void) => void = () => undefined) {
  const left = [...views];
  await using demo = await startDemo();
  await using front = await withViews(demo, (request, response) => left.shift()?.(request, response));
  await using place = await Workplace.create();
  const run = place.launch(['--host', front.address, '--json', '--size', '64x64', '-s', '1', '-o', 'out', 'x']);
  meanwhile(() => run.signal('SIGINT'));
  const { code, out } = await run.done;
  const names = await readdir(join(place.folder, 'out')).catch(() => []);
  const saved = names[0] === undefined ? undefined : sumOf(await readFile(join(place.folder, 'out', names[0])));
  const { files: told } = JSON.parse(out) as { files: { sha256: string; bytes: number }[] };
  return { code, names, saved, told, asked: views.length - left.length };
}

const whole: View = (_request, response) => response.writeHead(200, { 'content-length': picture.length }).end(picture);

/** Sends so much of it and breaks off. */
const broken: View = (_request, response) => {
  response.writeHead(200, { 'content-length': picture.length, etag: '"1"' });
  response.write(most, () => response.destroy());
};

/** What is missing of it. */
const rest: View = ({ headers }, response) => {
  const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1]);
  if (!(start > 40_000_000)) return void response.writeHead(416).end();
  const range = `bytes ${start}-${picture.length - 1}/${picture.length}`;
  response.writeHead(206, { 'content-length': picture.length - start, 'content-range': range, etag: '"1"' });
  response.end(picture.subarray(start));
};

test.each([
  ['comes whole', [whole]],
  ['breaks off and goes on', [broken, rest]],
  ['breaks off and begins again', [broken, whole]],
])(
  'one that %s has the sum that is told',
  async (_what, views) => {
    const { code, names, saved, told, asked } = await play(views);
    expect(code).toBe(0);
    expect(names).toHaveLength(1);
    expect(told).toMatchObject([{ sha256: sumOf(picture), bytes: picture.length }]);
    expect(saved).toBe(told[0]?.sha256);
    expect(asked).toBe(views.length);
  },
  60_000,
);

test('one that nobody waits for any more leaves nothing', async () => {
  let arrived = (): void => undefined;
  const here = new Promise<void>((resolve) => (arrived = resolve));
  const stuck: View = (_request, response) => {
    response.writeHead(200, { 'content-length': picture.length });
    response.write(most, () => arrived());
  };
  const { code, names } = await play([stuck], (stop) => void here.then(stop));
  expect(code).toBe(130);
  expect(names).toEqual([]);
}, 60_000);
