// completion --install: the script lies where the shell looks, once; what is not ours stays.
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { powershellProfiles } from '../../../src/cli/completion/powershell-profiles.ts';
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

test('powershell: a script beside the profile, and one line in it', async () => {
  const mine = Buffer.from('\ufeff$a = "ö"', 'utf16le'); // as Windows PowerShell writes it
  await using place = await Workplace.create({ 'config/powershell/profile.ps1': mine });
  const folder = join(place.folder, 'config/powershell');
  const profile = join(folder, 'profile.ps1');
  const script = join(folder, 'comfy-gen.completion.ps1');
  const { code, out, err } = await place.run(install('powershell'));
  expect([code, out, err]).toEqual([
    0,
    `${script}\n${profile}\n`,
    `${script}: written\n${profile}: 2 lines added at its end\n`,
  ]);
  expect(await readFile(script, 'utf8')).toBe((await place.run(['completion', 'powershell'])).out);
  const bytes = await readFile(profile);
  const line = ". (Join-Path $PSScriptRoot 'comfy-gen.completion.ps1')";
  expect(bytes.toString('utf16le')).toBe(`\ufeff$a = "ö"\n# completion of comfy-gen\n${line}\n`);
  expect((await place.run(install('powershell'))).err).toBe(`${script}: is up to date\n${profile}: is up to date\n`);
  expect(await readFile(profile)).toEqual(bytes);
});

test.skipIf(process.platform === 'win32')('powershell on Windows says itself where its profile is', async () => {
  await using place = await Workplace.create({ 'bin/.keep': '', 'none/.keep': '' });
  const profile = join(place.folder, 'OneDrive/Documents/PowerShell/profile.ps1');
  const pwsh = join(place.folder, 'bin/pwsh');
  await writeFile(pwsh, `#!/bin/sh\n[ "$4" = '$PROFILE.CurrentUserAllHosts' ] && printf '%s\\r\\n' '${profile}'\n`);
  await chmod(pwsh, 0o755);
  const terminal = {
    env: { PATH: join(place.folder, 'bin') },
    cwd: place.folder,
    home: place.folder,
    platform: 'win32',
  };
  expect(await powershellProfiles(terminal)).toEqual([profile]);
  const without = { ...terminal, env: { PATH: join(place.folder, 'none') } };
  await expect(powershellProfiles(without)).rejects.toMatchObject({
    code: 'usage',
    hint: expect.stringContaining('comfy-gen completion powershell | Out-String | Invoke-Expression') as string,
  });
});
