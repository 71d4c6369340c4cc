// An idle connection keeps no process alive: a program that uses the library ends after its last line.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { selfSigned } from '../faults/certificate.ts';
import { tlsFront } from '../faults/fronts.ts';
import { proxy } from './servers.ts';

const certificate = selfSigned('127.0.0.1');

/** Runs a program against the built connection; `idle` ms it lived on after its last line. */
async function program(
  options: object,
): Promise<{ readonly code: number | null; readonly out: string; readonly idleMs: number }> {
  const lines = [
    `import { Connection } from '${new URL('../../dist/connection/connection.js', import.meta.url).href}';`,
    `const server = new Connection(${JSON.stringify(options)});`,
    `await server.handshake();`,
    `await server.queue();`,
    `const open = await server.socket(false).ready(10_000);`,
    `console.log(open ? 'open' : 'no socket: ' + server.socket(false).lastError);`,
  ];
  const child = spawn(process.execPath, ['--input-type=module', '-e', lines.join('\n')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  let lastLine = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    lastLine = performance.now();
  });
  const timer = setTimeout(() => child.kill(), 20_000);
  await once(child, 'close');
  clearTimeout(timer);
  return { code: child.exitCode, out, idleMs: performance.now() - lastLine };
}

test.each(['plain', 'TLS', 'a proxy', 'TLS through a proxy'])('%s', async (way) => {
  await using demo = await startDemo();
  await using front = await tlsFront(demo.port, certificate);
  await using between = await proxy();
  const { code, out, idleMs } = await program({
    host: way.startsWith('TLS') ? `https://127.0.0.1:${front.port}` : demo.url,
    ca: certificate.cert,
    ...(way.endsWith('proxy') ? { proxy: between.url } : {}),
  });
  expect({ code, out }).toEqual({ code: 0, out: 'open\n' });
  expect(idleMs).toBeLessThan(1500);
});
