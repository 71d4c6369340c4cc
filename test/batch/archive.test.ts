// The archive: what it says of a row after every kind of history, torn lines included, and one process at a time.
import { appendFile, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { partName } from '../../src/files/crash.ts';
import { Archive, archiveName } from '../../src/batch/archive.ts';
import { outputKey } from '../../src/jobs/job.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'comfy-gen-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const me = { pid: process.pid, machine: 'here', at: 0 };
const open = (run = 'run', isAlive = true): Promise<Archive> =>
  Archive.open(join(folder, archiveName), run, me, () => isAlive);
const seeded = { key: 'a', seedless: false };
const seedless = { key: 'b', seedless: true };
const output = (filename: string) => ({ type: 'output', subfolder: '', filename });

describe('what is known of a row', () => {
  const histories: [string, (archive: Archive) => void, unknown, unknown][] = [
    ['nothing', () => undefined, 'new', 'new'],
    [
      'sent',
      (archive) => {
        archive.sent(seeded, 'id', 'http://x', '5');
        archive.sent(seedless, 'id', 'http://x', '5');
      },
      expect.objectContaining({ promptId: 'id', server: 'http://x', seed: '5' }),
      expect.objectContaining({ promptId: 'id' }),
    ],
    ...(['validation', 'execution', 'interrupted'] as const).map((code): (typeof histories)[number] => [
      code,
      (archive) => {
        archive.failed(seeded, code);
        archive.failed(seedless, code);
      },
      { failed: code },
      'new',
    ]),
    ...(['timeout', 'cancelled'] as const).map((code): (typeof histories)[number] => [
      code,
      (archive) => {
        archive.sent(seeded, 'id', 'http://x', '5');
        archive.failed(seeded, code);
        archive.failed(seedless, code);
      },
      'new',
      'new',
    ]),
    ...(['save', 'unreachable', 'auth', 'internal'] as const).map((code): (typeof histories)[number] => [
      `sent, then ${code}: it may be there still`,
      (archive) => {
        archive.sent(seeded, 'id', 'http://x', '5');
        archive.failed(seeded, code);
        archive.failed(seedless, code);
      },
      expect.objectContaining({ promptId: 'id' }),
      'new',
    ]),
    [
      'done',
      (archive) => {
        archive.sent(seeded, 'id', 'http://x', '5');
        archive.done(seeded);
        archive.done(seedless);
      },
      'done',
      'done',
    ],
    [
      'a run without seeds that is over',
      (archive) => {
        archive.done(seeded);
        archive.done(seedless);
        archive.finished();
      },
      'done',
      'new',
    ],
  ];
  test.each(histories)('%s', async (_name, write, withSeed, without) => {
    {
      await using archive = await open();
      write(archive);
    }
    await using again = await open();
    expect(again.status(seeded)).toEqual(withSeed);
    expect(again.status(seedless)).toEqual(without);
  });

  test('rows without a seed belong to their own run', async () => {
    {
      await using archive = await open('one');
      archive.done(seedless);
    }
    await using other = await open('two');
    expect(other.status(seedless)).toBe('new');
  });
});

describe('a crash', () => {
  test('in the middle of a line: the line is lost, the next one is not', async () => {
    {
      await using archive = await open();
      archive.done(seeded);
    }
    await appendFile(join(folder, archiveName), '{"event":"do');
    {
      await using archive = await open();
      archive.done(seedless);
    }
    await using again = await open();
    expect([again.status(seeded), again.status(seedless)]).toEqual(['done', 'done']);
    expect(await readFile(join(folder, archiveName), 'utf8')).toContain('\n{"v":1');
  });

  test('after a file got its name and before that was written down: it counts', async () => {
    const part = join(folder, partName());
    {
      await using archive = await open();
      archive.sent(seeded, 'id', 'http://x', '5');
      await writeFile(part, 'picture');
      await archive.pending(seeded, part, output('one.png'), 2);
    }
    await rename(part, join(folder, 'anything.png'));
    await using again = await open();
    const standing = again.status(seeded);
    if (typeof standing !== 'object' || 'failed' in standing) throw new Error('not open');
    expect([...standing.saved]).toEqual([outputKey(output('one.png'))]);
  });

  test('when all files have their names: done; before any has: the half file goes', async () => {
    const parts = [join(folder, partName()), join(folder, partName())];
    {
      await using archive = await open();
      for (const [i, id] of [seeded, seedless].entries()) {
        archive.sent(id, `id${i}`, 'http://x', '5');
        await writeFile(parts[i] ?? '', 'picture');
        await archive.pending(id, parts[i] ?? '', output('one.png'), 1);
      }
    }
    await rename(parts[0] ?? '', join(folder, 'named.png'));
    await using again = await open('run', false); // the process that wrote it is gone
    expect(again.status(seeded)).toBe('done');
    expect(again.status(seedless)).toMatchObject({ promptId: 'id1' });
    await expect(stat(parts[1] ?? '')).rejects.toThrow('ENOENT');
  });
});

describe('two processes', () => {
  test('the second is refused while the first lives', async () => {
    await using first = await open();
    await expect(open()).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(`process ${me.pid}`) as unknown,
    });
    first.done(seeded);
  });
  test('a lock that a dead process left is taken over; one of another machine is not', async () => {
    const lock = join(folder, `${archiveName}.lock`);
    await writeFile(lock, JSON.stringify({ pid: 1, machine: 'here', at: 0 }));
    await (await open('run', false))[Symbol.asyncDispose]();
    await writeFile(lock, JSON.stringify({ pid: 1, machine: 'elsewhere', at: 0 }));
    await expect(open('run', false)).rejects.toThrow('on elsewhere works on this archive already');
  });
  test('of many that come at once exactly one gets it', async () => {
    await writeFile(join(folder, `${archiveName}.lock`), JSON.stringify({ pid: 1, machine: 'here', at: 0 }));
    const isAlive = ({ at }: { at: number }): boolean => at > 0;
    const tries = await Promise.allSettled(
      Array.from({ length: 8 }, (_none, i) =>
        Archive.open(join(folder, archiveName), 'run', { ...me, at: i + 1 }, isAlive),
      ),
    );
    const got = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(got).toHaveLength(1);
    for (const archive of got) await archive[Symbol.asyncDispose]();
  });
});
