// The fenced blocks of a page of docs, and a run of its shell lines with the built command on the path.
import { spawn } from 'node:child_process';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Workplace } from './cli.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export class DocPage {
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  /** `path` from the project's root. */
  static async read(path: string): Promise<DocPage> {
    return new DocPage(await readFile(join(root, path), 'utf8'));
  }

  /** The blocks of one language, without their fences. */
  blocks(language: string): string[] {
    const fenced = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm');
    return [...this.text.matchAll(fenced)].map((m) => m[1] ?? '');
  }

  /** Runs each block of shell in the folder of `place`, one after the other; the first that fails ends it. */
  async runShell(place: Workplace, env: Readonly<Record<string, string>> = {}): Promise<void> {
    const bin = join(place.folder, 'bin');
    await mkdir(bin);
    await symlink(join(root, 'bin/comfy-gen.js'), join(bin, 'comfy-gen'));
    const whole = {
      PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`,
      HOME: place.folder,
      XDG_STATE_HOME: join(place.folder, 'state'),
      ...env,
    };
    for (const block of this.blocks('sh')) {
      const { code, err } = await runBlock(block, place.folder, whole);
      expect({ block, code, err: code === 0 ? '' : err }).toEqual({ block, code: 0, err: '' });
    }
  }
}

/** In a process group of its own: what a failed block left in the background ends with it, and holds nobody up. */
async function runBlock(block: string, cwd: string, env: Record<string, string>) {
  const child = spawn('bash', ['-euo', 'pipefail', '-c', block], {
    cwd,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  child.once('exit', (code) => {
    if (code !== 0) endGroup(child.pid);
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, err };
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid);
  } catch {
    // nothing is left of it
  }
}
