// A batch over several servers that survives random kills, of itself and of the servers.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { checkFile } from '../../src/media/check.ts';
import { readMetadata } from '../../src/media/metadata.ts';
import { Workplace, type Spawned } from '../helpers/cli.ts';

const small = ['--size', '64x64', '-s', '2'];
const rows = (count: number): string => Array.from({ length: count }, (_none, i) => `row ${i + 1}\n`).join('');

async function freePort(): Promise<number> {
  await using demo = await startDemo();
  return demo.port;
}

/** Numbers from a seed, so that a run that failed can be had again: CHAOS_SEED. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A demo server as a process, that can be killed and started again on its port. */
class Server {
  readonly port: number;
  readonly #place: Workplace;
  #run: Spawned | undefined;
  constructor(place: Workplace, port: number) {
    this.#place = place;
    this.port = port;
  }
  async start(): Promise<void> {
    this.#run = this.#place.start(['serve', '--port', String(this.port), '--step-ms', '30', '--load-ms', '10']);
    await this.#run.said(/http:/);
  }
  async kill(): Promise<void> {
    this.#run?.kill();
    await this.#run?.done;
  }
}

test('chaos: the tool killed and servers restarted at random moments; in the end every row has exactly one file', async () => {
  const seed = Number(process.env['CHAOS_SEED'] ?? Date.now() % 100_000);
  const random = randomFrom(seed);
  await using place = await Workplace.create();
  const servers = await Promise.all([1, 2, 3].map(async () => new Server(place, await freePort())));
  await Promise.all(servers.map((server) => server.start()));
  const total = 60;
  await writeFile(join(place.folder, 'rows.txt'), rows(total));
  const args = [
    'batch',
    'rows.txt',
    ...servers.flatMap(({ port }) => ['--host', `127.0.0.1:${port}`]),
    ...small,
    '--retries',
    '2',
  ];
  try {
    let kills = 0;
    for (let attempt = 0; ; attempt++) {
      expect(attempt, `CHAOS_SEED=${seed}: never done`).toBeLessThan(60);
      const run = place.start(args);
      let saved = 0;
      let next = 1 + random(6);
      const mayKill = kills < 12;
      run.child.stdout?.on('data', (bytes: Buffer) => {
        saved += String(bytes).split('\n').length - 1;
        if (saved < next) return;
        next = saved + 1 + random(6);
        if (mayKill && random(3) === 0) {
          kills++;
          run.kill();
          return;
        }
        const server = servers[random(servers.length)];
        if (random(2) === 0) void server?.kill().then(() => server.start());
      });
      if ((await run.done).code === 0) break;
    }
  } finally {
    await Promise.all(servers.map((server) => server.kill()));
  }
  const files = await place.files();
  const prompts: number[] = [];
  for (const name of files) {
    const bytes = await readFile(join(place.folder, 'images', name));
    expect(checkFile(name, bytes), name).toBeUndefined();
    prompts.push(Number(/row (\d+)/.exec(readMetadata(bytes).texts.get('prompt') ?? '')?.[1]));
  }
  expect(
    prompts.sort((a, b) => a - b),
    `CHAOS_SEED=${seed}`,
  ).toEqual(Array.from({ length: total }, (_none, i) => i + 1));
}, 300_000);
