// Faults of POST /prompt: lost, late, refused and unreadable answers. One job, never two.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Demo } from '../../src/demo/demo.ts';
import { paint } from '../../src/demo/nodes/paint.ts';
import { encodePng } from '../../src/media/png.ts';
import type { Finished } from '../helpers/cli.ts';
import { plainArgs, type Bench, type Row } from './bench.ts';

const posts = (demo: Demo): number => demo.log.filter((r) => r.method === 'POST' && r.path.endsWith('/prompt')).length;
const noIdOfOurs = { comfyCli: 'chooses no id of its own: a lost answer is a lost job' };

/** Runs with a picture to start from, which is uploaded first. */
const withPicture = async (bench: Bench): Promise<Finished> => {
  const picture = encodePng(paint({ width: 16, height: 16, prompt: 'a start' }));
  await mkdir(join(bench.place.folder, 'given'));
  await writeFile(join(bench.place.folder, 'given/start.png'), picture);
  return bench.place.run([...plainArgs(bench), '-i', 'given/start.png', '--denoise', '0.5']);
};

export const prompt: readonly Row[] = [
  {
    fault: 'the connection is reset before the job is queued',
    does: 'looks for the job, finds none, sends it again under the same id',
    code: 0,
    demo: ['prompt-reset'],
    then: ({ demo }) => expect(posts(demo)).toBe(2),
  },
  {
    fault: 'the connection is reset after the job was queued',
    does: 'finds the job by its id and follows it: one job',
    code: 0,
    demo: ['prompt-lost'],
    then: ({ demo }) => expect(posts(demo)).toBe(1),
    peers: noIdOfOurs,
  },
  {
    fault: '500 after the job was queued',
    does: 'finds the job by its id and follows it: one job',
    code: 0,
    demo: ['prompt-queued-status=500'],
    then: ({ demo }) => expect(posts(demo)).toBe(1),
  },
  {
    fault: 'a proxy answers 504 after the job was queued',
    does: 'the same',
    code: 0,
    demo: ['prompt-queued-status=504,html'],
    then: ({ demo }) => expect(posts(demo)).toBe(1),
  },
  {
    fault: 'the answer comes after 20 s',
    does: 'waits for it: one job',
    code: 0,
    long: true,
    demo: ['prompt-delay=20000'],
    then: ({ demo }) => expect(posts(demo)).toBe(1),
  },
  {
    fault: 'the answer comes after 70 s',
    does: 'counts as a broken connection after 60 s; the job is found: one job',
    code: 0,
    long: true,
    demo: ['prompt-delay=70000,times=1'],
    then: ({ demo }) => expect(posts(demo)).toBe(1),
  },
  {
    fault: 'no answer at all, and nothing queued',
    does: 'after 60 s it looks for the job, finds none and sends it again',
    code: 0,
    long: true,
    demo: ['prompt-hang'],
    then: ({ demo }) => expect(posts(demo)).toBe(2),
  },
  {
    fault: '429 with Retry-After, twice',
    does: 'waits as long as it was told and sends it again',
    code: 0,
    demo: ['prompt-status=429,retry-after=1,times=2'],
    then: ({ demo }) => expect(posts(demo)).toBe(3),
  },
  {
    fault: '429 for ever',
    does: 'gives up after `--retries`',
    code: 9,
    jobs: 0,
    reason: 'rate_limited',
    demo: ['prompt-status=429,retry-after=0'],
    args: ['--retries', '2'],
    then: ({ demo }) => expect(posts(demo)).toBe(3),
  },
  {
    fault: '401',
    does: 'says that the server wants credentials; asks once',
    code: 9,
    jobs: 0,
    reason: 'unauthorized',
    said: /--token-env/,
    demo: ['prompt-status=401'],
    then: ({ demo }) => expect(posts(demo)).toBe(1),
  },
  {
    fault: '403',
    does: 'says that access is refused; asks once',
    code: 9,
    jobs: 0,
    reason: 'forbidden',
    demo: ['prompt-status=403'],
    then: ({ demo }) => expect(posts(demo)).toBe(1),
  },
  {
    fault: '413: too large',
    does: 'says so and names the setting of the server',
    code: 4,
    jobs: 0,
    reason: 'too_large',
    said: /--max-upload-size/,
    demo: ['prompt-status=413'],
    then: ({ demo }) => expect(posts(demo)).toBe(1),
  },
  {
    fault: 'a web page with 502, once',
    does: 'looks for the job, finds none, sends it again',
    code: 0,
    demo: ['prompt-status=502,html,times=1'],
    then: ({ demo }) => expect(posts(demo)).toBe(2),
  },
  {
    fault: 'a web page with 502, for ever',
    does: 'gives up after `--retries`',
    code: 3,
    jobs: 0,
    reason: 'server_error',
    demo: ['prompt-status=502,html'],
    args: ['--retries', '1'],
  },
  {
    fault: '200 with an empty body',
    does: 'finds the job by its id: one job',
    code: 0,
    demo: ['prompt-empty'],
    then: ({ demo }) => expect(posts(demo)).toBe(1),
  },
  {
    fault: '200 with JSON that is cut off',
    does: 'finds the job by its id: one job',
    code: 0,
    demo: ['prompt-garbage'],
    then: ({ demo }) => expect(posts(demo)).toBe(1),
  },
  {
    fault: '200 with a web page: a login form, say',
    does: 'finds no job, tries `--retries` times and says that this is no ComfyUI',
    code: 3,
    jobs: 0,
    reason: 'not_comfyui',
    demo: ['prompt-status=200,html'],
    args: ['--retries', '1'],
  },
  {
    fault: 'NaN in the body of the answer',
    does: 'reads it',
    code: 0,
    demo: ['prompt-nan'],
  },
  {
    fault: '200 with `node_errors`: half of the graph was accepted',
    does: 'counts as refused; the half job is taken off again',
    code: 4,
    demo: ['prompt-node-errors'],
    cancelled: true,
  },
  {
    fault: 'the server ignores our `prompt_id`',
    does: 'follows the id that it answered',
    code: 0,
    demo: ['prompt-ignore-id'],
  },
  {
    fault: 'the server refuses every `prompt_id` as malformed',
    does: 'sends the job without one',
    code: 0,
    demo: ['prompt-refuse-id'],
    then: ({ demo }) => expect(posts(demo)).toBe(2),
  },
  {
    fault: 'the same, and the answer to the second try is lost',
    does: 'never sends a third on a guess: says that the connection broke',
    code: 3,
    reason: 'server_gone',
    demo: ['prompt-refuse-id', 'prompt-lost'],
  },
  {
    fault: 'the connection is reset four times, more often than `--retries`',
    long: true,
    does: 'with `--wait-for-server` it goes on trying: one job',
    code: 0,
    demo: ['prompt-reset,times=4'],
    args: ['--retries', '1', '--wait-for-server', '30s'],
    then: ({ demo }) => expect(posts(demo)).toBe(5),
  },
  {
    fault: 'an upload that is reset, once',
    does: 'uploads it again',
    code: 0,
    demo: ['upload-reset'],
    play: withPicture,
  },
  {
    fault: 'an upload that is too large (413)',
    does: 'says so; no job was sent',
    code: 4,
    jobs: 0,
    reason: 'too_large',
    demo: ['upload-status=413'],
    play: withPicture,
  },
  {
    fault: 'an upload that is answered with nothing, or with JSON that is cut off',
    does: 'says that this is no ComfyUI; no job was sent',
    code: 3,
    jobs: 0,
    reason: 'not_comfyui',
    demo: ['upload-garbage'],
    play: withPicture,
  },
];
