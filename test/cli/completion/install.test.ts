// completion --install: the script lies where the shell looks, once; what is not ours stays.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Workplace } from '../../helpers/cli.ts';

const install = (shell: string): readonly string[] => ['completion', shell, '--install'];

test.each([
  ['bash', '.local/share/bash-completion/completions/comfy-gen'],
  ['fish', 'config/fish/completions/comfy-gen.fish'],
])('%s: written, up to date, renewed; never over a foreign file', async (shell, name) => {
  await using place = await Workplace.create();
  const path = join(place.folder, name);
  expect(await place.run(install(shell))).toMatchObject({ code: 0, out: `${path}\n`, err: `${path}: written\n` });
  const script = (await place.run(['completion', shell])).out;
  expect(await readFile(path, 'utf8')).toBe(script);
  expect((await place.run(install(shell))).err).toBe(`${path}: is up to date\n`);
  await writeFile(path, `# ${shell} completion of comfy-gen: an older one\n`);
  expect((await place.run(install(shell))).err).toBe(`${path}: renewed\n`);
  expect(await readFile(path, 'utf8')).toBe(script);
  await writeFile(path, 'mine\n');
  expect((await place.run(install(shell))).code).toBe(2);
  expect(await readFile(path, 'utf8')).toBe('mine\n');
});

test('zsh: a folder of its own, added to fpath once', async () => {
  await using place = await Workplace.create({ '.zshrc': 'alias a=b' });
  expect((await place.run(install('zsh'))).code).toBe(0);
  const rc = await readFile(join(place.folder, '.zshrc'), 'utf8');
  const folder = join(place.folder, '.local/share/comfy-gen/zsh');
  expect(rc).toBe(
    `alias a=b\n# completion of comfy-gen\nfpath=('${folder}' $fpath)\nautoload -Uz compinit && compinit\n`,
  );
  expect(await readFile(join(folder, '_comfy-gen'), 'utf8')).toMatch(/^#compdef comfy-gen\n/);
  expect((await place.run(install('zsh'))).err).not.toContain('lines more');
  expect(await readFile(join(place.folder, '.zshrc'), 'utf8')).toBe(rc);
});

test('powershell: what to add', async () => {
  await using place = await Workplace.create();
  const { code, err } = await place.run(install('powershell'));
  expect(code).toBe(2);
  expect(err).toContain('comfy-gen completion powershell | Out-String | Invoke-Expression');
});
