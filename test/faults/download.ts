// Faults of the download: a file appears whole under its name, or not at all and the exit code says why.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Demo } from '../../src/demo/demo.ts';
import { plainArgs, type Row } from './bench.ts';
import { measured } from './history.ts';

const ranges = (demo: Demo): string[] =>
  demo.log.flatMap((r) => (r.path.includes('/view') && r.headers.range !== undefined ? [r.headers.range] : []));
const token = { COMFY_GEN_TOKEN: 'a-token-of-ours' };
const lost = { code: 6, args: ['--retries', '1'] } as const;
const failing = {
  comfyCli: '`run` exits 0, its second command `download` 1',
  saintno: '**exit 0, nothing saved**',
  comfyuiCli: 'exit 1',
};

const twoOutputs = {
  '1': { class_type: 'EmptyImage', inputs: { width: 64, height: 64, batch_size: 1, color: 1 } },
  '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'first' } },
  '3': { class_type: 'TestSleep', inputs: { value: ['1', 0], seconds: 1.2 } },
  '4': { class_type: 'SaveImage', inputs: { images: ['3', 0], filename_prefix: 'second' } },
};

export const download: readonly Row[] = [
  {
    fault: '404: the file is gone from the server',
    does: 'says so and how to make it anew',
    ...lost,
    reason: 'download_failed',
    said: /--force/,
    demo: ['view-status=404'],
  },
  { fault: '500, once', does: 'asks again', code: 0, demo: ['view-status=500,times=1'] },
  {
    fault: '500 for ever',
    does: 'gives up after `--retries`; `resume` fetches it later',
    ...lost,
    reason: 'download_failed',
    demo: ['view-status=500,times=2'],
    play: async (bench) => {
      const finished = await bench.place.run(plainArgs(bench));
      const later = await bench.place.run(['resume', '-o', 'later']);
      expect([later.code, later.out]).toEqual([0, expect.stringMatching(/^later\/.*\.png\n$/)]);
      return finished;
    },
    files: 1,
    peers: failing,
  },
  {
    fault: 'ends before its announced length',
    does: 'asks for the rest (`Range`)',
    code: 0,
    demo: ['view-truncated'],
    then: ({ demo }) => expect(ranges(demo)).toEqual([expect.stringMatching(/^bytes=\d+-$/)]),
    peers: {
      comfyCli: '`run` exits 0, `download` notices and exits 1',
      saintno: '**exit 0, nothing saved**',
      comfyuiCli: 'exit 1',
    },
  },
  {
    fault: 'always ends before its announced length',
    does: 'gives up after `--retries`, keeps nothing',
    ...lost,
    reason: 'truncated_download',
    demo: ['view-truncated,times=99'],
  },
  {
    fault: 'the connection is reset in the middle',
    does: 'asks for the rest (`Range`)',
    code: 0,
    demo: ['view-broken-off'],
    then: ({ demo }) => expect(ranges(demo)).toHaveLength(1),
  },
  {
    fault: 'the same, and the rest begins elsewhere than it was asked for',
    does: 'notices, begins the file again',
    code: 0,
    demo: ['view-broken-off', 'view-wrong-range'],
    then: ({ demo }) => expect(ranges(demo)).toHaveLength(1),
  },
  {
    fault: 'half a file, announced as such',
    does: 'sees that the picture has no end, asks for the rest',
    code: 0,
    demo: ['view-cut'],
  },
  { fault: 'longer than announced', does: 'takes what was announced', code: 0, demo: ['view-long'] },
  { fault: 'no byte, once', does: 'asks again', code: 0, demo: ['view-zero'] },
  {
    fault: 'no byte, for ever',
    does: 'gives up, keeps nothing',
    ...lost,
    reason: 'truncated_download',
    demo: ['view-zero,times=9'],
  },
  { fault: 'a web page with 200, once', does: 'asks again', code: 0, demo: ['view-html'] },
  {
    fault: 'a web page with 200, for ever',
    does: 'sees that it is no picture, keeps nothing',
    ...lost,
    reason: 'not_an_image',
    said: /web page/,
    demo: ['view-html,times=9'],
  },
  {
    fault: 'bytes that are no PNG',
    does: 'sees that it is no picture, keeps nothing',
    ...lost,
    reason: 'not_an_image',
    demo: ['view-not-png,times=9'],
  },
  {
    fault: 'drips so that `--timeout` passes',
    does: 'ends when the time is over, keeps nothing',
    code: 7,
    reason: 'timeout',
    demo: ['view-drip=500'],
    args: ['--timeout', '6s'],
  },
  {
    fault: 'drips slower than any patience: a piece a minute',
    does: 'no byte for 60 s has failed',
    code: 6,
    long: true,
    reason: 'truncated_download',
    demo: ['view-drip=90000'],
    args: ['--retries', '0'],
  },
  { fault: 'drips, but comes', does: 'waits', code: 0, demo: ['view-drip=20'] },
  { fault: 'no length announced', does: 'looks for the end of the picture', code: 0, demo: ['view-no-length'] },
  {
    fault: '302 to another host',
    does: 'follows; no credentials go along',
    code: 0,
    demo: ['view-redirect,times=1'],
    env: token,
    then: ({ demo }) => {
      const away = demo.log.filter((r) => r.path.includes('/view') && r.headers.host?.startsWith('localhost'));
      expect(away.map((r) => r.headers.authorization)).toEqual([undefined]);
    },
  },
  {
    fault: '401 for the file alone',
    does: 'says that the server wants credentials',
    code: 9,
    reason: 'unauthorized',
    demo: ['view-status=401'],
    peers: { saintno: 'exit 0, 0 files' },
  },
  {
    fault: 'two files of one name',
    does: 'saves both, the second as `-2`',
    code: 0,
    files: 2,
    demo: ['filename=same.png'],
    args: ['-b', '2', '--name', '{name}'],
    then: async ({ place }) => expect(await place.files()).toEqual(['output/same-2.png', 'output/same.png']),
  },
  {
    fault: 'two output nodes, the second a second later',
    does: 'saves both',
    code: 0,
    files: 2,
    options: { testNodes: true },
    play: async ({ demo, place }) => {
      await mkdir(join(place.folder, 'given'));
      await writeFile(join(place.folder, 'given/two.json'), JSON.stringify(twoOutputs));
      return place.run(['run', 'given/two.json', '--host', demo.url, '--json']);
    },
    peers: { comfyCli: 'exit 0, both', saintno: '**exit 0, only the first**', comfyuiCli: 'exit 0, both' },
  },
  {
    fault: 'a picture of 10 GB and `--max-download`',
    does: 'refuses it by its announced length, keeps nothing',
    code: 6,
    long: true,
    reason: 'too_large_download',
    said: /--max-download/,
    demo: ['view-size=10000000000'],
    args: ['--max-download', '10MB'],
    play: (bench) => measured(bench),
  },
  {
    fault: 'a file without end or length, and `--max-download`',
    does: 'stops at the limit, keeps nothing',
    code: 6,
    long: true,
    reason: 'too_large_download',
    demo: ['view-endless'],
    args: ['--max-download', '50MB'],
    play: (bench) => measured(bench),
  },
  {
    fault: 'a picture of 300 MB',
    does: 'streams it to disk',
    code: 0,
    long: true,
    demo: ['view-size=300000000'],
    play: (bench) => measured(bench),
  },
  {
    fault: 'the server goes away before the download',
    does: 'says that the job is done and that `resume` fetches it',
    code: 6,
    reason: 'download_failed',
    said: /resume/,
    demo: ['view-reset,times=99'],
    args: ['--retries', '1'],
  },
  {
    fault: 'two files, one of them broken for ever',
    does: 'keeps the whole one, names the other',
    code: 6,
    files: 1,
    reason: 'download_failed',
    demo: ['view-status=404,times=1'],
    args: ['-b', '2', '--retries', '0'],
  },
];
