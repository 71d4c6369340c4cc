// Where PowerShell reads a user's own commands when it starts.
import { execFile } from 'node:child_process';
import { isAbsolute, join } from 'node:path';
import { ComfyGenError } from '../../errors.ts';
import type { Terminal } from '../terminal.ts';

type Place = Pick<Terminal, 'env' | 'home' | 'platform' | 'cwd'>;

/** One path; on Windows one for each PowerShell that is there. Throws `bad_option` where there is none. */
export async function powershellProfiles(terminal: Place): Promise<readonly string[]> {
  const { env, home, platform } = terminal;
  if (platform !== 'win32') {
    const given = env['XDG_CONFIG_HOME'] ?? '';
    return [join(isAbsolute(given) ? given : join(home, '.config'), 'powershell', 'profile.ps1')];
  }
  // the Documents folder may be anywhere, OneDrive for example: PowerShell 7 and Windows PowerShell know
  const told = await Promise.all(['pwsh', 'powershell'].map((program) => profileOf(program, terminal)));
  const paths = told.flatMap((path) => (path !== undefined && isAbsolute(path) ? [path] : []));
  if (paths.length > 0) return [...new Set(paths)];
  throw new ComfyGenError('bad_option', 'no PowerShell was found that says where its profile is', {
    hint: 'add this line to the file $PROFILE: comfy-gen completion powershell | Out-String | Invoke-Expression',
  });
}

function profileOf(program: string, { env, cwd }: Place): Promise<string | undefined> {
  const args = ['-NoProfile', '-NonInteractive', '-Command', '$PROFILE.CurrentUserAllHosts'];
  return new Promise((resolve) => {
    execFile(program, args, { cwd, env: { ...env }, timeout: 30_000, windowsHide: true }, (error, out) =>
      resolve(error === null ? out.trim() : undefined),
    );
  });
}
