// The values that completion scripts ask for: what the last run learned of the server, and nothing that needs one.
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { completedCommands } from '../../../src/cli/commands/completion.ts';
import { completionScript, type Shell } from '../../../src/cli/completion/script.ts';
import { startDemo } from '../../../src/demo/demo.ts';
import { Workplace } from '../../helpers/cli.ts';

const checkpoints = [
  'v1-5 pruned.safetensors',
  "it's mine.safetensors",
  'a:b=c.safetensors',
  'dir\\win.safetensors',
  'say "hi".safetensors',
  'run $(id).safetensors',
  'bad\u001b[31m.safetensors',
];

/** The last run asked a server, which is gone by now: what names it. */
async function visit(place: Workplace): Promise<Record<string, string>> {
  await using demo = await startDemo({ models: { checkpoints, loras: ['detail.safetensors'] } });
  const env = { COMFY_GEN_HOST: demo.url };
  expect((await place.run(['list', 'nodes'], { env })).code).toBe(0);
  return env;
}

test('values come from the cache, by what was typed; without one there are none', async () => {
  await using place = await Workplace.create({ 'pic.png': '' });
  const env = await visit(place);
  const values = async (...words: readonly string[]): Promise<string> => {
    const { code, out, err } = await place.run(['completion', 'values', ...words], { env });
    expect([code, err]).toEqual([0, '']);
    return out;
  };
  expect(await values('models', 'V1')).toBe('v1-5 pruned.safetensors\n');
  expect(await values('checkpoints', 'bad')).toBe(''); // it has a control code in it
  expect(await values('loras')).toBe('detail.safetensors\n');
  expect(await values('nodes', 'KSamplerA')).toBe('KSamplerAdvanced\n');
  expect(await values('recipes', 'sd15')).toMatch(/^sd15\n/);
  for (const words of [[], ['none'], ['constructor'], ['loras', '--help'], ['templates']])
    expect(await values(...words)).toBe('');
  const elsewhere = { env: { COMFY_GEN_HOST: 'http://127.0.0.1:9' } };
  expect(await place.run(['completion', 'values', 'loras'], elsewhere)).toMatchObject({ code: 0, out: '', err: '' });
  await writeFile(join(place.folder, '.comfyrc.json'), '{ broken');
  expect(await values('loras')).toBe('');
});

/** What stands in for the command: it gives the answer that the real one gave. */
async function withCommand(place: Workplace, env: Record<string, string>): Promise<string> {
  const bin = join(place.folder, 'bin');
  await mkdir(bin);
  const { out } = await place.run(['completion', 'values', 'models'], { env });
  await writeFile(join(bin, 'models'), out);
  await writeFile(join(bin, 'comfy-gen'), '#!/bin/sh\nexec cat "${0%/*}/$3"\n');
  await writeFile(join(bin, 'controlnets'), 'union.safetensors\n');
  await chmod(join(bin, 'comfy-gen'), 0o755);
  return bin;
}

const installed = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0;

function ask(shell: Shell, cwd: string, bin: string, more: string): readonly string[] {
  const script = `${completionScript(shell, completedCommands())}\n${more}`;
  const env = { ...process.env, HOME: cwd, LC_ALL: 'C.UTF-8', PATH: `${bin}:${process.env['PATH'] ?? ''}` };
  const { stdout, stderr } = spawnSync(shell, ['-c', script], { cwd, encoding: 'utf8', env });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line !== '');
}

test.skipIf(!installed('bash'))('bash: what it cuts, quotes and would run', async () => {
  await using place = await Workplace.create({ 'pic.png': '' });
  const env = await visit(place);
  const bin = await withCommand(place, env);
  const cases: readonly (readonly [words: string, replies: readonly string[]])[] = [
    ["-c ''", checkpoints.slice(0, 5)],
    ["-c 'v1-5\\ p'", ['v1-5 pruned.safetensors']],
    [`-c '"v1-5 p'`, ['v1-5 pruned.safetensors']],
    ["-c a : b = ''", ['c.safetensors']],
    ['-c a : b', ['b=c.safetensors']],
    ["--checkpoint = 'it'", ["it's mine.safetensors"]],
    ["-c 'dir\\\\w'", ['dir\\win.safetensors']],
    ["list models ''", checkpoints.slice(0, 5)],
    ["--control 'v\\ 1' : pi", ['pic.png']],
    ["--control ''", ['canny@', 'depth@', 'pose@', 'lines@', 'union.safetensors']],
    ['--control = de', ['depth@']],
    ['--control un', ['union.safetensors']],
    ['--control canny @ p', ['@pic.png']], // what bash replaces begins at the @
    ["--control 'canny\\@pi'", ['canny@pic.png']],
    ['--control canny @ C : /pi', []],
  ];
  for (const [words, replies] of cases) {
    const line = `COMP_WORDS=(comfy-gen ${words}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _comfy_gen; printf '%s\\n' "\${COMPREPLY[@]}"`;
    expect(ask('bash', place.folder, bin, line), words).toEqual(replies);
  }
});

test.skipIf(!installed('fish'))('fish: names with spaces, quotes and colons', async () => {
  await using place = await Workplace.create({ 'pic.png': '' });
  const env = await visit(place);
  const bin = await withCommand(place, env);
  const fish = (line: string): readonly string[] =>
    ask('fish', place.folder, bin, `complete -C '${line}'`).map((found) => found.split('\t')[0] ?? '');
  expect([...fish('comfy-gen -c ')].sort()).toEqual(checkpoints.slice(0, 6).sort());
  expect(fish('comfy-gen --checkpoint=a:b')).toEqual(['--checkpoint=a:b=c.safetensors']);
  expect(fish('comfy-gen list models "v1-5 p')).toEqual(['v1-5 pruned.safetensors']);
  expect(fish('comfy-gen --control ')).toEqual(['canny@', 'depth@', 'lines@', 'pose@', 'union.safetensors']);
  expect(fish('comfy-gen --control canny@pi')).toEqual(['canny@pic.png']);
  expect(fish('comfy-gen --control=union.safetensors:pi')).toEqual(['--control=union.safetensors:pic.png']);
});
