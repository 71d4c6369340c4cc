// Command, words and raw option values out of argv, by commander: options may stand anywhere, after `--` everything is prompt.
import { Command as Commander, CommanderError, Option as Flag } from 'commander';
import { ComfyGenError } from '../errors.ts';
import { flagName, flagsOf } from '../options/describe.ts';
import type { OptionTable } from '../options/option.ts';
import { allOptions, commandOptions } from '../options/settings.ts';
import { closest } from '../text/closest.ts';
import { defaultCommand, findCommand, type Command } from './commands.ts';

export type Argv = {
  readonly command: Command;
  /** The command was named; else it is the default one. */
  readonly isNamed: boolean;
  /** Words in order, those after `--` included, the command's name not. */
  readonly words: readonly string[];
  /** How many of the words stood before `--`: a later one is prompt and nothing else. */
  readonly before: number;
  /** Raw values by key: text, booleans for toggles, arrays for repeatable ones. */
  readonly flags: Readonly<Record<string, unknown>>;
};

/** Options that every command takes and that are answered instead of it. */
const informative = ['help', 'helpAll', 'version'];

/** Collects raw strings; nothing is parsed here. Throws `bad_option` and `surplus_words`. */
export function readArgv(argv: readonly string[]): Argv {
  const split = argv.indexOf('--');
  const front = split === -1 ? argv : argv.slice(0, split);
  const back = split === -1 ? [] : argv.slice(split + 1);
  refuseFlagsAsValues(front);
  const at = firstWord(front);
  const named = at === undefined ? undefined : findCommand(front[at] ?? '');
  const command = named ?? defaultCommand;
  const parsed = parse(command, named === undefined ? front : front.filter((_word, i) => i !== at));
  const words = [...parsed.words, ...back];
  if (!informative.some((key) => parsed.flags[key] === true) && words.length > command.maxWords) {
    throw new ComfyGenError(
      'surplus_words',
      `\`${command.name}\` takes ${command.words === '' ? 'no words' : command.words}, not also ${JSON.stringify(words[command.maxWords])}`,
    );
  }
  return { command, isNamed: named !== undefined, words, before: parsed.words.length, flags: parsed.flags };
}

type Parsed = { readonly words: readonly string[]; readonly flags: Readonly<Record<string, unknown>> };

function parse(command: Command, argv: readonly string[]): Parsed {
  const table = commandOptions[command.name];
  const parser = commandParser(command);
  try {
    parser.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw asUsage(error, command);
  }
  const flags: Record<string, unknown> = {};
  for (const key of [...Object.keys(table), ...informative])
    if (parser.getOptionValueSource(key) === 'cli') flags[key] = parser.getOptionValue(key) as unknown;
  return { words: parser.args, flags };
}

/** The command with its own options, and nothing else's. */
function commandParser(command: Command): Commander {
  const parser = new Commander(command.name)
    .argument('[words...]')
    .helpOption(false)
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  return withFlags(parser, commandOptions[command.name])
    .addOption(new Flag('-h, --help'))
    .addOption(new Flag('--help-all'))
    .addOption(new Flag('-V, --version'));
}

/** Declares the table's options on a parser; the other form of a toggle exists too, without a line of help. */
function withFlags(command: Commander, table: OptionTable): Commander {
  for (const { flags, opposite, list, help } of flagsOf(table)) {
    const flag = new Flag(flags, help);
    if (list) flag.argParser((value: string, all: string[] | undefined) => [...(all ?? []), value]);
    command.addOption(flag);
    if (opposite !== undefined) command.addOption(new Flag(opposite).hideHelp());
  }
  return command;
}

/** Where the first word stands that is neither an option nor an option's value. */
function firstWord(argv: readonly string[]): number | undefined {
  for (let i = 0; i < argv.length; i++) {
    const token = argv[i] ?? '';
    if (!token.startsWith('-') || token === '-') return i;
    if (takesNext(token)) i++;
  }
  return undefined;
}

/** `--host $EMPTY --size 1x1`: an option's name is no value, unless it is joined to its option by `=`. Throws `bad_option`. */
function refuseFlagsAsValues(argv: readonly string[]): void {
  for (let i = 0; i < argv.length; i++) {
    const [token = '', next = ''] = argv.slice(i, i + 2);
    if (!token.startsWith('-') || !takesNext(token)) continue;
    if (next.startsWith('--') && valued().has(next))
      throw new ComfyGenError('bad_option', `${token} needs a value, and ${next} is an option`, {
        hint: token.startsWith('--') ? `if it is meant as the value: ${token}=${next}` : undefined,
      });
    i++;
  }
}

/** Does the token's value stand in the next one? `-s`, `--steps`, and a cluster like `-qs`. */
function takesNext(token: string): boolean {
  if (token.startsWith('--')) return !token.includes('=') && (valued().get(token) ?? false);
  for (let i = 1; i < token.length; i++) {
    const isValued = valued().get(`-${token[i] ?? ''}`);
    if (isValued === undefined) return false;
    if (isValued) return i === token.length - 1;
  }
  return false;
}

let valuedFlags: ReadonlyMap<string, boolean> | undefined;

/** Every flag of every command -> does it take a value? They agree wherever they are spelled alike. */
function valued(): ReadonlyMap<string, boolean> {
  valuedFlags ??= new Map(
    flagsOf(allOptions).flatMap(({ long, short, opposite, argument }) =>
      [long, short, opposite].flatMap((name) =>
        name === undefined ? [] : [[name, argument !== undefined && name !== opposite] as const],
      ),
    ),
  );
  return valuedFlags;
}

/** Names that other programs give to our options. */
const familiar: Readonly<Record<string, string>> = {
  '--model': '--checkpoint',
  '--ckpt': '--checkpoint',
  '--negative-prompt': '--negative',
  '--neg': '--negative',
  '--num': '--count',
  '--num-images': '--count',
  '--number': '--count',
  '--n': '--count',
  '--num-inference-steps': '--steps',
  '--guidance-scale': '--cfg',
  '--cfg-scale': '--cfg',
  '--sampler-name': '--sampler',
  '--strength': '--denoise',
  '--denoising-strength': '--denoise',
  '--init-image': '--image',
  '--outdir': '--output',
  '--output-dir': '--output',
  '--url': '--host',
  '--server': '--host',
  '--address': '--host',
  '--token': '--token-env (it takes the name of the variable that holds the token)',
  '--api-key': '--api-key-env (it takes the name of the variable that holds the key)',
};

/** What stands behind `=` of an unknown flag may be a secret: only the flag is named. */
function asUsage(error: CommanderError, command: Command): ComfyGenError {
  const [what = ''] = error.message.replace(/^error: /, '').split('\n');
  const unknown = /^unknown option '([^=']*)/.exec(what)?.[1];
  if (unknown === undefined) return missingValue(what, command) ?? new ComfyGenError('bad_option', what);
  if (/\s/.test(unknown))
    return new ComfyGenError('bad_option', `${JSON.stringify(unknown)} starts with - and is not an option`, {
      hint: `a prompt that starts with - goes after --: comfy-gen -- ${JSON.stringify(unknown)}`,
    });
  const own = flagsOf(commandOptions[command.name]).map(({ long }) => long);
  // the other form of a toggle too: `--color=x`, `--no-color=x`
  if (what.includes(`${unknown}=`) && [unknown, unknown.replace(/^--no-/, '--')].some((flag) => own.includes(flag)))
    return new ComfyGenError('bad_option', `${unknown} takes no value`, { hint: `write ${unknown} alone` });
  const others = commandsWith(unknown);
  if (others.length > 0)
    return new ComfyGenError('bad_option', `${unknown} is not an option of \`${command.name}\``, {
      hint: `leave it out; it is for ${others.map((name) => `\`${name}\``).join(', ')}`,
    });
  const [near] = closest(unknown, own, 1);
  const meant = Object.hasOwn(familiar, unknown) ? familiar[unknown] : near;
  return new ComfyGenError('bad_option', `unknown option '${unknown}'`, {
    hint: meant === undefined ? 'a prompt that starts with - goes after --' : `did you mean ${meant}?`,
  });
}

/** The commands that take a flag. */
function commandsWith(flag: string): readonly string[] {
  const takes = (table: OptionTable): boolean => Object.entries(table).some(([key, o]) => flagName(key, o) === flag);
  return Object.entries(commandOptions).flatMap(([name, table]) => (takes(table) ? [name] : []));
}

/** `option '-n, --negative <text>' argument missing` in our words, with what the value is. */
function missingValue(what: string, command: Command): ComfyGenError | undefined {
  const flags = /^option '(.*)' argument missing/.exec(what)?.[1];
  const option = flagsOf(commandOptions[command.name]).find((one) => one.flags === flags);
  if (option === undefined) return undefined;
  return new ComfyGenError('bad_option', `${option.long} needs a value`, { hint: `${option.flags}: ${option.help}` });
}
