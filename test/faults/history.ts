// Faults of history, queue and /api/jobs: late, cleared, broken, huge, endless.
import { expect } from 'vitest';
import { plainArgs, type Bench, type Row } from './bench.ts';
import type { Finished } from '../helpers/cli.ts';

/** Runs with the peak of its memory told at the end, which must stay below a bound that no endless body fits in. */
export async function measured(bench: Bench, args: readonly string[] = plainArgs(bench)): Promise<Finished> {
  const tell = `process.on('exit', () => process.stderr.write('peak ' + process.resourceUsage().maxRSS + ' KB\\n'))`;
  const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(tell)}` };
  const finished = await bench.place.spawn(args, { env });
  const peak = Number(/peak (\d+) KB/.exec(finished.err)?.[1]);
  expect(peak, 'peak of memory in KB').toBeLessThan(1_500_000);
  return finished;
}

export const history: readonly Row[] = [
  {
    fault: 'the finished job appears in the history 1.5 s late',
    does: 'waits for it',
    code: 0,
    demo: ['history-late=1500'],
  },
  {
    fault: 'the same on a server without `/api/jobs`',
    does: 'waits for it',
    code: 0,
    demo: ['history-late=1500', 'old'],
  },
  {
    fault: 'somebody clears the history as soon as the job is over',
    does: 'takes the files that the socket named',
    code: 0,
    demo: ['history-cleared'],
  },
  {
    fault: 'the same, and every event came twice',
    does: 'saves each file once',
    code: 0,
    demo: ['history-cleared', 'ws-duplicate'],
  },
  {
    fault: 'somebody clears the history as soon as the job is over, and there is no socket',
    does: 'says honestly that the job is gone from the server',
    code: 8,
    reason: 'job_deleted',
    demo: ['history-cleared', 'ws-status=403'],
    args: ['--retries', '2'],
  },
  {
    fault: "`/api/jobs` answers 500: a stranger's job has a null workflow",
    does: 'uses history and queue',
    code: 0,
    demo: ['jobs-status=500'],
  },
  {
    fault: '`/history` answers 500',
    does: 'uses `/api/jobs`',
    code: 0,
    demo: ['history-status=500'],
  },
  {
    fault: 'all three answer 500, three times',
    does: 'asks again',
    code: 0,
    demo: ['jobs-status=500,times=3', 'history-status=500,times=3', 'queue-status=500,times=3'],
  },
  {
    fault: 'all three answer 500 for ever',
    does: 'gives up after `--retries`; the job is left to `resume`',
    code: 3,
    reason: 'server_error',
    demo: ['jobs-status=500', 'history-status=500', 'queue-status=500'],
    args: ['--retries', '1'],
  },
  {
    fault: "a history of 5,000 other people's jobs (25 MB)",
    long: true,
    does: 'asks for its own job only',
    code: 0,
    demo: ['history-size=5000'],
    then: ({ demo }) => expect(demo.log.filter((r) => /\/history$/.test(r.path))).toEqual([]),
  },
  {
    fault: 'the same, listed with `history`',
    does: 'a line a job',
    code: 0,
    long: true,
    jobs: 0,
    files: 0,
    demo: ['history-size=5000'],
    play: async ({ demo, place }) => {
      const finished = await place.run(['history', '--host', demo.url]);
      expect(finished.out.trim().split('\n')).toHaveLength(5000);
      return { ...finished, out: '' };
    },
  },
  {
    fault: 'the history is a body without end, and `/api/jobs` is none',
    does: 'stops reading at 256 MiB',
    code: 3,
    long: true,
    reason: 'server_error',
    said: /more than 256 MiB/,
    demo: ['old', 'history-endless'],
    play: (bench) => measured(bench),
  },
  {
    fault: '`/api/jobs` is a body without end',
    does: 'stops reading at 256 MiB',
    code: 3,
    long: true,
    reason: 'server_error',
    said: /more than 256 MiB/,
    demo: ['jobs-endless'],
    play: (bench) => measured(bench),
  },
  {
    fault: 'the node definitions are a body without end',
    does: 'stops reading at 256 MiB; nothing was sent',
    code: 3,
    long: true,
    jobs: 0,
    reason: 'server_error',
    said: /more than 256 MiB/,
    demo: ['object-info-endless'],
    play: (bench) => measured(bench),
  },
  {
    fault: 'the queue is a body without end, asked with `queue`',
    does: 'stops reading at 256 MiB',
    code: 3,
    long: true,
    jobs: 0,
    said: /more than 256 MiB/,
    demo: ['queue-endless'],
    play: (bench) => measured(bench, ['queue', '--host', bench.demo.url]),
  },
  {
    fault: 'the first answer is a body without end',
    does: 'stops reading at 256 MiB',
    code: 3,
    long: true,
    jobs: 0,
    said: /more than 256 MiB/,
    demo: ['system-stats-endless'],
    play: (bench) => measured(bench),
  },
  {
    fault: 'the answer of `POST /prompt` is a body without end',
    does: 'stops reading at 256 MiB, finds no job, gives up',
    code: 3,
    long: true,
    jobs: 0,
    said: /more than 256 MiB/,
    demo: ['prompt-endless'],
    args: ['--retries', '0'],
    play: (bench) => measured(bench),
  },
  {
    fault: 'JSON of the history is cut off, once',
    does: 'asks `/api/jobs`, or again',
    code: 0,
    demo: ['history-garbage,times=1', 'jobs-status=500'],
  },
  {
    fault: 'JSON of history and jobs is cut off, for ever',
    does: 'says that this is no answer of ComfyUI',
    code: 3,
    reason: 'not_comfyui',
    demo: ['history-garbage', 'jobs-garbage'],
    args: ['--retries', '1'],
  },
];
