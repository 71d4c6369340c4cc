// The options in help: under their headings, the common ones or all.
import { flagsOf } from '../../options/describe.ts';
import type { AnyOption, OptionTable } from '../../options/option.ts';
import { commandOptions, documented, type everyOption } from '../../options/settings.ts';
import type { CommandName } from '../commands.ts';
import type { Item, Section } from './layout.ts';

/** Options that help shows without `--help-all`, beside those that belong to one command. */
const common: readonly (keyof typeof everyOption)[] = [
  ...(['prompt', 'negative', 'size', 'steps', 'cfg', 'sampler', 'seed', 'checkpoint', 'lora', 'batchSize'] as const),
  ...(['count', 'image', 'denoise', 'mask', 'set', 'output', 'name', 'format', 'show', 'dryRun', 'wait'] as const),
  ...(['json', 'sweep', 'host', 'tokenEnv', 'timeout', 'demo', 'quiet', 'verbose', 'config', 'profile'] as const),
];

/** Headings whose options belong to one command each: always shown, and first. */
const ownHeadings = ['Batch', 'Other commands', 'Distributed work', 'Demo server'];

/** The options of a command under their headings, its own first. */
export function optionSections(command: CommandName, all: boolean): readonly Section[] {
  const table: OptionTable = commandOptions[command];
  const titles = Object.keys(documented);
  const own = titles.filter((title) => ownHeadings.includes(title) && (title !== 'Batch' || command === 'batch'));
  const sections = [...own, ...titles.filter((title) => !own.includes(title))].map((title): Section => {
    const shown = Object.entries(table).filter(
      ([key, option]) => headingOf(key, option) === title && (all || own.includes(title) || isCommon(key)),
    );
    return {
      title: title === 'Other commands' ? 'Options' : title,
      items: flagsOf(Object.fromEntries(shown)).map(({ flags, help }): Item => [flags, help]),
    };
  });
  return sections.filter(({ items }) => items.length > 0);
}

/** By the option itself: `port` means another thing in `serve`; what is a command's alone has no heading of its own. */
const headingOf = (key: string, option: AnyOption): string =>
  Object.keys(documented).find((title) => documented[title]?.[key] === option) ?? 'Other commands';

const isCommon = (key: string): boolean => common.some((one) => one === key);

export const helpOptions: Section = {
  title: 'Help',
  items: [
    ['-h, --help', 'this text'],
    ['--help-all', 'this text with all options'],
    ['-V, --version', 'print the version'],
  ],
};
