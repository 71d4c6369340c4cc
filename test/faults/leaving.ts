// Leaving: signals at every stage, a closed terminal, a closed pipe, `kill -9`.
import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { SignalName } from '../../src/cli/terminal.ts';
import type { Finished, Run } from '../helpers/cli.ts';
import { asked, pictures, plainArgs, type Bench, type Row } from './bench.ts';
import { blackHole } from './fronts.ts';

/** Starts a plain run, sends the signal when `when` is over. */
function signalled(signal: SignalName, when: When): Play {
  return async (bench) => {
    const started = bench.place.launch(plainArgs(bench));
    await when(bench, started);
    started.signal(signal);
    return started.done;
  };
}
type Play = (bench: Bench) => Promise<Finished>;
type When = (bench: Bench, run: Run) => Promise<void>;

const whileQueued: When = (_bench, { said }) => said(/submitted/);
const whileRunning: When = (_bench, { said }) => said(/running/);
/** And the job is known to be over: the record was asked for, and what we ask after it is answered after it. */
const whileDownloading: When = async ({ demo }) => {
  await asked(demo, /view/);
  await asked(demo, /\/api\/jobs\/[0-9a-f-]{36}$/);
  await (await fetch(`${demo.url}/queue`)).text();
};
const long = { options: { stepMs: 100 }, args: ['-s', '300'] } as const;
const ctrlC = {
  comfyCli: 'hangs until a second Ctrl-C; the job goes on',
  saintno: 'dies; the job goes on',
  comfyuiCli: 'exit 1; the job goes on',
};

/** `kill -9`, then `resume`; the outcome of `resume` is what counts. */
function killed(when: When): Play {
  return async (bench) => {
    const started = bench.place.start(plainArgs(bench));
    await when(bench, started);
    started.kill();
    await started.done;
    const folder = join(bench.place.folder, 'images/output');
    const longAgo = new Date(Date.now() - 7_200_000);
    for (const part of await readdir(folder)) await utimes(join(folder, part), longAgo, longAgo);
    return bench.place.run(['resume', '--json']);
  };
}

export const leaving: readonly Row[] = [
  {
    fault: 'the reader of standard output leaves (closed pipe)',
    does: 'ends quietly, the job is taken off',
    code: 141,
    cancelled: true,
    options: long.options,
    play: async ({ demo, place }) => {
      const { said, hangUp, done } = place.launch([
        '--host',
        demo.url,
        '--events',
        '--size',
        '64x64',
        '-s',
        '300',
        'x',
      ]);
      await said(/running/);
      hangUp();
      const finished = await done;
      expect(finished.err).not.toContain('error');
      return { ...finished, out: '' };
    },
  },
  {
    fault: 'the terminal is closed (SIGHUP)',
    does: 'leaves at once, the job goes on; `resume` collects it',
    code: 0,
    options: { stepMs: 100 },
    args: ['-s', '20'],
    play: async (bench) => {
      const { said, signal, done } = bench.place.launch(plainArgs(bench));
      await said(/running/);
      signal('SIGHUP');
      expect((await done).code).toBe(129);
      return bench.place.run(['resume', '--json']);
    },
  },
  {
    fault: 'Ctrl-C before there is a connection',
    does: 'leaves; nothing was sent',
    code: 130,
    jobs: 0,
    reason: 'cancelled',
    play: async (bench) => {
      await using hole = await blackHole();
      const { signal, done } = bench.place.launch(plainArgs(bench, `127.0.0.1:${hole.port}`));
      await hole.contacted;
      signal('SIGINT');
      return await done;
    },
  },
  {
    fault: 'Ctrl-C while the job waits',
    does: 'takes it off the server, and nothing else',
    code: 130,
    reason: 'cancelled',
    cancelled: true,
    demo: ['stuck'],
    play: signalled('SIGINT', whileQueued),
    then: async ({ demo }) => {
      const queue = (await (await fetch(`${demo.url}/queue`)).json()) as { queue_pending: unknown[] };
      expect(queue.queue_pending).toEqual([]);
    },
    peers: ctrlC,
  },
  {
    fault: 'Ctrl-C while the job runs',
    does: 'interrupts it on the server, by its id',
    code: 130,
    reason: 'cancelled',
    cancelled: true,
    ...long,
    play: signalled('SIGINT', whileRunning),
    then: ({ demo }) => expect([...demo.history.values()].map((e) => e.status.status_str)).toEqual(['error']),
    peers: ctrlC,
  },
  {
    fault: 'Ctrl-C during the download',
    does: 'leaves nothing half behind; the job is done, `resume` fetches it',
    code: 130,
    files: 1,
    reason: 'cancelled',
    demo: ['view-drip=200,times=1'],
    play: async (bench) => {
      const finished = await signalled('SIGINT', whileDownloading)(bench);
      expect(await pictures(bench.place)).toEqual([]);
      expect((await bench.place.run(['resume'])).code).toBe(0);
      return finished;
    },
  },
  {
    fault: 'Ctrl-C twice, and the server does not answer',
    does: 'the second leaves at once',
    code: 130,
    long: true,
    demo: ['worker-dead', 'cancel-hang,times=9'],
    cancelled: true,
    play: async (bench) => {
      const { said, signal, done } = bench.place.start(plainArgs(bench));
      await said(/running/);
      signal('SIGINT');
      await asked(bench.demo, /cancel/);
      signal('SIGINT');
      return done;
    },
  },
  {
    fault: 'SIGTERM while the job runs',
    does: 'as Ctrl-C, with its own code',
    code: 143,
    reason: 'cancelled',
    cancelled: true,
    ...long,
    play: signalled('SIGTERM', whileRunning),
  },
  {
    fault: '`kill -9` while the job runs, then `resume`',
    does: 'one job, one file',
    code: 0,
    long: true,
    options: { stepMs: 100 },
    args: ['-s', '20'],
    play: killed(whileRunning),
  },
  {
    fault: '`kill -9` during the download, then `resume`',
    does: 'one job, one file; what was half is taken away',
    code: 0,
    long: true,
    demo: ['view-drip=200,times=1'],
    play: killed(whileDownloading),
  },
];
