// Faults while a job waits or runs: nodes that raise, other people, restarts, a dead worker.
import { expect } from 'vitest';
import { asked, plainArgs, type Bench, type Row } from './bench.ts';
import type { Finished } from '../helpers/cli.ts';

const raised = {
  comfyCli: 'exit 1 with a good message',
  saintno: 'exit 1',
  comfyuiCli: '**exit 0**, prints "error", nothing saved',
};
const graph = {
  '1': { class_type: 'EmptyImage', inputs: { width: 16, height: 16, batch_size: 1, color: 1 } },
  '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'theirs' } },
};
const endless = {
  '1': { class_type: 'TestSleep', inputs: { value: ['2', 0], seconds: 600 } },
  '2': { class_type: 'EmptyImage', inputs: { width: 16, height: 16, batch_size: 1, color: 2 } },
  '3': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'theirs' } },
};

async function submitTheirs({ demo }: Bench, prompt: object): Promise<void> {
  await fetch(`${demo.url}/prompt`, { method: 'POST', body: JSON.stringify({ prompt }) });
}

/** Starts a run, waits until the server has the job, and lets something happen. */
async function meanwhile(bench: Bench, happens: () => Promise<unknown>): Promise<Finished> {
  const { said, done } = bench.place.launch(plainArgs(bench));
  await said(/running/);
  await happens();
  return done;
}

export const running: readonly Row[] = [
  {
    fault: 'a node raises',
    does: 'names node, title, exception and message; what other nodes saved is downloaded',
    code: 5,
    reason: 'node_failed',
    said: /node \d+ \(KSampler\): RuntimeError/,
    demo: ['node-error=KSampler'],
    peers: raised,
  },
  {
    fault: 'the GPU is out of memory',
    does: 'says so and what to make smaller',
    code: 5,
    reason: 'out_of_memory',
    said: /--batch-size/,
    demo: ['oom'],
    peers: raised,
  },
  {
    fault: 'a model file is broken',
    does: 'names the loader',
    code: 5,
    reason: 'node_failed',
    said: /CheckpointLoaderSimple/,
    demo: ['broken-model=v1-5-pruned-emaonly.ckpt'],
    peers: raised,
  },
  {
    fault: 'somebody else interrupts the job',
    does: 'says that somebody else did',
    code: 8,
    reason: 'interrupted',
    demo: ['interrupted,step=2'],
  },
  {
    fault: 'somebody else deletes the job while it waits',
    does: 'looks twice, then says that somebody else did',
    code: 8,
    reason: 'job_deleted',
    demo: ['deleted'],
  },
  {
    fault: "other people's jobs are before ours",
    does: 'waits, says how many are ahead, leaves theirs alone',
    code: 0,
    jobs: 3,
    said: /queued, 2 ahead/,
    options: { testNodes: true },
    play: async (bench) => {
      await submitTheirs(bench, endless);
      await submitTheirs(bench, graph);
      const { said, done } = bench.place.launch(plainArgs(bench));
      await said(/queued, 2 ahead/);
      await fetch(`${bench.demo.url}/interrupt`, { method: 'POST' }); // the one who runs it does that
      return done;
    },
    cancelled: true,
    then: ({ demo }) => {
      expect([...demo.history.values()].map((e) => e.status.status_str)).toEqual(['error', 'success', 'success']);
      expect(demo.log.filter(({ path }) => /cancel|interrupt/.test(path))).toHaveLength(1);
    },
  },
  {
    fault: 'the server restarts in mid-run and is soon back',
    does: 'the job is sent once more, said aloud, under a new id',
    code: 0,
    jobs: 2,
    said: /sent once more/,
    demo: ['restart=300,step=2'],
    options: { stepMs: 50 },
  },
  {
    fault: 'the server restarts in mid-run and needs five seconds',
    does: 'with `--wait-for-server` the same',
    code: 0,
    long: true,
    jobs: 2,
    said: /sent once more/,
    demo: ['restart=5000,step=2'],
    args: ['--retries', '1', '--wait-for-server', '30s'],
  },
  {
    fault: 'the server restarts while the job waits',
    does: 'the same',
    code: 0,
    jobs: 2,
    said: /sent once more/,
    demo: ['restart-pending=1000'],
    args: ['--wait-for-server', '20s'],
  },
  {
    fault: 'the server restarts twice, at the same job',
    does: 'no third try: the job is what kills it',
    code: 5,
    jobs: 2,
    reason: 'job_lost',
    demo: ['restart=300,step=2,times=2'],
    options: { stepMs: 50 },
  },
  {
    fault: 'the server goes away in mid-run for good',
    does: 'gives up after `--retries`; `resume` asks for it later',
    code: 3,
    reason: 'server_gone',
    said: /--wait-for-server/,
    demo: ['gone,step=2'],
    args: ['--retries', '2'],
  },
  {
    fault: 'the worker dies in mid-run, the server answers on',
    does: 'after `--stall-timeout` it says so and takes the job off',
    code: 5,
    reason: 'job_stalled',
    demo: ['worker-dead'],
    args: ['--stall-timeout', '1s'],
    cancelled: true,
    long: true,
  },
  {
    fault: 'the same, with `--timeout` alone',
    does: 'ends when the time is over and takes the job off',
    code: 7,
    reason: 'timeout',
    demo: ['worker-dead'],
    args: ['--timeout', '6s'],
    cancelled: true,
    long: true,
  },
  {
    fault: 'the same, with no limit at all',
    does: 'after 60 s without a sign it warns and says what to do; Ctrl-C takes the job off',
    code: 130,
    long: true,
    said: /no sign of job .* for 60 s/,
    demo: ['worker-dead'],
    cancelled: true,
    play: async (bench) => {
      const { said, signal, done } = bench.place.launch(plainArgs(bench));
      await said(/no sign of job/);
      signal('SIGINT');
      return done;
    },
  },
  {
    fault: 'jobs wait and none runs: the worker died between two jobs',
    does: 'after `--stall-timeout` it says so and takes the job off',
    code: 5,
    reason: 'job_stalled',
    demo: ['stuck'],
    args: ['--stall-timeout', '1s'],
    cancelled: true,
  },
  {
    fault: 'the same, asked with `doctor`',
    does: 'knows the sign: jobs wait and none runs',
    code: 5,
    said: /worker is dead/,
    demo: ['stuck'],
    play: async (bench) => {
      await submitTheirs(bench, graph);
      const { code, signal, out, err } = await bench.place.run(['doctor', '--host', bench.demo.url]);
      return { code, signal, out: '', err: `${out}${err}` };
    },
  },
  {
    fault: 'somebody clears queue and history in mid-run',
    does: 'the running job is not theirs to clear: it is saved',
    code: 0,
    options: { stepMs: 100 },
    play: (bench) =>
      meanwhile(bench, async () => {
        for (const what of ['queue', 'history'])
          await fetch(`${bench.demo.url}/${what}`, { method: 'POST', body: '{"clear":true}' });
        await asked(bench.demo, /view/);
      }),
  },
];
