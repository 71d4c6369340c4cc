// What the help page of a command says, and the page of it: usage, formats, examples, then the options, the common ones or all.
import { listKinds } from '../../catalog/kinds.ts';
import type { Command } from '../commands.ts';
import { commandNotes, kindNotes } from './command-notes.ts';
import { frontOf, writeFront } from './front.ts';
import { writeExamples, writeSections, writeText, type Item, type Section } from './layout.ts';
import { helpOptions, optionSections } from './option-sections.ts';
import { topics } from './topics.ts';

export type HelpView = { readonly all: boolean; readonly columns: number };

/** Data, so that the build can put it together for `<command> --help`. */
export type Page = {
  readonly usage: string;
  readonly formats: readonly Section[];
  readonly examples: readonly Item[];
  readonly options: readonly Section[];
};

/** Help on one command, or on the whole tool. */
export function helpPage(command: Command | undefined, { all, columns }: HelpView): string {
  return command === undefined ? writeFront(frontOf(all), columns) : writePage(pageOf(command, all), columns);
}

/** With the common options, or with all. */
export function pageOf({ name, words, summary }: Command, all: boolean): Page {
  const usage = `Usage: comfy-gen ${name} [options]${words === '' ? '' : ` ${words}`}`;
  const { formats = [], examples = [] } = commandNotes[name] ?? {};
  const shown = optionSections(name, all);
  const isWhole = count(shown) === count(optionSections(name, true));
  const more: Section = { title: 'More', items: [[`comfy-gen ${name} --help-all`, 'all options of this command']] };
  return {
    usage: `${usage}\n\n${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    formats: name === 'list' ? [listedKinds()] : name === 'help' ? [topicList()] : formats,
    examples,
    options: [...shown, helpOptions, ...(isWhole ? [] : [more])],
  };
}

/** The page, wrapped to so many columns. */
export function writePage({ usage, formats, examples, options }: Page, columns: number): string {
  const parts = [
    writeText(usage, columns),
    ...(formats.length === 0 ? [] : [writeSections(formats, columns)]),
    ...(examples.length === 0 ? [] : [writeExamples(examples, columns)]),
    writeSections(options, columns),
  ];
  return parts.join('\n');
}

const count = (sections: readonly Section[]): number => sections.flatMap(({ items }) => items).length;

const topicList = (): Section => ({
  title: 'Topics',
  items: Object.entries(topics).map(([name, { summary }]): Item => [name, summary]),
});

const listedKinds = (): Section => ({
  title: 'Kinds',
  items: listKinds.map((kind): Item => [kind, kindNotes[kind] ?? '']),
});
