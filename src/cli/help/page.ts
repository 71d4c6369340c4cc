// The help page of the tool or of a command: usage, examples, formats, then the options, the common ones or all.
import type { Command } from '../commands.ts';
import { commandNotes, kindNotes } from './command-notes.ts';
import { frontOf, writeFront } from './front.ts';
import { writeExamples, writeSections, writeText, type Item, type Section } from './layout.ts';
import { helpOptions, optionSections } from './option-sections.ts';
import { topics } from './topics.ts';

export type HelpView = { readonly all: boolean; readonly columns: number };

/** Help on one command, or on the whole tool. */
export async function helpPage(command: Command | undefined, view: HelpView): Promise<string> {
  if (command === undefined) return writeFront(frontOf(view.all), view.columns);
  return (await commandPage(command, view)).join('\n');
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
