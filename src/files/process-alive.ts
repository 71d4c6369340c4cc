// Does a process of this machine still live, and is it the one that it was?
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

/** Does the process of this machine that was `pid` at that time (ms since 1970) still live? */
export function isAlive({ pid, at }: { readonly pid: number; readonly at: number }): boolean {
  if (at < Date.now() - uptime() * 1000) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return process.platform !== 'linux' || isThatProcess(pid, at);
}

/** By Linux's own record: no zombie, and not a later process under the same number. */
function isThatProcess(pid: number, wroteAt: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const startedAt = Date.now() - uptime() * 1000 + Number(fields[19]) * 10; // in ticks of 10 ms since boot
    return fields[0] !== 'Z' && fields[0] !== 'X' && !(startedAt > wroteAt + 2000);
  } catch {
    return false;
  }
}
