// Every transcript of a real ComfyUI, 0.33.0 and 0.3.64, replayed against the demo server under that profile: what the real one does is right.
import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseFault, startDemo, type Demo } from '../../src/demo/demo.ts';
import { paint } from '../../src/demo/nodes/paint.ts';
import { encodePng } from '../../src/media/png.ts';
import { differences } from './compare.ts';
import { replay } from './replay.ts';
import { folder, readTranscript } from './transcript.ts';

const isThere = existsSync(new URL('0.33.0/', folder));

type Session = {
  readonly names: readonly string[];
  readonly stepMs?: number;
  readonly checkpoints?: readonly string[];
  readonly faults?: readonly string[];
};

const usual = ['tiny-sd15.safetensors', 'v1-5-pruned-emaonly.ckpt'];

/** What was recorded one after the other on one server: cached results carry over. */
const sessions: readonly Session[] = [
  {
    names: words(
      '01 01b 02 03 04 05 06 07 08 09 10 11 11b 11c 12 12c 12b 13 14 15 16 17 18 19 19b 19c 21 23 24 25 26 27',
    ),
  },
  {
    names: ['11d', '11e'],
    checkpoints: [...usual, 'truncated.safetensors', 'truncated.ckpt'],
    faults: ['broken-model=truncated.safetensors', 'broken-model=truncated.ckpt'],
  },
  { names: words('40 41 42 45 46 47 48 49 50 51 54 56 57 60 61 62 63 64'), stepMs: 40 },
  ...words('01c 14b 20 67 71 72 73 79 81 83').map((name) => ({ names: [name] })),
];

/** The same for 0.3.64. */
const oldSessions: readonly Session[] = [
  {
    names: words(
      '01 01b 02 03 04 05 06 07 08 09 10 11 11b 11c 12 12c 12b 13 14 14b 15 16 17 18 19 19b 19c 21 23 24 25 26 27',
    ),
  },
  {
    names: ['11d', '11e'],
    checkpoints: [...usual, 'truncated.safetensors', 'truncated.ckpt'],
    faults: ['broken-model=truncated.safetensors', 'broken-model=truncated.ckpt'],
  },
  ...words('01c 20').map((name) => ({ names: [name] })),
];

/** Not replayed, and why. */
const notCovered: Readonly<Record<string, string>> = {
  '22': 'the server is killed; test/demo tells the same of the fault `restart`',
  '43': 'DynamicCombo and Autogrow nodes that the demo has no use for',
  '44': 'SaveAnimatedWEBP: the demo writes no animations',
  '52': 'a server with --enable-assets',
  '53': 'replacement of node classes that are gone',
  '55': 'a server with --enable-cors-header and --max-upload-size',
  '58': 'save nodes for other formats',
  '65': 'a server with --cache-none',
  '66': 'a server short of memory',
  '68': 'a server with --disable-metadata',
  '69': 'a server with --multi-user',
  '70': 'saved workflows',
  '74': 'lazy inputs and intermediate outputs',
  '75': 'partner nodes',
  '76': 'subscription to logs',
  '77': 'a server that compresses its answers',
  '78': 'files of other types, put there by hand',
  '80': 'a socket that is not read holds back those of others',
  '82': 'a repeated number and id kills the worker',
};

/** Differences that are chance: the real server was asked in the 2 ms between the end of a job and its history entry. */
const chance: Readonly<Record<string, RegExp>> = { '46': /^64 POST .*: \.cancelled is false, was true$/ };

/** Files that somebody had put into the input folder before. */
const pictures: Readonly<Record<string, string>> = { '11b': 'corrupt.png', '11c': 'not_an_image.png' };

function words(text: string): readonly string[] {
  return text.split(' ');
}

function fileOf(number: string, root: URL): string {
  const name = readdirSync(root).find((f) => f.startsWith(`${number}-`));
  if (name === undefined) throw new Error(`no transcript ${number}`);
  return name;
}

const recorded = [
  { profile: '0.33', version: '0.33.0', root: new URL('0.33.0/', folder), sessions },
  { profile: '0.3.64', version: '0.3.64', root: folder, sessions: oldSessions },
] as const;

describe.skipIf(!isThere).each(recorded)('the demo server behaves as ComfyUI $version did', (of) => {
  for (const { names, stepMs = 15, checkpoints = usual, faults = [] } of of.sessions) {
    describe(names.length === 1 ? 'alone' : `from ${names[0] ?? ''} to ${names.at(-1) ?? ''}`, () => {
      let demo: Demo;
      beforeAll(async () => {
        demo = await startDemo({
          profile: of.profile,
          models: { checkpoints },
          faults: faults.map(parseFault),
          testNodes: true,
          previews: true,
          stepMs,
          loadMs: 10,
        });
      });
      afterAll(() => demo.stop());
      test.each(names)('%s', async (name) => {
        await prepare(name, demo.url);
        const result = await replay(readTranscript(fileOf(name, of.root), of.root), demo.url);
        const found = differences(result).filter((line) => chance[name]?.test(line) !== true);
        expect(found.join('\n')).toBe('');
      });
    });
  }

  test('every transcript is replayed, or it is said why not', () => {
    const known = new Set([...of.sessions.flatMap((s) => s.names), ...Object.keys(notCovered)]);
    const all = readdirSync(of.root).flatMap((f) => /^(\d+[a-z]?)-.*\.json$/.exec(f)?.[1] ?? []);
    expect(all.filter((name) => !known.has(name))).toEqual([]);
  });
});

/** What had happened on the real server before: files put into its input folder, another job in between. */
async function prepare(name: string, url: string): Promise<void> {
  const file = pictures[name];
  if (file !== undefined) {
    const form = new FormData();
    const bytes =
      name === '11b'
        ? Buffer.from(encodePng(paint({ width: 64, height: 64, prompt: name }))).subarray(0, 300)
        : Buffer.from('text');
    form.set('image', new Blob([bytes]), file);
    await fetch(`${url}/upload/image`, { method: 'POST', body: form });
  }
  if (name === '60') await fetch(`${url}/free`, { method: 'POST', body: '{"free_memory": true}' });
}

test.runIf(!isThere)('../shared/transcripts is not here: nothing was replayed', () => {
  expect(isThere).toBe(false);
});
