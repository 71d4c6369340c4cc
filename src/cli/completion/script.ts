// Completion scripts, written from the tables of commands and options.
import { bash } from './bash.ts';
import { fish } from './fish.ts';
import { powershell } from './powershell.ts';
import type { CompletedCommand } from './shared.ts';
import { zsh } from './zsh.ts';

const writers = { bash, zsh, fish, powershell } as const;
export type Shell = keyof typeof writers;

export const shells = Object.keys(writers) as readonly Shell[]; // its keys are all that it has

/** The script that a shell sources; the first command is the one that runs when none is named. */
export function completionScript(shell: Shell, commands: readonly CompletedCommand[]): string {
  return writers[shell](commands);
}
