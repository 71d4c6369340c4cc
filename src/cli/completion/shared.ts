// What the completion scripts of all shells are made of.
import type { Flag } from '../../options/describe.ts';

export type CompletedCommand = {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly Flag[];
  /** What its words are: names to choose the first from, or files. */
  readonly words?: readonly string[] | 'file' | undefined;
  /** Its first word is a kind of values, which the other words are. */
  readonly lists?: boolean | undefined;
};

export const spellings = (flag: Flag): readonly string[] => [
  ...(flag.short === undefined ? [] : [flag.short]),
  flag.long,
];

/** Flags of all commands, each once. */
export function everyFlag(commands: readonly CompletedCommand[]): readonly Flag[] {
  const byName = new Map(commands.flatMap((c) => c.options).map((flag) => [flag.long, flag]));
  return [...byName.values()];
}

export function withValue(commands: readonly CompletedCommand[]): readonly Flag[] {
  return everyFlag(commands).filter((flag) => flag.argument !== undefined);
}

export const names = (commands: readonly CompletedCommand[]): readonly string[] => commands.map((c) => c.name);

/** Finds the command of a shell's words, the first that is no option and no option's value, and the word after it. */
export function shCommandLoop(commands: readonly CompletedCommand[], indent: string): string {
  return [
    'case "$word" in',
    `  ${withValue(commands).flatMap(spellings).join('|')}) i=$((i + 1)) ;;`,
    '  -*) ;;',
    '  *)',
    '    if [[ -n $command ]]; then kind=$word; break; fi',
    '    case "$word" in',
    `      ${names(commands).join('|')}) command=$word ;;`,
    '      *) command=prompt; break ;;',
    '    esac ;;',
    'esac',
  ]
    .map((line) => indent + line)
    .join('\n');
}

/** A word in single quotes, for bash, zsh and fish alike: no backslash at its end, quotes as ’. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", '’')}'`;
}
