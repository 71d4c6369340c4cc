// `help --json`: commands, options and exit codes as data, for programs that use the command line.
import { defaultText, envName, flagsOf, readsEnv } from '../../options/describe.ts';
import type { AnyOption, OptionTable } from '../../options/option.ts';
import { commandOptions, documented } from '../../options/settings.ts';
import { version } from '../../version.ts';
import { commands, defaultCommand, type Command, type CommandName } from '../commands.ts';
import { commandNotes } from './command-notes.ts';
import { exitCodeTable } from './exit-codes.ts';
import { topics } from './topics.ts';

/** On one command, or on all of them. An option that several commands take stands there once, with their names. */
export function helpData(only?: Command): object {
  const shown = only === undefined ? commands : [only];
  const taken = new Map<AnyOption, { readonly key: string; readonly commands: CommandName[] }>();
  for (const { name } of shown) {
    for (const [key, option] of Object.entries<AnyOption>(commandOptions[name])) {
      const known = taken.get(option);
      if (known === undefined) taken.set(option, { key, commands: [name] });
      else known.commands.push(name);
    }
  }
  return {
    name: 'comfy-gen',
    version: version(),
    commands: shown.map(commandData),
    options: [...taken].map(([option, { key, commands: names }]) => optionData(key, option, names)),
    exit_codes: exitCodeTable.flatMap(({ codes, kind, when }) =>
      codes.split(', ').map((code) => ({ code: Number(code), kind: kind ?? null, when })),
    ),
    topics: Object.keys(topics),
  };
}

function commandData({ name, summary, words }: Command): object {
  const { examples = [] } = commandNotes[name] ?? {};
  return {
    name,
    summary,
    usage: `comfy-gen ${name}${words === '' ? '' : ` ${words}`}`,
    default: name === defaultCommand.name,
    options: flagsOf(commandOptions[name]).map(({ long }) => long),
    examples: examples.map(([command, note]) => ({ command, note })),
  };
}

function optionData(key: string, option: AnyOption, names: readonly CommandName[]): object {
  const [flag] = flagsOf({ [key]: option });
  const fallback = defaultText(option);
  return {
    flag: flag?.long ?? '',
    short: flag?.short ?? null,
    opposite: flag?.opposite ?? null,
    argument: option.argument ?? null,
    help: option.help,
    default: fallback === '' ? null : fallback,
    repeatable: option.list,
    value: option.schema,
    environment: readsEnv(option) ? envName(key, option) : null,
    config_key: option.flagOnly ? null : key,
    group: groupOf(option),
    commands: names,
  };
}

function groupOf(option: AnyOption): string | null {
  const has = (table: OptionTable): boolean => Object.values(table).includes(option);
  return Object.keys(documented).find((title) => has(documented[title] ?? {})) ?? null;
}
