// Are the words and flags of a command line those that its command takes?
import { ComfyGenError } from '../errors.ts';
import { flagName } from '../options/describe.ts';
import type { OptionTable } from '../options/option.ts';
import { allOptions, commandOptions } from '../options/settings.ts';
import type { Command } from './commands.ts';

/** Throws `surplus_words` and `bad_option`; nothing is sent before. */
export function checkWords(command: Command, words: readonly string[], flags: Readonly<Record<string, unknown>>): void {
  if (words.length > command.maxWords) {
    throw new ComfyGenError(
      'surplus_words',
      `\`${command.name}\` takes ${command.words === '' ? 'no words' : command.words}, not also ${JSON.stringify(words[command.maxWords])}`,
    );
  }
  const taken: OptionTable = commandOptions[command.name];
  for (const key of Object.keys(flags)) {
    const option = allOptions[key];
    if (Object.hasOwn(taken, key) || option === undefined) continue;
    throw new ComfyGenError('bad_option', `${flagName(key, option)} is no option of \`${command.name}\``, {
      hint: `see \`comfy-gen ${command.name} --help\``,
    });
  }
}
