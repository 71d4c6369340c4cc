// What the front page of help says, and the page of it.
import { commands } from '../commands.ts';
import { firstExamples } from './command-notes.ts';
import { writeExamples, writeSections, writeText, type Item, type Section } from './layout.ts';
import { helpOptions, optionSections } from './option-sections.ts';
import { topics } from './topics.ts';

/** Data, so that the build can put it together for `--help`. */
export type Front = {
  readonly usage: string;
  readonly examples: readonly Item[];
  readonly commands: Section;
  readonly options: readonly Section[];
  readonly more: Section;
};

/** With the common options, or with all. */
export function frontOf(all: boolean): Front {
  const usage = `Usage: comfy-gen [options] <prompt...>
       comfy-gen <command> [options]

Makes images, video and audio on a ComfyUI server and saves them.`;
  const list = commands.map(({ name, words, summary }): Item => [`${name} ${words}`.trim(), summary]);
  const more: readonly Item[] = [
    ['comfy-gen <command> --help', 'options, examples and formats of a command'],
    ...(all ? [] : [['comfy-gen --help-all', 'all options'] as const]),
    ['comfy-gen help <topic>', Object.keys(topics).join(', ')],
  ];
  return {
    usage,
    examples: firstExamples,
    commands: { title: 'Commands', items: list },
    options: [...optionSections('generate', all), helpOptions],
    more: { title: 'More', items: more },
  };
}

/** The page, wrapped to so many columns. */
export function writeFront({ usage, examples, commands: list, options, more }: Front, columns: number): string {
  const parts = [
    writeText(usage, columns),
    writeExamples(examples, columns),
    writeSections([list], columns),
    writeSections(options, columns),
    writeSections([more], columns),
  ];
  return parts.join('\n');
}
