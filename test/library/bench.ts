// What the library's tests share: folders of their own, small graphs, the command line in this process, a front that answers for a server.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callMain } from '../helpers/in-process.ts';
import { makePng } from '../helpers/png.ts';
import type { Finished } from '../helpers/run.ts';
import type { JobEvent, Workflow } from '../../src/index.ts';

/** Quick, without a model; another color is another job. */
export const simple = (color: number): Workflow => ({
  '1': { class_type: 'EmptyImage', inputs: { width: 32, height: 16, batch_size: 1, color } },
  '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'ComfyUI' } },
});

/** Sleeps on the server until it is cancelled; needs the demo's test nodes. */
export const endless: Workflow = {
  '1': { class_type: 'TestSleep', inputs: { value: ['2', 0], seconds: 600 } },
  '2': { class_type: 'EmptyImage', inputs: { width: 16, height: 16, batch_size: 1, color: 0 } },
  '3': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'x' } },
};

export async function folder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'comfy-gen-library-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A PNG of 64x48 in one gray. */
export const picture = (gray: number): Buffer => makePng({ width: 64, height: 48, depth: 8, color: 2 }, () => gray);

export async function eventsOf(job: AsyncIterable<JobEvent>): Promise<JobEvent[]> {
  const events: JobEvent[] = [];
  for await (const event of job) events.push(event);
  return events;
}

/** Looks at each turn of the event loop; the test's own time limit ends it. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

/** Runs the command in this process, with folders of its own below `cwd`. */
export function command(args: readonly string[], cwd: string): Promise<Finished> {
  const below = (name: string): string => join(cwd, name);
  const env = { XDG_CONFIG_HOME: below('config'), XDG_STATE_HOME: below('state'), XDG_CACHE_HOME: below('cache') };
  return callMain(args, cwd, env, undefined).done;
}

export type Front = AsyncDisposable & { readonly url: string };
/** Undefined passes the request on to the server behind. */
export type Answers = (path: string, response: ServerResponse, asked: IncomingMessage) => true | undefined;

/** Stands before a server and answers some of its routes itself. WebSockets are refused: jobs are polled for. */
export async function front(port: number, answers: Answers): Promise<Front> {
  const server = createServer((asked, response) => {
    const path = asked.url ?? '';
    if (answers(path, response, asked) === true) return;
    const { method, headers } = asked;
    const inner = request({ port, host: '127.0.0.1', path, method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    inner.on('error', () => response.destroy());
    asked.pipe(inner);
  });
  server.on('connection', (socket) => socket.on('error', () => undefined));
  server.on('upgrade', (_asked, socket) => socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: own } = server.address() as AddressInfo; // a TCP server that listens has one
  return {
    url: `http://127.0.0.1:${own}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
