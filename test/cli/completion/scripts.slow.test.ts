// Completion scripts, asked by the shells themselves where they are installed.
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { completedCommands } from '../../../src/cli/commands/completion.ts';
import { completionScript, shells } from '../../../src/cli/completion/script.ts';
import { Workplace } from '../../helpers/cli.ts';

const commands = completedCommands();
const installed = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0;

function ask(shell: string, script: string): readonly string[] {
  const { stdout, stderr, status } = spawnSync(shell, ['-c', script], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout.split('\n').filter((line) => line !== '');
}

const bash = (...words: readonly string[]): readonly string[] =>
  ask(
    'bash',
    `${completionScript('bash', commands)}\nCOMP_WORDS=(comfy-gen ${words.map((w) => `'${w}'`).join(' ')}); COMP_CWORD=${words.length}; _comfy_gen; printf '%s\\n' "\${COMPREPLY[@]}"`,
  );

test.skipIf(!installed('bash'))('bash completes commands, options, values', () => {
  expect(bash('ba')).toEqual(['batch']);
  expect(bash('--che')).toEqual(['--checkpoint']);
  expect(bash('--format', '')).toEqual(['png', 'webp', 'jpg', 'avif']);
  expect(bash('-q', '--host', 'queue', 'lis')).toEqual(['list']);
  expect(bash('list', 'che')).toEqual(['checkpoints']);
  expect(bash('config', '')).toEqual(['show', 'path', 'init', 'set', 'unset', 'edit']);
  expect(bash('queue', '--st')).toEqual(['--stall-timeout']);
  expect(bash('a cat', '--step')).toEqual(['--steps']);
  expect(bash('run', 'package.js')).toEqual(['package.json']);
  expect(bash('--steps', '')).toEqual([]);
});

test.skipIf(!installed('bash'))('bash: names with spaces, and what it cuts into pieces', async () => {
  await using place = await Workplace.create({ 'in/a b.json': '', 'in/[x] *.json': '', 'in/c d/e.json': '' });
  const at = `${place.folder}/in/`;
  expect([...bash('run', at)].sort()).toEqual([`${at}[x] *.json`, `${at}a b.json`, `${at}c d`]);
  expect(bash('run', `${at}a\\ `)).toEqual([`${at}a b.json`]);
  expect(bash('-i', `"${at}a `)).toEqual([`${at}a b.json`]);
  expect(bash('-o', at)).toEqual([`${at}c d`]);
  expect(bash('--format', '=', 'w')).toEqual(['webp']);
  expect(bash('--format', '=')).toEqual(['png', 'webp', 'jpg', 'avif']);
  expect(bash('--host', 'http', ':', '//box', ':', '8188', '--format', '=', 'webp', 'que')).toEqual(['queue']);
});

const fish = (line: string): readonly string[] =>
  ask('fish', `${completionScript('fish', commands)}\ncomplete -C'${line}'`).map((l) => l.split('\t')[0] ?? '');

test.skipIf(!installed('fish'))('fish completes commands, options, values', () => {
  expect(fish('comfy-gen ba')).toEqual(['batch']);
  expect(fish('comfy-gen --che')).toEqual(['--checkpoint']);
  expect(fish('comfy-gen --format we')).toEqual(['webp']);
  expect(fish('comfy-gen list che')).toEqual(['checkpoints']);
  expect(fish('comfy-gen queue --step')).toEqual([]);
});

test.skipIf(!installed('zsh'))('zsh takes the script', () => {
  const asked = `${completionScript('zsh', commands)}\nprint -l -- $_comps[comfy-gen]; CURRENT=2 words=(comfy-gen ''); functions _comfy_gen > /dev/null && print ok`;
  expect(ask('zsh', `autoload -Uz compinit && compinit -D -u\n${asked}`)).toEqual(['_comfy_gen', 'ok']);
});

test.each(shells)('%s: every command and every option is there', (shell) => {
  const script = completionScript(shell, commands);
  for (const { name, options } of commands) {
    expect(script).toContain(name);
    for (const { long } of options) expect(script).toContain(shell === 'fish' ? `-l ${long.slice(2)} ` : long);
  }
});

test('powershell: choices, names from the cache, and quotes for what it would take apart', () => {
  const script = completionScript('powershell', commands);
  expect(script).toMatch(/^[\n -~]*$/); // Windows PowerShell reads a file without a byte order mark as ANSI
  expect(script).toContain("$options['--format'] = @('png', 'webp', 'jpg', 'avif')\n");
  expect(script).toContain("$options['-c'] = 'models'\n");
  expect(script).toContain("$options['--steps'] = @()\n");
  expect(script).toContain("$pairs['--control'] = @('canny@', 'depth@', 'pose@', 'lines@')\n");
  expect(script).toContain('& comfy-gen completion values $kind $typed 2>$null');
  expect(script).toContain("elseif (@('list') -ccontains $taker) { valuesOf $kind $typed }");
  expect(script).toContain(String.raw`if ($word -match '^@|[^\w./\\:=+@-]') { "'" + $word.Replace("'", "''") + "'" }`);
});
