// A Redis for a test file: the one that COMFY_GEN_TEST_REDIS_URL names, else one of its own; none where no redis-server is.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type TestRedis = AsyncDisposable & { readonly url: string; readonly pid: number | undefined };

/** Undefined, said on standard error, where there is no redis-server: the tests that need it are skipped. */
export async function findRedis(): Promise<TestRedis | undefined> {
  const url = process.env['COMFY_GEN_TEST_REDIS_URL'];
  if (url !== undefined && url !== '') return { url, pid: undefined, [Symbol.asyncDispose]: () => Promise.resolve() };
  return startRedis();
}

/** A server of our own. `more` are options of redis-server; the same `port` and `folder` bring one back as it was. */
export async function startRedis(
  more: readonly string[] = [],
  { port, folder }: { readonly port?: number; readonly folder?: string } = {},
): Promise<TestRedis | undefined> {
  const own = port ?? (await freePort());
  const dir = folder ?? (await mkdtemp(join(tmpdir(), 'comfy-gen-redis-')));
  const args = ['--port', String(own), '--bind', '127.0.0.1', '--save', '', '--dir', dir, ...more];
  const server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()));
  const isUp = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.once('exit', () => resolve(false));
    server.stdout.on('data', (text: Buffer) => /Ready to accept/.test(String(text)) && resolve(true));
  });
  if (!isUp) {
    process.stderr.write('no redis-server here: tests of distributed work are skipped\n');
    return undefined;
  }
  return {
    url: `redis://127.0.0.1:${own}`,
    pid: server.pid,
    [Symbol.asyncDispose]: async () => {
      server.kill();
      await ended;
      if (folder === undefined) await rm(dir, { recursive: true, force: true });
    },
  };
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo; // a TCP server has one
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
