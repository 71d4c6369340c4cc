// The help page of the tool or of a command: usage, examples, formats, then the options, the common ones or all.
import { flagsOf } from '../../options/describe.ts';
import { commandOptions, documented, type everyOption } from '../../options/settings.ts';
import type { AnyOption, OptionTable } from '../../options/option.ts';
import { commands, type Command, type CommandName } from '../commands.ts';
import { commandNotes, firstExamples, kindNotes } from './command-notes.ts';
import { writeExamples, writeSections, writeText, type Item, type Section } from './layout.ts';
import { topics } from './topics.ts';

export type HelpView = { readonly all: boolean; readonly columns: number };

/** Options that help shows without `--help-all`, beside those that belong to one command. */
const common: readonly (keyof typeof everyOption)[] = [
  ...(['prompt', 'negative', 'size', 'steps', 'cfg', 'sampler', 'seed', 'checkpoint', 'lora', 'batchSize'] as const),
  ...(['count', 'image', 'denoise', 'mask', 'set', 'output', 'name', 'format', 'show', 'dryRun', 'wait'] as const),
  ...(['json', 'sweep', 'host', 'tokenEnv', 'timeout', 'demo', 'quiet', 'verbose', 'config', 'profile'] as const),
];

/** Headings whose options belong to one command each: always shown, and first. */
const ownHeadings = ['Batch', 'Other commands', 'Distributed work', 'Demo server'];

/** Help on one command, or on the whole tool. */
export async function helpPage(command: Command | undefined, view: HelpView): Promise<string> {
  const parts = command === undefined ? frontPage(view) : await commandPage(command, view);
  return parts.join('\n');
}

function frontPage({ all, columns }: HelpView): readonly string[] {
  const usage = `Usage: comfy-gen [options] <prompt...>
       comfy-gen <command> [options]

Makes images, video and audio on a ComfyUI server and saves them.`;
  const list = commands.map(({ name, words, summary }): Item => [`${name} ${words}`.trim(), summary]);
  const more: readonly Item[] = [
    ['comfy-gen <command> --help', 'options, examples and formats of a command'],
    ...(all ? [] : [['comfy-gen --help-all', 'all options'] as const]),
    ['comfy-gen help <topic>', Object.keys(topics).join(', ')],
  ];
  return [
    writeText(usage, columns),
    writeExamples(firstExamples, columns),
    writeSections([{ title: 'Commands', items: list }], columns),
    writeSections([...optionSections('generate', all), helpOptions], columns),
    writeSections([{ title: 'More', items: more }], columns),
  ];
}

async function commandPage({ name, words, summary }: Command, { all, columns }: HelpView): Promise<readonly string[]> {
  const usage = `Usage: comfy-gen ${name} [options]${words === '' ? '' : ` ${words}`}`;
  const notes = commandNotes[name];
  const formats = name === 'list' ? [await listedKinds()] : name === 'help' ? [topicList()] : (notes?.formats ?? []);
  const shown = optionSections(name, all);
  const isWhole = count(shown) === count(optionSections(name, true));
  const more: Section = { title: 'More', items: [[`comfy-gen ${name} --help-all`, 'all options of this command']] };
  return [
    writeText(`${usage}\n\n${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`, columns),
    ...(formats.length === 0 ? [] : [writeSections(formats, columns)]),
    ...(notes === undefined ? [] : [writeExamples(notes.examples, columns)]),
    writeSections([...shown, helpOptions, ...(isWhole ? [] : [more])], columns),
  ];
}

const count = (sections: readonly Section[]): number => sections.flatMap(({ items }) => items).length;

const topicList = (): Section => ({
  title: 'Topics',
  items: Object.entries(topics).map(([name, { summary }]): Item => [name, summary]),
});

async function listedKinds(): Promise<Section> {
  const { listKinds } = await import('../../catalog/kinds.ts');
  return { title: 'Kinds', items: listKinds.map((kind): Item => [kind, kindNotes[kind] ?? '']) };
}

/** The options of a command under their headings, its own first. */
function optionSections(command: CommandName, all: boolean): readonly Section[] {
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

const helpOptions: Section = {
  title: 'Help',
  items: [
    ['-h, --help', 'this text'],
    ['--help-all', 'this text with all options'],
    ['-V, --version', 'print the version'],
  ],
};
