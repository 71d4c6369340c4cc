// Hostile servers: names that would leave the folder, text that would drive the terminal, secrets that come back.
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Finished } from '../helpers/cli.ts';
import { pictures, plainArgs, run, type Bench, type Row } from './bench.ts';
import { measured } from './history.ts';

const dangerous = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const harmless = ({ out, err }: Finished): void => {
  expect(out).not.toMatch(dangerous);
  expect(err).not.toMatch(dangerous);
};
const escapes = '\u001b]0;owned\u0007\u001b[2J\u001b[31mred\u009b31m\u202ereversed';
const page = ['-v', '--log-file', 'given/log'];

/** A server that gives its files this name; what we make of it. */
function named(what: string, text: string, becomes: RegExp, peers?: Row['peers']): Row {
  return {
    fault: `a file named ${what}`,
    does: 'is saved inside the folder under a harmless name near it',
    code: 0,
    demo: [{ name: 'filename', text }],
    play: ({ demo, place }) =>
      place.run(['--host', demo.url, '--size', '64x64', '-s', '4', '--name', '{name}', 'a lighthouse']),
    then: async ({ place }, finished) => {
      harmless(finished);
      const [picture] = await pictures(place);
      expect(picture?.name).toMatch(/^images\/output\/[^/\\]+$/);
      expect(picture?.name.slice('images/output/'.length)).toMatch(becomes);
      expect(finished.out).toBe(`${picture?.name ?? ''}\n`);
    },
    ...(peers === undefined ? {} : { peers }),
  };
}

async function withLog(bench: Bench): Promise<Finished> {
  await mkdir(join(bench.place.folder, 'given'));
  return run(bench);
}

export const hostile: readonly Row[] = [
  named('`../../evil.png`', '../../evil.png', /^__\S*evil\.png$/, {
    comfyCli: 'a safe name',
    saintno: 'a safe name',
    comfyuiCli: '**written two folders above the target**',
  }),
  named('`/etc/evil.png` (absolute)', '/etc/evil.png', /^_etc_evil\.png$/),
  named('`C:\\evil.png` (a drive)', 'C:\\evil.png', /^C__evil\.png$/),
  named('`\\\\host\\share\\evil.png` (UNC)', '\\\\host\\share\\evil.png', /^__host_share_evil\.png$/),
  named('with a NUL inside', 'ev\u0000il.png', /^ev_il\.png$/),
  named('with line breaks inside', 'ev\nil\r\n.png', /^ev_il__\.png$/),
  named('`CON.png` (reserved on Windows)', 'CON.png', /^_CON\.png$/),
  named('`lpt1.tar.png` (reserved on Windows)', 'lpt1.tar.png', /^_lpt1\.tar\.png$/),
  named('with dots and spaces at its end', 'evil. . .png', /^evil\.png$/),
  named('`.bashrc` (hidden)', '.bashrc', /^_bashrc/),
  named('`..`', '..', /^\w+$/),
  named('of 300 characters', `${'a'.repeat(296)}.png`, /^a{190,}\.png$/),
  named('of 100 characters of four bytes each', `${'😀'.repeat(100)}.png`, /^(😀){40,}\.png$/u),
  named('with right-to-left marks', 'evil\u202egnp.exe.png', /^evil_gnp\.exe\.png$/),
  named('with escape sequences', `${escapes}.png`, /red.*\.png$/),
  {
    fault: 'a link in the output folder that leads elsewhere, as a folder of the name template',
    does: 'nothing is written through it',
    code: 6,
    reason: 'not_writable',
    said: /outside/,
    args: ['--name', 'sub/{name}'],
    play: async (bench) => {
      const { folder } = bench.place;
      await mkdir(join(folder, 'given/elsewhere'), { recursive: true });
      await mkdir(join(folder, 'images/output'), { recursive: true });
      await symlink(join(folder, 'given/elsewhere'), join(folder, 'images/output/sub'));
      return run(bench);
    },
  },
  {
    fault: 'a link under the very name of the file',
    does: 'is not followed: the file is `-2`',
    code: 0,
    args: ['--name', 'cat'],
    play: async (bench) => {
      const { folder } = bench.place;
      await mkdir(join(folder, 'given'));
      await writeFile(join(folder, 'given/precious'), 'precious');
      await mkdir(join(folder, 'images/output'), { recursive: true });
      await symlink(join(folder, 'given/precious'), join(folder, 'images/output/cat.png'));
      const finished = await run(bench);
      expect(await readFile(join(folder, 'given/precious'), 'utf8')).toBe('precious');
      return finished;
    },
  },
  {
    fault: "escape sequences in a node's exception",
    does: 'are taken out; one line is left',
    code: 5,
    reason: 'node_failed',
    said: /red/,
    demo: ['node-error', { name: 'node-message', text: `${escapes}\nsecond line` }],
    then: (_bench, finished) => {
      expect(finished.err).not.toMatch(dangerous);
      expect(finished.err).not.toContain('second line');
    },
  },
  {
    fault: "escape sequences in a workflow's titles and exceptions, every event printed, `-v`",
    does: 'none reaches the terminal',
    code: 5,
    demo: ['node-error', { name: 'node-message', text: escapes }],
    play: async ({ demo, place }) => {
      const graph = {
        '1': { class_type: 'EmptyImage', inputs: { width: 16, height: 16, batch_size: 1, color: 1 } },
        '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'x' }, _meta: { title: escapes } },
      };
      const input = JSON.stringify(graph);
      return place.run(['run', '-', '--host', demo.url, '--events', '-v'], { input });
    },
    then: (_bench, { err }) => expect(err).not.toMatch(dangerous),
  },
  {
    fault: "escape sequences in the server's version, asked with `doctor`",
    does: 'are taken out',
    code: 0,
    jobs: 0,
    files: 0,
    demo: [{ name: 'version', text: escapes }],
    play: ({ demo, place }) => place.run(['doctor', '--host', demo.url]),
    then: (_bench, finished) => harmless(finished),
  },
  {
    fault: 'a traceback of 50 MB',
    does: 'one line of it is shown, the last frames with `-v`',
    code: 5,
    long: true,
    reason: 'node_failed',
    demo: ['node-error', 'traceback=50000000'],
    args: ['-v'],
    play: (bench) => measured(bench),
    then: (_bench, { out, err }) => expect(out.length + err.length).toBeLessThan(60_000),
  },
  {
    fault: 'secrets among the inputs that a failed node sends back',
    does: 'they are not in the message, the JSON, the log file or `-v`',
    code: 5,
    reason: 'node_failed',
    demo: ['node-error=SaveImage'],
    args: [...page, '--set', 'SaveImage.filename_prefix=sk-very-secret'],
    play: withLog,
    then: async ({ place }, { out, err }) => {
      const log = await readFile(join(place.folder, 'given/log'), 'utf8');
      expect(`${out}${err}${log}`).not.toContain('sk-very-secret');
    },
  },
  {
    fault: 'HTML in a prompt',
    does: 'is sent as written; names keep its letters only',
    code: 0,
    play: (bench) =>
      bench.place.run([...plainArgs(bench).slice(0, -1), '--name', '{prompt}', '<script>alert(1)</script>']),
    then: async ({ place, demo }) => {
      expect(await place.files()).toEqual(['output/script-alert-1-script.png']);
      expect(JSON.stringify([...demo.history.values()])).toContain('<script>alert(1)</script>');
    },
  },
];
