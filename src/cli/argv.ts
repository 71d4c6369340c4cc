// Words and raw flag values out of argv, by commander: options may stand anywhere, everything after `--` is prompt.
import { Command as Commander, CommanderError, Option as Flag } from 'commander';
import { ComfyGenError } from '../errors.ts';
import { flagsOf } from '../options/describe.ts';
import { closest } from '../text/closest.ts';
import type { OptionTable } from '../options/option.ts';

export type Argv = {
  /** Words in order, those after `--` included. */
  readonly words: readonly string[];
  /** How many words stood before `--`; a later one never names a command. */
  readonly before: number;
  /** Raw values by key: text, booleans for toggles, arrays for repeatable ones. */
  readonly flags: Readonly<Record<string, unknown>>;
};

/** Collects raw strings; nothing is parsed here. Throws `bad_option` for an unknown flag or a missing value. */
export function readArgv(argv: readonly string[], table: OptionTable): Argv {
  const split = argv.indexOf('--');
  const parser = withFlags(new Commander('comfy-gen'), table)
    .argument('[words...]')
    .helpOption('-h, --help')
    .version('', '-V, --version')
    .showSuggestionAfterError(false)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  try {
    parser.parse(split === -1 ? argv : argv.slice(0, split), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed')
      return { words: helpWords(argv, table), before: 1, flags: { help: true } };
    if (error.code === 'commander.version') return { words: [], before: 0, flags: { version: true } };
    throw asUsage(error, table);
  }
  const before = parser.args;
  const flags: Record<string, unknown> = {};
  for (const key of Object.keys(table)) {
    if (parser.getOptionValueSource(key) === 'cli') flags[key] = parser.getOptionValue(key) as unknown;
  }
  return { words: [...before, ...(split === -1 ? [] : argv.slice(split + 1))], before: before.length, flags };
}

/** The words of a command line that asks for help: its first one may be a command. */
function helpWords(argv: readonly string[], table: OptionTable): string[] {
  const without = argv.filter((a) => a !== '-h' && a !== '--help');
  return [...readArgv(without, table).words];
}

/** Declares the table's options on a parser; the other form of a toggle exists too, without a line of help. */
export function withFlags(command: Commander, table: OptionTable): Commander {
  for (const { flags, opposite, list, help } of flagsOf(table)) {
    const flag = new Flag(flags, help);
    if (list) flag.argParser((value: string, all: string[] | undefined) => [...(all ?? []), value]);
    command.addOption(flag);
    if (opposite !== undefined) command.addOption(new Flag(opposite).hideHelp());
  }
  return command;
}

/** What stands behind `=` of an unknown flag may be a secret: only the flag is named. */
function asUsage(error: CommanderError, table: OptionTable): ComfyGenError {
  const [what = ''] = error.message.replace(/^error: /, '').split('\n');
  const unknown = /^unknown option '([^=']*)/.exec(what)?.[1];
  if (unknown === undefined) return new ComfyGenError('bad_option', what);
  const known = flagsOf(table).flatMap(({ long, opposite }) => (opposite === undefined ? [long] : [long, opposite]));
  const [near] = closest(unknown, known, 1, false);
  const hint = near === undefined ? {} : { hint: `did you mean ${near}?` };
  return new ComfyGenError('bad_option', `unknown option '${unknown}'`, hint);
}
