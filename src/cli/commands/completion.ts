// `comfy-gen completion <shell>`: prints the shell's completion script, or writes it where the shell finds it.
import { listKinds } from '../../catalog/kinds.ts';
import { ComfyGenError } from '../../errors.ts';
import { flagsOf } from '../../options/describe.ts';
import { commandOptions } from '../../options/settings.ts';
import { commands, configActions, findCommand, type CommandName } from '../commands.ts';
import type { Context } from '../context.ts';
import { installCompletion } from '../completion/install.ts';
import { completionScript, shells } from '../completion/script.ts';
import type { CompletedCommand } from '../completion/shared.ts';
import { topics } from '../help/topics.ts';

const words: Readonly<Partial<Record<CommandName, readonly string[]>>> = {
  list: listKinds,
  config: configActions,
  completion: shells,
  help: [...commands.map((c) => c.name), ...Object.keys(topics).filter((topic) => findCommand(topic) === undefined)],
};

/** The table of commands as completions see it. */
export function completedCommands(): readonly CompletedCommand[] {
  return commands.map((c) => ({
    name: c.name,
    summary: c.summary,
    options: flagsOf(commandOptions[c.name]),
    words: words[c.name] ?? (/<(file|image)/.test(c.words) ? 'file' : undefined),
    lists: c.name === 'list',
  }));
}

export async function run(context: Context): Promise<number> {
  const [wanted] = context.words;
  const shell = shells.find((s) => s === wanted);
  if (shell === undefined) {
    throw new ComfyGenError(
      'bad_option',
      wanted === undefined ? '`completion` needs a shell' : `no completion for ${JSON.stringify(wanted)}`,
      {
        hint: `one of ${shells.join(', ')}`,
      },
    );
  }
  const { terminal, settings } = context;
  if (settings.install.value) {
    for (const { path, what } of await installCompletion(shell, completedCommands(), terminal)) {
      await terminal.out(`${path}\n`);
      if (!settings.quiet.value) terminal.err(`${path}: ${what}\n`);
    }
    return 0;
  }
  await terminal.out(completionScript(shell, completedCommands()));
  return 0;
}
